//! From characters to tokens: libyaml's scanner as go-yaml v2 has it.
//!
//! A block needs no brackets, so its beginning and end follow from indentation; and that a scalar was a key is only
//! known at the colon behind it. So tokens wait in a queue as long as one in front of them may be missing.

mod marks;
mod scalars;

use std::collections::VecDeque;

use crate::yaml::error::Error;
use crate::yaml::read::cursor::Cursor;
use crate::yaml::read::cursor::Mark;
use crate::yaml::read::token::Problem;
use crate::yaml::read::token::Token;
use crate::yaml::read::token::TokenKind;

/// How far behind its beginning the colon of a key may stand, in characters.
const LONGEST_KEY: usize = 1024;
/// How deep collections may lie in each other before the scanner gives up; readers give up earlier.
const DEEPEST: usize = 10_000;

/// Gives the tokens of a text one by one.
pub(super) struct Scanner<'t> {
    cursor: Cursor<'t>,
    /// What is wrong with the bytes behind the text, if the text ends there because of it.
    bad_bytes: Option<Error>,
    tokens: VecDeque<Token>,
    /// How many tokens have left the queue.
    taken: usize,
    /// The column of the block at work; none outside of any.
    indent: Option<usize>,
    indents: Vec<Option<usize>>,
    /// Whether a key may begin here.
    key_allowed: bool,
    /// What may turn out to be a key, for each flow collection around and for the block.
    keys: Vec<Option<PossibleKey>>,
    ended: bool,
}

/// A token that a colon would make a key.
#[derive(Debug, Clone, Copy)]
struct PossibleKey {
    /// In block context at the indentation's column it must be one.
    required: bool,
    /// The number of the token, counted from the first of the text.
    token: usize,
    mark: Mark,
}

impl<'t> Scanner<'t> {
    /// The tokens of `text`; at its end comes `bad_bytes`, if anything.
    pub(super) fn new(text: &'t str, bad_bytes: Option<Error>) -> Self {
        Self {
            cursor: Cursor::new(text),
            bad_bytes,
            tokens: VecDeque::new(),
            taken: 0,
            indent: None,
            indents: Vec::new(),
            key_allowed: true,
            keys: vec![None],
            ended: false,
        }
    }

    /// The next token, which stays; behind the last one, the end again and again.
    pub(super) fn peek(&mut self) -> Result<&Token, Error> {
        while self.needs_more()? {
            self.fetch()?;
        }
        match self.tokens.front() {
            Some(token) => Ok(token),
            None => Err(Error::plain("attempted to go past the end of stream; corrupted value?", None)),
        }
    }

    /// The next token.
    pub(super) fn take(&mut self) -> Result<Token, Error> {
        let token = self.peek()?.clone();
        if token.kind != TokenKind::StreamEnd {
            self.tokens.pop_front();
            self.taken += 1;
        }
        Ok(token)
    }

    /// The next token if it is `wanted`, else where it stands; then it stays.
    pub(super) fn take_or(&mut self, wanted: impl Fn(&TokenKind) -> bool) -> Result<Result<Token, Mark>, Error> {
        let token = self.peek()?;
        if wanted(&token.kind) { self.take().map(Ok) } else { Ok(Err(token.start)) }
    }

    fn needs_more(&mut self) -> Result<bool, Error> {
        if self.tokens.is_empty() {
            return Ok(!self.ended);
        }
        let first = self.taken;
        let level = self.keys.iter().position(|key| key.is_some_and(|key| key.token == first));
        match level {
            Some(level) => Ok(self.valid_key(level)?.is_some()),
            None => Ok(false),
        }
    }

    /// The possible key of a level, unless it has become impossible.
    fn valid_key(&mut self, level: usize) -> Result<Option<PossibleKey>, Error> {
        let Some(key) = self.keys[level] else { return Ok(None) };
        let here = self.cursor.mark;
        if key.mark.line == here.line && key.mark.index + LONGEST_KEY >= here.index {
            return Ok(Some(key));
        }
        self.keys[level] = None;
        if key.required { Err(self.problem("could not find expected ':'", key.mark)) } else { Ok(None) }
    }

