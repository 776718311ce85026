//! The scalar leaves of a YAML text and where they stand, so that they can be replaced and everything else, comments
//! and layout too, stays. Pure.

use std::ops::Range;

use libyaml_safer::Event;
use libyaml_safer::EventData;
use libyaml_safer::MappingStyle;
use libyaml_safer::Parser;
use libyaml_safer::ScalarStyle;
use libyaml_safer::SequenceStyle;

use crate::yaml;
use crate::yaml::Value;

/// A scalar that is not a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf {
    /// Its bytes in the text; empty where nothing is written for null.
    pub(super) span: Range<usize>,
    /// Its value as Go prints it with `%v`: `<nil>`, `true`, `493` for `0755`.
    pub(super) value: String,
    /// Where it stands, such as `app.users[0].password`.
    pub(super) path: String,
    /// The anchor by which others repeat it.
    pub(super) anchor: Option<String>,
    /// The column of the block that it stands in; `None` within `{}` or `[]`, where a text takes one line.
    pub(super) block: Option<usize>,
}

/// Why a text has no leaves.
#[derive(Debug, thiserror::Error)]
pub(super) enum LeavesError {
    /// It is not YAML.
    #[error(transparent)]
    Yaml(#[from] yaml::Error),
    /// It has a key that is itself a list or a mapping.
    #[error("line {0}: a key that is not a scalar")]
    Key(u64),
    /// The scanner refuses what the reader took.
    #[error("{0}")]
    Scanner(String),
}

/// Finds the leaves of `text`, in its order. The text must be within the limits of [`yaml::parse`].
pub(super) fn leaves(text: &str) -> Result<Vec<Leaf>, LeavesError> {
    yaml::parse(text)?;
    let mut parser = Parser::new();
    // The scanner panics where a block scalar ends the text without a line break.
    let mut input = format!("{text}\n").into_bytes();
    input.truncate(if text.ends_with('\n') { text.len() } else { text.len() + 1 });
    let mut input = input.as_slice();
    parser.set_input_string(&mut input);
    let mut walk = Walk { length: text.len(), ..Walk::default() };
    loop {
        let event = parser.parse().map_err(|error| LeavesError::Scanner(error.to_string()))?;
        if matches!(event.data, EventData::StreamEnd) {
            return Ok(walk.leaves);
        }
        walk.step(event)?;
    }
}

#[derive(Default)]
struct Walk {
    /// Bytes of the text.
    length: usize,
    containers: Vec<Container>,
    leaves: Vec<Leaf>,
}

/// An open list or mapping.
struct Container {
    /// Where it stands.
    path: String,
    /// Its column, if it is a block.
    block: Option<usize>,
    place: Place,
}

/// What comes next in a container.
enum Place {
    /// The item of that number.
    Item(usize),
    /// A key.
    Key,
    /// The value of that key.
    Value(String),
}

impl Walk {
    fn step(&mut self, event: Event) -> Result<(), LeavesError> {
        let column = usize::try_from(event.start_mark.column).unwrap_or(usize::MAX);
        match event.data {
            EventData::MappingStart { style, .. } => {
                self.open(Place::Key, (style != MappingStyle::Flow).then_some(column), &event.start_mark)
            }
            EventData::SequenceStart { style, .. } => {
                self.open(Place::Item(0), (style != SequenceStyle::Flow).then_some(column), &event.start_mark)
            }
            EventData::MappingEnd | EventData::SequenceEnd => {
                self.containers.pop();
                Ok(())
            }
            EventData::Scalar { .. } => {
                self.scalar(event);
                Ok(())
            }
            EventData::Alias { anchor } => {
                // What it repeats was found where it was written; as a key it would be that text.
                if !self.take_key(&anchor) {
                    self.take_place();
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, place: Place, block: Option<usize>, at: &libyaml_safer::Mark) -> Result<(), LeavesError> {
        if matches!(self.containers.last(), Some(Container { place: Place::Key, .. })) {
            return Err(LeavesError::Key(at.line + 1));
        }
        let path = self.take_place();
        // Within a flow collection everything is in flow.
        let block = block.filter(|_| self.containers.last().is_none_or(|outer| outer.block.is_some()));
        self.containers.push(Container { path, block, place });
        Ok(())
    }

    fn scalar(&mut self, event: Event) {
        let span = self.byte(event.start_mark.index)..self.byte(event.end_mark.index);
        let EventData::Scalar { anchor, tag, value, style, .. } = event.data else { return };
        if self.take_key(&value) {
            return;
        }
        let block = self.containers.last().map_or(Some(0), |container| container.block);
        let path = self.take_place();
        let is_plain = style == ScalarStyle::Plain && tag.is_none();
        let value = if is_plain { printed(value) } else { value };
        self.leaves.push(Leaf { span, value, path, anchor, block });
    }

    /// Takes `text` as a key, if a key comes next.
    fn take_key(&mut self, text: &str) -> bool {
        match self.containers.last_mut() {
            Some(container @ Container { place: Place::Key, .. }) => {
                container.place = Place::Value(text.to_owned());
                true
            }
            _ => false,
        }
    }

    /// The path of the item or value that comes next; the one behind it comes after.
    fn take_place(&mut self) -> String {
        let Some(container) = self.containers.last_mut() else { return String::new() };
        match &mut container.place {
            Place::Item(at) => {
                *at += 1;
                format!("{}[{}]", container.path, *at - 1)
            }
            Place::Value(key) => {
                let path = if container.path.is_empty() { key.clone() } else { format!("{}.{key}", container.path) };
                container.place = Place::Key;
                path
            }
            Place::Key => container.path.clone(),
        }
    }

    /// libyaml counts bytes, also the one that was added at the end.
    fn byte(&self, index: u64) -> usize {
        usize::try_from(index).unwrap_or(self.length).min(self.length)
    }
}

/// A plain scalar as Go's `%v` prints what YAML 1.1 reads in it.
fn printed(text: String) -> String {
    match yaml::parse(&text) {
        Ok(Some(node)) => match node.value {
            Value::Null => "<nil>".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Int(value) => value.to_string(),
            Value::Uint(value) => value.to_string(),
            Value::Float(value) => yaml::format_float(value),
            _ => text,
        },
        Ok(None) => "<nil>".to_owned(),
        Err(_) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::LeavesError;
    use super::leaves;
    use proptest::prelude::*;

    #[test]
    fn leaves_have_paths_values_and_places() {
        let text = "app: # é\n  - user: &u admin\n    port: 0755\n  - \"x\"\nflow: {a: [yes, *u]}\nempty:\nlast: |\n  two\n  lines";
        let found = leaves(text).unwrap();
        let shown: Vec<_> =
            found.iter().map(|leaf| (leaf.path.as_str(), leaf.value.as_str(), &text[leaf.span.clone()])).collect();
        assert_eq!(
            shown,
            [
                ("app[0].user", "admin", "&u admin"),
                ("app[0].port", "493", "0755"),
                ("app[1]", "x", "\"x\""),
                ("flow.a[0]", "true", "yes"),
                ("empty", "<nil>", ""),
                ("last", "two\nlines\n", "|\n  two\n  lines"),
            ]
        );
        assert_eq!(
            found.iter().map(|leaf| leaf.block).collect::<Vec<_>>(),
            [Some(4), Some(4), Some(2), None, Some(0), Some(0)]
        );
    }

    #[test]
    fn a_key_must_be_a_scalar() {
        assert!(matches!(leaves("a: 1\n? [x]\n: 2\n"), Err(LeavesError::Key(2) | LeavesError::Yaml(_))));
        assert!(matches!(leaves("a: [1"), Err(LeavesError::Yaml(_))));
    }

    proptest! {
        #[test]
        fn spans_follow_each_other_and_nothing_panics(text in "[-a:? \\[\\]{},|>&*#\"'\n日]{0,40}") {
            let found = leaves(&text).unwrap_or_default();
            let mut end = 0;
            for leaf in found {
                prop_assert!(leaf.span.start >= end && leaf.span.end >= leaf.span.start);
                prop_assert!(text.is_char_boundary(leaf.span.start) && text.is_char_boundary(leaf.span.end));
                end = leaf.span.end;
            }
        }
    }
}
