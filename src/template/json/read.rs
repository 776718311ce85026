//! Reading.

use crate::template::collection::Map;
use crate::template::json::scan;
use crate::template::value::Value;

/// Reads a JSON text; every number becomes a `float64`. The error is Go's.
pub(in crate::template) fn from_json(text: &[u8]) -> Result<Value, String> {
    scan::check(text)?;
    let text = String::from_utf8_lossy(text);
    // What is left to fail here: numbers that no float64 can hold, and nesting that serde_json refuses.
    let json: serde_json::Value = serde_json::from_str(&text).map_err(|error| format!("json: {error}"))?;
    Ok(from_serde(&json))
}

/// The value of a document; every number becomes a `float64`, as Helm's documents have them.
pub(in crate::template) fn from_serde(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(truth) => (*truth).into(),
        serde_json::Value::Number(number) => number.as_f64().unwrap_or(f64::NAN).into(),
        serde_json::Value::String(text) => text.as_str().into(),
        serde_json::Value::Array(items) => items.iter().map(from_serde).collect::<Vec<_>>().into(),
        serde_json::Value::Object(members) => {
            members.iter().map(|(key, value)| (key.as_str().into(), from_serde(value))).collect::<Map>().into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::from_json;
    use crate::template::format;

    #[test]
    fn numbers_become_floats() {
        let value = from_json(br#"{"a": [1, 2.5, "x", null, true]}"#).unwrap();
        assert_eq!(format::display(&value).to_string(), "map[a:[1 2.5 x <nil> true]]");
        let first = value.as_map().unwrap().get("a").unwrap().as_list().unwrap().get(0).unwrap();
        assert_eq!(first.type_name(), "float64");
    }
}
