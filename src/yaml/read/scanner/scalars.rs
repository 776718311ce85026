//! Scalars in all their styles.

use crate::yaml::error::Error;
use crate::yaml::read::cursor::Mark;
use crate::yaml::read::scanner::Scanner;
use crate::yaml::read::token::Token;
use crate::yaml::read::token::TokenKind;

/// White space inside a scalar that is not on one line: what becomes of it is known at the next word.
#[derive(Default)]
struct Gap {
    /// Spaces and tabs on one line.
    blanks: String,
    /// The first line break, normalised; empty if it was escaped.
    first_break: String,
    /// The line breaks behind it.
    more_breaks: String,
    /// A line has ended.
    breaks: bool,
}

impl Gap {
    fn is_empty(&self) -> bool {
        !self.breaks && self.blanks.is_empty()
    }

    /// Passes one blank or line break.
    fn take(&mut self, scanner: &mut Scanner<'_>) {
        if scanner.cursor.is_blank(0) {
            if self.breaks {
                scanner.cursor.skip();
            } else {
                scanner.cursor.read(&mut self.blanks);
            }
        } else if self.breaks {
            scanner.cursor.read_break(&mut self.more_breaks);
        } else {
            self.blanks.clear();
            scanner.cursor.read_break(&mut self.first_break);
            self.breaks = true;
        }
    }

    /// Writes what the gap means: blanks stay, one line break is a space, of more the first goes.
    fn close(&mut self, out: &mut String) {
        if !self.breaks {
            out.push_str(&self.blanks);
        } else if self.first_break.starts_with('\n') {
            out.push_str(if self.more_breaks.is_empty() { " " } else { &self.more_breaks });
        } else {
            out.push_str(&self.first_break);
            out.push_str(&self.more_breaks);
        }
        *self = Self::default();
    }
}

/// What becomes of the line breaks at the end of a block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

