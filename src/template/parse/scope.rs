//! Which variables a template knows at a place, and where their values are kept.

use std::rc::Rc;

/// The variables of one template, and what else decides what may stand where.
#[derive(Debug)]
pub(super) struct Scope {
    variables: Vec<Known>,
    slots: usize,
    /// How many `range` stand around.
    pub(super) ranges: usize,
    /// The line that the current action began on; 0 outside of actions.
    pub(super) action_line: usize,
}

#[derive(Debug)]
struct Known {
    name: Rc<str>,
    /// Nothing for a name that is only mentioned: it is still being declared, or assigned to without declaration.
    slot: Option<usize>,
}

impl Scope {
    /// Knows `$`, in slot 0.
    pub(super) fn new() -> Self {
        let root = Known { name: "$".into(), slot: Some(0) };
        Self { variables: vec![root], slots: 1, ranges: 0, action_line: 0 }
    }

    /// How many slots all variables need.
    pub(super) fn slots(&self) -> usize {
        self.slots
    }

    /// Where the scope stands, for [`leave`](Self::leave).
    pub(super) fn enter(&self) -> usize {
        self.variables.len()
    }

    /// Forgets what became known since [`enter`](Self::enter).
    pub(super) fn leave(&mut self, mark: usize) {
        self.variables.truncate(mark);
    }

    /// Makes a name known that has no value of its own yet.
    pub(super) fn mention(&mut self, name: &Rc<str>) -> usize {
        self.variables.push(Known { name: name.clone(), slot: None });
        self.variables.len() - 1
    }

    /// Gives the mentioned name a slot: from here on it is a variable.
    pub(super) fn declare(&mut self, mention: usize) -> usize {
        let slot = self.slots;
        self.slots += 1;
        if let Some(known) = self.variables.get_mut(mention) {
            known.slot = Some(slot);
        }
        slot
    }

    /// Whether the name is known at all; that is what Go checks when it parses.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.variables.iter().any(|known| &*known.name == name)
    }

    /// Where the variable's value is.
    pub(super) fn slot(&self, name: &str) -> Option<usize> {
        self.variables.iter().rev().filter(|known| &*known.name == name).find_map(|known| known.slot)
    }
}
