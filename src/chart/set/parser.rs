//! The parser behind `--set`.

use serde_json::Value;

use crate::chart::error::Error;
use crate::chart::table::Table;
use crate::chart::table::floats;

/// The highest index of a list.
const HIGHEST_INDEX: i64 = 65_536;
/// How deep a key may nest.
const DEEPEST: usize = 30;

/// How values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// Text with commas, lists and backslashes.
    Escaped,
    /// Everything to the end, as it stands.
    Literal,
    /// JSON.
    Json,
}

/// Why the parser stopped.
enum Stop {
    /// There is no more text.
    End,
    /// Something is wrong.
    Failed(Error),
}

type Parsed<T> = Result<T, Stop>;

/// Reads assignments.
pub(super) struct Parser<'t> {
    rest: &'t str,
    syntax: Syntax,
    reader: &'t dyn Fn(String) -> Value,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str, syntax: Syntax, reader: &'t dyn Fn(String) -> Value) -> Self {
        Self { rest: text, syntax, reader }
    }

    pub(super) fn apply(mut self, values: &mut Table) -> Result<(), Error> {
        loop {
            match self.key(values, 0) {
                Ok(()) => {}
                Err(Stop::End) => return Ok(()),
                Err(Stop::Failed(error)) => return Err(error),
            }
        }
    }

    fn key(&mut self, data: &mut Table, level: usize) -> Parsed<()> {
        let stops: &[char] = if self.syntax == Syntax::Literal { &['=', '[', '.'] } else { &['=', '[', ',', '.'] };
        let (key, stop) = self.until(stops);
        match stop {
            None if key.is_empty() => Err(Stop::End),
            None => fail(format!("key {key:?} has no value")),
            Some('[') => self.indexed(data, &key, level),
            Some('.') => self.nested(data, key, level + 1),
            Some(',') => fail(format!("key {key:?} has no value (cannot end with ,)")),
            Some(_) => {
                let (value, end) = self.value()?;
                assign(data, key, value);
                if end { Err(Stop::End) } else { Ok(()) }
            }
        }
    }

    fn indexed(&mut self, data: &mut Table, key: &str, level: usize) -> Parsed<()> {
        let index = self.index()?;
        let mut list = match data.get(key) {
            None => Vec::new(),
            Some(Value::Array(list)) => list.clone(),
            Some(other) => return fail(conversion(other, "[]interface {}")),
        };
        let result = self.item(&mut list, index, level);
        assign(data, key.to_owned(), Value::Array(list));
        result
    }

    fn nested(&mut self, data: &mut Table, key: String, level: usize) -> Parsed<()> {
        if level > DEEPEST {
            let text = "value name nested level is greater than maximum supported nested level of";
            return fail(format!("{text} {DEEPEST}"));
        }
        let mut inner = match data.get(&key) {
            None => Table::new(),
            Some(Value::Object(inner)) => inner.clone(),
            Some(other) => return fail(conversion(other, "map[string]interface {}")),
        };
        let result = self.key(&mut inner, level);
        if inner.is_empty() {
            return result.and_then(|()| fail(format!("key map {key:?} has no value")));
        }
        assign(data, key, Value::Object(inner));
        result
    }

    /// What stands behind `[n]`.
    fn item(&mut self, list: &mut Vec<Value>, index: i64, level: usize) -> Parsed<()> {
        if index < 0 {
            return fail(format!("negative {index} index not allowed"));
        }
        let (between, stop) = self.until(&['[', '.', '=']);
        if !between.is_empty() {
            return fail(format!("unexpected data at end of array index: {between:?}"));
        }
        let place = usize::try_from(index).unwrap_or(usize::MAX);
        match stop {
            None => Err(Stop::End),
            Some('[') => {
                let next = self.index()?;
                let mut inner = match list.get(place) {
                    None | Some(Value::Null) => Vec::new(),
                    Some(Value::Array(inner)) => inner.clone(),
                    Some(other) => return fail(conversion(other, "[]interface {}")),
                };
                self.item(&mut inner, next, level)?;
                put(list, index, Value::Array(inner))
            }
            Some('.') => self.item_table(list, index, place, level),
            Some(_) => {
                let (value, _) = self.value()?;
                put(list, index, value)
            }
        }
    }

    fn item_table(&mut self, list: &mut Vec<Value>, index: i64, place: usize, level: usize) -> Parsed<()> {
        let mut inner = match list.get(place) {
            Some(Value::Object(inner)) => inner.clone(),
            _ => Table::new(),
        };
        let result = self.key(&mut inner, level);
        // As in Helm an item that is new and whose text ended too early is lost.
        if result.is_ok() || place < list.len() {
            put(list, index, Value::Object(inner))?;
        }
        result
    }

    fn index(&mut self) -> Parsed<i64> {
        let (text, stop) = self.until(&[']']);
        if stop.is_none() {
            return fail("error parsing index: EOF".to_owned());
        }
        text.parse().or_else(|_| fail(format!("error parsing index: strconv.Atoi: parsing {text:?}: invalid syntax")))
    }

    /// The value behind `=`, and whether the text ended before it.
    fn value(&mut self) -> Parsed<(Value, bool)> {
        match self.syntax {
            Syntax::Json => Ok((self.json()?, false)),
            Syntax::Literal => {
                let text = std::mem::take(&mut self.rest).to_owned();
                Ok(((self.reader)(text), false))
            }
            Syntax::Escaped if self.rest.is_empty() => Ok((Value::String(String::new()), true)),
            Syntax::Escaped => {
                if let Some(rest) = self.rest.strip_prefix('{') {
                    self.rest = rest;
                    return Ok((self.list()?, false));
                }
                let (text, _) = self.until(&[',']);
                Ok(((self.reader)(text), false))
            }
        }
    }

    fn list(&mut self) -> Parsed<Value> {
        let mut items = Vec::new();
        loop {
            let (text, stop) = self.until(&[',', '}']);
            if stop.is_none() {
                return fail("list must terminate with '}'".to_owned());
            }
            items.push((self.reader)(text));
            if stop == Some('}') {
                self.rest = self.rest.strip_prefix(',').unwrap_or(self.rest);
                return Ok(Value::Array(items));
            }
        }
    }

    fn json(&mut self) -> Parsed<Value> {
        if self.at_empty_value() {
            return Ok(Value::Null);
        }
        let mut stream = serde_json::Deserializer::from_str(self.rest).into_iter::<Value>();
        let value = match stream.next() {
            Some(Ok(value)) => floats(value),
            Some(Err(problem)) => return fail(problem.to_string()),
            None => Value::Null,
        };
        self.rest = self.rest.get(stream.byte_offset()..).unwrap_or_default();
        self.at_empty_value();
        Ok(value)
    }

    /// Skips blanks and a comma behind them; whether there was nothing else.
    fn at_empty_value(&mut self) -> bool {
        self.rest = self.rest.trim_start();
        let empty = self.rest.is_empty() || self.rest.starts_with(',');
        self.rest = self.rest.strip_prefix(',').unwrap_or(self.rest);
        empty
    }

    /// The text up to one of `stops`, and which; a backslash takes the meaning from what follows it.
    fn until(&mut self, stops: &[char]) -> (String, Option<char>) {
        let mut text = String::new();
        let mut characters = self.rest.chars();
        let stop = loop {
            match characters.next() {
                None => break None,
                Some(character) if stops.contains(&character) => break Some(character),
                Some('\\') if self.syntax != Syntax::Literal => text.extend(characters.next()),
                Some(character) => text.push(character),
            }
        };
        self.rest = characters.as_str();
        (text, stop)
    }
}

/// An empty key is no key.
fn assign(data: &mut Table, key: String, value: Value) {
    if !key.is_empty() {
        data.insert(key, value);
    }
}

fn put(list: &mut Vec<Value>, index: i64, value: Value) -> Parsed<()> {
    if index > HIGHEST_INDEX {
        return fail(format!("index of {index} is greater than maximum supported index of {HIGHEST_INDEX}"));
    }
    let place = usize::try_from(index).unwrap_or_default();
    if list.len() <= place {
        list.resize(place + 1, Value::Null);
    }
    list[place] = value;
    Ok(())
}

fn conversion(value: &Value, wanted: &str) -> String {
    let name = match value {
        Value::Null => "nil",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    };
    format!("unable to parse key: interface conversion: interface {{}} is {name}, not {wanted}")
}

fn fail<T>(text: String) -> Parsed<T> {
    Err(Stop::Failed(Error::new(text)))
}
