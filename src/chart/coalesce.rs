//! Values of a chart and its sub-charts, laid over each other as Helm 3.22 does it.
//!
//! The maps are the template engine's, shared as in Go: a sub-chart's globals are in part the very maps of its parent,
//! and what one chart's defaults add to them is seen by the other. Charts depend on it.

use serde_json::Number;
use serde_json::Value as Json;

use crate::chart::Chart;
use crate::chart::error::Error;
use crate::chart::table::Table;
use crate::template::collection::Map;
use crate::template::format;
use crate::template::text::Text;
use crate::template::value::Value;

/// The key of what all charts see.
const GLOBAL: &str = "global";

/// What becomes of null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nulls {
    /// It deletes the default it stands over.
    Delete,
    /// It stays, because values are coalesced again later.
    Keep,
}

/// Lays the chart's defaults, and those of its sub-charts, below `values`.
///
/// # Errors
/// A sub-chart's section that is no table.
pub(crate) fn coalesce(chart: &Chart, values: &Map, nulls: Nulls, warnings: &mut Vec<String>) -> Result<(), Error> {
    Coalescer { nulls, warnings }.chart(chart, values, "")
}

/// Lays `below` under `above`, both changed in place.
pub(crate) fn merge_tables(above: &Map, below: &Map, nulls: Nulls, warnings: &mut Vec<String>) {
    Coalescer { nulls, warnings }.tables(above, below, "", nulls);
}

/// Template values that hold a fresh copy of `table`.
pub(crate) fn to_map(table: &Table) -> Map {
    table.iter().map(|(key, value)| (Text::from(key.as_str()), to_value(value))).collect()
}

/// A plain copy of a map.
pub(crate) fn to_table(map: &Map) -> Table {
    map.entries().into_iter().map(|(key, value)| (key.to_string(), to_json(&value))).collect()
}

/// A template value of a plain one: whole numbers are `int64`, others `float64`.
pub(crate) fn to_value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(truth) => (*truth).into(),
        Json::Number(number) => number_value(number),
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => items.iter().map(to_value).collect::<Vec<_>>().into(),
        Json::Object(table) => to_map(table).into(),
    }
}

fn number_value(number: &Number) -> Value {
    match number.as_i64() {
        Some(whole) => Value::int64(whole),
        None => number.as_f64().unwrap_or_default().into(),
    }
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(whole, _) => Json::from(*whole),
        Value::Uint(whole, _) => Json::from(*whole),
        Value::Float(number) => Number::from_f64(*number).map_or(Json::Null, Json::Number),
        Value::Text(text) | Value::Bytes(text) => Json::String(text.to_string()),
        Value::List(list) => Json::Array(list.items().iter().map(to_json).collect()),
        Value::Map(map) => Json::Object(to_table(map)),
        Value::Nil | Value::Complex(..) | Value::Object(_) => Json::Null,
    }
}

struct Coalescer<'w> {
    nulls: Nulls,
    warnings: &'w mut Vec<String>,
}

