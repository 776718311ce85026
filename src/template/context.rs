//! The state of one rendering, handed to every function.

use std::fmt;

use crate::template::world::World;

/// The state of one rendering: what functions may ask of the outside, and how far the rendering has come.
pub struct Context<'w> {
    /// The outside: clock, randomness, names, cluster.
    pub world: &'w mut dyn World,
}

impl<'w> Context<'w> {
    /// A context without templates, in which every function works that renders none.
    pub fn new(world: &'w mut dyn World) -> Self {
        Self { world }
    }
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Context").finish_non_exhaustive()
    }
}
