//! `multiwerf`: chose a werf by release channel. Here `werf` is this program, so there is nothing to choose.

use clap::Parser;
use clap::Subcommand;

use crate::cli::call::Call;
use crate::model::failure::Failure;

/// Stands in for multiwerf: accepts its calls, so that a job's script need not change
///
/// Examples:
///   # As the first line of a job
///   $ . $(multiwerf use 1.1 stable --as-file)
#[derive(Debug, Parser)]
#[command(name = "multiwerf", verbatim_doc_comment, disable_help_subcommand = true)]
pub(super) struct Multiwerf {
    #[command(subcommand)]
    command: MultiwerfCommand,
}

#[derive(Debug, Subcommand)]
enum MultiwerfCommand {
    /// Print a script (or the path of one) that is to be sourced; it does nothing
    Use(UseArgs),
    /// Do nothing: there is nothing to download
    Update(ChannelArgs),
    /// Print the version of werf
    Version,
}

/// What `multiwerf use` takes. Options that say how to download have nothing to act on and are accepted.
#[derive(Debug, clap::Args)]
struct UseArgs {
    #[command(flatten)]
    channel: ChannelArgs,
    /// Print the path of a file to source instead of its content
    #[arg(long)]
    as_file: bool,
}

#[derive(Debug, clap::Args)]
struct ChannelArgs {
    /// The version of werf, such as 1.1, and the channel, such as stable; options of multiwerf are ignored
    #[arg(allow_hyphen_values = true, trailing_var_arg = true)]
    channel: Vec<String>,
}

impl Multiwerf {
    /// Carries it out.
    pub(super) fn run(&self, call: &Call) -> Result<(), Failure> {
        match &self.command {
            MultiwerfCommand::Use(arguments) if arguments.wants_file() => call.print("/dev/null\n"),
            MultiwerfCommand::Use(_) => call.print("# werf is here already\n"),
            MultiwerfCommand::Update(_) => Ok(()),
            MultiwerfCommand::Version => call.print(format!("{}\n", crate::cli::version::VERSION)),
        }
    }
}

impl UseArgs {
    /// The switch may stand behind what is ignored.
    fn wants_file(&self) -> bool {
        self.as_file || self.channel.channel.iter().any(|word| word == "--as-file" || word == "--as-file=true")
    }
}
