//! Secrets as they stand in a repository: werf's format, AES-CBC under the project's key.
//!
//! The text is lower-case hex of the length of the initialisation vector (two bytes, little endian, always 16), the
//! vector, and the ciphertext with PKCS#7 padding. There is nothing in it that authenticates: a wrong key shows as
//! wrong padding in 255 of 256 cases, else as garbage.

use std::fmt;

use aes::Aes128;
use aes::Aes192;
use aes::Aes256;
use cbc::Decryptor;
use cbc::Encryptor;
use cbc::cipher::BlockModeDecrypt;
use cbc::cipher::BlockModeEncrypt;
use cbc::cipher::KeyIvInit;
use cbc::cipher::block_padding::Pkcs7;
use serde_json::Value;
use zeroize::Zeroizing;

/// Bytes of a cipher block and of an initialisation vector.
pub const BLOCK: usize = 16;

/// The first bytes of every text: the length of the vector.
const VECTOR_LENGTH: [u8; 2] = [16, 0];

/// Hex digits of the shortest text: length, vector, one block.
const SHORTEST: usize = 2 * (VECTOR_LENGTH.len() + BLOCK + BLOCK);

/// How much of a text that cannot be read is shown: it is not always ciphertext.
const SHOWN: usize = 12;

/// Why a secret cannot be read. The texts are werf's, because people search for them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretTextError {
    /// The key is not hex.
    #[error("check encryption key: {0}")]
    KeyNotHex(String),
    /// The key has a length that AES does not know.
    #[error("check encryption key: {0} bytes instead of 16, 24 or 32")]
    KeyLength(usize),
    /// The text is too short to be a secret; its beginning.
    #[error("decryption failed: check data `{0}`: minimum required data length: '68'")]
    TooShort(String),
    /// The text is not hex, or not in this format; its beginning.
    #[error("decryption failed: check data `{0}`: {1}")]
    Format(String, String),
    /// What came out has no proper end: the key is another one, or the text was changed.
    #[error("decryption failed: check encryption key and data: inconsistent data, unpad failed")]
    Padding,
    /// What came out is not text.
    #[error("decryption failed: check encryption key and data: the result is not text")]
    NotText,
}

/// The key of a project's secrets. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(Zeroizing<Vec<u8>>);

impl SecretKey {
    /// Reads a key: 32, 48 or 64 hex digits; white space around it does not count.
    pub fn parse(text: &str) -> Result<Self, SecretTextError> {
        let key = hex::decode(text.trim()).map_err(|error| SecretTextError::KeyNotHex(error.to_string()))?;
        let key = Zeroizing::new(key);
        match key.len() {
            16 | 24 | 32 => Ok(Self(key)),
            length => Err(SecretTextError::KeyLength(length)),
        }
    }

    /// Encrypts `plain` under `vector`, which must be random and used once.
    pub fn encrypt(&self, plain: &[u8], vector: [u8; BLOCK]) -> String {
        let sealed = match self.0.len() {
            16 => seal::<Encryptor<Aes128>>(&self.0, &vector, plain),
            24 => seal::<Encryptor<Aes192>>(&self.0, &vector, plain),
            _ => seal::<Encryptor<Aes256>>(&self.0, &vector, plain),
        };
        hex::encode([&VECTOR_LENGTH[..], &vector, &sealed].concat())
    }

