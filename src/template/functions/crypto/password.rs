//! Passwords: hashed, and derived from a master password.

use aws_lc_rs::hmac;
use bcrypt::BcryptError;
use bcrypt::Version;
use scrypt::Params;

use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::FunctionError;
use crate::template::functions::cast;
use crate::template::text::Text;
use crate::template::value::Value;
use crate::template::world::World;

/// The cost that Go's `bcrypt` takes where none is asked for.
const COST: u32 = 10;

/// The longest password that bcrypt hashes.
const LONGEST: usize = 72;

/// Hashes a password; a failure is the text.
pub(super) fn bcrypt(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(hashed(context.world, args.text(0)?).into())
}

/// A line of an `htpasswd` file.
pub(super) fn htpasswd(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let (user, password) = (args.text(0)?, args.text(1)?);
    if user.contains(&b':') {
        return Ok(Value::Text([b"invalid username: ", user.bytes()].concat().into()));
    }
    Ok(Value::Text([user.bytes(), b":", hashed(context.world, password).as_bytes()].concat().into()))
}

fn hashed(world: &mut dyn World, password: &[u8]) -> String {
    if password.len() > LONGEST {
        return format!("failed to encrypt string with bcrypt: bcrypt: password length exceeds {LONGEST} bytes");
    }
    let mut salt = [0; 16];
    world.random(&mut salt);
    let hash = bcrypt::hash_with_salt(password, COST, salt).map(|parts| parts.format_for_version(Version::TwoA));
    hash.unwrap_or_else(|error: BcryptError| format!("failed to encrypt string with bcrypt: {error}"))
}

const MASTER_SEED: &[u8] = b"com.lyndir.masterpassword";

/// The patterns of passwords by their kind; each letter stands for a class of characters.
const PATTERNS: &[(&str, &[&str])] = &[
    ("maximum", &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"]),
    (
        "long",
        &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
    ),
    ("medium", &["CvcnoCvc", "CvcCvcno"]),
    ("short", &["Cvcn"]),
    ("basic", &["aaanaaan", "aannaaan", "aaannaaa"]),
    ("pin", &["nnnn"]),
];

fn class(letter: u8) -> &'static [u8] {
    match letter {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'A' => b"AEIOUBCDFGHJKLMNPQRSTVWXYZ",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

/// The password of a site, by the algorithm of Master Password: the same arguments give the same one.
pub(super) fn derive_password(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let counter = u32::try_from(cast::to_int64(args.any(0)?))
        .map_err(|_| FunctionError::new("the counter of derivePassword is not between 0 and 4294967295"))?;
    let (kind, password, user, site) = (args.text(1)?, args.text(2)?, args.text(3)?, args.text(4)?);
    let Some((_, patterns)) = PATTERNS.iter().find(|(name, _)| kind == name) else {
        return Ok(format!("cannot find password template {kind}").into());
    };
    let key = master_key(password, user)?;
    let message = [&named(site)[..], &counter.to_be_bytes()].concat();
    let seed = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &message);
    Ok(spelled(patterns, seed.as_ref()).into())
}

/// The seed, and a name behind its length.
fn named(name: &[u8]) -> Vec<u8> {
    let length = u32::try_from(name.len()).unwrap_or(u32::MAX);
    [MASTER_SEED, &length.to_be_bytes(), name].concat()
}

fn master_key(password: &[u8], user: &[u8]) -> Result<[u8; 64], FunctionError> {
    let failed = || FunctionError::new("failed to derive password");
    let params = Params::new(15, 8, 2).map_err(|_| failed())?;
    let mut key = [0; 64];
    scrypt::scrypt(password, &named(user), &params, &mut key).map_err(|_| failed())?;
    Ok(key)
}

/// Each byte of the seed chooses: the first a pattern, each further one a character.
fn spelled(patterns: &[&str], seed: &[u8]) -> Text {
    let mut choices = seed.iter().map(|byte| usize::from(*byte));
    let pattern = patterns[choices.next().unwrap_or_default() % patterns.len()];
    let characters = pattern.bytes().zip(choices).map(|(letter, choice)| class(letter)[choice % class(letter).len()]);
    characters.collect::<Vec<u8>>().into()
}

#[cfg(test)]
mod tests {
    use crate::template::functions::call_for_test;
    use crate::template::value::Value;

    fn text(name: &str, args: &[Value]) -> String {
        call_for_test(name, args).unwrap().as_text().unwrap().to_string()
    }

    #[test]
    fn a_hash_is_of_its_password() {
        let hash = text("bcrypt", &["secret".into()]);
        assert!(hash.starts_with("$2a$10$") && hash.len() == 60, "{hash}");
        assert!(bcrypt::verify("secret", &hash).unwrap() && !bcrypt::verify("secreT", &hash).unwrap());
        assert!(text("htpasswd", &["u".into(), "p".into()]).starts_with("u:$2a$10$"));
        assert_eq!(text("htpasswd", &["u:".into(), "p".into()]), "invalid username: u:");
        assert!(text("bcrypt", &["x".repeat(73).into()]).ends_with("exceeds 72 bytes"));
    }
}
