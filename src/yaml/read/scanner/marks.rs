//! Directives, anchors and tags.

use crate::yaml::error::Error;
use crate::yaml::read::cursor::Mark;
use crate::yaml::read::scanner::Scanner;
use crate::yaml::read::token::Token;
use crate::yaml::read::token::TokenKind;

/// How many digits a version number may have.
const LONGEST_VERSION: usize = 2;

impl Scanner<'_> {
    pub(super) fn scan_directive(&mut self) -> Result<Token, Error> {
        let start = self.cursor.mark;
        self.cursor.skip();
        let name = self.cursor.read_words();
        if name.is_empty() {
            return Err(self.problem("could not find expected directive name", start));
        }
        if !self.cursor.is_blank_or_end(0) {
            return Err(self.problem("found unexpected non-alphabetical character", start));
        }
        let kind = match name.as_str() {
            "YAML" => self.scan_version(start)?,
            "TAG" => self.scan_tag_directive(start)?,
            _ => return Err(self.problem("found unknown directive name", start)),
        };
        let token = self.token(kind, start);
        self.cursor.skip_blanks_and_comment();
        if !self.cursor.is_break_or_end(0) {
            return Err(self.problem("did not find expected comment or line break", start));
        }
        self.cursor.skip_break();
        Ok(token)
    }

    fn scan_version(&mut self, start: Mark) -> Result<TokenKind, Error> {
        self.cursor.skip_blanks();
        let major = self.scan_number(start)?;
        if self.cursor.byte(0) != b'.' {
            return Err(self.problem("did not find expected digit or '.' character", start));
        }
        self.cursor.skip();
        let minor = self.scan_number(start)?;
        Ok(TokenKind::Version((major, minor) == (1, 1)))
    }

    fn scan_number(&mut self, start: Mark) -> Result<u32, Error> {
        let mut number = 0;
        let mut length = 0;
        while self.cursor.byte(0).is_ascii_digit() {
            length += 1;
            if length > LONGEST_VERSION {
                return Err(self.problem("found extremely long version number", start));
            }
            number = number * 10 + u32::from(self.cursor.byte(0) - b'0');
            self.cursor.skip();
        }
        if length == 0 { Err(self.problem("did not find expected version number", start)) } else { Ok(number) }
    }

    fn scan_tag_directive(&mut self, start: Mark) -> Result<TokenKind, Error> {
        self.cursor.skip_blanks();
        let handle = self.scan_handle(true, start)?;
        if !self.cursor.is_blank(0) {
            return Err(self.problem("did not find expected whitespace", start));
        }
        self.cursor.skip_blanks();
        let prefix = self.scan_uri("", start)?;
        if !self.cursor.is_blank_or_end(0) {
            return Err(self.problem("did not find expected whitespace or line break", start));
        }
        Ok(TokenKind::TagDirective(handle, prefix))
    }

    pub(super) fn scan_anchor(&mut self) -> Result<Token, Error> {
        let start = self.cursor.mark;
        let is_alias = self.cursor.byte(0) == b'*';
        self.cursor.skip();
        let name = self.cursor.read_words();
        let ends = self.cursor.is_blank_or_end(0) || b"?:,]}%@`".contains(&self.cursor.byte(0));
        if name.is_empty() || !ends {
            return Err(self.problem("did not find expected alphabetic or numeric character", start));
        }
        Ok(self.token(if is_alias { TokenKind::Alias(name) } else { TokenKind::Anchor(name) }, start))
    }

    pub(super) fn scan_tag(&mut self) -> Result<Token, Error> {
        let start = self.cursor.mark;
        let (handle, suffix) = if self.cursor.byte(1) == b'<' {
            self.cursor.skip_many(2);
            let suffix = self.scan_uri("", start)?;
            if self.cursor.byte(0) != b'>' {
                return Err(self.problem("did not find the expected '>'", start));
            }
            self.cursor.skip();
            (String::new(), suffix)
        } else {
            self.scan_short_tag(start)?
        };
        if !self.cursor.is_blank_or_end(0) {
            return Err(self.problem("did not find expected whitespace or line break", start));
        }
        Ok(self.token(TokenKind::Tag(handle, suffix), start))
    }

    fn scan_short_tag(&mut self, start: Mark) -> Result<(String, String), Error> {
        let handle = self.scan_handle(false, start)?;
        if handle.len() > 1 && handle.ends_with('!') {
            let suffix = self.scan_uri("", start)?;
            return Ok((handle, suffix));
        }
        // What looked like a handle was the beginning of the suffix.
        let suffix = self.scan_uri(&handle, start)?;
        Ok(if suffix.is_empty() { (String::new(), "!".to_owned()) } else { ("!".to_owned(), suffix) })
    }

    fn scan_handle(&mut self, directive: bool, start: Mark) -> Result<String, Error> {
        if self.cursor.byte(0) != b'!' {
            return Err(self.problem("did not find expected '!'", start));
        }
        self.cursor.skip();
        let mut handle = format!("!{}", self.cursor.read_words());
        if self.cursor.byte(0) == b'!' {
            self.cursor.read(&mut handle);
        } else if directive && handle != "!" {
            return Err(self.problem("did not find expected '!'", start));
        }
        Ok(handle)
    }

    /// Reads on from `head`, whose exclamation mark does not count.
    fn scan_uri(&mut self, head: &str, start: Mark) -> Result<String, Error> {
        let mut uri = head.get(1..).unwrap_or_default().to_owned();
        let mut found = !head.is_empty();
        while self.cursor.is_word() || b";/?:@&=+$,.!~*'()[]%".contains(&self.cursor.byte(0)) {
            if self.cursor.byte(0) == b'%' {
                self.scan_uri_escape(&mut uri, start)?;
            } else {
                self.cursor.read(&mut uri);
            }
            found = true;
        }
        if found { Ok(uri) } else { Err(self.problem("did not find expected tag URI", start)) }
    }

    /// One character as `%XX`, in UTF-8.
    fn scan_uri_escape(&mut self, uri: &mut String, start: Mark) -> Result<(), Error> {
        let mut bytes = vec![self.scan_octet(start)?];
        let width = match bytes[0] {
            0x00..=0x7f => 1,
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf7 => 4,
            _ => return Err(self.problem("found an incorrect leading UTF-8 octet", start)),
        };
        while bytes.len() < width {
            bytes.push(self.scan_octet(start)?);
        }
        match std::str::from_utf8(&bytes) {
            Ok(character) => {
                uri.push_str(character);
                Ok(())
            }
            Err(_) => Err(self.problem("found an incorrect trailing UTF-8 octet", start)),
        }
    }

    fn scan_octet(&mut self, start: Mark) -> Result<u8, Error> {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        match (self.cursor.byte(0), digit(self.cursor.byte(1)), digit(self.cursor.byte(2))) {
            (b'%', Some(high), Some(low)) => {
                self.cursor.skip_many(3);
                Ok(high * 16 + low)
            }
            _ => Err(self.problem("did not find URI escaped octet", start)),
        }
    }
}
