//! What a job asks for: settings, environment, plan (pure).
//!
//! Everything here is decided from values that the edges have read: no files, no environment, no clock.

pub mod environment;
pub mod identity;
pub mod needs;
pub mod plan;
pub mod settings;
pub mod stop;
