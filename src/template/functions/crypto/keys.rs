//! Private keys: made, read from PEM, written as Go writes them.

use std::fmt;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::encoding::Pkcs8V1Der;
use aws_lc_rs::rsa;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1_SIGNING;
use aws_lc_rs::signature::ECDSA_P384_SHA384_ASN1_SIGNING;
use aws_lc_rs::signature::ECDSA_P521_SHA512_ASN1_SIGNING;
use aws_lc_rs::signature::EcdsaKeyPair;
use aws_lc_rs::signature::Ed25519KeyPair;
use pem::EncodeConfig;
use pem::LineEnding;
use pem::Pem;
use rcgen::KeyPair;
use rustls::pki_types::PrivateKeyDer;

use crate::template::functions::FunctionError;

pub(super) const RSA_2048: KeySize = KeySize::Rsa2048;
pub(super) const RSA_4096: KeySize = KeySize::Rsa4096;

/// A private key.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum PrivateKey {
    /// PKCS#1.
    Rsa(Vec<u8>),
    /// SEC 1.
    Ec(Vec<u8>),
    /// PKCS#8.
    Ed25519(Vec<u8>),
    /// A DSA key as it was given: it can be read and passed on, but no certificate is made with it.
    Dsa(Vec<u8>),
}

/// Does not print the key.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.tag())
    }
}

fn generation_failed<E>(_: E) -> FunctionError {
    FunctionError::new("error generating key")
}

impl PrivateKey {
    /// A new RSA key.
    pub(super) fn rsa(size: KeySize) -> Result<Self, FunctionError> {
        let pair = rsa::KeyPair::generate(size).map_err(generation_failed)?;
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(generation_failed)?;
        inner_key(der.as_ref()).map(|inner| Self::Rsa(inner.to_vec())).ok_or_else(|| generation_failed(()))
    }

    /// A new key on the curve P-256.
    pub(super) fn ecdsa() -> Result<Self, FunctionError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map_err(generation_failed)?;
        let der = pair.private_key().as_der().map_err(generation_failed)?;
        Ok(Self::Ec(der.as_ref().to_vec()))
    }

    /// A new Ed25519 key.
    pub(super) fn ed25519() -> Result<Self, FunctionError> {
        let pair = Ed25519KeyPair::generate().map_err(generation_failed)?;
        let der = pair.to_pkcs8v1().map_err(generation_failed)?;
        Ok(Self::Ed25519(der.as_ref().to_vec()))
    }

    /// Reads the first PEM block; what is wrong with it otherwise.
    pub(super) fn from_pem(text: &[u8]) -> Result<Self, String> {
        let block = first_block(text).ok_or("no PEM data in input")?;
        let der = block.contents();
        if block.tag() == "PRIVATE KEY" {
            return from_pkcs8(der)
                .ok_or_else(|| "decoding PEM as PKCS#8: x509: failed to parse private key".to_owned());
        }
        let Some(kind) = block.tag().strip_suffix(" PRIVATE KEY") else {
            return Err(format!("no private key data in PEM block of type {}", block.tag()));
        };
        let refused = || format!("parsing {kind} private key from PEM: x509: failed to parse private key");
        match kind {
            "RSA" => rsa::KeyPair::from_der(der).map(|_| Self::Rsa(der.to_vec())).map_err(|_| refused()),
            "EC" => sec1(der).map(Self::Ec).ok_or_else(refused),
            "DSA" => Ok(Self::Dsa(der.to_vec())),
            _ => Err(format!("invalid private key type {}", block.tag())),
        }
    }

    fn tag(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RSA PRIVATE KEY",
            Self::Ec(_) => "EC PRIVATE KEY",
            Self::Ed25519(_) => "PRIVATE KEY",
            Self::Dsa(_) => "DSA PRIVATE KEY",
        }
    }

    fn der(&self) -> &[u8] {
        match self {
            Self::Rsa(der) | Self::Ec(der) | Self::Ed25519(der) | Self::Dsa(der) => der,
        }
    }

    /// The key as PEM.
    pub(super) fn to_pem(&self) -> Result<String, FunctionError> {
        Ok(written(self.tag(), self.der()))
    }

    /// The key as it signs.
    pub(super) fn pair(&self) -> Result<KeyPair, FunctionError> {
        let refused = |what: &str| FunctionError::new(format!("error creating certificate: x509: {what}"));
        let der = self.der().to_vec();
        let der = match self {
            Self::Rsa(_) => PrivateKeyDer::Pkcs1(der.into()),
            Self::Ec(_) => PrivateKeyDer::Sec1(der.into()),
            Self::Ed25519(_) => PrivateKeyDer::Pkcs8(der.into()),
            Self::Dsa(_) => return Err(refused("unsupported public key type: *dsa.PublicKey")),
        };
        KeyPair::try_from(&der).map_err(|_| refused("unsupported private key"))
    }
}

/// A PEM block of that kind.
pub(super) fn written(tag: &str, der: &[u8]) -> String {
    pem::encode_config(&Pem::new(tag, der), EncodeConfig::new().set_line_ending(LineEnding::LF))
}

/// The first PEM block of a text, whatever stands around it.
pub(super) fn first_block(text: &[u8]) -> Option<Pem> {
    pem::parse(text).ok()
}

fn sec1(der: &[u8]) -> Option<Vec<u8>> {
    let curves = [&ECDSA_P256_SHA256_ASN1_SIGNING, &ECDSA_P384_SHA384_ASN1_SIGNING, &ECDSA_P521_SHA512_ASN1_SIGNING];
    let pair = curves.into_iter().find_map(|curve| EcdsaKeyPair::from_private_key_der(curve, der).ok())?;
    pair.private_key().as_der().ok().map(|der| der.as_ref().to_vec())
}

fn from_pkcs8(der: &[u8]) -> Option<PrivateKey> {
    if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
        return pair.to_pkcs8v1().ok().map(|der| PrivateKey::Ed25519(der.as_ref().to_vec()));
    }
    if let Some(der) = sec1(der) {
        return Some(PrivateKey::Ec(der));
    }
    rsa::KeyPair::from_pkcs8(der).ok().and_then(|_| inner_key(der)).map(|inner| PrivateKey::Rsa(inner.to_vec()))
}

/// The key inside of PKCS#8: the third part, a string of bytes.
fn inner_key(der: &[u8]) -> Option<&[u8]> {
    let (content, _) = der_content(der)?;
    let (_, after_version) = der_content(content)?;
    let (_, after_algorithm) = der_content(after_version)?;
    der_content(after_algorithm).map(|(key, _)| key)
}

/// The content of the first element, and what follows it.
fn der_content(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (first, rest) = der.get(1..)?.split_first()?;
    let length_bytes = if *first < 0x80 { 0 } else { usize::from(first & 0x7F) };
    let (length, rest) = rest.split_at_checked(length_bytes)?;
    let length = match length_bytes {
        0 => usize::from(*first),
        1..=4 => length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::PrivateKey;
    use super::first_block;

    #[test]
    fn keys_survive_pem() {
        for key in
            [PrivateKey::ecdsa().unwrap(), PrivateKey::ed25519().unwrap(), PrivateKey::rsa(super::RSA_2048).unwrap()]
        {
            let pem = key.to_pem().unwrap();
            assert_eq!(PrivateKey::from_pem(pem.as_bytes()), Ok(key));
        }
        assert_eq!(PrivateKey::from_pem(b"x").unwrap_err(), "no PEM data in input");
        assert!(first_block(b"-----BEGIN X-----\n-----END Y-----\n").is_none());
    }
}
