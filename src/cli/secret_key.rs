//! Where the key of a project's secrets is found.

use std::fs;
use std::io;
use std::path::Path;

use crate::cli::call::Call;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::secret_text::SecretKey;

/// The variable that holds the key.
const VARIABLE: &str = "WERF_SECRET_KEY";
/// The variable that holds the key until now, while it is changed.
const OLD_VARIABLE: &str = "WERF_OLD_SECRET_KEY";

/// Finds the key: `$WERF_SECRET_KEY`, the project's `.werf_secret_key`, `global_secret_key` in werf's own directory
/// `home`. `None` where there is none of them.
pub fn find(call: &Call, project: &Path, home: &Path) -> Result<Option<SecretKey>, Failure> {
    if let Some(text) = call.environment.get(VARIABLE) {
        return parse(text, &format!("${VARIABLE}")).map(Some);
    }
    for file in [project.join(".werf_secret_key"), home.join("global_secret_key")] {
        match fs::read_to_string(&file) {
            Ok(text) => return parse(&text, &file.display().to_string()).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unreadable(&file.display().to_string()).because(error)),
        }
    }
    Ok(None)
}

/// Finds the key as [`find`] does; fails where there is none.
pub fn require(call: &Call, project: &Path, home: &Path) -> Result<SecretKey, Failure> {
    find(call, project, home)?.ok_or_else(|| missing(project, home))
}

/// Reads the key until now from `$WERF_OLD_SECRET_KEY`.
pub(super) fn old(call: &Call) -> Result<SecretKey, Failure> {
    let text = call.environment.get(OLD_VARIABLE).ok_or_else(|| {
        Failure::new(Cause::SecretUnreadable, format!("{OLD_VARIABLE} environment required"))
            .hint(format!("`{OLD_VARIABLE}` holds the key that the secrets have now"))
    })?;
    parse(text, &format!("${OLD_VARIABLE}"))
}

/// The failure of a project that has secrets and no key.
pub fn missing(project: &Path, home: &Path) -> Failure {
    let places = [project.join(".werf_secret_key"), home.join("global_secret_key")];
    let [own, global] = places.map(|path| path.display().to_string());
    Failure::new(
        Cause::SecretUnreadable,
        format!("encryption key not found in: '${VARIABLE}', '{own}', '{global}'"),
    )
    .hint(format!("set `{VARIABLE}` among the CI/CD variables of the project, masked; `--ignore-secret-key` leaves secrets encrypted"))
}

fn parse(text: &str, place: &str) -> Result<SecretKey, Failure> {
    SecretKey::parse(text).map_err(|error| unreadable(place).because(error))
}

fn unreadable(place: &str) -> Failure {
    Failure::new(Cause::SecretUnreadable, format!("read the encryption key in '{place}'"))
}
