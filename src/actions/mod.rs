//! The verbs. Each is survey (read) → steps (decide, pure) → execute (change).

pub mod build;
pub mod stages;
