//! The nouns under everything. Pure: no async, no files, no clock, no environment.

pub mod failure;
pub mod object;
pub mod secret;
pub mod slug;
