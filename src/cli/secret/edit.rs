//! `werf helm secret file|values edit`.

use std::fs;
use std::fs::Permissions;
use std::io;
use std::io::IsTerminal;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::actions::secret::values;
use crate::actions::secret::values::Known;
use crate::cli::call::Call;
use crate::cli::secret::KeyArgs;
use crate::cli::secret::Kind;
use crate::cli::secret::convert::write_private;
use crate::cli::secret::random;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::secret_text::SecretKey;

/// How often a person is given a text back that is not valid.
const MOST_TRIES: usize = 10;

/// What stands in a new file of values.
const NEW_VALUES: &str = "# Secret values file\n# ...\n";

/// What `edit` takes.
#[derive(Debug, Args)]
pub(super) struct EditArgs {
    /// The secret file; a new one is created
    #[arg(value_name = "FILE_PATH")]
    file: PathBuf,
    #[command(flatten)]
    key: KeyArgs,
}

/// A secret as it is edited.
struct Plain {
    text: Zeroizing<Vec<u8>>,
    /// What is encrypted already and need not change.
    known: Known,
}

/// Decrypts the file to a private place, lets the person edit it, encrypts the result.
///
/// On a terminal, a result that is not valid is given back to the editor. When there is none in the end, or nothing was
/// changed, the secret file stays as it was.
pub(super) fn run(arguments: &EditArgs, kind: Kind, call: &Call) -> Result<(), Failure> {
    let key = arguments.key.key(call)?;
    let path = call.resolve(&arguments.file);
    let before = read(&path, kind, &key)?;
    let tmp = arguments.key.host.tmp(call);
    // The directory goes with this value, also when the call is cancelled.
    let place = tempfile::Builder::new()
        .prefix("werf-edit-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(&tmp)
        .map_err(|error| Failure::new(Cause::HostFiles, format!("edit in `{}`", tmp.display())).because(error))?;
    let copy = place.path().join(path.file_name().unwrap_or_default());
    write_private(&copy, &before.text)?;
    let editor = call.environment.get("VISUAL").or_else(|| call.environment.get("EDITOR")).unwrap_or("vi");
    let secret = call.block_on_editor(async |cancellation| {
        // Where no person sits, the same editor would do the same again.
        let mut tries = if io::stdin().is_terminal() { MOST_TRIES } else { 1 };
        loop {
            open_editor(editor, &copy, &cancellation).await?;
            let text = read_file(&copy)?;
            if text == before.text {
                return Ok(None);
            }
            tries -= 1;
            match seal(&text, &before.known, kind, &key) {
                Ok(secret) => return Ok(Some(secret)),
                Err(failure) if tries == 0 => return Err(failure),
                Err(failure) => call.log.warn(format!("{failure}; once more")),
            }
        }
    })?;
    secret.map_or(Ok(()), |secret| write_private(&path, secret.as_bytes()))
}

fn read(path: &Path, kind: Kind, key: &SecretKey) -> Result<Plain, Failure> {
    let secret = match fs::read_to_string(path) {
        Ok(secret) => secret,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let text = if kind == Kind::Values { NEW_VALUES } else { "" };
            return Ok(Plain { text: Zeroizing::new(text.into()), known: Known::new() });
        }
        Err(error) => return Err(unreadable(path, error)),
    };
    match kind {
        Kind::Whole => {
            let text = key.decrypt(&secret).map_err(|error| unreadable(path, error))?;
            Ok(Plain { text, known: Known::new() })
        }
        Kind::Values => {
            let (text, known) = values::decrypt(&secret, key)?;
            Ok(Plain { text: Zeroizing::new(text.into_bytes()), known })
        }
    }
}

fn seal(text: &[u8], known: &Known, kind: Kind, key: &SecretKey) -> Result<String, Failure> {
    if kind == Kind::Whole {
        return Ok(key.encrypt(text, random()) + "\n");
    }
    let text = std::str::from_utf8(text);
    let text = text.map_err(|error| Failure::new(Cause::ChartInvalid, "read the values").because(error))?;
    values::encrypt(text, key, known, &mut random)
}

fn read_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    fs::read(path).map(Zeroizing::new).map_err(|error| unreadable(path, error))
}

fn unreadable(path: &Path, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
    Failure::new(Cause::SecretUnreadable, format!("read `{}`", path.display())).because(error)
}

/// Runs the editor on the terminal until it ends. An editor may be a command with options, so a shell reads it.
async fn open_editor(editor: &str, file: &Path, cancellation: &CancellationToken) -> Result<(), Failure> {
    let failure = || Failure::new(Cause::Usage, format!("run the editor `{editor}`"));
    let shell =
        Command::new("sh").arg("-c").arg(format!("{editor} \"$@\"")).arg("sh").arg(file).kill_on_drop(true).spawn();
    let mut shell = shell.map_err(|error| failure().because(error))?;
    let status = tokio::select! {
        status = shell.wait() => status.map_err(|error| failure().because(error))?,
        () = cancellation.cancelled() => return Err(Failure::new(Cause::Cancelled, "the editor was stopped")),
    };
    if status.success() {
        return Ok(());
    }
    Err(failure().because(status.to_string()).hint("set `EDITOR` to an editor that waits until the file is closed"))
}
