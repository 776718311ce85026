//! The stages of a project's images, as every verb needs them: what decides each, what exists, what is to be done.

pub mod chain;
pub mod content;
pub mod dockerfile;
pub mod files;
pub mod ignore;
pub mod steps;
pub mod survey;
