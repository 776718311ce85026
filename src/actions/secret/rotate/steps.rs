//! What each file will be.

use std::path::PathBuf;

use crate::actions::secret::rotate::Keys;
use crate::actions::secret::rotate::survey::Survey;
use crate::actions::secret::values;
use crate::actions::secret::values::Vectors;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// A file that is replaced.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Replace {
    pub(super) path: PathBuf,
    /// Its new content: ciphertext.
    pub(super) text: String,
}

/// Decrypts everything with the old key and encrypts it with the new one; fails at the first that cannot be read.
pub(super) fn decide(survey: &Survey, keys: Keys<'_>, vectors: Vectors<'_>) -> Result<Vec<Replace>, Failure> {
    let mut steps = Vec::new();
    for file in &survey.values {
        let text = values::rotate(&file.text, keys.old, keys.new, vectors)
            .map_err(|failure| failure.context(format!("regenerate `{}`", file.path.display())))?;
        steps.push(Replace { path: file.path.clone(), text });
    }
    for file in &survey.files {
        let plain = keys.old.decrypt(&file.text).map_err(|error| {
            Failure::new(Cause::SecretUnreadable, format!("regenerate `{}`", file.path.display()))
                .because(error)
                .hint("the key until now is expected in `$WERF_OLD_SECRET_KEY`")
        })?;
        steps.push(Replace { path: file.path.clone(), text: keys.new.encrypt(&plain, vectors()) + "\n" });
    }
    Ok(steps)
}
