//! The grammar: which tokens make a document, a block, a flow collection. libyaml's productions, as recursive descent.

use std::collections::HashMap;

use crate::yaml::error::Error;
use crate::yaml::node::Value;
use crate::yaml::read::compose::Composer;
use crate::yaml::read::compose::Part;
use crate::yaml::read::compose::Properties;
use crate::yaml::read::compose::entries::Entries;
use crate::yaml::read::cursor::Mark;
use crate::yaml::read::token::Problem;
use crate::yaml::read::token::Token;
use crate::yaml::read::token::TokenKind;
use crate::yaml::resolve;

/// What may stand where a node is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    /// Blocks too.
    Block,
    /// Blocks, and a list that is not indented: below a key.
    BlockOrFlatList,
    /// No blocks.
    Flow,
}

impl Composer<'_> {
    /// The next document's root; nothing at the end of the stream.
    pub(super) fn root(&mut self) -> Result<Option<Part>, Error> {
        if !self.at_start {
            while self.next_is(&TokenKind::DocumentEnd)? {
                self.scanner.take()?;
            }
        }
        let first = std::mem::replace(&mut self.at_start, false);
        self.tags.clear();
        let token = self.scanner.peek()?;
        let is_explicit =
            matches!(token.kind, TokenKind::Version(_) | TokenKind::TagDirective(..) | TokenKind::DocumentStart);
        if token.kind == TokenKind::StreamEnd {
            return Ok(None);
        }
        let is_implicit = first && !is_explicit;
        if !is_implicit {
            self.directives()?;
            let start = self.scanner.peek()?.start;
            if !self.next_is(&TokenKind::DocumentStart)? {
                return Err(Problem::parsing("did not find expected <document start>", start, None).into());
            }
            self.scanner.take()?;
        }
        for (handle, prefix) in [("!", "!"), ("!!", resolve::LONG_PREFIX)] {
            self.tags.entry(handle.to_owned()).or_insert_with(|| prefix.to_owned());
        }
        if is_implicit { self.node(Context::Block) } else { self.explicit_root() }.map(Some)
    }

    /// Behind its mark a document may be empty.
    fn explicit_root(&mut self) -> Result<Part, Error> {
        let token = self.scanner.peek()?;
        let start = token.start;
        let is_empty = matches!(
            token.kind,
            TokenKind::Version(_)
                | TokenKind::TagDirective(..)
                | TokenKind::DocumentStart
                | TokenKind::DocumentEnd
                | TokenKind::StreamEnd
        );
        if is_empty { Ok(self.empty(start)) } else { self.node(Context::Block) }
    }

    pub(super) fn end_document(&mut self) -> Result<(), Error> {
        if self.next_is(&TokenKind::DocumentEnd)? {
            self.scanner.take()?;
        }
        Ok(())
    }

    fn directives(&mut self) -> Result<(), Error> {
        let mut versions = 0;
        let mut tags = HashMap::new();
        loop {
            let token = self.scanner.peek()?.clone();
            let refuse = |text| Err(Problem::parsing(text, token.start, None).into());
            match token.kind {
                TokenKind::Version(_) if versions > 0 => return refuse("found duplicate %YAML directive"),
                TokenKind::Version(false) => return refuse("found incompatible YAML document"),
                TokenKind::Version(true) => versions += 1,
                TokenKind::TagDirective(handle, prefix) => {
                    if tags.insert(handle, prefix).is_some() {
                        return refuse("found duplicate %TAG directive");
                    }
                }
                _ => {
                    self.tags = tags;
                    return Ok(());
                }
            }
            self.scanner.take()?;
        }
    }

    fn node(&mut self, context: Context) -> Result<Part, Error> {
        let start = self.scanner.peek()?.start;
        if let TokenKind::Alias(name) = &self.scanner.peek()?.kind {
            let name = name.clone();
            self.scanner.take()?;
            return self.alias(&name, start);
        }
        let properties = self.properties(start)?;
        let is_block = context != Context::Flow;
        let token = self.scanner.peek()?;
        let at = token.start;
        match &token.kind {
            TokenKind::BlockEntry if context == Context::BlockOrFlatList => {
                self.collection(properties.anchor, start, Self::flat_sequence)
            }
            TokenKind::Scalar(..) => self.scalar(properties, start),
            TokenKind::FlowSequenceStart => self.collection(properties.anchor, start, Self::flow_sequence),
            TokenKind::FlowMappingStart => self.collection(properties.anchor, start, Self::flow_mapping),
            TokenKind::BlockSequenceStart if is_block => {
                self.collection(properties.anchor, start, Self::block_sequence)
            }
            TokenKind::BlockMappingStart if is_block => self.collection(properties.anchor, start, Self::block_mapping),
            _ if properties.anchor.is_some() || properties.tag.is_some() => {
                let implicit = properties.tag.is_none();
                Ok(self.text_node(String::new(), properties, implicit, start))
            }
            _ => Err(Problem::parsing("did not find expected node content", at, Some(start)).into()),
        }
    }

    /// Anchor and tag, in any order.
    fn properties(&mut self, start: Mark) -> Result<Properties, Error> {
        let mut properties = Properties::default();
        loop {
            let token = self.scanner.peek()?;
            match &token.kind {
                TokenKind::Anchor(name) if properties.anchor.is_none() => properties.anchor = Some(name.clone()),
                TokenKind::Tag(handle, suffix) if properties.tag.is_none() => {
                    let (mark, handle, suffix) = (token.start, handle.clone(), suffix.clone());
                    properties.tag = Some(self.full_tag(&handle, suffix, mark, start)?);
                }
                _ => return Ok(properties),
            }
            self.scanner.take()?;
        }
    }

    fn full_tag(&self, handle: &str, suffix: String, mark: Mark, start: Mark) -> Result<String, Error> {
        if handle.is_empty() {
            return Ok(suffix);
        }
        match self.tags.get(handle) {
            Some(prefix) => Ok(format!("{prefix}{suffix}")),
            None => Err(Problem::parsing("found undefined tag handle", mark, Some(start)).into()),
        }
    }

    fn scalar(&mut self, mut properties: Properties, start: Mark) -> Result<Part, Error> {
        let TokenKind::Scalar(text, is_plain) = self.scanner.take()?.kind else { return Ok(self.empty(start)) };
        let tag = properties.tag.as_deref().unwrap_or_default();
        let implicit = (tag.is_empty() && is_plain) || tag == "!";
        if implicit {
            properties.tag = None;
        }
        Ok(self.text_node(text, properties, implicit, start))
    }

    fn empty(&mut self, mark: Mark) -> Part {
        self.text_node(String::new(), Properties::default(), true, mark)
    }

    fn block_sequence(&mut self, start: Mark) -> Result<Value, Error> {
        self.scanner.take()?;
        let mut items = Vec::new();
        loop {
            let token = self.scanner.take_or(|kind| matches!(kind, TokenKind::BlockEntry | TokenKind::BlockEnd))?;
            match token {
                Ok(Token { kind: TokenKind::BlockEnd, .. }) => return Ok(Value::Sequence(items)),
                Ok(entry) => {
                    let ends = [TokenKind::BlockEntry, TokenKind::BlockEnd];
                    items.push(self.node_unless(Context::Block, &ends, entry.end)?.node);
                }
                Err(at) => {
                    return Err(Problem::parsing("did not find expected '-' indicator", at, Some(start)).into());
                }
            }
        }
    }

    fn flat_sequence(&mut self, _: Mark) -> Result<Value, Error> {
        let ends = [TokenKind::BlockEntry, TokenKind::Key, TokenKind::Value, TokenKind::BlockEnd];
        let mut items = Vec::new();
        while self.next_is(&TokenKind::BlockEntry)? {
            let mark = self.scanner.take()?.end;
            items.push(self.node_unless(Context::Block, &ends, mark)?.node);
        }
        Ok(Value::Sequence(items))
    }

    fn block_mapping(&mut self, start: Mark) -> Result<Value, Error> {
        const ENDS: [TokenKind; 3] = [TokenKind::Key, TokenKind::Value, TokenKind::BlockEnd];
        self.scanner.take()?;
        let mut entries = Entries::default();
        loop {
            let token = self.scanner.take_or(|kind| matches!(kind, TokenKind::Key | TokenKind::BlockEnd))?;
            let mark = match token {
                Ok(Token { kind: TokenKind::BlockEnd, .. }) => return Ok(Value::Mapping(entries.list)),
                Ok(key) => key.end,
                Err(at) => return Err(Problem::parsing("did not find expected key", at, Some(start)).into()),
            };
            let key = self.node_unless(Context::BlockOrFlatList, &ENDS, mark)?;
            let value = match self.scanner.take_or(|kind| *kind == TokenKind::Value)? {
                Ok(colon) => self.node_unless(Context::BlockOrFlatList, &ENDS, colon.end)?,
                Err(at) => self.empty(at),
            };
            self.add(&mut entries, key, value);
        }
    }

    fn flow_sequence(&mut self, start: Mark) -> Result<Value, Error> {
        self.scanner.take()?;
        let mut items = Vec::new();
        while !self.next_is(&TokenKind::FlowSequenceEnd)? {
            if !items.is_empty() {
                self.separator("did not find expected ',' or ']'", start)?;
            }
            let token = self.scanner.peek()?;
            let mark = token.start;
            match token.kind {
                TokenKind::Key => items.push(self.collection(None, mark, Self::pair)?.node),
                TokenKind::FlowSequenceEnd => break,
                _ => items.push(self.node(Context::Flow)?.node),
            }
        }
        self.scanner.take()?;
        Ok(Value::Sequence(items))
    }

    /// A mapping of one entry without braces: `[a: 1]`.
    fn pair(&mut self, _: Mark) -> Result<Value, Error> {
        const ENDS: [TokenKind; 3] = [TokenKind::Value, TokenKind::FlowEntry, TokenKind::FlowSequenceEnd];
        self.scanner.take()?;
        let key = if ENDS.contains(&self.scanner.peek()?.kind) {
            // libyaml passes the token as well, and so misses the value of an empty key.
            let mark = self.scanner.take()?.end;
            self.empty(mark)
        } else {
            self.node(Context::Flow)?
        };
        let value = match self.scanner.take_or(|kind| *kind == TokenKind::Value)? {
            Ok(colon) => self.node_unless(Context::Flow, &ENDS[1..], colon.end)?,
            Err(at) => self.empty(at),
        };
        let mut entries = Entries::default();
        self.add(&mut entries, key, value);
        Ok(Value::Mapping(entries.list))
    }

    fn flow_mapping(&mut self, start: Mark) -> Result<Value, Error> {
        const ENDS: [TokenKind; 3] = [TokenKind::Value, TokenKind::FlowEntry, TokenKind::FlowMappingEnd];
        self.scanner.take()?;
        let mut entries = Entries::default();
        let mut first = true;
        while !self.next_is(&TokenKind::FlowMappingEnd)? {
            if !first {
                self.separator("did not find expected ',' or '}'", start)?;
            }
            first = false;
            if self.next_is(&TokenKind::Key)? {
                let mark = self.scanner.take()?.end;
                let key = self.node_unless(Context::Flow, &ENDS, mark)?;
                let value = match self.scanner.take_or(|kind| *kind == TokenKind::Value)? {
                    Ok(colon) => self.node_unless(Context::Flow, &ENDS[1..], colon.end)?,
                    Err(at) => self.empty(at),
                };
                self.add(&mut entries, key, value);
            } else if !self.next_is(&TokenKind::FlowMappingEnd)? {
                let key = self.node(Context::Flow)?;
                let at = self.scanner.peek()?.start;
                let value = self.empty(at);
                self.add(&mut entries, key, value);
            }
        }
        self.scanner.take()?;
        Ok(Value::Mapping(entries.list))
    }

    fn separator(&mut self, otherwise: &'static str, start: Mark) -> Result<(), Error> {
        match self.scanner.take_or(|kind| *kind == TokenKind::FlowEntry)? {
            Ok(_) => Ok(()),
            Err(at) => Err(Problem::parsing(otherwise, at, Some(start)).into()),
        }
    }

    /// A node, or an empty one at `mark` where one of `ends` follows.
    fn node_unless(&mut self, context: Context, ends: &[TokenKind], mark: Mark) -> Result<Part, Error> {
        if ends.contains(&self.scanner.peek()?.kind) { Ok(self.empty(mark)) } else { self.node(context) }
    }

    fn next_is(&mut self, kind: &TokenKind) -> Result<bool, Error> {
        Ok(self.scanner.peek()?.kind == *kind)
    }

    fn add(&mut self, entries: &mut Entries, key: Part, value: Part) {
        if key.merge {
            self.merge(entries, value.node);
        } else {
            self.insert(entries, key.node, value.node);
        }
    }
}