impl Scanner<'_> {
    pub(super) fn scan_plain(&mut self) -> Result<Token, Error> {
        let start = self.cursor.mark;
        let mut end = start;
        let indent = self.indent.map_or(0, |indent| indent + 1);
        let mut text = String::new();
        let mut gap = Gap::default();
        while !self.cursor.is_document_mark() && self.cursor.byte(0) != b'#' {
            while !self.ends_plain() {
                gap.close(&mut text);
                self.cursor.read(&mut text);
                end = self.cursor.mark;
            }
            if !self.cursor.is_blank(0) && !self.cursor.is_break(0) {
                break;
            }
            while self.cursor.is_blank(0) || self.cursor.is_break(0) {
                if gap.breaks && self.cursor.mark.column < indent && self.cursor.byte(0) == b'\t' {
                    return Err(self.problem("found a tab character that violates indentation", start));
                }
                gap.take(self);
            }
            if !self.in_flow() && self.cursor.mark.column < indent {
                break;
            }
        }
        if gap.breaks {
            self.key_allowed = true;
        }
        Ok(Token { kind: TokenKind::Scalar(text, true), start, end })
    }

    fn ends_plain(&self) -> bool {
        let byte = self.cursor.byte(0);
        self.cursor.is_blank_or_end(0)
            || (byte == b':' && self.cursor.is_blank_or_end(1))
            || (self.in_flow() && b",?[]{}".contains(&byte))
    }

    pub(super) fn scan_quoted(&mut self) -> Result<Token, Error> {
        let start = self.cursor.mark;
        let quote = self.cursor.byte(0);
        self.cursor.skip();
        let mut text = String::new();
        loop {
            if self.cursor.is_document_mark() {
                return Err(self.problem("found unexpected document indicator", start));
            }
            if self.cursor.is_end() {
                return Err(self.problem("found unexpected end of stream", start));
            }
            let mut gap = Gap::default();
            while !self.cursor.is_blank_or_end(0) && !self.ends_quoted(quote) && !gap.breaks {
                self.scan_quoted_character(quote, &mut text, &mut gap, start)?;
            }
            if !gap.breaks && self.cursor.byte(0) == quote {
                self.cursor.skip();
                return Ok(self.token(TokenKind::Scalar(text, false), start));
            }
            while self.cursor.is_blank(0) || self.cursor.is_break(0) {
                gap.take(self);
            }
            if !gap.is_empty() {
                gap.close(&mut text);
            }
        }
    }

    fn ends_quoted(&self, quote: u8) -> bool {
        self.cursor.byte(0) == quote && !(quote == b'\'' && self.cursor.byte(1) == quote)
    }

    fn scan_quoted_character(&mut self, quote: u8, text: &mut String, gap: &mut Gap, start: Mark) -> Result<(), Error> {
        if quote == b'\'' && self.cursor.byte(0) == quote {
            self.cursor.skip();
            self.cursor.read(text);
        } else if quote == b'"' && self.cursor.byte(0) == b'\\' && self.cursor.is_break(1) {
            self.cursor.skip();
            self.cursor.skip_break();
            gap.breaks = true;
        } else if quote == b'"' && self.cursor.byte(0) == b'\\' {
            text.push(self.scan_escape(start)?);
        } else {
            self.cursor.read(text);
        }
        Ok(())
    }

    fn scan_escape(&mut self, start: Mark) -> Result<char, Error> {
        let (plain, digits) = match self.cursor.byte(1) {
            b'0' => ('\0', 0),
            b'a' => ('\u{7}', 0),
            b'b' => ('\u{8}', 0),
            b't' | b'\t' => ('\t', 0),
            b'n' => ('\n', 0),
            b'v' => ('\u{b}', 0),
            b'f' => ('\u{c}', 0),
            b'r' => ('\r', 0),
            b'e' => ('\u{1b}', 0),
            byte @ (b' ' | b'"' | b'\'' | b'\\') => (char::from(byte), 0),
            b'N' => ('\u{85}', 0),
            b'_' => ('\u{a0}', 0),
            b'L' => ('\u{2028}', 0),
            b'P' => ('\u{2029}', 0),
            b'x' => ('\0', 2),
            b'u' => ('\0', 4),
            b'U' => ('\0', 8),
            _ => return Err(self.problem("found unknown escape character", start)),
        };
        self.cursor.skip_many(2);
        if digits == 0 { Ok(plain) } else { self.scan_code(digits, start) }
    }

    fn scan_code(&mut self, digits: usize, start: Mark) -> Result<char, Error> {
        let mut code = 0u32;
        for ahead in 0..digits {
            let Some(digit) = char::from(self.cursor.byte(ahead)).to_digit(16) else {
                return Err(self.problem("did not find expected hexdecimal number", start));
            };
            code = (code << 4) | digit;
        }
        let Some(character) = char::from_u32(code) else {
            return Err(self.problem("found invalid Unicode character escape code", start));
        };
        self.cursor.skip_many(digits);
        Ok(character)
    }

    pub(super) fn scan_block(&mut self) -> Result<Token, Error> {
        let start = self.cursor.mark;
        let is_literal = self.cursor.byte(0) == b'|';
        self.cursor.skip();
        let (chomping, increment) = self.scan_block_header(start)?;
        self.cursor.skip_blanks_and_comment();
        if !self.cursor.is_break_or_end(0) {
            return Err(self.problem("did not find expected comment or line break", start));
        }
        self.cursor.skip_break();
        let mut indent = increment.map(|increment| self.indent.unwrap_or(0) + increment);
        let mut breaks = String::new();
        let mut end = self.scan_block_breaks(&mut indent, &mut breaks, start)?;
        let column = indent.unwrap_or(1);
        let mut text = String::new();
        let mut last_break = String::new();
        let mut after_blank = false;
        while self.cursor.mark.column == column && !self.cursor.is_end() {
            let begins_blank = self.cursor.is_blank(0);
            let folds = !is_literal && last_break.starts_with('\n') && !after_blank && !begins_blank;
            if !folds {
                text.push_str(&last_break);
            } else if breaks.is_empty() {
                text.push(' ');
            }
            text.push_str(&breaks);
            (last_break, breaks) = (String::new(), String::new());
            after_blank = begins_blank;
            while !self.cursor.is_break_or_end(0) {
                self.cursor.read(&mut text);
            }
            self.cursor.read_break(&mut last_break);
            end = self.scan_block_breaks(&mut indent, &mut breaks, start)?;
        }
        if chomping != Chomping::Strip {
            text.push_str(&last_break);
        }
        if chomping == Chomping::Keep {
            text.push_str(&breaks);
        }
        Ok(Token { kind: TokenKind::Scalar(text, false), start, end })
    }

    /// What stands behind `|` or `>`: `+` or `-` and a digit, in any order.
    fn scan_block_header(&mut self, start: Mark) -> Result<(Chomping, Option<usize>), Error> {
        let (mut chomping, mut increment) = (None, None);
        loop {
            match self.cursor.byte(0) {
                b'+' if chomping.is_none() => chomping = Some(Chomping::Keep),
                b'-' if chomping.is_none() => chomping = Some(Chomping::Strip),
                b'0' if increment.is_none() => {
                    return Err(self.problem("found an indentation indicator equal to 0", start));
                }
                digit @ b'1'..=b'9' if increment.is_none() => increment = Some(usize::from(digit - b'0')),
                _ => return Ok((chomping.unwrap_or(Chomping::Clip), increment)),
            }
            self.cursor.skip();
        }
    }

    /// Passes empty lines and the indentation behind them; finds the indentation if it is not known.
    fn scan_block_breaks(
        &mut self,
        indent: &mut Option<usize>,
        breaks: &mut String,
        start: Mark,
    ) -> Result<Mark, Error> {
        let mut end = self.cursor.mark;
        let mut deepest = 0;
        loop {
            let inside = |column: usize| indent.is_none_or(|indent| column < indent);
            while inside(self.cursor.mark.column) && self.cursor.byte(0) == b' ' {
                self.cursor.skip();
            }
            deepest = deepest.max(self.cursor.mark.column);
            if inside(self.cursor.mark.column) && self.cursor.byte(0) == b'\t' {
                let text = "found a tab character where an indentation space is expected";
                return Err(self.problem(text, start));
            }
            if !self.cursor.is_break(0) {
                break;
            }
            self.cursor.read_break(breaks);
            end = self.cursor.mark;
        }
        let least = self.indent.map_or(1, |indent| indent + 1);
        indent.get_or_insert(deepest.max(least));
        Ok(end)
    }
}
