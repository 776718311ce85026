//! Sprig's cryptography: passwords, keys, certificates, encryption.
//!
//! What is drawn at random is drawn from the world, but for the keys of RSA, EC and Ed25519, which the library makes.

mod certificate;
mod cipher;
mod dsa;
mod keys;
mod password;

use std::borrow::Cow;

use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::functions::radix;
use crate::template::object::Object;
use crate::template::object::Shape;
use crate::template::text::Text;
use crate::template::value::Value;

use certificate::Request;
use certificate::Signer;
use keys::PrivateKey;

const CERTIFICATE: Param = Param::Object(Certificate::TYPE);

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("bcrypt", &[Param::Text], password::bcrypt),
    Function::new("htpasswd", &[Param::Text, Param::Text], password::htpasswd),
    Function::new(
        "derivePassword",
        &[Param::Any, Param::Text, Param::Text, Param::Text, Param::Text],
        password::derive_password,
    ),
    Function::new("encryptAES", &[Param::Text, Param::Text], cipher::encrypt_aes),
    Function::new("decryptAES", &[Param::Text, Param::Text], cipher::decrypt_aes),
    Function::new("genPrivateKey", &[Param::Text], gen_private_key),
    Function::new("buildCustomCert", &[Param::Text, Param::Text], build_custom_cert),
    Function::new("genCA", &[Param::Text, Param::Int], gen_ca),
    Function::new("genCAWithKey", &[Param::Text, Param::Int, Param::Text], gen_ca_with_key),
    Function::new("genSelfSignedCert", &[Param::Text, Param::List, Param::List, Param::Int], gen_self_signed),
    Function::new(
        "genSelfSignedCertWithKey",
        &[Param::Text, Param::List, Param::List, Param::Int, Param::Text],
        gen_self_signed_with_key,
    ),
    Function::new("genSignedCert", &[Param::Text, Param::List, Param::List, Param::Int, CERTIFICATE], gen_signed),
    Function::new(
        "genSignedCertWithKey",
        &[Param::Text, Param::List, Param::List, Param::Int, CERTIFICATE, Param::Text],
        gen_signed_with_key,
    ),
];

/// A certificate and its key, both as PEM.
#[derive(Debug)]
struct Certificate {
    cert: Text,
    key: Text,
}

impl Certificate {
    const TYPE: &'static str = "sprig.certificate";

    fn of(value: &Value) -> Result<&Self, FunctionError> {
        let Value::Object(object) = value else { return Err(FunctionError::nil_dereference()) };
        let object: &dyn std::any::Any = object.as_ref();
        object.downcast_ref().ok_or_else(FunctionError::nil_dereference)
    }
}

impl Object for Certificate {
    fn type_name(&self) -> Cow<'static, str> {
        Self::TYPE.into()
    }

    fn shape(&self) -> Shape {
        Shape::Struct(vec![("Cert", self.cert.clone().into()), ("Key", self.key.clone().into())])
    }
}

/// The certificate that `signer` makes of the request, with the request's key.
fn issued(request: &Request, key: &PrivateKey, signer: &Signer<'_>) -> Result<Value, FunctionError> {
    let cert = certificate::issue(request, key, signer)?.into();
    Ok(Value::object(Certificate { cert, key: key.to_pem()?.into() }))
}

fn gen_private_key(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let kind = args.text(0)?.lossy();
    let key = match &*kind {
        "" | "rsa" => PrivateKey::rsa(keys::RSA_4096),
        "dsa" => return Ok(dsa::generate(context.world).into()),
        "ecdsa" => PrivateKey::ecdsa(),
        "ed25519" => PrivateKey::ed25519(),
        other => return Ok(format!("Unknown type {other}").into()),
    };
    Ok(key?.to_pem()?.into())
}

/// The certificate and the key, both given in base64, if they are such.
fn build_custom_cert(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let decoded = |index: usize, what: &str| {
        let bytes = radix::decode64(args.text(index)?);
        bytes.map_err(|_| FunctionError::new(format!("unable to decode base64 {what}")))
    };
    let (cert, key) = (decoded(0, "certificate")?, decoded(1, "private key")?);
    certificate::check(&cert)?;
    PrivateKey::from_pem(&key).map_err(|error| FunctionError::new(format!("error parsing private key: {error}")))?;
    Ok(Value::object(Certificate { cert: cert.into(), key: key.into() }))
}

