//! TOML as Helm's library writes it, and read.

use std::fmt::Write as _;

use crate::template::collection::CollectionType;
use crate::template::collection::List;
use crate::template::collection::Map;
use crate::template::format;
use crate::template::object::Shape;
use crate::template::value::Value;

/// How deep values may nest.
const DEPTH: usize = 1000;

/// Writes a map: first its plain values, then its tables, each by name; tables inside of tables are indented.
pub(in crate::template) fn to_toml(value: &Value) -> Result<String, String> {
    let Some(map) = value.as_map() else {
        return Err("toml: top-level values must be Go maps or structs".to_owned());
    };
    let mut writer = Writer { out: String::new() };
    writer.table(&map, &mut Vec::new())?;
    Ok(writer.out)
}

struct Writer {
    out: String,
}

/// What a value is in TOML.
enum Form {
    /// Nil, which is left out.
    Nothing,
    /// What stands behind `key =`.
    Plain,
    /// `[key]`
    Table(Map),
    /// `[[key]]`
    Tables(Vec<Map>),
}

fn form(value: &Value) -> Form {
    if value.is_nil() {
        return Form::Nothing;
    }
    if let Some(map) = value.as_map() {
        return Form::Table(map);
    }
    let Value::List(list) = value else { return Form::Plain };
    let items = list.items();
    let tables: Vec<_> = items.iter().filter_map(Value::as_map).collect();
    if !items.is_empty() && tables.len() == items.len() { Form::Tables(tables) } else { Form::Plain }
}

impl Writer {
    fn table(&mut self, map: &Map, path: &mut Vec<String>) -> Result<(), String> {
        if path.len() > DEPTH {
            return Err("toml: nested too deeply".to_owned());
        }
        let entries = map.entries();
        for (key, value) in &entries {
            if matches!(form(value), Form::Plain) {
                self.indent(path.len());
                let text = inline(value, 0)?;
                self.out.extend([&quoted_key(&key.lossy()), " = ", &text, "\n"]);
            }
        }
        for (key, value) in &entries {
            let key = quoted_key(&key.lossy());
            match form(value) {
                Form::Table(map) => self.sub_table(&key, &map, "[]", path)?,
                Form::Tables(maps) => {
                    for map in &maps {
                        self.sub_table(&key, map, "[[]]", path)?;
                    }
                }
                Form::Nothing | Form::Plain => {}
            }
        }
        Ok(())
    }

    fn sub_table(&mut self, key: &str, map: &Map, brackets: &str, path: &mut Vec<String>) -> Result<(), String> {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.indent(path.len());
        path.push(key.to_owned());
        let (open, close) = brackets.split_at(brackets.len() / 2);
        self.out.extend([open, &path.join("."), close, "\n"]);
        self.table(map, path)?;
        path.pop();
        Ok(())
    }

    fn indent(&mut self, depth: usize) {
        self.out.extend(std::iter::repeat_n("  ", depth));
    }
}

fn quoted_key(key: &str) -> String {
    let bare = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { quoted(key) }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\0'..='\x1f' | '\x7f' => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// A value on one line.
fn inline(value: &Value, depth: usize) -> Result<String, String> {
    if depth > DEPTH {
        return Err("toml: nested too deeply".to_owned());
    }
    Ok(match value {
        Value::Text(text) => quoted(&text.lossy()),
        Value::Float(number) => float(*number),
        Value::List(list) => {
            let items = list.items();
            let nil = items.iter().any(Value::is_nil);
            if nil {
                return Err("toml: cannot encode array with nil element".to_owned());
            }
            let items: Result<Vec<_>, _> = items.iter().map(|item| inline(item, depth + 1)).collect();
            format!("[{}]", items?.join(", "))
        }
        Value::Map(map) => {
            let member = |(key, value): &(crate::template::text::Text, Value)| {
                Ok(format!("{} = {}", quoted_key(&key.lossy()), inline(value, depth + 1)?))
            };
            let members: Result<Vec<_>, String> = map.entries().iter().map(member).collect();
            format!("{{{}}}", members?.join(", "))
        }
        Value::Bytes(_) => {
            let bytes = value.as_list().unwrap_or_else(|| List::new(Vec::new()));
            inline(&bytes.into(), depth + 1)?
        }
        Value::Object(object) => match (object.json(), object.shape()) {
            (Some(Value::Text(text)), _) => text.to_string(),
            (_, Shape::Scalar(value)) => inline(&value, depth + 1)?,
            _ => return Err(format!("unsupported type: {}", object.type_name())),
        },
        other => format::display(other).to_string(),
    })
}

/// A float with at least one digit behind the point.
fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let text = format::float(number);
    if text.contains('e') {
        return text.replacen('e', if text.contains('.') { "e" } else { ".0e" }, 1);
    }
    if text.contains('.') { text } else { text + ".0" }
}

/// Reads a TOML text. The error says where and what, as far as possible in the words of Helm's library.
pub(in crate::template) fn from_toml(text: &str) -> Result<Map, String> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| complaint(text, &error))?;
    Ok(table_value(&table))
}

fn complaint(text: &str, error: &toml::de::Error) -> String {
    let at = error.span().map_or(0, |span| span.start).min(text.len());
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let written = before.rsplit('\n').find_map(|line| line.split_once('=')).map(|(key, _)| key.trim());
    let key = written.map_or(String::new(), |key| format!(" (last key {})", format::quoted(key.as_bytes())));
    let ends = text.get(at..).is_none_or(|rest| rest.trim().is_empty());
    let what = if ends && written.is_some() { "unexpected EOF; expected value" } else { error.message() };
    format!("toml: line {line}{key}: {what}")
}

fn table_value(table: &toml::Table) -> Map {
    table.iter().map(|(key, value)| (key.as_str().into(), value_of(value))).collect()
}

fn value_of(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => Value::int64(*number),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(truth) => (*truth).into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Table(table) => table_value(table).into(),
        toml::Value::Array(items) => {
            let of_tables = !items.is_empty() && items.iter().all(toml::Value::is_table);
            let kind = if of_tables { CollectionType::MAPS } else { CollectionType::LIST };
            List::typed(kind, items.iter().map(value_of).collect()).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::from_toml;
    use super::to_toml;
    use crate::template::collection::Map;
    use crate::template::format;
    use crate::template::value::Value;

    #[test]
    fn plain_values_come_before_tables() {
        let inner = Map::new();
        inner.insert("d", 1.0);
        inner.insert("e", Value::from(vec![1.into(), 2.into()]));
        let map = Map::new();
        map.insert("c", inner);
        map.insert("z", "x\"y");
        map.insert("n", Value::Nil);
        assert_eq!(to_toml(&map.into()).unwrap(), "z = \"x\\\"y\"\n\n[c]\n  d = 1.0\n  e = [1, 2]\n");
    }

    #[test]
    fn what_is_read_has_gos_types() {
        let map = from_toml("a = 1\n[b]\nc = \"x\"\nd = [{e = 1.5}]").unwrap();
        assert_eq!(map.get("a").unwrap().type_name(), "int64");
        assert_eq!(format::display(&map.into()).to_string(), "map[a:1 b:map[c:x d:[map[e:1.5]]]]");
        let error = from_toml("a = ").unwrap_err();
        assert_eq!(error, "toml: line 1 (last key \"a\"): unexpected EOF; expected value");
    }
}
