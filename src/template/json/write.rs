//! Writing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::template::format;
use crate::template::object::Object;
use crate::template::object::Shape;
use crate::template::value::Value;

/// How deep values may nest: in Go what holds itself is an error too.
const DEPTH: usize = 1000;

/// How JSON is written.
#[derive(Debug, Clone, Copy)]
pub(in crate::template) struct Style {
    /// Whether `<`, `>` and `&` are written as escapes, as Go does unless told otherwise.
    pub(in crate::template) escapes_html: bool,
    /// Whether each member stands on a line of its own, indented by two spaces a level.
    pub(in crate::template) pretty: bool,
}

impl Style {
    /// `json.Marshal`
    pub(in crate::template) const PLAIN: Self = Self { escapes_html: true, pretty: false };
    /// `json.MarshalIndent`
    pub(in crate::template) const PRETTY: Self = Self { escapes_html: true, pretty: true };
    /// An encoder that leaves HTML alone.
    pub(in crate::template) const RAW: Self = Self { escapes_html: false, pretty: false };
}

/// The value as JSON text; the error is Go's.
pub(in crate::template) fn to_json(value: &Value, style: Style) -> Result<String, String> {
    let mut writer = Writer { out: String::new(), style, depth: 0 };
    writer.value(value)?;
    Ok(writer.out)
}

struct Writer {
    out: String,
    style: Style,
    depth: usize,
}

impl Writer {
    fn value(&mut self, value: &Value) -> Result<(), String> {
        match value {
            Value::Nil => self.out.push_str("null"),
            Value::Bool(truth) => self.out.push_str(if *truth { "true" } else { "false" }),
            Value::Int(number, _) => self.out.push_str(&number.to_string()),
            Value::Uint(number, _) => self.out.push_str(&number.to_string()),
            Value::Float(number) => self.out.push_str(&float(*number)?),
            Value::Complex(..) => return Err("json: unsupported type: complex128".to_owned()),
            Value::Text(text) => self.text(&text.lossy()),
            Value::Bytes(bytes) => self.text(&STANDARD.encode(bytes.bytes())),
            Value::List(list) => {
                self.members('[', list.items(), ']', |writer, item| writer.value(&item))?;
            }
            Value::Map(map) => self.members('{', map.entries(), '}', |writer, (key, value)| {
                writer.key(&key.lossy());
                writer.value(&value)
            })?,
            Value::Object(object) => self.object(object.as_ref())?,
        }
        Ok(())
    }

    fn object(&mut self, object: &dyn Object) -> Result<(), String> {
        if object.is_nil() {
            self.out.push_str("null");
            return Ok(());
        }
        if let Some(value) = object.json() {
            return self.value(&value);
        }
        match object.shape() {
            Shape::Map(map) => self.value(&map.into()),
            Shape::List(list) => self.value(&list.into()),
            Shape::Scalar(value) => self.value(&value),
            Shape::Struct(fields) => self.members('{', fields, '}', |writer, (name, value)| {
                writer.key(name);
                writer.value(&value)
            }),
        }
    }

    fn key(&mut self, key: &str) {
        self.text(key);
        self.out.push_str(if self.style.pretty { ": " } else { ":" });
    }

    fn members<T>(
        &mut self,
        open: char,
        members: Vec<T>,
        close: char,
        write: impl Fn(&mut Self, T) -> Result<(), String>,
    ) -> Result<(), String> {
        if self.depth == DEPTH {
            return Err("json: unsupported value: encountered a cycle".to_owned());
        }
        self.depth += 1;
        self.out.push(open);
        let any = !members.is_empty();
        for (index, member) in members.into_iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.new_line();
            write(self, member)?;
        }
        self.depth -= 1;
        if any {
            self.new_line();
        }
        self.out.push(close);
        Ok(())
    }

    fn new_line(&mut self) {
        if self.style.pretty {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.depth));
        }
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        for letter in text.chars() {
            match letter {
                '"' | '\\' => self.out.extend(['\\', letter]),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\x08' => self.out.push_str("\\b"),
                '\x0c' => self.out.push_str("\\f"),
                '\0'..='\x1f' | '\u{2028}' | '\u{2029}' => self.code(letter),
                '<' | '>' | '&' if self.style.escapes_html => self.code(letter),
                letter => self.out.push(letter),
            }
        }
        self.out.push('"');
    }

    fn code(&mut self, letter: char) {
        self.out.push_str("\\u");
        let code = u32::from(letter);
        self.out.extend([12, 8, 4, 0].map(|shift| char::from_digit(code >> shift & 0xf, 16).unwrap_or('0')));
    }
}

