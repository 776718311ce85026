//! Values as Go's `%#v` prints them: error texts that people know contain them.

use std::fmt::Write;

use crate::yaml::node::Value;
use crate::yaml::number;

/// The value in Go's syntax, such as `map[interface {}]interface {}{"a":interface {}(nil)}`.
pub(crate) fn print(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(whole) => whole.to_string(),
        Value::Uint(whole) => format!("{whole:#x}"),
        Value::Float(number) => number::format_float(*number),
        Value::String(text) => quoted(text),
        Value::Sequence(items) => {
            let items: Vec<String> = items.iter().map(|item| element(&item.value)).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Value::Mapping(entries) => {
            let mut shown: Vec<String> = entries
                .iter()
                .map(|entry| format!("{}:{}", element(&entry.key.value), element(&entry.value.value)))
                .collect();
            shown.sort();
            format!("map[interface {{}}]interface {{}}{{{}}}", shown.join(", "))
        }
    }
}

/// The value as a person writes it, for messages of our own.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "null".to_owned(),
        other => print(other),
    }
}

fn element(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        other => print(other),
    }
}

/// Go's `strconv.Quote` for what can stand in a key.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
