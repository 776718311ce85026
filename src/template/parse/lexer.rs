//! From text to tokens.

use std::borrow::Cow;

use crate::template::format;
use crate::template::options::Delimiters;
use crate::template::parse::token::Keyword;
use crate::template::parse::token::Token;
use crate::template::parse::token::TokenKind;
use crate::template::value::Value;

/// Cuts a template's text into tokens, one for each call of [`next`](Self::next).
pub(super) struct Lexer<'a> {
    input: &'a [u8],
    delimiters: &'a Delimiters,
    /// Where the next token is looked for.
    at: usize,
    /// Where the current token began.
    start: usize,
    start_line: usize,
    inside: bool,
    parens: usize,
    /// Why there are no more tokens.
    failure: Option<String>,
}

const COMMENT_OPEN: &[u8] = b"/*";
const COMMENT_CLOSE: &[u8] = b"*/";

/// What a scanner found: a token, or why there is none.
type Found = Result<TokenKind, Cow<'static, str>>;

impl<'a> Lexer<'a> {
    /// At the beginning of `input`.
    pub(super) fn new(input: &'a [u8], delimiters: &'a Delimiters) -> Self {
        Self { input, delimiters, at: 0, start: 0, start_line: 1, inside: false, parens: 0, failure: None }
    }

    /// What the last token of kind `Error` says.
    pub(super) fn failure(&self) -> &str {
        self.failure.as_deref().unwrap_or_default()
    }

