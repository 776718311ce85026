//! From YAML to JSON by sigs.k8s.io/yaml's rules.

use serde_json::Map;
use serde_json::Number;
use serde_json::Value as Json;

use crate::yaml::error::Error;
use crate::yaml::gosyntax;
use crate::yaml::node::Entry;
use crate::yaml::node::Node;
use crate::yaml::node::Value;
use crate::yaml::number;

/// Converts to JSON: keys become strings, whole floats whole numbers; `.inf`, `.nan` and null keys are errors.
pub fn to_json(node: &Node) -> Result<Json, Error> {
    match &node.value {
        Value::Null => Ok(Json::Null),
        Value::Bool(truth) => Ok(Json::Bool(*truth)),
        Value::Int(whole) => Ok(Json::from(*whole)),
        Value::Uint(whole) => Ok(Json::from(*whole)),
        Value::Float(float) => number_to_json(*float, node),
        Value::String(text) => Ok(Json::String(text.clone())),
        Value::Sequence(items) => items.iter().map(to_json).collect(),
        Value::Mapping(entries) => mapping_to_json(entries),
    }
}

fn number_to_json(float: f64, node: &Node) -> Result<Json, Error> {
    number::whole(float)
        .or_else(|| Number::from_f64(float))
        .map(Json::Number)
        .ok_or_else(|| Error::convert(format!("json: unsupported value: {}", number::format_float(float)), node.at))
}

fn mapping_to_json(entries: &[Entry]) -> Result<Json, Error> {
    let mut object = Map::with_capacity(entries.len());
    for entry in entries {
        object.insert(key_text(entry)?, to_json(&entry.value)?);
    }
    Ok(Json::Object(object))
}

fn key_text(entry: &Entry) -> Result<String, Error> {
    match &entry.key.value {
        Value::String(text) => Ok(text.clone()),
        Value::Int(whole) => Ok(whole.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Float(float) => Ok(match number::format_float32(*float).as_str() {
            "+Inf" => ".inf".to_owned(),
            "-Inf" => "-.inf".to_owned(),
            "NaN" => ".nan".to_owned(),
            other => other.to_owned(),
        }),
        other => Err(unsupported_key(other, entry)),
    }
}

fn unsupported_key(key: &Value, entry: &Entry) -> Error {
    let type_name = if matches!(key, Value::Uint(_)) { "uint64" } else { "%!s(<nil>)" };
    let text = format!(
        "unsupported map key of type: {type_name}, key: {}, value: {}",
        gosyntax::print(key),
        gosyntax::print(&entry.value.value)
    );
    Error::convert(text, entry.key.at)
}
