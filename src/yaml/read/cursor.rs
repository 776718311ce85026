//! Where the scanner stands in the text.

use crate::yaml::node::Position;

/// A place, counted from 0 in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mark {
    /// Characters before it.
    pub(super) index: usize,
    /// Lines before it.
    pub(super) line: usize,
    /// Characters before it on its line.
    pub(super) column: usize,
}

impl Mark {
    /// The place as people count it.
    pub(super) fn position(self) -> Position {
        Position { line: self.line + 1, column: self.column + 1 }
    }
}

/// A text and a place in it. Behind the end every character is NUL, which no text contains.
#[derive(Debug)]
pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
    /// The place.
    pub(super) mark: Mark,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, mark: Mark::default() }
    }

    /// The byte `ahead` bytes further on; only told apart from others while what is before it is ASCII.
    pub(super) fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    pub(super) fn is_end(&self) -> bool {
        self.at >= self.text.len()
    }

    pub(super) fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.byte(ahead), b' ' | b'\t')
    }

    pub(super) fn is_break(&self, ahead: usize) -> bool {
        self.break_length(ahead) > 0
    }

    pub(super) fn is_break_or_end(&self, ahead: usize) -> bool {
        self.byte(ahead) == 0 || self.is_break(ahead)
    }

    pub(super) fn is_blank_or_end(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_break_or_end(ahead)
    }

    /// A letter of a name: anchors, handles, directives.
    pub(super) fn is_word(&self) -> bool {
        matches!(self.byte(0), b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-')
    }

    /// Whether a document begins or ends on this line.
    pub(super) fn is_document_mark(&self) -> bool {
        let rest = &self.text.as_bytes()[self.at..];
        self.mark.column == 0 && (rest.starts_with(b"---") || rest.starts_with(b"...")) && self.is_blank_or_end(3)
    }

    /// Passes one character.
    pub(super) fn skip(&mut self) {
        if let Some(character) = self.text[self.at..].chars().next() {
            self.at += character.len_utf8();
            self.mark.index += 1;
            self.mark.column += 1;
        }
    }

    /// Passes `count` ASCII characters.
    pub(super) fn skip_many(&mut self, count: usize) {
        for _ in 0..count {
            self.skip();
        }
    }

    pub(super) fn skip_blanks(&mut self) {
        while self.is_blank(0) {
            self.skip();
        }
    }

    /// Passes spaces and tabs, a comment behind them; not the line break.
    pub(super) fn skip_blanks_and_comment(&mut self) {
        self.skip_blanks();
        if self.byte(0) == b'#' {
            self.skip_to_break();
        }
    }

    pub(super) fn skip_to_break(&mut self) {
        while !self.is_break_or_end(0) {
            self.skip();
        }
    }

    /// Moves one character to `out`.
    pub(super) fn read(&mut self, out: &mut String) {
        if let Some(character) = self.text[self.at..].chars().next() {
            out.push(character);
            self.skip();
        }
    }

    /// Moves the characters up to a blank, a line break or the end to `out`.
    pub(super) fn read_words(&mut self) -> String {
        let mut word = String::new();
        while self.is_word() {
            self.read(&mut word);
        }
        word
    }

    /// Passes a line break, if one is here; writes it to `out` as YAML normalises it.
    pub(super) fn read_break(&mut self, out: &mut String) {
        let length = self.break_length(0);
        let rest = &self.text[self.at..];
        match rest.chars().next() {
            Some(separator @ ('\u{2028}' | '\u{2029}')) => out.push(separator),
            Some(_) if length > 0 => out.push('\n'),
            _ => return,
        }
        self.mark.index += rest[..length].chars().count();
        self.at += length;
        self.mark.line += 1;
        self.mark.column = 0;
    }

    /// Passes a line break.
    pub(super) fn skip_break(&mut self) {
        self.read_break(&mut String::new());
    }

    /// At the end of the text a line that was begun counts as ended.
    pub(super) fn end_line(&mut self) {
        if self.mark.column > 0 {
            self.mark.column = 0;
            self.mark.line += 1;
        }
    }

    fn break_length(&self, ahead: usize) -> usize {
        match (self.byte(ahead), self.byte(ahead + 1), self.byte(ahead + 2)) {
            (b'\r', b'\n', _) | (0xc2, 0x85, _) => 2,
            (b'\r' | b'\n', _, _) => 1,
            (0xe2, 0x80, 0xa8 | 0xa9) => 3,
            _ => 0,
        }
    }
}
