//! Sprig's encodings and checksums.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::Digest;
use sha2::Sha256;
use sha2::Sha512;

use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::functions::radix;
use crate::template::value::Value;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("b64enc", &[Param::Text], b64enc),
    Function::new("b64dec", &[Param::Text], b64dec),
    Function::new("b32enc", &[Param::Text], b32enc),
    Function::new("b32dec", &[Param::Text], b32dec),
    Function::new("adler32sum", &[Param::Text], adler32sum),
    Function::new("sha1sum", &[Param::Text], sha1sum),
    Function::new("sha256sum", &[Param::Text], sha256sum),
    Function::new("sha512sum", &[Param::Text], sha512sum),
];

fn b64enc(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(STANDARD.encode(args.text(0)?.bytes()).into())
}

/// What is not base64 gives the decoder's complaint as the text, as sprig does.
fn b64dec(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(Value::Text(radix::decode64(args.text(0)?).unwrap_or_else(Vec::from).into()))
}

fn b32enc(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(radix::encode32(args.text(0)?).into())
}

/// What is not base32 gives the decoder's complaint as the text, as sprig does.
fn b32dec(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(Value::Text(radix::decode32(args.text(0)?).unwrap_or_else(Vec::from).into()))
}

fn adler32sum(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    const MODULUS: u32 = 65_521;
    let (low, high) = args.text(0)?.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % MODULUS;
        (low, (high + low) % MODULUS)
    });
    Ok((high << 16 | low).to_string().into())
}

fn sha1sum(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(hex::encode(Sha1::digest(args.text(0)?.bytes())).into())
}

fn sha256sum(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(hex::encode(Sha256::digest(args.text(0)?.bytes())).into())
}

fn sha512sum(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(hex::encode(Sha512::digest(args.text(0)?.bytes())).into())
}

#[cfg(test)]
mod tests {
    use crate::template::functions::call_for_test;

    fn text(name: &str, of: &str) -> String {
        call_for_test(name, &[of.into()]).unwrap().as_text().unwrap().to_string()
    }

    #[test]
    fn encodings() {
        assert_eq!(text("b64enc", "hé"), "aMOp");
        assert_eq!(text("b64dec", "aM\nOp"), "hé");
        assert_eq!(text("b64dec", "!!"), "illegal base64 data at input byte 0");
        assert_eq!(text("sha1sum", ""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert!(text("sha256sum", "").starts_with("e3b0c44298fc1c14"));
        assert!(text("sha512sum", "").starts_with("cf83e1357eefb8bd"));
    }
}
