//! The values of settings, checked where they are read, so that an error knows its line.

use std::path::Component;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error;

pub(super) fn absolute<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    let text = String::deserialize(deserializer)?;
    let path = PathBuf::from(&text);
    if !path.is_absolute() || path.components().any(|part| part == Component::ParentDir) {
        return Err(D::Error::custom(format!("`{text}` is not an absolute path without `..`")));
    }
    Ok(path)
}

pub(super) fn optional_absolute<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    absolute(serde::de::value::StringDeserializer::new(text)).map(Some)
}

pub(super) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let parsed = text.parse::<jiff::SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    parsed.ok_or_else(|| D::Error::custom(format!("`{text}` is not a duration such as `20s` or `1h 30m`")))
}

pub(super) fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = String::deserialize(deserializer)?;
    size(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is not a size such as `512 MiB` or `2 GiB`")))
}

fn size(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    let factor = match text[digits..].trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return None,
    };
    number.checked_mul(factor)
}

pub(super) fn engine_host<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.starts_with("unix:///") || text.strip_prefix("tcp://").is_some_and(|address| address.contains(':')) {
        return Ok(text);
    }
    Err(D::Error::custom(format!("`{text}` is neither `unix:///PATH` nor `tcp://HOST:PORT`")))
}

pub(super) fn patterns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let patterns = Vec::<String>::deserialize(deserializer)?;
    for pattern in &patterns {
        globset::Glob::new(pattern).map_err(|error| D::Error::custom(format!("`{pattern}`: {}", error.kind())))?;
    }
    Ok(patterns)
}
