//! `printf`: the text with its directives.

use crate::template::format::flags::Flags;
use crate::template::format::printer::Printer;
use crate::template::value::Value;

/// No width, precision or argument number is greater.
const GREATEST: usize = 1_000_000;

/// Walks through a format and its operands.
pub(super) struct Directives<'a> {
    format: &'a [u8],
    values: &'a [Value],
    /// Where in `format` we are.
    at: usize,
    /// Which operand is next.
    next: usize,
    /// Whether any `[n]` was used: unused operands are no mistake then.
    reordered: bool,
    /// Whether all argument numbers of this directive were right.
    good: bool,
    /// Whether the last thing read was an argument number.
    after_index: bool,
}

impl<'a> Directives<'a> {
    /// At the beginning.
    pub(super) fn new(format: &'a [u8], values: &'a [Value]) -> Self {
        Self { format, values, at: 0, next: 0, reordered: false, good: true, after_index: false }
    }

    /// Prints all.
    pub(super) fn print(mut self, out: &mut Vec<u8>) {
        while self.at < self.format.len() {
            let rest = &self.format[self.at..];
            let plain = rest.iter().position(|byte| *byte == b'%').unwrap_or(rest.len());
            out.extend_from_slice(&rest[..plain]);
            self.at += plain;
            if self.at < self.format.len() {
                self.at += 1;
                self.directive(out);
            }
        }
        self.extra(out);
    }

    fn directive(&mut self, out: &mut Vec<u8>) {
        self.good = true;
        self.after_index = false;
        let mut flags = self.flags();
        self.argument_number();
        self.width(&mut flags, out);
        self.precision(&mut flags, out);
        if !self.after_index {
            self.argument_number();
        }
        let Some(verb) = self.verb() else {
            out.extend_from_slice(b"%!(NOVERB)");
            return;
        };
        if verb == '%' {
            out.push(b'%');
        } else if !self.good {
            out.extend_from_slice(format!("%!{verb}(BADINDEX)").as_bytes());
        } else if let Some(value) = self.values.get(self.next) {
            self.next += 1;
            print_one(out, flags, value, verb);
        } else {
            out.extend_from_slice(format!("%!{verb}(MISSING)").as_bytes());
        }
    }

    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    fn flags(&mut self) -> Flags {
        let mut flags = Flags::default();
        while let Some(byte) = self.peek() {
            match byte {
                b'#' => flags.sharp = true,
                b'0' => flags.zero = true,
                b'+' => flags.plus = true,
                b'-' => flags.minus = true,
                b' ' => flags.space = true,
                _ => break,
            }
            self.at += 1;
        }
        flags
    }

    fn width(&mut self, flags: &mut Flags, out: &mut Vec<u8>) {
        if self.peek() != Some(b'*') {
            flags.width = self.number();
            if self.after_index && flags.width.is_some() {
                self.good = false;
            }
            return;
        }
        self.at += 1;
        let width = self.operand();
        if width.is_none() {
            out.extend_from_slice(b"%!(BADWIDTH)");
        }
        if width.is_some_and(i64::is_negative) {
            flags.minus = true;
            flags.zero = false;
        }
        flags.width = width.and_then(|width| usize::try_from(width.unsigned_abs()).ok());
        self.after_index = false;
    }

    fn precision(&mut self, flags: &mut Flags, out: &mut Vec<u8>) {
        if self.peek() != Some(b'.') || self.at + 1 >= self.format.len() {
            return;
        }
        self.at += 1;
        if self.after_index {
            self.good = false;
        }
        self.argument_number();
        if self.peek() != Some(b'*') {
            flags.precision = Some(self.number().unwrap_or(0));
            return;
        }
        self.at += 1;
        flags.precision = self.operand().and_then(|precision| usize::try_from(precision).ok());
        if flags.precision.is_none() {
            out.extend_from_slice(b"%!(BADPREC)");
        }
        self.after_index = false;
    }

    /// Digits, if there are any; a number that is too great swallows the rest of the format, as in Go.
    fn number(&mut self) -> Option<usize> {
        let mut number = None;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            if number.unwrap_or(0) > GREATEST {
                self.at = self.format.len();
                return None;
            }
            number = Some(number.unwrap_or(0) * 10 + usize::from(digit - b'0'));
            self.at += 1;
        }
        number
    }

    /// An operand taken for `*`.
    fn operand(&mut self) -> Option<i64> {
        let value = self.values.get(self.next)?;
        self.next += 1;
        let number = match value {
            Value::Int(number, _) => *number,
            Value::Uint(number, _) => i64::try_from(*number).ok()?,
            _ => return None,
        };
        (number.unsigned_abs() <= GREATEST as u64).then_some(number)
    }

    /// `[n]`, if it stands here.
    fn argument_number(&mut self) {
        self.after_index = false;
        if self.peek() != Some(b'[') {
            return;
        }
        self.reordered = true;
        let rest = &self.format[self.at..];
        let close = rest.iter().position(|byte| *byte == b']').filter(|_| rest.len() >= 3);
        let Some(close) = close else {
            self.good = false;
            self.at += 1;
            return;
        };
        let number = std::str::from_utf8(&rest[1..close]).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        let number = number.and_then(|text| text.parse::<usize>().ok()).filter(|number| *number <= GREATEST);
        self.at += close + 1;
        match number.and_then(|number| number.checked_sub(1)) {
            Some(index) if index < self.values.len() => {
                self.next = index;
                self.after_index = true;
            }
            _ => {
                self.good = false;
                self.after_index = number.is_some();
            }
        }
    }

    fn verb(&mut self) -> Option<char> {
        let rest = self.format.get(self.at..).filter(|rest| !rest.is_empty())?;
        let chunk = rest.utf8_chunks().next()?;
        let verb = chunk.valid().chars().next();
        self.at += verb.map_or(1, char::len_utf8);
        Some(verb.unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn extra(&self, out: &mut Vec<u8>) {
        let left = self.values.get(self.next..).unwrap_or_default();
        if self.reordered || left.is_empty() {
            return;
        }
        out.extend_from_slice(b"%!(EXTRA ");
        for (index, value) in left.iter().enumerate() {
            if index > 0 {
                out.extend_from_slice(b", ");
            }
            if !matches!(value, Value::Nil) {
                out.extend_from_slice(format!("{}=", value.type_name()).as_bytes());
            }
            print_one(out, Flags::default(), value, 'v');
        }
        out.push(b')');
    }
}

fn print_one(out: &mut Vec<u8>, mut flags: Flags, value: &Value, verb: char) {
    if verb == 'v' {
        flags.sharp_v = std::mem::take(&mut flags.sharp);
        flags.plus_v = std::mem::take(&mut flags.plus);
    }
    let mut printer = Printer::new(out);
    printer.flags = flags;
    printer.print(value, verb);
}
