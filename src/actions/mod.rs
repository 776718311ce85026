//! The verbs. Each is survey (read) → steps (decide, pure) → execute (change).
pub mod secret;

pub mod build;
pub mod deploy;
pub mod dismiss;
pub mod publish;
pub mod release;
pub mod rollout;
pub mod script;
pub mod stages;
