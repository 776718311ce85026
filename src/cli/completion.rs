//! `werf completion` and `gitlab-werf-executor completion`.

use clap::Args;
use clap::Command;
use clap_complete::Shell;

use crate::cli::call::Call;
use crate::model::failure::Failure;

/// Generate shell completion scripts
///
/// Examples:
///   # Load bash completion
///   $ source <(werf completion)
///
///   # Load zsh completion
///   $ autoload -Uz compinit && compinit -C
///   $ source <(werf completion --shell=zsh)
///
///   # Load fish completion
///   $ werf completion --shell=fish | source
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct CompletionArgs {
    /// The shell to complete in
    #[arg(long, value_enum, default_value = "bash")]
    pub(super) shell: Shell,
}

/// Prints the script that completes `command`.
pub(super) fn run(arguments: &CompletionArgs, mut command: Command, call: &Call) -> Result<(), Failure> {
    let mut script = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    call.print(script)
}
