//! From tokens to nodes: anchors, merge keys, duplicates and limits.

mod entries;
mod grammar;

use std::collections::HashMap;

use crate::yaml::error::Error;
use crate::yaml::gosyntax;
use crate::yaml::node::Entry;
use crate::yaml::node::Node;
use crate::yaml::node::Position;
use crate::yaml::node::Value;
use crate::yaml::read::Duplicates;
use crate::yaml::read::cursor::Mark;
use crate::yaml::read::scanner::Scanner;
use crate::yaml::read::source::Source;
use crate::yaml::read::tagged;

use entries::Entries;

/// How deep a document may nest, so that any thread's stack will do. go-yaml allows 10,000; no object comes near either.
const DEEPEST: usize = 256;

/// Composes documents from the tokens of a text.
pub(super) struct Composer<'t> {
    scanner: Scanner<'t>,
    duplicates: Duplicates,
    /// No document has begun yet: the first one needs no mark.
    at_start: bool,
    depth: usize,
    /// Prefixes by handle.
    tags: HashMap<String, String>,
    /// Nodes by anchor; `None` while the node is not complete.
    anchors: HashMap<String, Option<Anchored>>,
    /// Nodes of this document, and how many of them came through aliases.
    nodes: usize,
    aliased: usize,
    /// The first problem that go-yaml sees only after it has read the whole document.
    later: Option<Error>,
}

struct Anchored {
    node: Node,
    size: usize,
}

/// A node with what merging must know about it.
struct Part {
    node: Node,
    /// A plain `<<`: as a key it merges.
    merge: bool,
}

/// What may stand in front of a node.
#[derive(Default)]
struct Properties {
    anchor: Option<String>,
    tag: Option<String>,
}

impl<'t> Composer<'t> {
    pub(super) fn new(source: &'t Source<'_>, duplicates: Duplicates) -> Self {
        Self {
            scanner: Scanner::new(source.text(), source.problem()),
            duplicates,
            at_start: true,
            depth: 0,
            tags: HashMap::new(),
            anchors: HashMap::new(),
            nodes: 0,
            aliased: 0,
            later: None,
        }
    }

    /// The next document, `None` at the end of the stream.
    pub(super) fn document(&mut self) -> Result<Option<Node>, Error> {
        (self.nodes, self.aliased) = (0, 0);
        self.anchors.clear();
        let Some(root) = self.root()? else { return Ok(None) };
        self.end_document()?;
        match self.later.take() {
            Some(problem) => Err(problem),
            None => Ok(Some(root.node)),
        }
    }

    fn text_node(&mut self, text: String, properties: Properties, implicit: bool, mark: Mark) -> Part {
        let at = mark.position();
        self.nodes += 1;
        let merge = text == "<<" && (implicit || properties.tag.as_deref() == Some("tag:yaml.org,2002:merge"));
        let value = tagged::scalar(text, properties.tag.as_deref(), implicit).unwrap_or_else(|problem| {
            self.complain(Error::plain(problem, Some(at)));
            Value::Null
        });
        let node = Node { value, at };
        self.define(properties.anchor, &node, self.nodes - 1);
        Part { node, merge }
    }

    fn collection(
        &mut self,
        anchor: Option<String>,
        mark: Mark,
        content: fn(&mut Self, Mark) -> Result<Value, Error>,
    ) -> Result<Part, Error> {
        let at = mark.position();
        self.nodes += 1;
        if self.depth >= DEEPEST {
            return Err(Error::on_line(at.line, &format!("exceeded max depth of {DEEPEST}"), Some(at)));
        }
        if let Some(name) = &anchor {
            self.anchors.insert(name.clone(), None);
        }
        let before = self.nodes - 1;
        self.depth += 1;
        let value = content(self, mark)?;
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

    fn alias(&mut self, name: &str, mark: Mark) -> Result<Part, Error> {
        let at = mark.position();
        self.nodes += 1;
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
