//! Scalars: what they mean with and without a tag.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::yaml::node::Value;
use crate::yaml::resolve;
use crate::yaml::resolve::Resolved;

/// The value of a scalar, or go-yaml's problem with it.
///
/// `implicit` is libyaml's word for "may be resolved": plain, or tagged with a bare `!`.
pub(crate) fn scalar(text: String, tag: Option<&str>, implicit: bool) -> Result<Value, String> {
    match short(tag.unwrap_or_default()) {
        Tag::None if !implicit => Ok(Value::String(text)),
        Tag::None => Ok(value(resolve::resolve(&text), text)),
        Tag::Core(wanted) => core(text, wanted),
        Tag::Binary => binary(&text),
        Tag::Other => Ok(Value::String(text)),
    }
}

enum Tag<'t> {
    None,
    Core(&'t str),
    Binary,
    Other,
}

fn short(tag: &str) -> Tag<'_> {
    if tag.is_empty() {
        return Tag::None;
    }
    match tag.strip_prefix(resolve::LONG_PREFIX) {
        Some(name @ ("str" | "bool" | "int" | "float" | "null" | "timestamp")) => Tag::Core(name),
        Some("binary") => Tag::Binary,
        _ => Tag::Other,
    }
}

fn value(resolved: Resolved, text: String) -> Value {
    match resolved {
        Resolved::Other(value) => value,
        Resolved::Text | Resolved::Timestamp => Value::String(text),
    }
}

fn core(text: String, wanted: &str) -> Result<Value, String> {
    if wanted == "str" {
        return Ok(Value::String(text));
    }
    let resolved = match resolve::resolve(&text) {
        // A date is looked for only where the tag is missing or asks for one.
        Resolved::Timestamp if wanted != "timestamp" => Resolved::Text,
        resolved => resolved,
    };
    match (resolved, wanted) {
        #[expect(clippy::cast_precision_loss, reason = "`!!float` asks for it")]
        (Resolved::Other(Value::Int(whole)), "float") => Ok(Value::Float(whole as f64)),
        (resolved, _) if resolved.short_tag() == format!("!!{wanted}") => Ok(value(resolved, text)),
        (resolved, _) => Err(format!("cannot decode {} `{text}` as a !!{wanted}", resolved.short_tag())),
    }
}

/// The bytes as text; JSON writes U+FFFD for each byte that is no UTF-8.
fn binary(text: &str) -> Result<Value, String> {
    let packed: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let bytes = STANDARD.decode(packed).map_err(|_| "!!binary value contains invalid base64 data".to_owned())?;
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Ok(Value::String(text))
}