impl Coalescer<'_> {
    fn chart(&mut self, chart: &Chart, values: &Map, prefix: &str) -> Result<(), Error> {
        let path = joined(prefix, chart.name());
        self.defaults(chart, values, &path);
        for child in &chart.dependencies {
            let section = match values.get(child.name()) {
                None => Map::new(),
                Some(Value::Map(section)) => section,
                Some(other) => return Err(mismatch(child.name(), &other)),
            };
            values.insert(child.name(), section.clone());
            self.globals(&section, values, &path);
            self.chart(child, &section, &path)?;
        }
        Ok(())
    }

    /// Lays the chart's own defaults below `values`.
    fn defaults(&mut self, chart: &Chart, values: &Map, path: &str) {
        for (key, default) in to_map(&chart.values).entries() {
            match values.get(&key) {
                None => values.insert(key, default),
                Some(Value::Nil) if self.nulls == Nulls::Delete => {
                    values.remove(&key);
                }
                Some(Value::Map(given)) => match default {
                    Value::Map(default) => {
                        let is_child = chart.dependencies.iter().any(|child| key == *child.name());
                        let nulls = if is_child { Nulls::Keep } else { self.nulls };
                        self.tables(&given, &default, &joined(path, &key.lossy()), nulls);
                    }
                    Value::Nil => {}
                    _ => self.warn(format!("skipped value for {path}.{key}: Not a table.")),
                },
                Some(_) => {}
            }
        }
    }

    /// Hands the parent's globals down; the child's own keys stay.
    fn globals(&mut self, child: &Map, parent: &Map, path: &str) {
        let mut table_of = |map: &Map, side: &str| match map.get(GLOBAL) {
            None => Some(Map::new()),
            Some(Value::Map(globals)) => Some(globals),
            Some(_) => {
                self.warn(format!("skipping globals because {side} {GLOBAL} is not a table."));
                None
            }
        };
        let Some(below) = table_of(child, "destination") else { return };
        let Some(above) = table_of(parent, "source") else { return };
        for (key, value) in above.entries() {
            self.global(&below, key, value, path);
        }
        child.insert(GLOBAL, below);
    }

    fn global(&mut self, below: &Map, key: Text, value: Value, path: &str) {
        match (value, below.get(&key)) {
            (Value::Map(above), None) => below.insert(key, copied(&above)),
            (Value::Map(above), Some(Value::Map(own))) => {
                let merged = copied(&above);
                self.tables(&merged, &own, &joined(path, &key.lossy()), Nulls::Keep);
                below.insert(key, merged);
            }
            (Value::Map(_), Some(_)) => {
                self.warn(format!("Conflict: cannot merge map onto non-map for {key:?}. Skipping."));
            }
            (_, Some(Value::Map(_))) => self.warn(format!("key {key} is table. Skipping")),
            (value, _) => below.insert(key, value),
        }
    }

    /// Lays `below` under `above`. Null above deletes a default, but a null default stays null.
    fn tables(&mut self, above: &Map, below: &Map, path: &str, nulls: Nulls) {
        let defaults: Vec<Text> =
            below.entries().into_iter().filter(|(_, value)| !matches!(value, Value::Nil)).map(|(key, _)| key).collect();
        for (key, value) in above.entries() {
            if matches!(value, Value::Nil) {
                below.insert(key, Value::Nil);
            }
        }
        for (key, default) in below.entries() {
            match (above.get(&key), default) {
                (Some(Value::Nil), _) if nulls == Nulls::Delete && defaults.contains(&key) => {
                    above.remove(&key);
                }
                (None, default) => above.insert(key, default),
                (Some(Value::Map(above)), Value::Map(default)) => {
                    self.tables(&above, &default, &joined(path, &key.lossy()), nulls);
                }
                (Some(_), Value::Map(default)) => {
                    let shown = shown(&default.into());
                    self.warn(format!(
                        "cannot overwrite table with non table for {} ({shown})",
                        joined(path, &key.lossy())
                    ));
                }
                (Some(Value::Map(_)), default) if !matches!(default, Value::Nil) => {
                    let at = joined(path, &key.lossy());
                    self.warn(format!(
                        "destination for {at} is a table. Ignoring non-table value ({})",
                        shown(&default)
                    ));
                }
                _ => {}
            }
        }
    }

    fn warn(&mut self, text: String) {
        self.warnings.push(text);
    }
}

/// A new map with the same entries, which are shared.
fn copied(map: &Map) -> Map {
    map.entries().into_iter().collect()
}

fn joined(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

fn mismatch(name: &str, value: &Value) -> Error {
    // Go's `%t` of what is no boolean.
    let shown = match value {
        Value::Bool(truth) => truth.to_string(),
        Value::Nil => "%!t(<nil>)".to_owned(),
        other => format!("%!t({}={})", other.type_name(), shown(other)),
    };
    Error::new(format!("type mismatch on {name}: {shown}"))
}

/// A value as `%v` prints it.
fn shown(value: &Value) -> String {
    format::display(value).to_string()
}
