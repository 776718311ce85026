//! What the `config` call answers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

/// Every variable that the driver gives to later calls, and to scripts, begins so.
pub const OWN_PREFIX: &str = "GITLAB_WERF_EXECUTOR_";

/// The one JSON document on `config`'s standard output.
#[derive(Debug, Clone, Serialize)]
pub struct ConfigReply {
    /// Who drives, for the first line of the job log.
    pub driver: DriverName,
    /// The host that the job log names.
    pub hostname: String,
    /// Where jobs are checked out; absolute, without symbolic links.
    pub builds_dir: PathBuf,
    /// Where local caches are; absolute, without symbolic links.
    pub cache_dir: PathBuf,
    /// Whether other jobs use `builds_dir` at the same time.
    pub builds_dir_is_shared: bool,
    /// The shell that the Runner writes scripts for.
    pub shell: &'static str,
    /// Variables of the later calls.
    pub job_env: JobEnv,
}

/// Name and version of the driver.
#[derive(Debug, Clone, Serialize)]
pub struct DriverName {
    /// The name of this program.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// Variables for the later calls of a job; all names begin with [`OWN_PREFIX`], so that none of the contract's own
/// (`TMPDIR`, `BUILD_FAILURE_EXIT_CODE`, …) can be overwritten.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct JobEnv(BTreeMap<String, String>);

impl JobEnv {
    /// Adds a variable under the prefix: `name` is what follows it, capitals and underscores.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        debug_assert!(name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'), "{name}");
        self.0.insert(format!("{OWN_PREFIX}{name}"), value.into());
        self
    }

    /// The value that an earlier call gave for `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(&format!("{OWN_PREFIX}{name}")).map(String::as_str)
    }

    /// Whether no earlier call gave anything (a Runner before 13.6, or a `config` that failed).
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::JobEnv;
    use super::OWN_PREFIX;

    #[test]
    fn t01_no_name_of_the_contract_can_be_given() {
        let env = JobEnv::default().with("TMPDIR", "x").with("PATH", "y");
        let json = serde_json::to_value(&env).unwrap();
        assert!(
            json.as_object().unwrap().iter().all(|(name, value)| name.starts_with(OWN_PREFIX) && value.is_string())
        );
        assert_eq!(env.get("PATH"), Some("y"));
    }
}
