//! Tables of values as plain data: reading and merging.

use serde_json::Map;
use serde_json::Number;
use serde_json::Value;

use crate::chart::error::Error;
use crate::yaml;

/// Values by name, as a values file, `--set` or a release record holds them.
///
/// Numbers from YAML and JSON are `f64` as in Helm, those from `--set` are whole.
pub type Table = Map<String, Value>;

/// Reads a values file; an empty one is an empty table.
///
/// # Errors
/// No YAML, or no table; the texts are sigs.k8s.io/yaml's.
pub fn read(text: &[u8]) -> Result<Table, Error> {
    let value =
        yaml::from_text(text).map_err(|problem| Error::new(format!("error converting YAML to JSON: {problem}")))?;
    match floats(value) {
        Value::Null => Ok(Table::new()),
        Value::Object(table) => Ok(table),
        other => Err(Error::new(format!(
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
            kind(&other)
        ))),
    }
}

/// The value with every number as Go's JSON decoder has it: a `float64`.
pub fn floats(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::Number(number.as_f64().and_then(Number::from_f64).unwrap_or(number)),
        Value::Array(items) => Value::Array(items.into_iter().map(floats).collect()),
        Value::Object(table) => Value::Object(table.into_iter().map(|(key, value)| (key, floats(value))).collect()),
        other => other,
    }
}

/// Lays `above` over `below`: tables merge, everything else replaces, null too (it deletes when values are coalesced).
pub fn overlay(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => overlay(old, new),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

/// What Go's JSON decoder calls a value.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn later_files_win_and_null_stays() {
        let mut below = read(b"a: {b: 1, c: 2}\nd: [1, 2]\ne: {f: 1}").unwrap();
        overlay(&mut below, read(b"a: {b: null, x: 3}\nd: [3]\ne: 5").unwrap());
        assert_eq!(Value::Object(below), json!({"a": {"b": null, "c": 2.0, "x": 3.0}, "d": [3.0], "e": 5.0}));
    }

    #[test]
    fn only_tables_are_values() {
        assert_eq!(read(b"").unwrap(), Table::new());
        assert!(
            read(b"- a")
                .unwrap_err()
                .to_string()
                .ends_with("cannot unmarshal array into Go value of type map[string]interface {}")
        );
        assert_eq!(
            read(b"a: b: c").unwrap_err().to_string(),
            "error converting YAML to JSON: yaml: mapping values are not allowed in this context"
        );
    }
}
