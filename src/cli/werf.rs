//! The command line of `werf`: the tree, and where each command is carried out.

use clap::CommandFactory;
use clap::Parser;
use clap::Subcommand;

use crate::cli::build;
use crate::cli::build::BuildArgs;
use crate::cli::build::StageImageArgs;
use crate::cli::call::Call;
use crate::cli::ci_env;
use crate::cli::ci_env::CiEnvArgs;
use crate::cli::completion;
use crate::cli::completion::CompletionArgs;
use crate::cli::config;
use crate::cli::config::ConfigCommand;
use crate::cli::deploy;
use crate::cli::deploy::DeployArgs;
use crate::cli::dismiss;
use crate::cli::dismiss::DismissArgs;
use crate::cli::helm::HelmArgs;
use crate::cli::publish;
use crate::cli::publish::BuildAndPublishArgs;
use crate::cli::publish::PublishArgs;
use crate::cli::run;
use crate::cli::run::RunArgs;
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
    Deploy(Box<DeployArgs>),
    Dismiss(Box<DismissArgs>),
    Helm(Box<HelmArgs>),
    Build(BuildArgs),
    Publish(Box<PublishArgs>),
    BuildAndPublish(Box<BuildAndPublishArgs>),
    Run(Box<RunArgs>),
    /// Work with stages, which are cache for images
    #[command(subcommand)]
    Stages(StagesCommand),
    /// Work with the last stage of an image
    #[command(subcommand)]
    Stage(StageCommand),
    #[command(subcommand)]
    Config(ConfigCommand),
    Slugify(SlugifyArgs),
    CiEnv(CiEnvArgs),
    Completion(CompletionArgs),
    Version(VersionArgs),
}

/// Every command of `werf stages`.
#[derive(Debug, Subcommand)]
enum StagesCommand {
    Build(BuildArgs),
}

/// Every command of `werf stage`.
#[derive(Debug, Subcommand)]
enum StageCommand {
    Image(StageImageArgs),
}

impl Werf {
    /// Whether standard output carries data, so that the log goes to standard error.
    pub fn prints_data(&self) -> bool {
        match &self.command {
            Some(WerfCommand::Helm(arguments)) => arguments.prints_data(),
            Some(
                WerfCommand::Deploy(_)
                | WerfCommand::Dismiss(_)
                | WerfCommand::Build(_)
                | WerfCommand::Publish(_)
                | WerfCommand::BuildAndPublish(_)
                | WerfCommand::Run(_)
                | WerfCommand::Stages(_),
            ) => false,
            Some(
                WerfCommand::Stage(_)
                | WerfCommand::Config(_)
                | WerfCommand::Slugify(_)
                | WerfCommand::CiEnv(_)
                | WerfCommand::Completion(_)
                | WerfCommand::Version(_),
            )
            | None => true,
        }
    }

    /// Carries the command out.
    pub fn run(self, call: &Call) -> Result<(), Failure> {
        match self.command {
            None => call.print(Self::command().render_help().to_string()),
            Some(WerfCommand::Deploy(arguments)) => deploy::run(&arguments, call),
            Some(WerfCommand::Dismiss(arguments)) => dismiss::run(&arguments, call),
            Some(WerfCommand::Helm(arguments)) => arguments.run(call),
            Some(WerfCommand::Build(arguments) | WerfCommand::Stages(StagesCommand::Build(arguments))) => {
                build::run(&arguments, call)
            }
            Some(WerfCommand::Publish(arguments)) => publish::run(&arguments, call),
            Some(WerfCommand::BuildAndPublish(arguments)) => publish::build_and_publish(&arguments, call),
            Some(WerfCommand::Run(arguments)) => run::run(&arguments, call),
            Some(WerfCommand::Stage(StageCommand::Image(arguments))) => build::stage_image(&arguments, call),
            Some(WerfCommand::Config(command)) => config::run(&command, call),
            Some(WerfCommand::Slugify(arguments)) => slugify::run(&arguments, call),
            Some(WerfCommand::CiEnv(arguments)) => ci_env::run(&arguments, call),
            Some(WerfCommand::Completion(arguments)) => completion::run(&arguments, Self::command(), call),
            Some(WerfCommand::Version(arguments)) => version::run(&arguments, call),
        }
    }
}
