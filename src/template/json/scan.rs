//! What is wrong with a JSON text, in the words of Go's scanner.

use crate::template::format;

/// How deep values may nest, as in Go.
const DEPTH: usize = 10_000;

/// Checks that `text` is one JSON value; the error is Go's.
pub(super) fn check(text: &[u8]) -> Result<(), String> {
    let mut scanner = Scanner { text, at: 0 };
    scanner.nested()?;
    scanner.spaces();
    match scanner.peek() {
        None => Ok(()),
        Some(byte) => Err(invalid(byte, "after top-level value")),
    }
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

/// What is open around the place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Array,
    Object,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Result<u8, String> {
        let byte = self.peek().ok_or("unexpected end of JSON input")?;
        self.at += 1;
        Ok(byte)
    }

    fn spaces(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// A value with all that it contains, without recursion.
    fn nested(&mut self) -> Result<(), String> {
        let mut open = Vec::new();
        loop {
            self.begin(&mut open)?;
            while !self.next_member(&mut open)? {
                if open.is_empty() {
                    return Ok(());
                }
            }
        }
    }

    /// Reads up to and including the first scalar, or the opening of what is empty.
    fn begin(&mut self, open: &mut Vec<Open>) -> Result<(), String> {
        loop {
            self.spaces();
            match self.next()? {
                b'{' => {
                    open.push(Open::Object);
                    self.spaces();
                    if self.peek() == Some(b'}') {
                        return Ok(());
                    }
                    self.key()?;
                }
                b'[' => {
                    open.push(Open::Array);
                    self.spaces();
                    if self.peek() == Some(b']') {
                        return Ok(());
                    }
                }
                first => return self.scalar(first),
            }
            if open.len() > DEPTH {
                return Err("exceeded max depth".to_owned());
            }
        }
    }

    /// Behind a value: whether another follows; otherwise what encloses it is closed, if anything does.
    fn next_member(&mut self, open: &mut Vec<Open>) -> Result<bool, String> {
        let Some(enclosing) = open.last().copied() else { return Ok(false) };
        self.spaces();
        match (enclosing, self.next()?) {
            (Open::Array, b']') | (Open::Object, b'}') => {
                open.pop();
                Ok(false)
            }
            (Open::Array, b',') => Ok(true),
            (Open::Object, b',') => {
                self.spaces();
                self.key()?;
                Ok(true)
            }
            (Open::Array, other) => Err(invalid(other, "after array element")),
            (Open::Object, other) => Err(invalid(other, "after object key:value pair")),
        }
    }

    fn key(&mut self) -> Result<(), String> {
        match self.next()? {
            b'"' => self.string()?,
            other => return Err(invalid(other, "looking for beginning of object key string")),
        }
        self.spaces();
        match self.next()? {
            b':' => Ok(()),
            other => Err(invalid(other, "after object key")),
        }
    }

    fn scalar(&mut self, first: u8) -> Result<(), String> {
        match first {
            b'"' => self.string(),
            b'-' => match self.next()? {
                digit @ b'0'..=b'9' => self.number(digit),
                other => Err(invalid(other, "in numeric literal")),
            },
            b'0'..=b'9' => self.number(first),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            other => Err(invalid(other, "looking for beginning of value")),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), String> {
        for expected in word.bytes().skip(1) {
            let byte = self.next()?;
            if byte != expected {
                let context = format!("in literal {word} (expecting {})", shown(expected));
                return Err(invalid(byte, &context));
            }
        }
        Ok(())
    }

    fn string(&mut self) -> Result<(), String> {
        loop {
            match self.next()? {
                b'"' => return Ok(()),
                b'\\' => self.escape()?,
                control @ 0..=0x1f => return Err(invalid(control, "in string literal")),
                _ => {}
            }
        }
    }

    fn escape(&mut self) -> Result<(), String> {
        match self.next()? {
            b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => Ok(()),
            b'u' => {
                for _ in 0..4 {
                    let digit = self.next()?;
                    if !digit.is_ascii_hexdigit() {
                        return Err(invalid(digit, "in \\u hexadecimal character escape"));
                    }
                }
                Ok(())
            }
            other => Err(invalid(other, "in string escape code")),
        }
    }

    fn number(&mut self, first: u8) -> Result<(), String> {
        if first != b'0' {
            self.digits();
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digit("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digit("in exponent of numeric literal")?;
        }
        Ok(())
    }

    fn digit(&mut self, context: &str) -> Result<(), String> {
        match self.next()? {
            b'0'..=b'9' => {
                self.digits();
                Ok(())
            }
            other => Err(invalid(other, context)),
        }
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }
}

fn invalid(byte: u8, context: &str) -> String {
    format!("invalid character {} {context}", shown(byte))
}

/// A byte in single quotes, taken for the rune of its number as Go does.
fn shown(byte: u8) -> String {
    match byte {
        b'\'' => "'\\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        other => {
            let quoted = format::quoted(char::from(other).encode_utf8(&mut [0; 4]).as_bytes());
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn complaints_are_gos() {
        let cases = [
            ("", "unexpected end of JSON input"),
            ("[1", "unexpected end of JSON input"),
            ("{", "unexpected end of JSON input"),
            ("x", "invalid character 'x' looking for beginning of value"),
            ("[1,]", "invalid character ']' looking for beginning of value"),
            ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("{\"a\":1 2}", "invalid character '2' after object key:value pair"),
            ("[1 2]", "invalid character '2' after array element"),
            ("1 2", "invalid character '2' after top-level value"),
            ("tru ", "invalid character ' ' in literal true (expecting 'e')"),
            ("\"\\q\"", "invalid character 'q' in string escape code"),
            ("\"\n\"", "invalid character '\\n' in string literal"),
            ("-x", "invalid character 'x' in numeric literal"),
            ("1.x", "invalid character 'x' after decimal point in numeric literal"),
        ];
        for (text, expected) in cases {
            assert_eq!(check(text.as_bytes()).unwrap_err(), expected, "{text}");
        }
        for good in ["{}", "[]", " [ {} , [ ] , 1.5e-3 , \"\\u00e9\" ] ", "{\"a\":{\"b\":[null]}}", "-0"] {
            assert_eq!(check(good.as_bytes()), Ok(()), "{good}");
        }
    }

    #[test]
    fn depth_is_limited_without_recursion() {
        assert_eq!(check("[".repeat(20_000).as_bytes()).unwrap_err(), "exceeded max depth");
    }
}
