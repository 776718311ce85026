//! `werf helm secret [file|values] encrypt|decrypt`.

use std::fs;
use std::io::IsTerminal;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use rustix::termios::LocalModes;
use rustix::termios::OptionalActions;
use rustix::termios::Termios;
use rustix::termios::tcgetattr;
use rustix::termios::tcsetattr;
use zeroize::Zeroizing;

use crate::actions::secret::values;
use crate::actions::secret::values::Known;
use crate::cli::call::Call;
use crate::cli::secret::KeyArgs;
use crate::cli::secret::Kind;
use crate::cli::secret::random;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::secret_text::SecretKey;

/// What `encrypt` and `decrypt` take.
#[derive(Debug, Args)]
pub(super) struct StreamArgs {
    /// Write to file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    output_file_path: Option<PathBuf>,
    #[command(flatten)]
    key: KeyArgs,
}

/// What `file encrypt` and its like take.
#[derive(Debug, Args)]
pub(super) struct FileArgs {
    /// The file to read; without it, standard input
    #[arg(value_name = "FILE_PATH")]
    file: Option<PathBuf>,
    #[command(flatten)]
    stream: StreamArgs,
}

/// Encrypts standard input.
pub(super) fn encrypt_stream(arguments: &StreamArgs, call: &Call) -> Result<(), Failure> {
    let key = arguments.key.key(call)?;
    let secret = encrypt(Kind::Whole, &read_stdin()?, &key)?;
    write(arguments, secret.as_bytes(), call)
}

/// Decrypts standard input.
pub(super) fn decrypt_stream(arguments: &StreamArgs, call: &Call) -> Result<(), Failure> {
    let key = arguments.key.key(call)?;
    let plain = decrypt(Kind::Whole, &read_stdin()?, &key)?;
    write(arguments, &plain, call)
}

/// Encrypts a file.
pub(super) fn encrypt_file(arguments: &FileArgs, kind: Kind, call: &Call) -> Result<(), Failure> {
    let key = arguments.stream.key.key(call)?;
    let secret = encrypt(kind, &read(arguments, call)?, &key)?;
    write(&arguments.stream, secret.as_bytes(), call)
}

/// Decrypts a file.
pub(super) fn decrypt_file(arguments: &FileArgs, kind: Kind, call: &Call) -> Result<(), Failure> {
    let key = arguments.stream.key.key(call)?;
    let plain = decrypt(kind, &read(arguments, call)?, &key)?;
    write(&arguments.stream, &plain, call)
}

fn encrypt(kind: Kind, plain: &[u8], key: &SecretKey) -> Result<String, Failure> {
    match kind {
        Kind::Whole => Ok(key.encrypt(plain, random()) + "\n"),
        Kind::Values => values::encrypt(text(plain)?, key, &Known::new(), &mut random),
    }
}

fn decrypt(kind: Kind, secret: &[u8], key: &SecretKey) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let secret = text(secret)?;
    match kind {
        Kind::Whole => key.decrypt(secret).map_err(|error| Failure::new(Cause::SecretUnreadable, error.to_string())),
        Kind::Values => values::decrypt(secret, key).map(|(plain, _)| Zeroizing::new(plain.into_bytes())),
    }
}

fn text(bytes: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(bytes).map_err(|error| Failure::new(Cause::Usage, "read the data as text").because(error))
}

fn read(arguments: &FileArgs, call: &Call) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let Some(file) = &arguments.file else { return read_stdin() };
    let path = call.resolve(file);
    fs::read(&path)
        .map(Zeroizing::new)
        .map_err(|error| Failure::new(Cause::Usage, format!("read `{}`", path.display())).because(error))
}

/// Reads a pipe to its end; of a terminal, one line that is not shown while it is typed.
fn read_stdin() -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failure = |error| Failure::new(Cause::Usage, "read standard input").because(error);
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        let mut data = Zeroizing::new(Vec::new());
        stdin.lock().read_to_end(&mut data).map_err(failure)?;
        return Ok(data);
    }
    let mut line = Zeroizing::new(String::new());
    {
        let _hidden = Hidden::begin();
        stdin.read_line(&mut line).map_err(failure)?;
    }
    Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).as_bytes().to_vec()))
}

/// While it lives, the terminal does not show what is typed.
struct Hidden(Option<Termios>);

impl Hidden {
    fn begin() -> Self {
        let before = tcgetattr(std::io::stdin()).ok();
        if let Some(mut hidden) = before.clone() {
            hidden.local_modes.remove(LocalModes::ECHO);
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, &hidden);
        }
        Self(before)
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, before);
        }
    }
}

fn write(arguments: &StreamArgs, data: &[u8], call: &Call) -> Result<(), Failure> {
    match &arguments.output_file_path {
        Some(path) => write_private(&call.resolve(path), data),
        None => call.print(data),
    }
}

/// Writes a file; a new one can be read by this user only, because it may be a decrypted secret.
pub(super) fn write_private(path: &Path, data: &[u8]) -> Result<(), Failure> {
    let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| std::io::Write::write_all(&mut file, data))
        .map_err(|error| Failure::new(Cause::HostFiles, format!("write `{}`", path.display())).because(error))
}