    /// Decrypts `text`; white space around it does not count, an empty one is empty.
    pub fn decrypt(&self, text: &str) -> Result<Zeroizing<Vec<u8>>, SecretTextError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Zeroizing::default());
        }
        if text.len() < SHORTEST {
            return Err(SecretTextError::TooShort(beginning(text)));
        }
        let format = |what: &str| SecretTextError::Format(beginning(text), what.to_owned());
        let bytes = hex::decode(text).map_err(|error| format(&error.to_string()))?;
        let (length, rest) = bytes.split_at(VECTOR_LENGTH.len());
        let (vector, sealed) = rest.split_at(BLOCK);
        if length != VECTOR_LENGTH || sealed.len() % BLOCK != 0 {
            return Err(format("not a secret that werf wrote"));
        }
        let plain = match self.0.len() {
            16 => open::<Decryptor<Aes128>>(&self.0, vector, sealed),
            24 => open::<Decryptor<Aes192>>(&self.0, vector, sealed),
            _ => open::<Decryptor<Aes256>>(&self.0, vector, sealed),
        };
        plain.ok_or(SecretTextError::Padding)
    }

    /// Decrypts `text` to text.
    pub fn decrypt_text(&self, text: &str) -> Result<Zeroizing<String>, SecretTextError> {
        let plain = self.decrypt(text)?;
        std::str::from_utf8(&plain).map(|plain| Zeroizing::new(plain.to_owned())).map_err(|_| SecretTextError::NotText)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// A value of a tree that cannot be decrypted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {error}")]
pub struct SecretValueError {
    /// Where it stands, such as `app.users[0].password`.
    pub path: String,
    /// What is wrong.
    pub error: SecretTextError,
}

/// Decrypts the values of a secret values file: every leaf becomes text, keys stay.
///
/// A leaf that is not a secret is an error: in werf, everything in such a file is encrypted.
pub fn decrypt_values(values: &Value, key: &SecretKey) -> Result<Value, SecretValueError> {
    decrypt_below(values, key, "")
}

fn decrypt_below(values: &Value, key: &SecretKey, path: &str) -> Result<Value, SecretValueError> {
    match values {
        Value::Object(object) => {
            let below = |(name, value): (&String, &Value)| {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                Ok((name.clone(), decrypt_below(value, key, &path)?))
            };
            object.iter().map(below).collect::<Result<_, _>>().map(Value::Object)
        }
        Value::Array(array) => {
            let below = |(at, value)| decrypt_below(value, key, &format!("{path}[{at}]"));
            array.iter().enumerate().map(below).collect::<Result<_, _>>().map(Value::Array)
        }
        Value::String(text) => decrypt_leaf(text, key, path),
        Value::Null if path.is_empty() => Ok(Value::Null),
        Value::Null => decrypt_leaf("<nil>", key, path),
        Value::Bool(_) | Value::Number(_) => decrypt_leaf(&values.to_string(), key, path),
    }
}

fn decrypt_leaf(text: &str, key: &SecretKey, path: &str) -> Result<Value, SecretValueError> {
    let plain = key.decrypt_text(text).map_err(|error| SecretValueError { path: path.to_owned(), error })?;
    Ok(Value::String(plain.to_string()))
}

fn beginning(text: &str) -> String {
    let shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() { shown + "…" } else { shown }
}

#[expect(clippy::expect_used, reason = "lengths are those of the cipher and of the padding; zeros would lose a secret")]
fn seal<Mode: KeyIvInit + BlockModeEncrypt>(key: &[u8], vector: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut sealed = vec![0; (plain.len() / BLOCK + 1) * BLOCK];
    let mode = Mode::new_from_slices(key, vector).expect("key and vector have the cipher's length");
    mode.encrypt_padded_b2b::<Pkcs7>(plain, &mut sealed).expect("there is room for the padding");
    sealed
}

fn open<Mode: KeyIvInit + BlockModeDecrypt>(key: &[u8], vector: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut plain = Zeroizing::new(vec![0; sealed.len()]);
    let mode = Mode::new_from_slices(key, vector).ok()?;
    let length = mode.decrypt_padded_b2b::<Pkcs7>(sealed, &mut plain).ok()?.len();
    plain.truncate(length);
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::SecretKey;
    use super::SecretTextError;
    use super::decrypt_values;
    use proptest::prelude::*;
    use serde_json::json;

    /// Key and texts that werf 1.1 made.
    const KEY: &str = "a05990039b40f47d88a0ab04424820d3";
    const PLAIN_STRING: &str = "1000027a31d5febd924e465d684f8c8ed2b527314a89c41428d622a34257b3547c32";
    const PASSWORD: &str = "1000786fe2a2d5e7ad8fee45fb0ad7b82b432fd7979ab21dd6eca8d6237a2b77c2d2";

    fn key() -> SecretKey {
        SecretKey::parse(KEY).unwrap()
    }

    #[test]
    fn what_werf_wrote_is_read() {
        assert_eq!(*key().decrypt_text(PLAIN_STRING).unwrap(), "plain string");
        assert_eq!(*key().decrypt_text(&format!(" {PASSWORD}\n")).unwrap(), "s3cr3t");
        assert_eq!(*key().decrypt_text("\n").unwrap(), "");
    }

    #[test]
    fn what_is_written_is_what_werf_wrote() {
        let vector = hex::decode(&PLAIN_STRING[4..36]).unwrap().try_into().unwrap();
        assert_eq!(key().encrypt(b"plain string", vector), PLAIN_STRING);
    }

    #[test]
    fn a_bad_key_or_text_says_what_to_check() {
        assert_eq!(SecretKey::parse("abcd"), Err(SecretTextError::KeyLength(2)));
        let not_hex = SecretKey::parse("zz").unwrap_err().to_string();
        assert!(not_hex.starts_with("check encryption key: "), "{not_hex}");
        let short = key().decrypt("s3cr3t").unwrap_err().to_string();
        assert_eq!(short, "decryption failed: check data `s3cr3t`: minimum required data length: '68'");
        assert!(matches!(key().decrypt(&"x".repeat(68)), Err(SecretTextError::Format(..))));
        assert!(matches!(key().decrypt(&"0".repeat(68)), Err(SecretTextError::Format(..))));
        let other = SecretKey::parse("e15e65bac634e68108f29f126d1806a9").unwrap();
        assert_eq!(other.decrypt(PASSWORD), Err(SecretTextError::Padding));
        assert_eq!(format!("{:?}", key()), "***");
    }

    #[test]
    fn the_leaves_of_values_become_text() {
        let values = json!({"app": {"password": PASSWORD, "empty": "", "list": [PLAIN_STRING]}});
        let expected = json!({"app": {"password": "s3cr3t", "empty": "", "list": ["plain string"]}});
        assert_eq!(decrypt_values(&values, &key()).unwrap(), expected);
        let error = decrypt_values(&json!({"app": [{"port": 80}]}), &key()).unwrap_err();
        assert!(error.to_string().starts_with("app[0].port: decryption failed: check data `80`"), "{error}");
    }

    proptest! {
        #[test]
        fn encrypting_and_decrypting_is_the_identity(
            plain in prop::collection::vec(any::<u8>(), 0..70),
            vector in any::<[u8; 16]>(),
            size in prop::sample::select(vec![16_usize, 24, 32]),
        ) {
            let key = SecretKey::parse(&"7a".repeat(size)).unwrap();
            prop_assert_eq!(&**key.decrypt(&key.encrypt(&plain, vector)).unwrap(), &plain[..]);
        }

        #[test]
        fn no_text_panics(text in "[0-9a-f]{0,200}|\\PC{0,100}") {
            let _ = key().decrypt(&text);
        }
    }
}
