//! `werf helm`: the group.

use clap::Args;
use clap::Subcommand;

use crate::cli::call::Call;
use crate::cli::secret;
use crate::cli::secret::SecretArgs;
use crate::model::failure::Failure;

/// Manage application deployment with helm
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(super) struct HelmArgs {
    #[command(subcommand)]
    command: HelmCommand,
}

#[derive(Debug, Subcommand)]
enum HelmCommand {
    Secret(SecretArgs),
}

impl HelmArgs {
    /// Whether standard output carries data, so that the log goes to standard error.
    pub(super) fn prints_data(&self) -> bool {
        match &self.command {
            HelmCommand::Secret(arguments) => arguments.prints_data(),
        }
    }

    /// Carries the command out.
    pub(super) fn run(self, call: &Call) -> Result<(), Failure> {
        match self.command {
            HelmCommand::Secret(arguments) => secret::run(arguments, call),
        }
    }
}
