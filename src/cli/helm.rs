//! `werf helm`: the group.

use clap::Args;
use clap::Subcommand;

use crate::cli::call::Call;
use crate::cli::helm_get;
use crate::cli::helm_get::HelmGetArgs;
use crate::cli::helm_get_names;
use crate::cli::helm_get_names::HelmGetNamesArgs;
use crate::cli::helm_history;
use crate::cli::helm_history::HelmHistoryArgs;
use crate::cli::helm_list;
use crate::cli::helm_list::HelmListArgs;
use crate::cli::helm_render;
use crate::cli::helm_render::HelmRenderArgs;
use crate::cli::helm_rollback;
use crate::cli::helm_rollback::HelmRollbackArgs;
use crate::cli::helm_template;
use crate::cli::helm_template::HelmTemplateArgs;
use crate::cli::helm_uninstall;
use crate::cli::helm_uninstall::HelmUninstallArgs;
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
    #[command(visible_alias = "ls")]
    List(HelmListArgs),
    History(HelmHistoryArgs),
    Get(HelmGetArgs),
    /// Display the newest revision of a release: when, where, how it went, its notes
    Status(HelmGetArgs),
    Rollback(HelmRollbackArgs),
    #[command(visible_alias = "delete")]
    Uninstall(HelmUninstallArgs),
    Render(Box<HelmRenderArgs>),
    Template(Box<HelmTemplateArgs>),
    /// Print Helm Release name that will be used in current configuration with specified params
    GetRelease(HelmGetNamesArgs),
    /// Print Kubernetes Namespace that will be used in current configuration with specified params
    GetNamespace(HelmGetNamesArgs),
    Secret(SecretArgs),
}

impl HelmArgs {
    /// Whether standard output carries data, so that the log goes to standard error.
    pub(super) fn prints_data(&self) -> bool {
        match &self.command {
            HelmCommand::Rollback(_) | HelmCommand::Uninstall(_) | HelmCommand::Render(_) => false,
            HelmCommand::Secret(arguments) => arguments.prints_data(),
            _ => true,
        }
    }

    /// Carries the command out.
    pub(super) fn run(self, call: &Call) -> Result<(), Failure> {
        match self.command {
            HelmCommand::List(arguments) => helm_list::run(&arguments, call),
            HelmCommand::History(arguments) => helm_history::run(&arguments, call),
            HelmCommand::Get(arguments) => helm_get::run(&arguments, call),
            HelmCommand::Status(arguments) => helm_get::status(&arguments, call),
            HelmCommand::Rollback(arguments) => helm_rollback::run(&arguments, call),
            HelmCommand::Uninstall(arguments) => helm_uninstall::run(&arguments, call),
            HelmCommand::Render(arguments) => helm_render::run(&arguments, call),
            HelmCommand::Template(arguments) => helm_template::run(&arguments, call),
            HelmCommand::GetRelease(arguments) => helm_get_names::release(&arguments, call),
            HelmCommand::GetNamespace(arguments) => helm_get_names::namespace(&arguments, call),
            HelmCommand::Secret(arguments) => secret::run(arguments, call),
        }
    }
}