/// A float as ES6 writes it, which Go follows.
fn float(number: f64) -> Result<String, String> {
    if !number.is_finite() {
        return Err(format!("json: unsupported value: {}", format::float(number)));
    }
    let magnitude = number.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        return Ok(format::float_as(number, 'e', None).replace("e-0", "e-"));
    }
    Ok(format::float_as(number, 'f', None))
}

/// The value as the JSON that YAML is written from; the error is Go's.
pub(in crate::template) fn to_serde(value: &Value) -> Result<serde_json::Value, String> {
    serde_at(value, 0)
}

fn serde_at(value: &Value, depth: usize) -> Result<serde_json::Value, String> {
    if depth > DEPTH {
        return Err("json: unsupported value: encountered a cycle".to_owned());
    }
    Ok(match value {
        Value::Nil => serde_json::Value::Null,
        Value::Bool(truth) => (*truth).into(),
        Value::Int(number, _) => (*number).into(),
        Value::Uint(number, _) => (*number).into(),
        Value::Float(number) => serde_json::Number::from_f64(*number)
            .ok_or_else(|| format!("json: unsupported value: {}", format::float(*number)))?
            .into(),
        Value::Complex(..) => return Err("json: unsupported type: complex128".to_owned()),
        Value::Text(text) => text.lossy().into_owned().into(),
        Value::Bytes(bytes) => STANDARD.encode(bytes.bytes()).into(),
        Value::List(list) => {
            list.items().iter().map(|item| serde_at(item, depth + 1)).collect::<Result<Vec<_>, _>>()?.into()
        }
        Value::Map(map) => {
            let member = |(key, value): (crate::template::text::Text, Value)| {
                Ok((key.lossy().into_owned(), serde_at(&value, depth + 1)?))
            };
            serde_json::Value::Object(map.entries().into_iter().map(member).collect::<Result<_, String>>()?)
        }
        Value::Object(object) if object.is_nil() => serde_json::Value::Null,
        Value::Object(object) => serde_of_object(object.as_ref(), depth)?,
    })
}

fn serde_of_object(object: &dyn Object, depth: usize) -> Result<serde_json::Value, String> {
    if let Some(value) = object.json() {
        return serde_at(&value, depth + 1);
    }
    match object.shape() {
        Shape::Map(map) => serde_at(&map.into(), depth + 1),
        Shape::List(list) => serde_at(&list.into(), depth + 1),
        Shape::Scalar(value) => serde_at(&value, depth + 1),
        Shape::Struct(fields) => {
            let member = |(name, value): (&str, Value)| Ok((name.to_owned(), serde_at(&value, depth + 1)?));
            Ok(serde_json::Value::Object(fields.into_iter().map(member).collect::<Result<_, String>>()?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Style;
    use super::to_json;
    use crate::template::collection::Map;
    use crate::template::value::Value;

    fn plain(value: impl Into<Value>) -> String {
        to_json(&value.into(), Style::PLAIN).unwrap()
    }

    #[test]
    fn numbers_and_texts_are_gos() {
        let cases = [(1e6, "1000000"), (1e20, "100000000000000000000"), (1e21, "1e+21"), (1e-7, "1e-7"), (0.5, "0.5")];
        for (number, expected) in cases {
            assert_eq!(plain(number), expected);
        }
        assert_eq!(plain("a\"\\\n\u{1}<é\u{2028}"), r#""a\"\\\n\u0001\u003cé\u2028""#);
        assert_eq!(to_json(&"<&>".into(), Style::RAW).unwrap(), "\"<&>\"");
        assert_eq!(to_json(&f64::NAN.into(), Style::PLAIN).unwrap_err(), "json: unsupported value: NaN");
    }

    #[test]
    fn pretty_members_stand_on_lines_of_their_own() {
        let map = Map::new();
        map.insert("a", Value::from(vec![1.into()]));
        map.insert("b", Map::new());
        let pretty = to_json(&map.into(), Style::PRETTY).unwrap();
        assert_eq!(pretty, "{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}");
    }

    #[test]
    fn what_holds_itself_is_an_error() {
        let map = Map::new();
        map.insert("a", map.clone());
        assert!(to_json(&map.clone().into(), Style::PLAIN).is_err());
        assert!(super::to_serde(&map.clone().into()).is_err());
        map.remove("a");
    }
}
