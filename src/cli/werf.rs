//! The command line of `werf`: the tree, and where each command is carried out.

use clap::CommandFactory;
use clap::Parser;
use clap::Subcommand;

use crate::cli::call::Call;
use crate::cli::ci_env;
use crate::cli::ci_env::CiEnvArgs;
use crate::cli::completion;
use crate::cli::completion::CompletionArgs;
use crate::cli::helm::HelmArgs;
use crate::cli::slugify;
use crate::cli::slugify::SlugifyArgs;
use crate::cli::version;
use crate::cli::version::VersionArgs;
use crate::model::failure::Failure;

/// werf helps to implement and support Continuous Integration and Continuous Delivery
///
/// Examples:
///   # The lines before the script of every job
///   $ . $(multiwerf use 1.1 stable --as-file)
///   $ source $(werf ci-env gitlab --as-file)
#[derive(Debug, Parser)]
#[command(name = "werf", version = version::VERSION, verbatim_doc_comment, disable_help_subcommand = true)]
pub struct Werf {
    #[command(subcommand)]
    command: Option<WerfCommand>,
}

/// Every command of `werf`.
#[derive(Debug, Subcommand)]
enum WerfCommand {
    Slugify(SlugifyArgs),
    CiEnv(CiEnvArgs),
    Helm(HelmArgs),
    Completion(CompletionArgs),
    Version(VersionArgs),
}

impl Werf {
    /// Whether standard output carries data, so that the log goes to standard error.
    pub fn prints_data(&self) -> bool {
        match &self.command {
            None => true,
            Some(command) => match command {
                WerfCommand::Slugify(_)
                | WerfCommand::CiEnv(_)
                | WerfCommand::Completion(_)
                | WerfCommand::Version(_) => true,
                WerfCommand::Helm(arguments) => arguments.prints_data(),
            },
        }
    }

    /// Carries the command out.
    pub fn run(self, call: &Call) -> Result<(), Failure> {
        match self.command {
            None => call.print(Self::command().render_help().to_string()),
            Some(WerfCommand::Slugify(arguments)) => slugify::run(&arguments, call),
            Some(WerfCommand::CiEnv(arguments)) => ci_env::run(&arguments, call),
            Some(WerfCommand::Helm(arguments)) => arguments.run(call),
            Some(WerfCommand::Completion(arguments)) => completion::run(&arguments, Self::command(), call),
            Some(WerfCommand::Version(arguments)) => version::run(&arguments, call),
        }
    }
}
