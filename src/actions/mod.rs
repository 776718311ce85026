//! The verbs. Each is survey (read) → steps (decide, pure) → execute (change).
pub mod secret;
