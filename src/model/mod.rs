//! The nouns under everything. Pure: no async, no files, no clock, no environment.

pub mod failure;
pub mod secret;
pub mod signature;
pub mod stage;
