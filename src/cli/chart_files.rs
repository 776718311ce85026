//! Files of a chart and the key of its secrets.

use std::path::Path;
use std::path::PathBuf;

use crate::cli::call::Call;
use crate::cli::options::project::ProjectArgs;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::secret_text::SecretKey;

fn unreadable(path: &Path, error: std::io::Error) -> Failure {
    Failure::new(Cause::ChartInvalid, format!("read `{}`", path.display())).because(error)
}

/// Every file below `directory` by its path there, with `/`, sorted; links are followed. Nothing if there is no such directory.
pub(super) fn files_below(directory: &Path) -> Result<Vec<(String, PathBuf)>, Failure> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), directory.to_owned())];
    while let Some((prefix, folder)) = open.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && prefix.is_empty() => return Ok(found),
            Err(error) => return Err(unreadable(&folder, error)),
        };
        for entry in entries {
            let path = entry.map_err(|error| unreadable(&folder, error))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let name = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            if path.is_dir() { open.push((name, path)) } else { found.push((name, path)) }
        }
    }
    found.sort();
    Ok(found)
}

/// The key of the project's secrets, with the places where it was looked for if there is none.
pub(super) fn secret_key(arguments: &ProjectArgs, call: &Call) -> Result<SecretKey, Failure> {
    let files =
        [arguments.directory(call).join(".werf_secret_key"), arguments.host.home(call).join("global_secret_key")];
    let from_files = || files.iter().find_map(|path| std::fs::read_to_string(path).ok());
    let text = call.environment.get("WERF_SECRET_KEY").map(str::to_owned).or_else(from_files);
    let Some(text) = text else {
        let places = files.map(|path| format!("'{}'", path.display())).join(", ");
        return Err(Failure::new(Cause::SecretUnreadable, format!("encryption key not found in: '$WERF_SECRET_KEY', {places}"))
            .hint("set $WERF_SECRET_KEY in the project's CI/CD variables, or leave secrets as they are with `--ignore-secret-key`"));
    };
    SecretKey::parse(&text)
        .map_err(|error| Failure::new(Cause::SecretUnreadable, "read the encryption key").because(error))
}
