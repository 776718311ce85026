//! AES-256 in CBC mode, as sprig uses it: the password padded with zeros is the key, PKCS#7 fills the last block, and
//! the text is base64 of the initial vector and what follows it.

use aes::Aes256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cbc::Decryptor;
use cbc::Encryptor;
use cbc::cipher::Array;
use cbc::cipher::BlockModeDecrypt;
use cbc::cipher::BlockModeEncrypt;
use cbc::cipher::KeyIvInit;

use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::FunctionError;
use crate::template::functions::radix;
use crate::template::value::Value;

const BLOCK: usize = 16;

fn key(password: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    let length = password.len().min(key.len());
    key[..length].copy_from_slice(&password[..length]);
    key
}

fn blocks(bytes: &[u8]) -> impl Iterator<Item = [u8; BLOCK]> {
    bytes.as_chunks::<BLOCK>().0.iter().copied()
}

/// Encrypts; nothing stays nothing.
pub(super) fn encrypt_aes(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let (password, text) = (args.text(0)?, args.text(1)?);
    if text.is_empty() {
        return Ok("".into());
    }
    let mut vector = [0; BLOCK];
    context.world.random(&mut vector);
    let mut encryptor = Encryptor::<Aes256>::new(&key(password).into(), &vector.into());
    let padding = BLOCK - text.len() % BLOCK;
    let padded = [text.bytes(), &vec![u8::try_from(padding).unwrap_or_default(); padding]].concat();
    let mut out = vector.to_vec();
    for block in blocks(&padded) {
        let mut block = Array::from(block);
        encryptor.encrypt_block(&mut block);
        out.extend_from_slice(&block);
    }
    Ok(STANDARD.encode(out).into())
}

/// Decrypts; nothing stays nothing. What Go panics with on broken input is the error.
pub(super) fn decrypt_aes(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let (password, text) = (args.text(0)?, args.text(1)?);
    if text.is_empty() {
        return Ok("".into());
    }
    let bytes = radix::decode64(text).map_err(FunctionError::new)?;
    let Some((vector, content)) = bytes.split_first_chunk::<BLOCK>() else {
        // Go decodes into a buffer for as many bytes as the text could stand for.
        let capacity = text.len() / 4 * 3;
        let bounds = format!("slice bounds out of range [:{BLOCK}] with capacity {capacity}");
        return Err(FunctionError::new(format!("runtime error: {bounds}")));
    };
    if content.len() % BLOCK != 0 {
        return Err(FunctionError::new("crypto/cipher: input not full blocks"));
    }
    let mut decryptor = Decryptor::<Aes256>::new(&key(password).into(), &(*vector).into());
    let mut out = Vec::with_capacity(content.len());
    for block in blocks(content) {
        let mut block = Array::from(block);
        decryptor.decrypt_block(&mut block);
        out.extend_from_slice(&block);
    }
    without_padding(out)
}

/// The last byte says how many are padding; with a wrong key it says anything.
fn without_padding(mut padded: Vec<u8>) -> Result<Value, FunctionError> {
    let Some(padding) = padded.last().map(|last| usize::from(*last)) else {
        return Err(FunctionError::new("runtime error: index out of range [-1]"));
    };
    let Some(length) = padded.len().checked_sub(padding) else {
        let bound = padding - padded.len();
        return Err(FunctionError::new(format!("runtime error: slice bounds out of range [:-{bound}]")));
    };
    padded.truncate(length);
    Ok(Value::Text(padded.into()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::any;
    use proptest::proptest;

    use crate::template::functions::call_for_test;

    proptest! {
        #[test]
        fn what_is_encrypted_decrypts_and_nothing_panics(password in ".{0,40}", text in ".{0,60}", other in any::<[u8; 3]>()) {
            let encrypted = call_for_test("encryptAES", &[password.as_str().into(), text.as_str().into()]).unwrap();
            let decrypted = call_for_test("decryptAES", &[password.as_str().into(), encrypted.clone()]).unwrap();
            assert_eq!(decrypted.as_text().unwrap().to_string(), text);
            let _ = call_for_test("decryptAES", &[hex::encode(other).into(), encrypted]);
        }
    }
}
