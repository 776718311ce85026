//! The entries of a mapping under construction.

use std::collections::HashMap;

use crate::yaml::gosyntax;
use crate::yaml::node::Entry;
use crate::yaml::node::Position;
use crate::yaml::node::Value;

/// From how many entries a mapping finds its keys by hash.
const HASHED_FROM: usize = 16;

/// The entries of a mapping under construction.
#[derive(Default)]
pub(super) struct Entries {
    /// The entries in the order of the text.
    pub(super) list: Vec<Entry>,
    /// Where each key stands, once there are many.
    index: HashMap<String, usize>,
    /// Which entries came through a merge: giving those again is no mistake.
    merged: Vec<bool>,
}

impl Entries {
    /// Adds an entry or replaces the value of its key; tells both places and the name if the key was written before.
    pub(super) fn set(&mut self, entry: Entry, merged: bool) -> Option<(Position, Position, String)> {
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
