//! From events to nodes: anchors, merge keys, duplicates and limits.

use std::collections::HashMap;

use libyaml_safer::Event;
use libyaml_safer::EventData;

use crate::yaml::error::Error;
use crate::yaml::gosyntax;
use crate::yaml::node::Entry;
use crate::yaml::node::Node;
use crate::yaml::node::Position;
use crate::yaml::node::Value;
use crate::yaml::read::Duplicates;
use crate::yaml::read::source;
use crate::yaml::read::source::Source;
use crate::yaml::read::tagged;

/// How deep a document may nest, so that any thread's stack will do. go-yaml allows 10,000; no object comes near either.
const DEEPEST: usize = 256;
/// From how many entries a mapping finds its keys by hash.
const HASHED_FROM: usize = 16;

/// Composes documents from the events of a text.
pub(crate) struct Composer<'t> {
    source: Source<'t>,
    duplicates: Duplicates,
    depth: usize,
    /// Nodes by anchor; `None` while the node is not complete.
    anchors: HashMap<String, Option<Anchored>>,
    /// Nodes of this document, and how many of them came through aliases.
    nodes: usize,
    aliased: usize,
    /// The first problem that go-yaml sees only after it has read the whole document.
    later: Option<Error>,
}

#[derive(Clone)]
struct Anchored {
    node: Node,
    size: usize,
}

/// A collection or scalar with what merging must know about it.
struct Part {
    node: Node,
    /// A plain `<<`: as a key it merges.
    merge: bool,
}

impl<'t> Composer<'t> {
    pub(crate) fn new(text: &'t [u8], duplicates: Duplicates) -> Result<Self, Error> {
        let source = Source::new(text)?;
        Ok(Self { source, duplicates, depth: 0, anchors: HashMap::new(), nodes: 0, aliased: 0, later: None })
    }

    /// The next document, `None` at the end of the stream.
    pub(crate) fn document(&mut self) -> Result<Option<Node>, Error> {
        loop {
            match self.source.next()?.data {
                EventData::StreamEnd => return Ok(None),
                EventData::DocumentStart { .. } => break,
                _ => {}
            }
        }
        (self.nodes, self.aliased) = (0, 0);
        self.anchors.clear();
        let first = self.source.next()?;
        let root = self.node(first)?;
        self.source.next()?;
        match self.later.take() {
            Some(problem) => Err(problem),
            None => Ok(Some(root.node)),
        }
    }

    fn node(&mut self, event: Event) -> Result<Part, Error> {
        let at = source::position(event.start_mark);
        self.nodes += 1;
        match event.data {
            EventData::Alias { anchor } => self.alias(&anchor, at),
            EventData::Scalar { anchor, tag, value, plain_implicit, .. } => {
                let merge = value == "<<" && (plain_implicit || tag.as_deref() == Some("tag:yaml.org,2002:merge"));
                let value = self.scalar(value, tag.as_deref(), plain_implicit, at);
                let node = Node { value, at };
                self.define(anchor, &node, self.nodes - 1);
                Ok(Part { node, merge })
            }
            EventData::SequenceStart { anchor, .. } => self.collection(anchor, at, Self::sequence),
            EventData::MappingStart { anchor, .. } => self.collection(anchor, at, Self::mapping),
            _ => Err(Error::plain("attempted to parse unknown event", Some(at))),
        }
    }

    fn scalar(&mut self, text: String, tag: Option<&str>, implicit: bool, at: Position) -> Value {
        tagged::scalar(text, tag, implicit).unwrap_or_else(|problem| {
            self.complain(Error::plain(problem, Some(at)));
            Value::Null
        })
    }

    fn collection(
        &mut self,
        anchor: Option<String>,
        at: Position,
        content: fn(&mut Self) -> Result<Value, Error>,
    ) -> Result<Part, Error> {
        if self.depth >= DEEPEST {
            return Err(Error::on_line(at.line, &format!("exceeded max depth of {DEEPEST}"), Some(at)));
        }
        if let Some(name) = &anchor {
            self.anchors.insert(name.clone(), None);
        }
        let before = self.nodes - 1;
        self.depth += 1;
        let value = content(self)?;
        self.depth -= 1;
        let node = Node { value, at };
        self.define(anchor, &node, before);
        Ok(Part { node, merge: false })
    }

    fn define(&mut self, anchor: Option<String>, node: &Node, before: usize) {
        if let Some(name) = anchor {
            self.anchors.insert(name, Some(Anchored { node: node.clone(), size: self.nodes - before }));
        }
    }

    fn alias(&mut self, name: &str, at: Position) -> Result<Part, Error> {
        let value = match self.anchors.get(name) {
            None => return Err(Error::plain(format!("unknown anchor '{name}' referenced"), Some(at))),
            Some(None) => {
                self.complain(Error::plain(format!("anchor '{name}' value contains itself"), Some(at)));
                Value::Null
            }
            Some(Some(anchored)) => {
                self.nodes += anchored.size;
                self.aliased += anchored.size;
                if excessive(self.aliased, self.nodes) {
                    return Err(Error::plain("document contains excessive aliasing", Some(at)));
                }
                anchored.node.value.clone()
            }
        };
        Ok(Part { node: Node { value, at }, merge: false })
    }

