//! A record as the Secret that Helm keeps it in: JSON, gzip, base64, labels.

use std::collections::BTreeMap;
use std::io;
use std::io::Read;
use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use thiserror::Error;

use super::json;
use super::record::Record;
use crate::model::object;

/// The type of a release's Secret.
pub const SECRET_TYPE: &str = "helm.sh/release.v1";

/// The largest content that a Secret may have; the cluster's limit is 1 MiB and counts a little more than the data.
pub const MAX_CONTENT: usize = 1024 * 1024 - 16 * 1024;

/// The most that a record may unpack to; above it the Secret is refused as hostile.
const MAX_UNPACKED: u64 = 256 * 1024 * 1024;

/// The labels that Helm gives a release's Secret itself.
const SYSTEM_LABELS: [&str; 6] = ["name", "owner", "status", "version", "createdAt", "modifiedAt"];

/// Why a Secret is no release record.
#[derive(Debug, Error)]
pub enum SecretError {
    /// The Secret has no `release` in its data.
    #[error("the Secret has no `data.release`")]
    Missing,
    /// The content is no base64.
    #[error("the release is no base64 text")]
    Base64(#[from] base64::DecodeError),
    /// The content does not unpack.
    #[error("the release does not unpack")]
    Gzip(#[from] io::Error),
    /// The content unpacks to something unreasonably large.
    #[error("the release unpacks to more than {} MiB", MAX_UNPACKED / 1024 / 1024)]
    Huge,
    /// The content is not a release's JSON.
    #[error("the release is not what Helm writes")]
    Json(#[from] serde_json::Error),
    /// Even without the chart the record does not fit into a Secret.
    #[error("the release's objects take {0} bytes compressed, and a Secret holds at most {MAX_CONTENT}")]
    TooLarge(usize),
}

/// The name of the Secret that keeps a revision.
pub fn secret_name(release: &str, revision: u64) -> String {
    format!("sh.helm.release.v1.{release}.v{revision}")
}

/// The label selector that finds every revision of a release.
pub fn history_selector(release: &str) -> String {
    format!("owner=helm,name={release}")
}

/// The Secret's content for `record`, dropping by and by what a rollback does not need until it fits: the chart's files
/// and templates, its schema, its default values, the notes.
///
/// # Errors
/// [`SecretError::TooLarge`] if the objects themselves do not fit.
pub fn encode(record: &Record) -> Result<String, SecretError> {
    let full = pack(record)?;
    if full.len() <= MAX_CONTENT {
        return Ok(full);
    }
    let mut smaller = record.clone();
    let drops: [fn(&mut Record); 3] = [
        |record| {
            record.chart.files.clear();
            record.chart.templates.clear();
            record.chart.schema = Value::Null;
        },
        |record| record.chart.values.clear(),
        |record| record.info.notes.clear(),
    ];
    let mut size = full.len();
    for drop_part in drops {
        drop_part(&mut smaller);
        let packed = pack(&smaller)?;
        size = packed.len();
        if size <= MAX_CONTENT {
            return Ok(packed);
        }
    }
    Err(SecretError::TooLarge(size))
}

fn pack(record: &Record) -> Result<String, SecretError> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&json::to_vec(record)?)?;
    // The Secret's own base64 comes on top: the API server measures the decoded data.
    Ok(STANDARD.encode(encoder.finish()?))
}

/// Reads a record from a Secret's content; content that was never compressed is read too.
pub fn decode(content: &str) -> Result<Record, SecretError> {
    let bytes = STANDARD.decode(content.trim())?;
    if !bytes.starts_with(&[0x1f, 0x8b, 0x08]) {
        return Ok(serde_json::from_slice(&bytes)?);
    }
    let mut unpacked = Vec::new();
    GzDecoder::new(bytes.as_slice()).take(MAX_UNPACKED).read_to_end(&mut unpacked)?;
    if unpacked.len() as u64 == MAX_UNPACKED {
        return Err(SecretError::Huge);
    }
    Ok(serde_json::from_slice(&unpacked)?)
}

/// The Secret that keeps `record`, with `labels` of ours beside Helm's.
pub fn to_secret(record: &Record, labels: &BTreeMap<String, String>, now: Timestamp) -> Result<Value, SecretError> {
    let mut all = labels.clone();
    let time_label = if record.info.status.is_pending() { "createdAt" } else { "modifiedAt" };
    for (name, value) in [
        ("name", record.name.clone()),
        ("owner", "helm".to_owned()),
        ("status", record.info.status.word().to_owned()),
        ("version", record.revision.to_string()),
        (time_label, now.as_second().to_string()),
    ] {
        all.insert(name.to_owned(), value);
    }
    Ok(json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": secret_name(&record.name, record.revision),
            "namespace": record.namespace,
            "labels": all,
        },
        "type": SECRET_TYPE,
        "data": {"release": STANDARD.encode(encode(record)?)},
    }))
}

/// Reads the record that `secret` keeps.
pub fn from_secret(secret: &Value) -> Result<Record, SecretError> {
    let data = object::text(secret, "/data/release").ok_or(SecretError::Missing)?;
    decode(&String::from_utf8_lossy(&STANDARD.decode(data)?))
}

/// The labels of a release's Secret that are not Helm's own.
pub fn own_labels(secret: &Value) -> BTreeMap<String, String> {
    let Some(labels) = secret.pointer("/metadata/labels").and_then(Value::as_object) else {
        return BTreeMap::new();
    };
    labels
        .iter()
        .filter(|(name, _)| !SYSTEM_LABELS.contains(&name.as_str()))
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}
