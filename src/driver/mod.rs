//! Front door 1: the Runner's four calls.
//!
//! ```text
//! Runner ─ config ──► one JSON document
//!        ─ prepare ─► checks, the job's private directory, a bounded collection
//!        ─ run ─────► supervisor ─► script          (once for each run stage)
//!        ─ cleanup ─► nothing of the job is left
//! ```
//!
//! The calls are processes that share no memory: what one leaves for the next is the job's [record](record::JobRecord),
//! written before the effect that it tells of. [`protocol`] holds every word of the Runner's contract.

mod cancellation;
pub mod checks;
pub mod cleanup;
pub mod collect;
mod config;
mod context;
mod credentials;
mod engine_leftovers;
mod log;
mod prepare;
pub mod process;
pub mod protocol;
pub mod record;
mod run;
pub mod settings_file;
pub mod supervisor;
pub mod verdict;
pub mod workplace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clap::Subcommand;

pub use context::Program;
pub use run::SETTINGS_VARIABLE;
pub use run::VERDICT_VARIABLE;
pub use run::stop::Dismiss;

use crate::driver::protocol::Contract;
use crate::driver::protocol::Outcome;
use crate::model::failure::Failure;

/// One of the Runner's calls, as its config.toml writes it.
#[derive(Debug, Subcommand)]
pub enum Call {
    /// Tells the Runner where jobs live (`config_exec`)
    Config(CallArgs),
    /// Checks this host and makes room for the job (`prepare_exec`)
    Prepare(CallArgs),
    /// Runs one script of the job (`run_exec`)
    Run(RunArgs),
    /// Removes everything of the job (`cleanup_exec`)
    Cleanup(CallArgs),
    /// Holds a script's processes; started by `run` only
    #[command(hide = true)]
    Supervise,
}

/// What every call takes.
#[derive(Debug, Args)]
pub struct CallArgs {
    /// The settings of the executor; without it, the defaults hold
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
}

/// What `run` takes.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// What every call takes.
    #[command(flatten)]
    pub call: CallArgs,
    /// The script that the Runner wrote
    pub script: PathBuf,
    /// The run stage, such as `build_script`
    pub stage: String,
}

/// Answers a call. `dismiss` is the verb that takes down what a stop job left.
pub fn answer(call: Call, dismiss: Option<Dismiss>) -> ExitCode {
    if matches!(call, Call::Supervise) {
        return supervisor::supervise().map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    let contract = match Contract::of_this_process() {
        Ok(contract) => contract,
        Err(failure) => return refused(failure),
    };
    // What a job could read of this process, it shall not.
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    let outcome = match call {
        Call::Config(arguments) => config::answer(&contract, &arguments),
        Call::Prepare(arguments) => prepare::answer(&contract, &arguments),
        Call::Run(arguments) => run::answer(&contract, &arguments, dismiss),
        Call::Cleanup(arguments) => cleanup::answer(&contract, &arguments),
        Call::Supervise => Outcome::Success,
    };
    ExitCode::from(outcome.exit_code(contract.exit_codes))
}

/// Whether `word` is one of the calls, as the Runner's config.toml writes them.
pub fn is_call(word: &str) -> bool {
    ["config", "prepare", "run", "cleanup", "supervise"].contains(&word)
}

/// Not even the Runner's numbers are known: only its own way to end can be told.
fn refused(failure: Failure) -> ExitCode {
    let outcome = log::conclude(&log::bare_log(), Err(failure));
    ExitCode::from(outcome.exit_code(protocol::ExitCodes::default()))
}
