//! How a call ends: exit codes and the exit-code file.

use std::fs;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use crate::model::failure::Blame;
use crate::model::failure::Failure;

/// The numbers by which this Runner tells a fault of the job from a fault of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExitCodes {
    /// `BUILD_FAILURE_EXIT_CODE`; 1 where the Runner says nothing.
    pub build_failure: u8,
    /// `SYSTEM_FAILURE_EXIT_CODE`; 2 where the Runner says nothing.
    pub system_failure: u8,
}

impl Default for ExitCodes {
    fn default() -> Self {
        Self { build_failure: 1, system_failure: 2 }
    }
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything went well.
    Success,
    /// The job is at fault; the code is that of its script.
    BuildFailure(i32),
    /// The system is at fault; the Runner may try again.
    SystemFailure,
}

impl Outcome {
    /// What a failure means for the job.
    pub fn of(failure: &Failure) -> Self {
        match failure.blame() {
            Blame::User => Self::BuildFailure(failure.exit_code.filter(|&code| code != 0).unwrap_or(1)),
            Blame::System => Self::SystemFailure,
        }
    }

    /// The exit code by which the Runner is told.
    pub fn exit_code(self, codes: ExitCodes) -> u8 {
        match self {
            Self::Success => 0,
            Self::BuildFailure(_) => codes.build_failure,
            Self::SystemFailure => codes.system_failure,
        }
    }

    /// Leaves the script's exit code in `file` (`BUILD_EXIT_CODE_FILE`), and no file where there is none to tell.
    ///
    /// The path is one for all calls of a job, so what an earlier call left is removed. The file appears whole or not at
    /// all: the Runner takes an empty one for a system failure.
    pub fn tell(self, file: &Path) -> io::Result<()> {
        match self {
            Self::BuildFailure(code) => write_whole(file, code),
            Self::Success | Self::SystemFailure => match fs::remove_file(file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
        }
    }
}

fn write_whole(file: &Path, code: i32) -> io::Result<()> {
    let directory = file.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let mut part = tempfile::Builder::new().prefix(".exit-code").tempfile_in(directory)?;
    writeln!(part, "{code}")?;
    part.persist(file).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::ExitCodes;
    use super::Outcome;
    use crate::model::failure::Cause;
    use crate::model::failure::Failure;

    #[test]
    fn blame_decides_the_outcome() {
        let script = Failure::new(Cause::ScriptFailed, "script").exit_code(7);
        assert_eq!(Outcome::of(&script), Outcome::BuildFailure(7));
        assert_eq!(Outcome::of(&Failure::new(Cause::Forbidden, "no")), Outcome::BuildFailure(1));
        assert_eq!(Outcome::of(&Failure::new(Cause::EngineUnavailable, "no")), Outcome::SystemFailure);
    }

    #[test]
    fn t07_the_numbers_are_the_runners() {
        let codes = ExitCodes { build_failure: 41, system_failure: 42 };
        assert_eq!(Outcome::BuildFailure(7).exit_code(codes), 41);
        assert_eq!(Outcome::SystemFailure.exit_code(codes), 42);
        assert_eq!(Outcome::Success.exit_code(codes), 0);
    }

    #[test]
    fn t05_the_file_holds_one_number_or_is_not_there() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("build_exit_code");
        Outcome::BuildFailure(127).tell(&file).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "127\n");
        Outcome::Success.tell(&file).unwrap();
        Outcome::SystemFailure.tell(&file).unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        assert!(Outcome::BuildFailure(1).tell(&directory.path().join("missing/file")).is_err());
    }
}
