//! The command line of `gitlab-werf-executor` itself: the operator's commands.
//!
//! The Runner's four calls, `gitlab-werf-executor werf …` and `gitlab-werf-executor multiwerf …` are front doors of their own and never get
//! here; they stand in the tree so that its help shows them.

use clap::CommandFactory;
use clap::Parser;
use clap::Subcommand;

use crate::cli::call::Call;
use crate::cli::completion;
use crate::cli::completion::CompletionArgs;
use crate::cli::doctor;
use crate::cli::doctor::DoctorArgs;
use crate::cli::gc;
use crate::cli::gc::GcArgs;
use crate::cli::settings;
use crate::cli::settings::SettingsArgs;
use crate::driver;
use crate::model::failure::Failure;

/// A GitLab Runner custom executor that builds, publishes, deploys and stops werf projects natively
#[derive(Debug, Parser)]
#[command(name = "gitlab-werf-executor", version, disable_help_subcommand = true, arg_required_else_help = true)]
pub struct Executor {
    #[command(subcommand)]
    command: ExecutorCommand,
}

/// Every command of the executor.
#[derive(Debug, Subcommand)]
enum ExecutorCommand {
    #[command(flatten)]
    Runner(driver::Call),
    Doctor(DoctorArgs),
    Gc(GcArgs),
    Settings(SettingsArgs),
    Completion(CompletionArgs),
    /// The command line of werf, as in a job: `gitlab-werf-executor werf build`
    Werf,
    /// Stands in for multiwerf in a job's script
    Multiwerf,
}

impl Executor {
    /// Carries the command out.
    pub fn run(self, call: &Call) -> Result<(), Failure> {
        match self.command {
            ExecutorCommand::Completion(arguments) => completion::run(&arguments, Self::command(), call),
            ExecutorCommand::Doctor(arguments) => doctor::run(&arguments, call),
            ExecutorCommand::Gc(arguments) => gc::run(&arguments, call),
            ExecutorCommand::Settings(arguments) => settings::run(&arguments, call),
            ExecutorCommand::Runner(_) | ExecutorCommand::Werf | ExecutorCommand::Multiwerf => Ok(()),
        }
    }
}
