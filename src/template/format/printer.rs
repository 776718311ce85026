//! One value under one verb.

use crate::template::collection::List;
use crate::template::collection::Map;
use crate::template::format::flags::Flags;
use crate::template::format::flags::first_runes;
use crate::template::format::number;
use crate::template::format::number::Integer;
use crate::template::format::quote;
use crate::template::format::quote::Quoting;
use crate::template::object::Object;
use crate::template::object::Shape;
use crate::template::text::Text;
use crate::template::value::Kind;
use crate::template::value::Value;

/// How deep collections may hold each other. In Go a map that holds itself ends the whole process.
const DEPTH: usize = 256;

/// How much one value may print to: what holds itself twice would print for ever.
const SIZE: usize = 16 << 20;

/// Prints values to `out` under the flags of one directive.
pub(super) struct Printer<'o> {
    /// What applies to the value.
    pub(super) flags: Flags,
    out: &'o mut Vec<u8>,
    start: usize,
    depth: usize,
    complaining: bool,
}

impl<'o> Printer<'o> {
    /// A printer without flags.
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        let start = out.len();
        Self { flags: Flags::default(), out, start, depth: 0, complaining: false }
    }

    /// Prints `value` under `verb`.
    pub(super) fn print(&mut self, value: &Value, verb: char) {
        match verb {
            'T' if matches!(value, Value::Nil) => self.nil('v'),
            'T' => self.text(&Value::Nil, value.type_name().as_bytes(), 's'),
            'p' => self.pointer(value),
            _ => self.value(value, verb),
        }
    }

    fn value(&mut self, value: &Value, verb: char) {
        match value {
            Value::Nil => self.nil(verb),
            Value::Bool(truth) => self.bool(*truth, verb),
            Value::Int(number, _) => {
                let number = Integer { magnitude: number.unsigned_abs(), negative: *number < 0 };
                self.integer(value, number, verb);
            }
            Value::Uint(number, _) => {
                self.integer(value, Integer { magnitude: *number, negative: false }, verb);
            }
            Value::Float(number) => self.float(value, *number, verb),
            Value::Complex(real, imaginary) => self.complex(value, (*real, *imaginary), verb),
            Value::Text(text) => self.text(value, text, verb),
            Value::Bytes(bytes) => self.bytes(bytes, verb),
            Value::List(list) => self.nested(verb, |printer| printer.list(list, list.kind().name, verb)),
            Value::Map(map) => self.nested(verb, |printer| printer.map(map, map.kind().name, verb)),
            Value::Object(object) => self.nested(verb, |printer| printer.object(object.as_ref(), verb)),
        }
    }

    fn nested(&mut self, verb: char, print: impl FnOnce(&mut Self)) {
        if self.depth == DEPTH || self.out.len() - self.start > SIZE {
            self.put(&format!("%!{verb}(PANIC=nested too deeply)"));
            return;
        }
        self.depth += 1;
        print(self);
        self.depth -= 1;
    }

    fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn nil(&mut self, verb: char) {
        match verb {
            'v' if self.depth > 0 && self.flags.sharp_v => self.put("interface {}(nil)"),
            'v' if self.depth > 0 => self.put("<nil>"),
            'v' => self.flags.pad(self.out, b"<nil>"),
            // Inside a collection Go prints a nil interface as such under any verb.
            _ if self.depth > 0 => self.put("<nil>"),
            _ => self.put(&format!("%!{verb}(<nil>)")),
        }
    }

    fn complain(&mut self, value: &Value, verb: char) {
        self.put(&format!("%!{verb}({}=", value.type_name()));
        let before = std::mem::replace(&mut self.complaining, true);
        self.value(value, 'v');
        self.complaining = before;
        self.put(")");
    }

    fn bool(&mut self, truth: bool, verb: char) {
        match verb {
            't' | 'v' => self.flags.pad(self.out, truth.to_string().as_bytes()),
            _ => self.complain(&Value::Bool(truth), verb),
        }
    }

    fn integer(&mut self, value: &Value, number: Integer, verb: char) {
        match verb {
            'v' if self.flags.sharp_v && matches!(value, Value::Uint(..)) => self.sharp_hex(number.magnitude),
            'v' | 'd' | 'b' | 'o' | 'O' | 'x' | 'X' => number::integer(self.out, &self.flags, number, verb),
            'c' => {
                let mut buffer = [0; 4];
                let letter = rune(number).encode_utf8(&mut buffer);
                self.flags.pad(self.out, letter.as_bytes());
            }
            'q' => self.quoted(rune(number).encode_utf8(&mut [0; 4]).as_bytes(), '\''),
            'U' => self.unicode(number),
            _ => self.complain(value, verb),
        }
    }

    fn sharp_hex(&mut self, number: u64) {
        let flags = Flags { sharp: true, ..self.flags };
        number::integer(self.out, &flags, Integer { magnitude: number, negative: false }, 'x');
    }

    fn unicode(&mut self, number: Integer) {
        let code = if number.negative { number.magnitude.wrapping_neg() } else { number.magnitude };
        let width = self.flags.precision.unwrap_or(4).max(4);
        let digits = format!("{code:X}");
        let mut text = "U+".to_owned();
        text.extend(std::iter::repeat_n('0', width.saturating_sub(digits.len())));
        text.push_str(&digits);
        let letter = u32::try_from(code).ok().and_then(char::from_u32);
        if let Some(letter) = letter.filter(|letter| self.flags.sharp && quote::is_printable(*letter)) {
            text.extend([' ', '\'', letter, '\'']);
        }
        self.flags.pad_spaces(self.out, text.as_bytes());
    }

    fn float(&mut self, value: &Value, number: f64, verb: char) {
        let (verb, digits) = match verb {
            'v' => ('g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => (verb, None),
            'f' | 'e' | 'E' => (verb, Some(6)),
            'F' => ('f', Some(6)),
            _ => return self.complain(value, verb),
        };
        number::float_padded(self.out, &self.flags, number, verb, digits);
    }

    fn complex(&mut self, value: &Value, (real, imaginary): (f64, f64), verb: char) {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            return self.complain(value, verb);
        }
        let plus = self.flags.plus;
        self.put("(");
        self.float(value, real, verb);
        self.flags.plus = true;
        self.float(value, imaginary, verb);
        self.flags.plus = plus;
        self.put("i)");
    }

    fn text(&mut self, value: &Value, text: &[u8], verb: char) {
        match verb {
            'v' if self.flags.sharp_v => self.quoted(text, '"'),
            'v' | 's' => {
                let text = self.flags.precision.map_or(text, |precision| first_runes(text, precision));
                self.flags.pad(self.out, text);
            }
            'x' | 'X' => self.hex(text, verb == 'X'),
            'q' => self.quoted(text, '"'),
            _ => self.complain(value, verb),
        }
    }

    fn quoted(&mut self, text: &[u8], mark: char) {
        let is_text = mark == '"';
        let text = self.flags.precision.filter(|_| is_text).map_or(text, |precision| first_runes(text, precision));
        let mut quoted = Vec::with_capacity(text.len() + 2);
        if is_text && self.flags.sharp && quote::can_backquote(text) {
            quoted.push(b'`');
            quoted.extend_from_slice(text);
            quoted.push(b'`');
        } else {
            quote::quote_into(&mut quoted, text, Quoting { mark, ascii: self.flags.plus });
        }
        self.flags.pad(self.out, &quoted);
    }

    fn hex(&mut self, text: &[u8], upper: bool) {
        let text = &text[..self.flags.precision.unwrap_or(text.len()).min(text.len())];
        let (prefix, table) = if upper { ("0X", b"0123456789ABCDEF") } else { ("0x", b"0123456789abcdef") };
        let mut digits = String::with_capacity(text.len() * 2);
        for (index, byte) in text.iter().enumerate() {
            if index > 0 && self.flags.space {
                digits.push(' ');
            }
            if self.flags.sharp && (index == 0 || self.flags.space) {
                digits.push_str(prefix);
            }
            digits.extend([byte >> 4, byte & 0xf].map(|digit| char::from(table[usize::from(digit)])));
        }
        self.flags.pad(self.out, digits.as_bytes());
    }

    fn bytes(&mut self, bytes: &Text, verb: char) {
        match verb {
            's' => {
                let bytes = self.flags.precision.map_or(bytes.bytes(), |precision| first_runes(bytes, precision));
                self.flags.pad(self.out, bytes);
            }
            'x' | 'X' => self.hex(bytes, verb == 'X'),
            'q' => self.quoted(bytes, '"'),
            _ => {
                let list = Value::Bytes(bytes.clone()).as_list().unwrap_or_else(|| List::new(Vec::new()));
                let name = if self.depth == 0 { "[]byte" } else { "[]uint8" };
                self.nested(verb, |printer| printer.list(&list, name, verb));
            }
        }
    }

    fn list(&mut self, list: &List, name: &str, verb: char) {
        let sharp = self.flags.sharp_v;
        self.put(if sharp { name } else { "[" });
        if sharp {
            self.put("{");
        }
        for (index, item) in list.items().iter().enumerate() {
            self.separate(index);
            self.value(item, verb);
        }
        self.put(if sharp { "}" } else { "]" });
    }

    fn map(&mut self, map: &Map, name: &str, verb: char) {
        let sharp = self.flags.sharp_v;
        self.put(if sharp { name } else { "map[" });
        if sharp {
            self.put("{");
        }
        for (index, (key, value)) in map.entries().into_iter().enumerate() {
            self.separate(index);
            self.value(&Value::Text(key), verb);
            self.put(":");
            self.value(&value, verb);
        }
        self.put(if sharp { "}" } else { "]" });
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.put(if self.flags.sharp_v { ", " } else { " " });
        }
    }

    fn object(&mut self, object: &dyn Object, verb: char) {
        let by_method = !self.complaining && !self.flags.sharp_v && matches!(verb, 'v' | 's' | 'x' | 'X' | 'q');
        if let Some(text) = object.display().filter(|_| by_method) {
            return self.text(&Value::Nil, &text, verb);
        }
        if object.is_nil() {
            return self.put("<nil>");
        }
        let is_pointer = object.kind() == Kind::Ptr;
        let type_name = object.type_name();
        let name = type_name.strip_prefix('*').filter(|_| is_pointer).unwrap_or(&type_name);
        if is_pointer {
            self.put("&");
        }
        match object.shape() {
            Shape::Struct(fields) => self.fields(&fields, name, verb),
            Shape::Map(map) => self.map(&map, name, verb),
            Shape::List(list) => self.list(&list, name, verb),
            Shape::Scalar(value) => self.value(&value, verb),
        }
    }

    fn fields(&mut self, fields: &[(&'static str, Value)], name: &str, verb: char) {
        if self.flags.sharp_v {
            self.put(name);
        }
        self.put("{");
        for (index, (field, value)) in fields.iter().enumerate() {
            self.separate(index);
            if self.flags.plus_v || self.flags.sharp_v {
                self.put(field);
                self.put(":");
            }
            self.value(value, verb);
        }
        self.put("}");
    }

    fn pointer(&mut self, value: &Value) {
        let address = match value {
            Value::Nil => return self.nil('p'),
            Value::List(list) => list.address(),
            Value::Map(map) => map.address(),
            Value::Bytes(bytes) => bytes.as_ptr().addr(),
            Value::Object(object) if object.kind() == Kind::Ptr => {
                std::ptr::from_ref::<dyn Object>(object.as_ref()).addr()
            }
            other => return self.complain(other, 'p'),
        };
        self.flags.sharp = !self.flags.sharp;
        let number = Integer { magnitude: address as u64, negative: false };
        number::integer(self.out, &self.flags, number, 'x');
        self.flags.sharp = !self.flags.sharp;
    }
}

/// The rune of that code; U+FFFD if there is none.
fn rune(number: Integer) -> char {
    let code = u32::try_from(number.magnitude).ok().filter(|_| !number.negative);
    code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}
