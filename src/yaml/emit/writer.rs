//! Writes nodes: indentation, folding and escapes as libyaml does them.

use serde_json::Map;
use serde_json::Number;
use serde_json::Value;

use crate::yaml::emit::Dialect;
use crate::yaml::emit::analysis;
use crate::yaml::emit::order;
use crate::yaml::emit::scalar;
use crate::yaml::emit::scalar::Scalar;
use crate::yaml::emit::scalar::Style;
use crate::yaml::number;

/// How far a level is indented.
const STEP: usize = 2;
/// The column behind which go-yaml v2 folds at the next space.
const WIDTH: usize = 80;

/// Writes one document.
pub(crate) struct Writer {
    out: String,
    dialect: Dialect,
    /// Characters on the current line.
    column: usize,
    /// The last thing written separates words.
    whitespace: bool,
    /// Only indentation and `-`, `?`, `:` stand on this line so far.
    indention: bool,
}

/// Where a node stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Item,
    /// The value of a key, or a key behind a question mark.
    Entry,
}

/// How an indicator stands to what is before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bond {
    /// Behind a space, as the beginning of content.
    Spaced,
    /// Behind a space, as a part of the indentation: `-`, `?`, `:` below a `?`.
    Structure,
    /// Without a space.
    Tight,
}

