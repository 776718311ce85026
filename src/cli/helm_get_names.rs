//! `werf helm get-release` and `werf helm get-namespace`.

use clap::Args;

use crate::cli::call::Call;
use crate::cli::deploy;
use crate::cli::names::Names;
use crate::cli::options::deploy::DeployNames;
use crate::cli::options::log::LogArgs;
use crate::cli::options::project::ProjectArgs;
use crate::cli::project;
use crate::model::failure::Failure;

/// What the names are made of
#[derive(Debug, Args)]
pub(super) struct HelmGetNamesArgs {
    #[command(flatten)]
    names: DeployNames,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// Prints the release's name.
pub(super) fn release(arguments: &HelmGetNamesArgs, call: &Call) -> Result<(), Failure> {
    call.print(format!("{}\n", names(arguments, call)?.release))
}

/// Prints the namespace's name.
pub(super) fn namespace(arguments: &HelmGetNamesArgs, call: &Call) -> Result<(), Failure> {
    call.print(format!("{}\n", names(arguments, call)?.namespace))
}

fn names(arguments: &HelmGetNamesArgs, call: &Call) -> Result<Names, Failure> {
    deploy::names(&arguments.names, &project::load(&arguments.project, call, &call.log)?.project)
}
