//! The outside world, one place a system; answers in our nouns.

pub mod cluster;
