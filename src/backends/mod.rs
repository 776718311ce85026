//! The outside world, one place a system; answers in our nouns.

pub mod cluster;
pub mod docker;
pub mod git;
pub mod registry;
pub mod retry;
