//! Secrets never leave.

/// The values that are hidden.
#[derive(Debug, Clone, Default)]
pub struct Mask;