    fn sequence(&mut self) -> Result<Value, Error> {
        let mut items = Vec::new();
        loop {
            let event = self.source.next()?;
            if event.data == EventData::SequenceEnd {
                return Ok(Value::Sequence(items));
            }
            items.push(self.node(event)?.node);
        }
    }

    fn mapping(&mut self) -> Result<Value, Error> {
        let mut entries = Entries::default();
        loop {
            let event = self.source.next()?;
            if event.data == EventData::MappingEnd {
                return Ok(Value::Mapping(entries.list));
            }
            let key = self.node(event)?;
            let event = self.source.next()?;
            let value = self.node(event)?.node;
            if key.merge {
                self.merge(&mut entries, value);
            } else {
                self.insert(&mut entries, key.node, value);
            }
        }
    }

    fn insert(&mut self, entries: &mut Entries, key: Node, value: Node) {
        if matches!(key.value, Value::Mapping(_) | Value::Sequence(_)) {
            let shown = gosyntax::print(&key.value);
            self.complain(Error::plain(format!("invalid map key: {shown}"), Some(key.at)));
            return;
        }
        let known = entries.set(Entry { key, value }, false);
        if let (Some((first, again, name)), Duplicates::Refused) = (known, self.duplicates) {
            let text = format!("key `{name}` is given twice, first on line {}", first.line);
            self.complain(Error::on_line(again.line, &text, Some(again)));
        }
    }

    /// As in go-yaml v2 a merge overwrites what stands above it, and is overwritten by what stands below.
    fn merge(&mut self, entries: &mut Entries, value: Node) {
        let at = value.at;
        let mappings = match value.value {
            Value::Mapping(_) => vec![value],
            Value::Sequence(items) => items,
            _ => return self.complain_merge(at),
        };
        // Backwards: of a list the first mapping wins.
        for mapping in mappings.into_iter().rev() {
            let Value::Mapping(merged) = mapping.value else { return self.complain_merge(at) };
            for entry in merged {
                entries.set(entry, true);
            }
        }
    }

    fn complain_merge(&mut self, at: Position) {
        self.complain(Error::plain("map merge requires map or sequence of maps as the value", Some(at)));
    }

    fn complain(&mut self, problem: Error) {
        self.later.get_or_insert(problem);
    }
}

/// go-yaml's rule: nearly all of a small document may come from aliases, a tenth of a big one.
fn excessive(aliased: usize, nodes: usize) -> bool {
    const SMALL: f64 = 400_000.0;
    const BIG: f64 = 4_000_000.0;
    #[expect(clippy::cast_precision_loss, reason = "a ratio needs no more digits")]
    let (aliased_share, size) = (aliased as f64 / nodes as f64, nodes as f64);
    let allowed = 0.99 - 0.89 * ((size - SMALL) / (BIG - SMALL)).clamp(0.0, 1.0);
    aliased > 100 && nodes > 1_000 && aliased_share > allowed
}

/// The entries of a mapping under construction.
#[derive(Default)]
struct Entries {
    list: Vec<Entry>,
    /// Where each key stands, once there are many.
    index: HashMap<String, usize>,
    /// Which entries came through a merge: giving those again is no mistake.
    merged: Vec<bool>,
}

impl Entries {
    /// Adds an entry or replaces the value of its key; tells both places and the name if the key was written before.
    fn set(&mut self, entry: Entry, merged: bool) -> Option<(Position, Position, String)> {
        let known = self.find(&entry.key.value);
        let Some(place) = known else {
            self.remember(&entry.key.value);
            self.list.push(entry);
            self.merged.push(merged);
            return None;
        };
        let twice = !merged && !self.merged[place];
        let report = (self.list[place].key.at, entry.key.at, gosyntax::plain(&entry.key.value));
        self.merged[place] &= merged;
        self.list[place] = entry;
        twice.then_some(report)
    }

    fn find(&self, key: &Value) -> Option<usize> {
        if self.list.len() < HASHED_FROM {
            self.list.iter().position(|entry| entry.key.value == *key)
        } else {
            self.index.get(&identity(key)).copied()
        }
    }

    fn remember(&mut self, key: &Value) {
        if self.list.len() + 1 == HASHED_FROM {
            self.index =
                self.list.iter().enumerate().map(|(place, entry)| (identity(&entry.key.value), place)).collect();
        }
        if self.list.len() + 1 >= HASHED_FROM {
            self.index.insert(identity(key), self.list.len());
        }
    }
}

/// A text that two keys share exactly when they are the same value of the same type.
fn identity(key: &Value) -> String {
    match key {
        Value::String(text) => format!("s{text}"),
        other => gosyntax::print(other),
    }
}
