//! `werf version`.

use clap::Args;

use crate::cli::call::Call;
use crate::model::failure::Failure;

/// The werf whose command line this is, and behind the `+` the version of this program.
pub(super) const VERSION: &str = concat!("v1.1.36+executor.", env!("CARGO_PKG_VERSION"));

/// Print version
#[derive(Debug, Args)]
pub(super) struct VersionArgs {}

/// Prints the version.
pub(super) fn run(_: &VersionArgs, call: &Call) -> Result<(), Failure> {
    call.print(format!("{VERSION}\n"))
}
