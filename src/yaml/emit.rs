//! JSON values as YAML text: go-yaml's emitters, byte for byte.

mod analysis;
mod order;
mod passage;
mod scalar;
mod writer;

use serde_json::Value;

use writer::Writer;

/// Why a value has no YAML text: Go's reader refuses a character of it on the way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("yaml: {0}")]
pub struct Error(&'static str);

/// Which of Go's two emitters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// sigs.k8s.io/yaml 1.6 over go.yaml.in/yaml v2: Helm's `toYaml`.
    Compact,
    /// go.yaml.in/yaml v3 with an indent of 2: Helm's `toYamlPretty`.
    Pretty,
}

/// Prints as sigs.k8s.io/yaml's `Marshal`, which goes through JSON text and go-yaml v2; ends with a newline.
///
/// Fails where Go does: characters that YAML does not allow raw (DEL, C1 controls, U+FFFE) and keys too long to be read.
pub fn to_string(value: &Value) -> Result<String, Error> {
    let value = passage::through_json_text(value)?;
    Ok(Writer::new(Dialect::Compact).document(&value))
}

/// Prints as go-yaml v3 with an indent of 2: lists indented below their key, no folding; ends with a newline.
pub fn to_string_pretty(value: &Value) -> String {
    Writer::new(Dialect::Pretty).document(value)
}