fn new_key() -> Result<PrivateKey, FunctionError> {
    PrivateKey::rsa(keys::RSA_2048)
}

fn given_key(args: Args<'_>, index: usize) -> Result<PrivateKey, FunctionError> {
    let key = PrivateKey::from_pem(args.text(index)?);
    key.map_err(|error| FunctionError::new(format!("parsing private key: {error}")))
}

fn ca(context: &mut Context<'_>, args: Args<'_>, key: &PrivateKey) -> Result<Value, FunctionError> {
    let request = Request::new(context.world, args.text(0)?, args.int(1)?).authority();
    issued(&request, key, &Signer::Itself)
}

fn gen_ca(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    ca(context, args, &new_key()?)
}

fn gen_ca_with_key(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    ca(context, args, &given_key(args, 2)?)
}

/// What `cn ips alternateDNS daysValid` ask for.
fn host_request(context: &mut Context<'_>, args: Args<'_>) -> Result<Request, FunctionError> {
    let request = Request::new(context.world, args.text(0)?, args.int(3)?);
    request.addresses(&args.list(1)?)?.names(&args.list(2)?)
}

fn gen_self_signed(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    issued(&host_request(context, args)?, &new_key()?, &Signer::Itself)
}

fn gen_self_signed_with_key(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let key = given_key(args, 4)?;
    issued(&host_request(context, args)?, &key, &Signer::Itself)
}

fn signed(context: &mut Context<'_>, args: Args<'_>, key: &PrivateKey) -> Result<Value, FunctionError> {
    let authority = Certificate::of(args.any(4)?)?;
    let signer = certificate::authority(&authority.cert, &authority.key)?;
    issued(&host_request(context, args)?, key, &signer)
}

fn gen_signed(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    signed(context, args, &new_key()?)
}

fn gen_signed_with_key(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    signed(context, args, &given_key(args, 5)?)
}

#[cfg(test)]
mod tests {
    use crate::template::functions::call_for_test;
    use crate::template::value::Value;

    fn field(value: &Value, name: &str) -> String {
        let Value::Object(object) = value else { panic!("{value:?}") };
        object.field(name).unwrap().as_text().unwrap().to_string()
    }

    fn pem_key(kind: &str) -> Value {
        call_for_test("genPrivateKey", &[kind.into()]).unwrap()
    }

    #[test]
    fn a_ca_signs_a_certificate_of_each_kind_of_key() {
        let ca = call_for_test("genCA", &["ca".into(), 10.into()]).unwrap();
        let (ips, names) = (Value::from(vec!["10.0.0.1".into(), "::1".into()]), Value::from(vec!["a.b".into()]));
        for kind in ["ecdsa", "ed25519"] {
            let key = pem_key(kind);
            let args = ["x".into(), ips.clone(), names.clone(), 5.into(), ca.clone(), key.clone()];
            let signed = call_for_test("genSignedCertWithKey", &args).unwrap();
            assert!(field(&signed, "Cert").starts_with("-----BEGIN CERTIFICATE-----\nMII"));
            assert_eq!(field(&signed, "Key"), key.as_text().unwrap().to_string());
        }
        assert!(field(&ca, "Key").starts_with("-----BEGIN RSA PRIVATE KEY-----\nMII"));
    }

    #[test]
    fn a_key_that_was_made_can_be_used() {
        for kind in ["rsa", "ecdsa", "ed25519"] {
            let made = call_for_test("genCAWithKey", &["x".into(), 1.into(), pem_key(kind)]);
            assert!(made.is_ok(), "{kind}: {made:?}");
        }
        assert_eq!(pem_key("nope").as_text().unwrap().to_string(), "Unknown type nope");
        assert_eq!(pem_key("ecdsa").as_text().unwrap().len(), 227);
        assert_eq!(pem_key("ed25519").as_text().unwrap().len(), 119);
    }

    #[test]
    fn what_is_no_name_or_address_is_refused() {
        let refused = |ips: Vec<Value>, names: Vec<Value>| {
            call_for_test("genSelfSignedCert", &["x".into(), ips.into(), names.into(), 1.into()]).unwrap_err()
        };
        assert_eq!(refused(vec!["1.2.3".into()], vec![]), "error parsing ip: 1.2.3");
        assert_eq!(refused(vec![5.into()], vec![]), "error parsing ip: 5 is not a string");
        assert_eq!(refused(vec![], vec![5.into()]), "error processing alternate dns name: 5 is not a string");
    }
}