    fn fetch(&mut self) -> Result<(), Error> {
        self.skip_to_token();
        self.unroll(Some(self.cursor.mark.column));
        if self.cursor.is_end() {
            return self.fetch_end();
        }
        let byte = self.cursor.byte(0);
        if self.cursor.mark.column == 0 && byte == b'%' {
            return self.fetch_directive();
        }
        if self.cursor.is_document_mark() {
            let kind = if byte == b'-' { TokenKind::DocumentStart } else { TokenKind::DocumentEnd };
            return self.fetch_document_mark(kind);
        }
        let in_flow = self.in_flow();
        let alone = self.cursor.is_blank_or_end(1);
        match byte {
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if alone => self.fetch_block_entry(),
            b'?' if in_flow || alone => self.fetch_key(),
            b':' if in_flow || alone => self.fetch_value(),
            b'*' | b'&' => self.fetch_word(Self::scan_anchor),
            b'!' => self.fetch_word(Self::scan_tag),
            b'\'' | b'"' => self.fetch_word(Self::scan_quoted),
            b'|' | b'>' if !in_flow => self.fetch_block_scalar(),
            _ if self.begins_plain(byte) => self.fetch_word(Self::scan_plain),
            _ => Err(self.problem("found character that cannot start any token", self.cursor.mark)),
        }
    }

    fn begins_plain(&self, byte: u8) -> bool {
        match byte {
            b'-' => !self.cursor.is_blank(1),
            b'?' | b':' => !self.in_flow() && !self.cursor.is_blank_or_end(1),
            _ => !self.cursor.is_blank_or_end(0) && !b",[]{}#&*!|>'\"%@`".contains(&byte),
        }
    }

    fn in_flow(&self) -> bool {
        self.keys.len() > 1
    }

    fn skip_to_token(&mut self) {
        loop {
            while self.cursor.byte(0) == b' ' || ((self.in_flow() || !self.key_allowed) && self.cursor.byte(0) == b'\t')
            {
                self.cursor.skip();
            }
            if self.cursor.byte(0) == b'#' {
                self.cursor.skip_to_break();
            }
            if !self.cursor.is_break(0) {
                return;
            }
            self.cursor.skip_break();
            if !self.in_flow() {
                self.key_allowed = true;
            }
        }
    }

    /// Ends the blocks that are indented deeper than `column`.
    fn unroll(&mut self, column: Option<usize>) {
        if self.in_flow() {
            return;
        }
        while self.indent > column {
            self.push(TokenKind::BlockEnd, self.cursor.mark);
            self.indent = self.indents.pop().flatten();
        }
    }