impl Writer {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self { out: String::new(), dialect, column: 0, whitespace: true, indention: true }
    }

    /// The text of the document, with a newline at its end.
    pub(crate) fn document(mut self, value: &Value) -> String {
        self.node(value, None, Place::Root);
        self.indent_to(0);
        self.out
    }

    /// `outer` is the indentation of the collection that the node stands in.
    fn node(&mut self, value: &Value, outer: Option<usize>, place: Place) {
        match value {
            Value::Object(entries) if !entries.is_empty() => self.mapping(entries, next_level(outer)),
            Value::Array(items) if !items.is_empty() => {
                // In go-yaml v2 a list below its key is not indented.
                let flat = self.dialect == Dialect::Compact && place == Place::Entry && !self.indention;
                self.sequence(items, if flat { outer.unwrap_or(0) } else { next_level(outer) });
            }
            Value::Object(_) => self.atom("{}"),
            Value::Array(_) => self.atom("[]"),
            Value::Null => self.atom("null"),
            Value::Bool(truth) => self.atom(if *truth { "true" } else { "false" }),
            Value::Number(number) => self.atom(&number_text(number)),
            Value::String(text) => {
                let styled = scalar::styled(text, false, self.dialect);
                self.scalar(styled, outer.map_or(STEP, |outer| outer + STEP), true);
            }
        }
    }

    fn mapping(&mut self, entries: &Map<String, Value>, indent: usize) {
        for key in order::sorted(entries.keys().collect(), self.dialect) {
            self.indent_to(indent);
            if scalar::is_simple_key(key) {
                self.scalar(scalar::styled(key, true, self.dialect), indent + STEP, false);
                self.indicator(":", Bond::Tight);
            } else {
                self.indicator("?", Bond::Structure);
                self.scalar(scalar::styled(key, false, self.dialect), indent + STEP, true);
                self.indent_to(indent);
                self.indicator(":", Bond::Structure);
            }
            if let Some(value) = entries.get(key) {
                self.node(value, Some(indent), Place::Entry);
            }
        }
    }

    fn sequence(&mut self, items: &[Value], indent: usize) {
        for item in items {
            self.indent_to(indent);
            self.indicator("-", Bond::Structure);
            self.node(item, Some(indent), Place::Item);
        }
    }

    fn scalar(&mut self, scalar: Scalar<'_>, indent: usize, fold: bool) {
        let folding = if fold && self.dialect == Dialect::Compact { Some(indent) } else { None };
        match scalar.style {
            Style::Plain => self.plain(scalar.text, folding),
            Style::SingleQuoted => self.single_quoted(scalar.text, indent, folding.is_some()),
            Style::DoubleQuoted => self.double_quoted(scalar.text, folding),
            Style::Literal => self.literal(scalar.text, indent),
        }
    }

    fn atom(&mut self, text: &str) {
        self.indicator(text, Bond::Spaced);
    }

    fn plain(&mut self, text: &str, folding: Option<usize>) {
        if !self.whitespace {
            self.put(' ');
        }
        let mut after_space = false;
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match folding {
                Some(indent)
                    if character == ' ' && !after_space && self.is_full() && characters.peek() != Some(&' ') =>
                {
                    self.indent_to(indent);
                }
                _ => self.put(character),
            }
            after_space = character == ' ';
        }
        (self.whitespace, self.indention) = (false, false);
    }

    fn single_quoted(&mut self, text: &str, indent: usize, folds: bool) {
        self.indicator("'", Bond::Spaced);
        let (mut after_space, mut after_break) = (false, false);
        let mut characters = text.chars().peekable();
        let mut first = true;
        while let Some(character) = characters.next() {
            if analysis::is_break(character) {
                self.put_break(character);
                after_break = true;
            } else if character == ' ' {
                let inner = !first && characters.peek().is_some_and(|next| *next != ' ');
                if folds && inner && !after_space && self.is_full() {
                    self.indent_to(indent);
                } else {
                    self.put(' ');
                }
                after_space = true;
            } else {
                if after_break {
                    self.indent_to(indent);
                }
                self.put(character);
                if character == '\'' {
                    self.put(character);
                }
                self.indention = false;
                (after_space, after_break) = (false, false);
            }
            first = false;
        }
        self.indicator("'", Bond::Tight);
    }

    fn double_quoted(&mut self, text: &str, folding: Option<usize>) {
        self.indicator("\"", Bond::Spaced);
        // go-yaml looks for a byte order mark at the beginning of the text, whatever character it is at.
        let escape_all = text.starts_with('\u{feff}');
        let mut after_space = false;
        let mut characters = text.chars().peekable();
        let mut first = true;
        while let Some(character) = characters.next() {
            let next = characters.peek().copied();
            match folding {
                _ if escape_all || needs_escape(character) => self.escape(character),
                Some(indent) if character == ' ' && !first && !after_space && self.is_full() && next.is_some() => {
                    self.indent_to(indent);
                    if next == Some(' ') {
                        self.put('\\');
                    }
                }
                _ => self.put(character),
            }
            after_space = character == ' ' && !escape_all;
            first = false;
        }
        self.indicator("\"", Bond::Tight);
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.indicator("|", Bond::Spaced);
        if text.starts_with(|first| first == ' ' || analysis::is_break(first)) {
            self.indicator("2", Bond::Tight);
        }
        self.indicator(chomping(text), Bond::Tight);
        self.line_break();
        self.whitespace = true;
        let mut line_begins = true;
        for character in text.chars() {
            if analysis::is_break(character) {
                self.put_break(character);
            } else {
                if line_begins {
                    self.indent_to(indent);
                }
                self.put(character);
                self.indention = false;
            }
            line_begins = analysis::is_break(character);
        }
    }

    fn escape(&mut self, character: char) {
        let code = u32::from(character);
        let escaped = match character {
            '\0' => "\\0".to_owned(),
            '\u{7}' => "\\a".to_owned(),
            '\u{8}' => "\\b".to_owned(),
            '\t' => "\\t".to_owned(),
            '\n' => "\\n".to_owned(),
            '\u{b}' => "\\v".to_owned(),
            '\u{c}' => "\\f".to_owned(),
            '\r' => "\\r".to_owned(),
            '\u{1b}' => "\\e".to_owned(),
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            '\u{85}' => "\\N".to_owned(),
            '\u{a0}' => "\\_".to_owned(),
            '\u{2028}' => "\\L".to_owned(),
            '\u{2029}' => "\\P".to_owned(),
            _ if code <= 0xff => format!("\\x{code:02X}"),
            _ if code <= 0xffff => format!("\\u{code:04X}"),
            _ => format!("\\U{code:08X}"),
        };
        escaped.chars().for_each(|character| self.put(character));
    }

    fn indicator(&mut self, text: &str, bond: Bond) {
        if bond != Bond::Tight && !self.whitespace {
            self.put(' ');
        }
        text.chars().for_each(|character| self.put(character));
        self.whitespace = false;
        self.indention &= bond == Bond::Structure;
    }

    fn indent_to(&mut self, indent: usize) {
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.line_break();
        }
        while self.column < indent {
            self.put(' ');
        }
        (self.whitespace, self.indention) = (true, true);
    }

    fn is_full(&self) -> bool {
        self.column > WIDTH
    }

    fn line_break(&mut self) {
        self.put_break('\n');
    }

    fn put_break(&mut self, character: char) {
        self.out.push(character);
        self.column = 0;
        self.indention = true;
    }

    fn put(&mut self, character: char) {
        self.out.push(character);
        self.column += 1;
    }
}

fn next_level(outer: Option<usize>) -> usize {
    outer.map_or(0, |outer| outer + STEP)
}

fn needs_escape(character: char) -> bool {
    !analysis::is_printable(character) || analysis::is_break(character) || matches!(character, '"' | '\\')
}

/// How the end of a block is marked: `-` without a last line break, `+` with more than one.
fn chomping(text: &str) -> &'static str {
    let mut backwards = text.chars().rev().map(analysis::is_break);
    match (backwards.next(), backwards.next()) {
        (Some(true), Some(false)) => "",
        (Some(true), _) => "+",
        _ => "-",
    }
}

fn number_text(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => number::format_float(float),
        _ => number.to_string(),
    }
}
