//! Checks of this host: what every job needs, and what some do. `prepare` and `doctor` ask the same questions.

mod engine;

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use crate::job::settings::Settings;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

pub use engine::answers as engine_answers;

/// A program that every job needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Required {
    /// The shell that the Runner writes scripts for.
    Bash,
    /// Fetches sources.
    Git,
    /// The Runner's helper for caches and artifacts.
    RunnerHelper,
}

impl Required {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Bash, Self::Git, Self::RunnerHelper];

    /// The name of the program.
    pub fn program(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Git => "git",
            Self::RunnerHelper => "gitlab-runner",
        }
    }

    fn missing(self) -> Failure {
        let (why, fix) = match self {
            Self::Bash => ("every script of a job needs it", "install bash (`apt-get install bash`)"),
            Self::Git => ("every job fetches its sources with it", "install git (`apt-get install git`)"),
            Self::RunnerHelper => (
                "without it artifacts and caches vanish and the job stays green",
                "put GitLab Runner's own program under the name `gitlab-runner` on the PATH of its service",
            ),
        };
        Failure::new(Cause::HostIncomplete, format!("`{}` is not on the PATH of jobs: {why}", self.program())).hint(fix)
    }

    /// Where it is on `path`, and which version where asking is quick. Fails when it is missing.
    pub fn check(self, path: &OsStr) -> Result<String, Failure> {
        let program = find(path, self.program()).ok_or_else(|| self.missing())?;
        let version = match self {
            // Starting it takes longer than a whole call may.
            Self::RunnerHelper => None,
            Self::Bash | Self::Git => version(&program, path),
        };
        Ok(version
            .map_or_else(|| program.display().to_string(), |version| format!("{version} ({})", program.display())))
    }
}

/// The first program of that name on `path`.
pub fn find(path: &OsStr, name: &str) -> Option<PathBuf> {
    let is_program =
        |file: &PathBuf| file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0);
    std::env::split_paths(path).filter(|directory| directory.is_absolute()).map(|at| at.join(name)).find(is_program)
}

/// The first line that `PROGRAM --version` prints, shortened to the version where it has GNU's form.
#[expect(clippy::disallowed_methods, reason = "only the program itself knows its version")]
fn version(program: &Path, path: &OsStr) -> Option<String> {
    let output = Command::new(program)
        .arg("--version")
        .env_clear()
        .env("PATH", path)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let word = text.lines().next()?.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    Some(word.to_owned())
}

/// Fails when the disk of `builds_dir` has less free than the settings ask for; else says how much there is.
pub fn free_space(settings: &Settings) -> Result<String, Failure> {
    let directory = settings.builds_dir();
    let existing = directory.ancestors().find(|at| at.exists()).unwrap_or(Path::new("/"));
    let found = rustix::fs::statvfs(existing)
        .map_err(|error| Failure::new(Cause::HostFiles, format!("look at `{}`", existing.display())).because(error))?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    if free < settings.minimum_free {
        let message = format!(
            "`{}` has {} free, less than {}",
            directory.display(),
            mebibytes(free),
            mebibytes(settings.minimum_free)
        );
        let hint = "`gitlab-werf-executor gc` frees what dead jobs left; `minimum_free` of the settings is the limit";
        return Err(Failure::new(Cause::HostFiles, message).hint(hint));
    }
    Ok(format!("{} free in {}", mebibytes(free), directory.display()))
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

/// Fails when a job that brings no kubeconfig would have no credentials for a cluster; else says which it has.
pub fn cluster_credentials(settings: &Settings, home: Option<&Path>) -> Result<String, Failure> {
    let missing = |file: &Path| {
        Failure::new(Cause::ClusterDenied, format!("there are no credentials for a cluster: `{}` cannot be read", file.display()))
            .hint("put a kubeconfig there that the Runner's user can read, name another file in `cluster.kubeconfig` of the settings, or give the project a file variable KUBECONFIG")
    };
    let default = || home.map(|home| home.join(".kube/config"));
    let file = settings.cluster.kubeconfig.clone().or_else(default).unwrap_or_else(|| PathBuf::from("/.kube/config"));
    match std::fs::File::open(&file) {
        Ok(_) => Ok(file.display().to_string()),
        Err(error) => Err(missing(&file).because(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::Required;
    use super::cluster_credentials;
    use super::find;
    use super::free_space;
    use crate::job::settings::Settings;
    use crate::model::failure::Blame;
    use crate::model::failure::Cause;

    #[test]
    fn a_program_is_found_only_where_it_can_run() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("git"), "").unwrap();
        assert_eq!(find(directory.path().as_os_str(), "git"), None);
        assert_eq!(find(OsStr::new("relative:"), "git"), None);
        assert!(Required::Bash.check(OsStr::new("/usr/bin:/bin")).unwrap().starts_with(char::is_numeric));
    }

    #[test]
    fn t06_what_is_missing_is_the_systems_fault_and_has_a_fix() {
        for required in Required::ALL {
            let failure = required.check(OsStr::new("/nonexistent")).unwrap_err();
            assert_eq!((failure.blame(), failure.hints.len()), (Blame::System, 1));
        }
        let settings = Settings::parse("minimum_free = '99999 TiB'\n[cluster]\nkubeconfig = '/nonexistent'").unwrap();
        assert_eq!(free_space(&settings).unwrap_err().cause, Cause::HostFiles);
        assert_eq!(cluster_credentials(&settings, None).unwrap_err().cause, Cause::ClusterDenied);
    }
}
