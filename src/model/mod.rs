//! The nouns under everything. Pure: no async, no files, no clock, no environment.

pub mod digest;
pub mod failure;
pub mod image;
pub mod layer;
pub mod object;
pub mod oci;
pub mod ownership;
pub mod reference;
pub mod secret;
pub mod secret_text;
pub mod signature;
pub mod slug;
pub mod stage;
pub mod tree;