    /// The next token. Behind the end or an error there is only the end.
    pub(super) fn next(&mut self) -> Token<'a> {
        if self.failure.is_some() {
            return Token { kind: TokenKind::Eof, pos: self.start, text: b"", line: self.start_line };
        }
        let found = if self.inside { self.inside_action() } else { self.text() };
        let kind = found.unwrap_or_else(|failure| {
            self.failure = Some(failure.into_owned());
            self.at = self.start;
            TokenKind::Error
        });
        let token = Token { kind, pos: self.start, text: &self.input[self.start..self.at], line: self.start_line };
        self.ignore();
        self.trim_behind(kind);
        token
    }

    /// Leaves out what was read since the last token.
    fn ignore(&mut self) {
        self.start_line += newlines(&self.input[self.start..self.at]);
        self.start = self.at;
    }

    fn rest(&self) -> &'a [u8] {
        &self.input[self.at..]
    }

    fn peek(&self) -> Option<char> {
        decode(self.rest()).map(|(letter, _)| letter)
    }

    fn bump(&mut self) -> Option<char> {
        let (letter, width) = decode(self.rest())?;
        self.at += width;
        Some(letter)
    }

    fn accept(&mut self, set: &[u8]) -> bool {
        let found = self.rest().first().is_some_and(|byte| set.contains(byte));
        self.at += usize::from(found);
        found
    }

    /// Text up to the next action; comments are left out.
    fn text(&mut self) -> Found {
        loop {
            let left = self.delimiters.left.as_bytes();
            let Some(offset) = find(self.rest(), left) else {
                self.at = self.input.len();
                return Ok(if self.at > self.start { TokenKind::Text } else { TokenKind::Eof });
            };
            let action = self.at + offset;
            let trims = trims_left(&self.input[action + left.len()..]);
            if offset > 0 {
                let text = &self.input[self.start..action];
                let kept = if trims { trimmed_end(text) } else { text };
                self.at = self.start + kept.len();
                if !kept.is_empty() {
                    return Ok(TokenKind::Text);
                }
                self.at = action;
                self.ignore();
            }
            if !self.left_delim(trims)? {
                return Ok(TokenKind::LeftDelim);
            }
        }
    }

    /// At the delimiter: whether a comment was left out; otherwise the delimiter is read.
    fn left_delim(&mut self, trims: bool) -> Result<bool, Cow<'static, str>> {
        let left = self.delimiters.left.len();
        let marker = if trims { 2 } else { 0 };
        if self.rest()[left + marker..].starts_with(COMMENT_OPEN) {
            self.at += left + marker;
            self.ignore();
            self.comment()?;
            return Ok(true);
        }
        self.at += left;
        self.inside = true;
        self.parens = 0;
        Ok(false)
    }

    fn comment(&mut self) -> Result<(), Cow<'static, str>> {
        self.at += COMMENT_OPEN.len();
        let close = find(self.rest(), COMMENT_CLOSE).ok_or("unclosed comment")?;
        self.at += close + COMMENT_CLOSE.len();
        let (trims, delim) = self.right_delim().ok_or("comment ends before closing delimiter")?;
        self.at += delim;
        if trims {
            self.skip_spaces();
        }
        self.ignore();
        Ok(())
    }

    /// Whether the right delimiter stands here: whether it trims, and its length with the marker.
    fn right_delim(&self) -> Option<(bool, usize)> {
        let (rest, right) = (self.rest(), self.delimiters.right.as_bytes());
        if trims_right(rest) && rest[2..].starts_with(right) {
            return Some((true, 2 + right.len()));
        }
        rest.starts_with(right).then_some((false, right.len()))
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.iter().position(|byte| !is_space(*byte)).unwrap_or(rest.len());
    }

    /// Behind `{{-` the marker, behind `-}}` the white space of the text is no part of any token.
    fn trim_behind(&mut self, kind: TokenKind) {
        if kind == TokenKind::LeftDelim && trims_left(self.rest()) {
            self.at += 2;
            self.ignore();
        }
        if kind == TokenKind::RightDelim && self.trimmed() {
            self.skip_spaces();
            self.ignore();
        }
    }

    /// Whether the right delimiter that was just read had a marker.
    fn trimmed(&self) -> bool {
        let before = self.at.checked_sub(self.delimiters.right.len() + 2);
        before.is_some_and(|before| trims_right(&self.input[before..]))
    }

    fn inside_action(&mut self) -> Found {
        if let Some((trims, _)) = self.right_delim() {
            if self.parens > 0 {
                return Err("unclosed left paren".into());
            }
            if trims {
                self.at += 2;
                self.ignore();
            }
            self.at += self.delimiters.right.len();
            self.inside = false;
            return Ok(TokenKind::RightDelim);
        }
        let Some(letter) = self.bump() else { return Err("unclosed action".into()) };
        match letter {
            ' ' | '\t' | '\r' | '\n' => Ok(self.space()),
            '"' => self.quoted('"', TokenKind::Quoted, "unterminated quoted string"),
            '\'' => self.quoted('\'', TokenKind::Rune, "unterminated character constant"),
            '`' => self.raw_quoted(),
            '$' => self.name(TokenKind::Variable, TokenKind::Variable),
            '.' if self.rest().first().is_some_and(|byte| !byte.is_ascii_digit()) => {
                self.name(TokenKind::Field, TokenKind::Dot)
            }
            '.' | '+' | '-' | '0'..='9' => {
                self.at = self.start;
                self.number()
            }
            letter if is_alphanumeric(letter) => self.identifier(),
            letter => self.mark(letter),
        }
    }

    fn mark(&mut self, letter: char) -> Found {
        Ok(match letter {
            '=' => TokenKind::Assign,
            ':' if self.bump() == Some('=') => TokenKind::Declare,
            ':' => return Err("expected :=".into()),
            '|' => TokenKind::Pipe,
            '(' => {
                self.parens += 1;
                TokenKind::LeftParen
            }
            ')' => {
                self.parens = self.parens.checked_sub(1).ok_or("unexpected right paren")?;
                TokenKind::RightParen
            }
            letter if letter.is_ascii_graphic() => TokenKind::Char,
            letter => return Err(format!("unrecognized character in action: {}", named(Some(letter))).into()),
        })
    }

    fn space(&mut self) -> TokenKind {
        self.skip_spaces();
        let right = self.delimiters.right.as_bytes();
        let last = &self.input[self.at - 1..];
        if trims_right(last) && last[2..].starts_with(right) {
            // The last space belongs to the trim marker.
            self.at -= 1;
            if self.at == self.start {
                self.at += 2;
                self.ignore();
                self.at += right.len();
                self.inside = false;
                return TokenKind::RightDelim;
            }
        }
        TokenKind::Space
    }

    fn quoted(&mut self, mark: char, kind: TokenKind, unterminated: &'static str) -> Found {
        loop {
            match self.bump() {
                Some('\\') if self.bump().is_some_and(|letter| letter != '\n') => {}
                Some(letter) if letter == mark => return Ok(kind),
                None | Some('\\' | '\n') => return Err(unterminated.into()),
                Some(_) => {}
            }
        }
    }

    fn raw_quoted(&mut self) -> Found {
        let close = find(self.rest(), b"`").ok_or("unterminated raw quoted string")?;
        self.at += close + 1;
        Ok(TokenKind::RawQuoted)
    }

    /// The name behind `.` or `$`, or the mark alone.
    fn name(&mut self, kind: TokenKind, alone: TokenKind) -> Found {
        if self.at_terminator() {
            return Ok(alone);
        }
        self.word();
        if self.at_terminator() { Ok(kind) } else { Err(self.bad_character()) }
    }

    fn identifier(&mut self) -> Found {
        self.word();
        if !self.at_terminator() {
            return Err(self.bad_character());
        }
        let word = &self.input[self.start..self.at];
        Ok(match Keyword::of(word) {
            Some(keyword) => TokenKind::Keyword(keyword),
            None if word == b"true" || word == b"false" => TokenKind::Bool,
            None => TokenKind::Identifier,
        })
    }

    fn word(&mut self) {
        while self.peek().is_some_and(is_alphanumeric) {
            self.bump();
        }
    }

    fn bad_character(&self) -> Cow<'static, str> {
        format!("bad character {}", named(self.peek())).into()
    }

    fn at_terminator(&self) -> bool {
        let Some(byte) = self.rest().first() else { return true };
        is_space(*byte) || b".,|:)(".contains(byte) || self.rest().starts_with(self.delimiters.right.as_bytes())
    }

    fn number(&mut self) -> Found {
        let mut good = self.scan_number();
        let mut kind = TokenKind::Number;
        if good && matches!(self.peek(), Some('+' | '-')) {
            good = self.scan_number() && self.input[self.at - 1] == b'i';
            kind = TokenKind::Complex;
        }
        if good {
            return Ok(kind);
        }
        Err(format!("bad number syntax: {}", format::quoted(&self.input[self.start..self.at])).into())
    }

    fn scan_number(&mut self) -> bool {
        self.accept(b"+-");
        let mut digits: &[u8] = b"0123456789_";
        if self.accept(b"0") {
            if self.accept(b"xX") {
                digits = b"0123456789abcdefABCDEF_";
            } else if self.accept(b"oO") {
                digits = b"01234567_";
            } else if self.accept(b"bB") {
                digits = b"01_";
            }
        }
        let exponent: &[u8] = match digits.len() {
            11 => b"eE",
            23 => b"pP",
            _ => b"",
        };
        while self.accept(digits) {}
        if self.accept(b".") {
            while self.accept(digits) {}
        }
        if self.accept(exponent) {
            self.accept(b"+-");
            while self.accept(b"0123456789_") {}
        }
        self.accept(b"i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.bump();
            return false;
        }
        true
    }
}

