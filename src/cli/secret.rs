//! `werf helm secret`: secrets in the repository.

mod convert;
mod edit;
mod rotate;

use clap::Args;
use clap::Subcommand;

use crate::cli::call::Call;
use crate::cli::options::log::LogArgs;
use crate::cli::options::project;
use crate::cli::options::project::HostDirArgs;
use crate::cli::secret_key;
use crate::model::failure::Failure;
use crate::model::secret_text::BLOCK;
use crate::model::secret_text::SecretKey;

use std::path::PathBuf;

/// Work with secrets
///
/// The key is found in $WERF_SECRET_KEY, in .werf_secret_key in the project's directory, or in
/// ~/.werf/global_secret_key.
///
/// Examples:
///   # A key for a project; keep it among the CI/CD variables, masked
///   $ werf helm secret generate-secret-key
///
///   # Change a value, with the editor that $EDITOR names
///   $ werf helm secret values edit .helm/secret-values.yaml
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, disable_help_subcommand = true)]
pub(super) struct SecretArgs {
    #[command(subcommand)]
    command: SecretCommand,
}

#[derive(Debug, Subcommand)]
enum SecretCommand {
    /// Generate hex encryption key
    GenerateSecretKey(GenerateArgs),
    /// Encrypt data from standard input
    Encrypt(convert::StreamArgs),
    /// Decrypt data from standard input
    Decrypt(convert::StreamArgs),
    /// Work with secret files
    #[command(subcommand, disable_help_subcommand = true)]
    File(PartCommand),
    /// Work with secret values files
    #[command(subcommand, disable_help_subcommand = true)]
    Values(PartCommand),
    RotateSecretKey(rotate::RotateArgs),
}

#[derive(Debug, Subcommand)]
enum PartCommand {
    /// Encrypt data from FILE_PATH or pipe
    Encrypt(convert::FileArgs),
    /// Decrypt data from FILE_PATH or pipe
    Decrypt(convert::FileArgs),
    /// Edit or create a secret file with the editor that $VISUAL or $EDITOR names
    Edit(edit::EditArgs),
}

/// Options of every command that needs the key
#[derive(Debug, Args)]
struct KeyArgs {
    /// The project's directory, instead of the working directory [env: WERF_DIR]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    #[command(flatten)]
    host: HostDirArgs,
    #[command(flatten)]
    log: LogArgs,
}

#[derive(Debug, Args)]
struct GenerateArgs {
    #[command(flatten)]
    log: LogArgs,
}

/// What is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A text as a whole.
    Whole,
    /// The leaves of a YAML text.
    Values,
}

impl KeyArgs {
    fn key(&self, call: &Call) -> Result<SecretKey, Failure> {
        let directory = project::directory(self.dir.as_ref(), call);
        secret_key::require(call, &directory, &self.host.home(call))
    }
}

impl SecretArgs {
    /// All but the change of a key.
    pub(super) fn prints_data(&self) -> bool {
        !matches!(self.command, SecretCommand::RotateSecretKey(_))
    }
}

/// Carries the command out.
pub(super) fn run(arguments: SecretArgs, call: &Call) -> Result<(), Failure> {
    match arguments.command {
        SecretCommand::GenerateSecretKey(_) => call.print(format!("{}\n", hex::encode(random()))),
        SecretCommand::Encrypt(arguments) => convert::encrypt_stream(&arguments, call),
        SecretCommand::Decrypt(arguments) => convert::decrypt_stream(&arguments, call),
        SecretCommand::File(command) => run_part(&command, Kind::Whole, call),
        SecretCommand::Values(command) => run_part(&command, Kind::Values, call),
        SecretCommand::RotateSecretKey(arguments) => rotate::run(&arguments, call),
    }
}

fn run_part(command: &PartCommand, kind: Kind, call: &Call) -> Result<(), Failure> {
    match command {
        PartCommand::Encrypt(arguments) => convert::encrypt_file(arguments, kind, call),
        PartCommand::Decrypt(arguments) => convert::decrypt_file(arguments, kind, call),
        PartCommand::Edit(arguments) => edit::run(arguments, kind, call),
    }
}

/// A random initialisation vector, or a random key.
fn random() -> [u8; BLOCK] {
    rand::random()
}
