//! Helm's functions that read and write YAML, JSON and TOML, and sprig's for JSON.

use crate::template::collection::Map;
use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::json;
use crate::template::json::Style;
use crate::template::toml;
use crate::template::value::Value;
use crate::yaml;

/// Sprig's functions of this family.
pub(super) const SPRIG: &[Function] = &[
    Function::new("fromJson", &[Param::Text], from_any_json),
    Function::new("mustFromJson", &[Param::Text], must_from_json),
    Function::new("toJson", &[Param::Any], to_json),
    Function::new("mustToJson", &[Param::Any], must_to_json),
    Function::new("toPrettyJson", &[Param::Any], to_pretty_json),
    Function::new("mustToPrettyJson", &[Param::Any], must_to_pretty_json),
    Function::new("toRawJson", &[Param::Any], must_to_raw_json),
    Function::new("mustToRawJson", &[Param::Any], must_to_raw_json),
];

/// Helm's functions of this family.
pub(super) const HELM: &[Function] = &[
    Function::new("toYaml", &[Param::Any], to_yaml),
    Function::new("toYamlPretty", &[Param::Any], to_yaml_pretty),
    Function::new("fromYaml", &[Param::Text], from_yaml),
    Function::new("fromYamlArray", &[Param::Text], from_yaml_array),
    Function::new("fromJson", &[Param::Text], from_json),
    Function::new("fromJsonArray", &[Param::Text], from_json_array),
    Function::new("toToml", &[Param::Any], to_toml),
    Function::new("fromToml", &[Param::Text], from_toml),
];

/// What cannot be written is the empty string, as in Helm.
fn to_yaml(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let text = json::to_serde(args.any(0)?).ok().and_then(|json| yaml::emit::to_string(&json).ok());
    Ok(without_newline(&text.unwrap_or_default()))
}

/// What cannot be written is the empty string, as in Helm.
fn to_yaml_pretty(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let text = json::to_serde(args.any(0)?).map(|json| yaml::emit::to_string_pretty(&json));
    Ok(without_newline(&text.unwrap_or_default()))
}

fn without_newline(text: &str) -> Value {
    text.strip_suffix('\n').unwrap_or(text).into()
}

/// A text that is no map gives a map with the message under `Error`.
fn from_yaml(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(map_or_error(read_yaml(args)?, OTHER_TYPE))
}

/// A text that is no list gives a list of the message.
fn from_yaml_array(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(list_or_error(read_yaml(args)?, OTHER_TYPE))
}

/// What the text says, or why it does not say it.
type Read = Result<Value, String>;

/// What sigs.k8s.io/yaml says in front when the text is good YAML, but of another type than asked for.
const OTHER_TYPE: &str = "error unmarshaling JSON: while decoding JSON: ";

fn read_yaml(args: Args<'_>) -> Result<Read, FunctionError> {
    let read = yaml::from_text(args.text(0)?).map(|json| json::from_serde(&json));
    Ok(read.map_err(|error| format!("error converting YAML to JSON: {error}")))
}

fn read_json(args: Args<'_>) -> Result<Read, FunctionError> {
    Ok(json::from_json(args.text(0)?))
}

fn map_or_error(read: Read, other_type: &str) -> Value {
    match read {
        Ok(map @ Value::Map(_)) => map,
        Ok(Value::Nil) => Map::new().into(),
        Ok(other) => error_map(&(other_type.to_owned() + &mismatch(&other, "map[string]interface {}"))),
        Err(message) => error_map(&message),
    }
}

fn list_or_error(read: Read, other_type: &str) -> Value {
    match read {
        Ok(list @ Value::List(_)) => list,
        Ok(Value::Nil) => Vec::new().into(),
        Ok(other) => vec![(other_type.to_owned() + &mismatch(&other, "[]interface {}")).into()].into(),
        Err(message) => vec![message.into()].into(),
    }
}

fn error_map(message: &str) -> Value {
    let map = Map::new();
    map.insert("Error", message);
    map.into()
}

fn mismatch(value: &Value, wanted: &str) -> String {
    let given = match value {
        Value::Map(_) => "object",
        Value::List(_) => "array",
        Value::Text(_) => "string",
        Value::Bool(_) => "bool",
        _ => "number",
    };
    format!("json: cannot unmarshal {given} into Go value of type {wanted}")
}

/// A text that is no object gives a map with the message under `Error`.
fn from_json(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(map_or_error(read_json(args)?, ""))
}

/// A text that is no array gives a list of the message.
fn from_json_array(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(list_or_error(read_json(args)?, ""))
}

/// Sprig's: any value, and nil where the text is no JSON.
fn from_any_json(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(json::from_json(args.text(0)?).unwrap_or_default())
}

fn must_from_json(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    json::from_json(args.text(0)?).map_err(FunctionError::new)
}

/// What cannot be written is the empty string.
fn to_json(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(json::to_json(args.any(0)?, Style::PLAIN).unwrap_or_default().into())
}

fn must_to_json(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    json::to_json(args.any(0)?, Style::PLAIN).map(Value::from).map_err(FunctionError::new)
}

/// What cannot be written is the empty string.
fn to_pretty_json(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(json::to_json(args.any(0)?, Style::PRETTY).unwrap_or_default().into())
}

fn must_to_pretty_json(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    json::to_json(args.any(0)?, Style::PRETTY).map(Value::from).map_err(FunctionError::new)
}

/// Sprig's `toRawJson` panics where it cannot write, which is an error like any other.
fn must_to_raw_json(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    json::to_json(args.any(0)?, Style::RAW).map(Value::from).map_err(FunctionError::new)
}

/// What cannot be written gives the message.
fn to_toml(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(toml::to_toml(args.any(0)?).unwrap_or_else(|message| message).into())
}

/// A text that is no TOML gives a map with the message under `Error`.
fn from_toml(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(match toml::from_toml(&args.text(0)?.lossy()) {
        Ok(map) => map.into(),
        Err(message) => error_map(&message),
    })
}