/// Without the white space at the end.
fn trimmed_end(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| !is_space(*byte)).map_or(0, |last| last + 1);
    &text[..end]
}

fn trims_left(behind: &[u8]) -> bool {
    matches!(behind, [b'-', space, ..] if is_space(*space))
}

fn trims_right(at: &[u8]) -> bool {
    matches!(at, [space, b'-', ..] if is_space(*space))
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn is_alphanumeric(letter: char) -> bool {
    // Go's letters and decimal digits; beyond ASCII Rust's classes also have some marks and signs such as `½`.
    letter == '_' || letter.is_alphanumeric()
}

/// The first rune and its width; a byte that is not UTF-8 is U+FFFD, as in Go.
fn decode(bytes: &[u8]) -> Option<(char, usize)> {
    let first = *bytes.first()?;
    if first.is_ascii() {
        return Some((char::from(first), 1));
    }
    let head = &bytes[..bytes.len().min(4)];
    let letter = head.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    Some(letter.map_or((char::REPLACEMENT_CHARACTER, 1), |letter| (letter, letter.len_utf8())))
}

/// A rune as Go's `%#U` shows it; the end of the text is Go's -1.
fn named(letter: Option<char>) -> String {
    let Some(letter) = letter else { return "U+FFFFFFFFFFFFFFFF".to_owned() };
    format::sprintf(b"%#U", &[Value::from(i64::from(u32::from(letter)))]).to_string()
}

fn newlines(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').count() - 1
}

/// Where `needle` begins in `haystack`.
fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(offset) = haystack[from..].iter().position(|byte| *byte == first) {
        from += offset;
        if haystack[from..].starts_with(needle) {
            return Some(from);
        }
        from += 1;
    }
    None
}