    /// Begins a block at `mark` if it is indented deeper than the one at work; in front of token `before`, if given.
    fn roll(&mut self, kind: TokenKind, mark: Mark, before: Option<usize>) -> Result<(), Error> {
        if self.in_flow() || self.indent >= Some(mark.column) {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = Some(mark.column);
        if self.indents.len() > DEEPEST {
            return Err(self.problem("exceeded max depth of 10000", self.cursor.mark));
        }
        let place = before.map_or(self.tokens.len(), |token| token - self.taken);
        self.tokens.insert(place, Token { kind, start: mark, end: mark });
        Ok(())
    }

    fn save_key(&mut self) -> Result<(), Error> {
        if !self.key_allowed {
            return Ok(());
        }
        let mark = self.cursor.mark;
        let required = !self.in_flow() && self.indent == Some(mark.column);
        let key = PossibleKey { required, token: self.taken + self.tokens.len(), mark };
        self.forget_key()?;
        if let Some(last) = self.keys.last_mut() {
            *last = Some(key);
        }
        Ok(())
    }

    fn forget_key(&mut self) -> Result<(), Error> {
        match self.keys.last_mut().and_then(Option::take) {
            Some(key) if key.required => Err(self.problem("could not find expected ':'", key.mark)),
            _ => Ok(()),
        }
    }

    fn fetch_end(&mut self) -> Result<(), Error> {
        if let Some(problem) = self.bad_bytes.clone() {
            return Err(problem);
        }
        self.cursor.end_line();
        self.unroll(None);
        self.forget_key()?;
        self.key_allowed = false;
        self.ended = true;
        self.push(TokenKind::StreamEnd, self.cursor.mark);
        Ok(())
    }

    fn fetch_directive(&mut self) -> Result<(), Error> {
        self.unroll(None);
        self.forget_key()?;
        self.key_allowed = false;
        let token = self.scan_directive()?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_document_mark(&mut self, kind: TokenKind) -> Result<(), Error> {
        self.unroll(None);
        self.forget_key()?;
        self.key_allowed = false;
        self.push_mark(kind, 3);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: TokenKind) -> Result<(), Error> {
        self.save_key()?;
        self.keys.push(None);
        if self.keys.len() > DEEPEST {
            return Err(self.problem("exceeded max depth of 10000", self.cursor.mark));
        }
        self.key_allowed = true;
        self.push_mark(kind, 1);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: TokenKind) -> Result<(), Error> {
        self.forget_key()?;
        if self.in_flow() {
            self.keys.pop();
        }
        self.key_allowed = false;
        self.push_mark(kind, 1);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<(), Error> {
        self.forget_key()?;
        self.key_allowed = true;
        self.push_mark(TokenKind::FlowEntry, 1);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), Error> {
        if !self.in_flow() {
            self.need_key_allowed("block sequence entries are not allowed in this context")?;
            self.roll(TokenKind::BlockSequenceStart, self.cursor.mark, None)?;
        }
        self.forget_key()?;
        self.key_allowed = true;
        self.push_mark(TokenKind::BlockEntry, 1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), Error> {
        if !self.in_flow() {
            self.need_key_allowed("mapping keys are not allowed in this context")?;
            self.roll(TokenKind::BlockMappingStart, self.cursor.mark, None)?;
        }
        self.forget_key()?;
        self.key_allowed = !self.in_flow();
        self.push_mark(TokenKind::Key, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), Error> {
        let level = self.keys.len() - 1;
        if let Some(key) = self.valid_key(level)? {
            self.keys[level] = None;
            let place = key.token - self.taken;
            self.tokens.insert(place, Token { kind: TokenKind::Key, start: key.mark, end: key.mark });
            self.roll(TokenKind::BlockMappingStart, key.mark, Some(key.token))?;
            self.key_allowed = false;
        } else {
            if !self.in_flow() {
                self.need_key_allowed("mapping values are not allowed in this context")?;
                self.roll(TokenKind::BlockMappingStart, self.cursor.mark, None)?;
            }
            self.key_allowed = !self.in_flow();
        }
        self.push_mark(TokenKind::Value, 1);
        Ok(())
    }

    /// What may be a key: anchors, tags, scalars on one line.
    fn fetch_word(&mut self, scan: fn(&mut Self) -> Result<Token, Error>) -> Result<(), Error> {
        self.save_key()?;
        self.key_allowed = false;
        let token = scan(self)?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_block_scalar(&mut self) -> Result<(), Error> {
        self.forget_key()?;
        self.key_allowed = true;
        let token = self.scan_block()?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn need_key_allowed(&self, otherwise: &'static str) -> Result<(), Error> {
        if self.key_allowed { Ok(()) } else { Err(self.problem(otherwise, self.cursor.mark)) }
    }

    fn push_mark(&mut self, kind: TokenKind, length: usize) {
        let start = self.cursor.mark;
        self.cursor.skip_many(length);
        self.push(kind, start);
    }

    fn push(&mut self, kind: TokenKind, start: Mark) {
        self.tokens.push_back(Token { kind, start, end: self.cursor.mark });
    }

    fn token(&self, kind: TokenKind, start: Mark) -> Token {
        Token { kind, start, end: self.cursor.mark }
    }

    /// A problem here, in what began at `context`; where the bytes end early, that is the problem.
    fn problem(&self, text: &'static str, context: Mark) -> Error {
        match &self.bad_bytes {
            Some(problem) if self.cursor.is_end() => problem.clone(),
            _ => Problem::scanning(text, self.cursor.mark, context).into(),
        }
    }
}
