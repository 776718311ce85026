//! Groups of options that commands share; a command flattens those it needs behind its own.
//!
//! The first line of an option is its help, and names its twins in the environment (see [`twins`](crate::cli::twins)).

pub mod cluster;
pub mod deploy;
pub mod git;
pub mod log;
pub mod parallel;
pub mod project;
pub mod registry;
pub mod tags;

use std::convert::Infallible;

use crate::model::secret::Secret;

/// A value that must not be shown.
#[expect(clippy::unnecessary_wraps, reason = "clap wants a parser that may fail")]
pub(in crate::cli) fn secret(value: &str) -> Result<Secret, Infallible> {
    Ok(Secret::new(value))
}
