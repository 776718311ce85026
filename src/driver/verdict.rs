//! How a `werf` inside a script tells the driver that the system, not the job, is at fault.
//!
//! A script only ends with a number. A `werf` that fails notes its cause in a file of the job's private directory; when
//! the script then ends with the very number that the `werf` ended with, the cause is the script's, too.

use std::io;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;

use crate::driver::record::write_private;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// A script with `set -e`, as the Runner writes them, ends at once after the command that failed; what it leaves behind
/// may take a second more.
const RECENT: Duration = Duration::from_secs(3);

/// How the last failing `werf` of a script failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    cause: String,
    exit_code: i32,
}

impl Verdict {
    /// Notes in `file` that this process is about to end with `exit_code` because of `failure`.
    pub fn note(file: &Path, failure: &Failure, exit_code: i32) -> io::Result<()> {
        let verdict = Self { cause: failure.cause.id().to_owned(), exit_code };
        write_private(file, &serde_json::to_vec(&verdict)?)
    }

    /// What was noted in `file` just now. A script that goes on after a `werf` has failed (`werf build || true`) has had
    /// its reasons: an older note is none.
    pub fn read(file: &Path) -> Option<Self> {
        let noted = std::fs::metadata(file).ok()?.modified().ok()?;
        noted.elapsed().is_ok_and(|age| age <= RECENT).then_some(())?;
        serde_json::from_slice(&std::fs::read(file).ok()?).ok()
    }

    /// The cause of a script that ended with `exit_code`, if this is it. The file is the job's to write: a cause that
    /// does not exist is none.
    pub fn cause_of(&self, exit_code: i32) -> Option<Cause> {
        let cause = Cause::ALL.iter().copied().find(|cause| cause.id() == self.cause);
        cause.filter(|_| self.exit_code == exit_code)
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict;
    use crate::model::failure::Cause;
    use crate::model::failure::Failure;

    #[test]
    fn t06_a_noted_cause_is_the_scripts_only_with_its_number() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("verdict.json");
        assert_eq!(Verdict::read(&file), None);
        Verdict::note(&file, &Failure::new(Cause::RegistryUnavailable, "push"), 75).unwrap();
        let verdict = Verdict::read(&file).unwrap();
        assert_eq!(verdict.cause_of(75), Some(Cause::RegistryUnavailable));
        assert_eq!(verdict.cause_of(1), None);
        std::fs::write(&file, r#"{"cause":"forged","exit_code":1}"#).unwrap();
        assert_eq!(Verdict::read(&file).unwrap().cause_of(1), None);
    }
}
