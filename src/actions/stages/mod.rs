//! The stages of a project's images, as every verb needs them: what decides each, what exists, what is to be done.

pub mod chain;
pub mod files;
pub mod steps;
