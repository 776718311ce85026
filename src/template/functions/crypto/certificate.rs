//! Certificates as sprig makes them.

use std::net::IpAddr;
use std::ops::Add;
use std::ops::Sub;
use std::time::Duration;

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::DistinguishedName;
use rcgen::DnType;
use rcgen::ExtendedKeyUsagePurpose;
use rcgen::IsCa;
use rcgen::Issuer;
use rcgen::KeyPair;
use rcgen::KeyUsagePurpose;
use rcgen::SanType;
use rcgen::SerialNumber;
use rcgen::date_time_ymd;

use crate::template::collection::List;
use crate::template::format;
use crate::template::functions::FunctionError;
use crate::template::functions::crypto::keys;
use crate::template::functions::crypto::keys::PrivateKey;
use crate::template::text::Text;
use crate::template::value::Value;
use crate::template::world::World;

/// The first second of year 1.
const FIRST_SECOND: i64 = -62_135_596_800;

/// The last second of year 9999, beyond which a certificate cannot say a time.
const LAST_SECOND: i64 = 253_402_300_799;

/// What a certificate shall say.
#[derive(Debug)]
pub(super) struct Request {
    name: String,
    serial: Vec<u8>,
    /// From when to when it is valid, in seconds since 1970.
    valid: (i64, i64),
    names: Vec<SanType>,
    addresses: Vec<SanType>,
    is_authority: bool,
}

/// Who signs a certificate.
#[derive(Debug)]
pub(super) enum Signer<'a> {
    /// The key that it is for.
    Itself,
    /// An authority.
    Authority(Box<Issuer<'a, KeyPair>>),
}

fn failed(what: impl std::fmt::Display) -> FunctionError {
    FunctionError::new(format!("error creating certificate: x509: {what}"))
}

impl Request {
    /// A certificate for that common name, valid from now on for so many days, with a random number.
    pub(super) fn new(world: &mut dyn World, name: &Text, days: i64) -> Self {
        let mut serial = vec![0; 16];
        world.random(&mut serial);
        let now = world.now().as_second();
        // More days than fit into Go's duration turn around, as they do there.
        let span = days.wrapping_mul(86_400_000_000_000).div_euclid(1_000_000_000);
        Self {
            name: name.lossy().into_owned(),
            serial,
            valid: (now, now.saturating_add(span)),
            names: Vec::new(),
            addresses: Vec::new(),
            is_authority: false,
        }
    }

    /// The same for one that signs others.
    pub(super) fn authority(self) -> Self {
        Self { is_authority: true, ..self }
    }

    /// The same for these IP addresses too.
    pub(super) fn addresses(mut self, list: &List) -> Result<Self, FunctionError> {
        for item in list.items() {
            let Value::Text(text) = &item else {
                let shown = format::display(&item);
                return Err(FunctionError::new(format!("error parsing ip: {shown} is not a string")));
            };
            let address: Result<IpAddr, _> = text.lossy().parse();
            let address = address.map_err(|_| FunctionError::new(format!("error parsing ip: {text}")))?;
            self.addresses.push(SanType::IpAddress(address.to_canonical()));
        }
        Ok(self)
    }

    /// The same for these host names too.
    pub(super) fn names(mut self, list: &List) -> Result<Self, FunctionError> {
        for item in list.items() {
            let Value::Text(text) = &item else {
                let what = format!("error processing alternate dns name: {} is not a string", format::display(&item));
                return Err(FunctionError::new(what));
            };
            let unfit = || failed(format_args!("{} cannot be encoded as an IA5String", format::quoted(text)));
            self.names.push(SanType::DnsName(text.lossy().into_owned().try_into().map_err(|_| unfit())?));
        }
        Ok(self)
    }

    fn params(&self) -> Result<CertificateParams, FunctionError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, self.name.as_str());
        params.serial_number = Some(SerialNumber::from(self.serial.clone()));
        params.subject_alt_names = [&self.names[..], &self.addresses].concat();
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.is_ca = IsCa::ExplicitNoCa;
        if self.is_authority {
            params.key_usages.push(KeyUsagePurpose::KeyCertSign);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        let epoch = date_time_ymd(1970, 1, 1);
        params.not_before = moved(epoch, self.valid.0)?;
        params.not_after = moved(epoch, self.valid.1)?;
        Ok(params)
    }
}

/// The time so many seconds after 1970, which is `epoch`.
fn moved<T>(epoch: T, seconds: i64) -> Result<T, FunctionError>
where
    T: Add<Duration, Output = T> + Sub<Duration, Output = T>,
{
    if !(FIRST_SECOND..=LAST_SECOND).contains(&seconds) {
        return Err(failed("cannot represent time as GeneralizedTime"));
    }
    let span = Duration::from_secs(seconds.unsigned_abs());
    Ok(if seconds < 0 { epoch - span } else { epoch + span })
}

/// The certificate as PEM.
pub(super) fn issue(request: &Request, key: &PrivateKey, signer: &Signer<'_>) -> Result<String, FunctionError> {
    let pair = key.pair()?;
    let mut params = request.params()?;
    let certificate = match signer {
        Signer::Itself => params.self_signed(&pair),
        Signer::Authority(issuer) => {
            params.use_authority_key_identifier_extension = true;
            params.signed_by(&pair, issuer)
        }
    };
    Ok(keys::written("CERTIFICATE", certificate.map_err(failed)?.der()))
}

/// The authority that has this certificate and key, both PEM.
pub(super) fn authority(cert: &[u8], key: &[u8]) -> Result<Signer<'static>, FunctionError> {
    let block = keys::first_block(cert).ok_or_else(|| FunctionError::new("unable to decode certificate"))?;
    check(cert)?;
    let key =
        PrivateKey::from_pem(key).map_err(|error| FunctionError::new(format!("error parsing private key: {error}")))?;
    let issuer = Issuer::from_ca_cert_der(&block.contents().into(), key.pair()?).map_err(|_| malformed())?;
    Ok(Signer::Authority(Box::new(issuer)))
}

fn malformed() -> FunctionError {
    FunctionError::new("error parsing certificate: decodedCert.Bytes: x509: malformed certificate")
}

/// Whether the PEM text holds a certificate.
pub(super) fn check(cert: &[u8]) -> Result<(), FunctionError> {
    let block = keys::first_block(cert).ok_or_else(|| FunctionError::new("unable to decode certificate"))?;
    rustls::server::ParsedCertificate::try_from(&block.contents().into()).map_err(|_| malformed())?;
    Ok(())
}
