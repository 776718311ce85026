//! Times as Helm writes them: RFC 3339, and an empty text for "never".

use jiff::Timestamp;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serializer;
use serde::de::Error;

/// Writes a time, `""` for `None`.
#[expect(clippy::ref_option, reason = "the shape that serde's `with` asks for")]
pub(super) fn serialize<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.serialize_str(&time.to_string()),
        None => serializer.serialize_str(""),
    }
}

/// Reads a time with any offset; `""` and `null` are `None`.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    match Option::<String>::deserialize(deserializer)? {
        Some(text) if !text.is_empty() && !text.starts_with("0001-01-01") => {
            text.parse().map(Some).map_err(D::Error::custom)
        }
        _ => Ok(None),
    }
}
