//! The environment of a call, read once.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use crate::driver::protocol::ExitCodes;
use crate::driver::protocol::JobEnv;
use crate::driver::protocol::JobResponse;
use crate::driver::protocol::OWN_PREFIX;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// Before every variable of the job.
const JOB_PREFIX: &str = "CUSTOM_ENV_";

/// What a Runner gave to a call.
pub struct Contract {
    /// The numbers of this Runner.
    pub exit_codes: ExitCodes,
    /// Where the script's exit code goes; since 17.9.
    pub exit_code_file: Option<PathBuf>,
    /// Where the job is told; since 14.1.
    pub response_file: Option<PathBuf>,
    /// What `config` gave to this call; since 13.6.
    pub job_env: JobEnv,
    /// The job's variables.
    pub variables: JobVariables,
    /// The Runner's own environment, without anything of the contract.
    pub host: BTreeMap<OsString, OsString>,
}

/// What this Runner can, seen by what it gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// It tells the whole job.
    pub response_file: bool,
    /// It takes the script's exit code.
    pub exit_code_file: bool,
    /// It carries variables from `config` to later calls.
    pub job_env: bool,
}

/// The job's variables as its script sees them; any branch can set them.
#[derive(Clone, Default)]
pub struct JobVariables(BTreeMap<String, String>);

impl Contract {
    /// Sorts what the environment of a call holds.
    pub fn read(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Self, Failure> {
        let mut contract = Self {
            exit_codes: ExitCodes::default(),
            exit_code_file: None,
            response_file: None,
            job_env: JobEnv::default(),
            variables: JobVariables::default(),
            host: BTreeMap::new(),
        };
        for (name, value) in environment {
            contract.take(name, value)?;
        }
        Ok(contract)
    }

    /// The environment of this process, sorted.
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the driver reads the environment")]
    pub fn of_this_process() -> Result<Self, Failure> {
        Self::read(std::env::vars_os())
    }

    fn take(&mut self, name: OsString, value: OsString) -> Result<(), Failure> {
        let Some(text) = name.to_str() else { return Ok(()) };
        if let Some(job_name) = text.strip_prefix(JOB_PREFIX) {
            self.variables.0.insert(job_name.to_owned(), value.to_string_lossy().into_owned());
        } else if let Some(own) = text.strip_prefix(OWN_PREFIX) {
            self.job_env = std::mem::take(&mut self.job_env).with(own, value.to_string_lossy());
        } else {
            match text {
                "BUILD_FAILURE_EXIT_CODE" => self.exit_codes.build_failure = code(text, &value)?,
                "SYSTEM_FAILURE_EXIT_CODE" => self.exit_codes.system_failure = code(text, &value)?,
                "BUILD_EXIT_CODE_FILE" => self.exit_code_file = path(value),
                "JOB_RESPONSE_FILE" => self.response_file = path(value),
                // The Runner's directory of this job: nothing of the driver's or the job's goes there.
                "TMPDIR" => {}
                _ => {
                    self.host.insert(name, value);
                }
            }
        }
        Ok(())
    }

    /// What this Runner can.
    pub fn capabilities(&self) -> Capabilities {
        Capabilities {
            response_file: self.response_file.is_some(),
            exit_code_file: self.exit_code_file.is_some(),
            job_env: !self.job_env.is_empty(),
        }
    }

    /// The job as GitLab sent it, where this Runner tells it.
    pub fn response(&self) -> Result<Option<JobResponse>, Failure> {
        self.response_file.as_deref().map(JobResponse::read).transpose()
    }
}

impl fmt::Debug for Contract {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Contract").field("capabilities", &self.capabilities()).finish_non_exhaustive()
    }
}

impl JobVariables {
    /// The value of a variable; an empty one is absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// All names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Names only: values may be secret.
impl fmt::Debug for JobVariables {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

fn code(name: &str, value: &OsString) -> Result<u8, Failure> {
    let code = value.to_str().and_then(|text| text.trim().parse().ok()).filter(|&code| code != 0);
    code.ok_or_else(|| {
        Failure::new(Cause::ContractBroken, format!("read `{name}`: `{}` is no exit code", value.to_string_lossy()))
    })
}

fn path(value: OsString) -> Option<PathBuf> {
    (!value.is_empty()).then(|| PathBuf::from(value))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::Contract;
    use crate::model::failure::Cause;

    fn contract(pairs: &[(&str, &str)]) -> Result<Contract, crate::model::failure::Failure> {
        Contract::read(pairs.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))))
    }

    #[test]
    fn every_variable_finds_its_place() {
        let contract = contract(&[
            ("PATH", "/bin"),
            ("TMPDIR", "/tmp/custom-executor1"),
            ("BUILD_FAILURE_EXIT_CODE", "41"),
            ("SYSTEM_FAILURE_EXIT_CODE", "42"),
            ("BUILD_EXIT_CODE_FILE", "/tmp/code"),
            ("GITLAB_WERF_EXECUTOR_CALLER", "1"),
            ("CUSTOM_ENV_CI_JOB_ID", "7"),
            ("CUSTOM_ENV_PATH", "/evil"),
        ])
        .unwrap();
        assert_eq!((contract.exit_codes.build_failure, contract.exit_codes.system_failure), (41, 42));
        assert_eq!(contract.variables.get("CI_JOB_ID"), Some("7"));
        assert_eq!(contract.host.keys().collect::<Vec<_>>(), ["PATH"]);
        assert_eq!(contract.host[&OsString::from("PATH")], "/bin");
        let capabilities = contract.capabilities();
        assert!(capabilities.exit_code_file && capabilities.job_env && !capabilities.response_file);
    }

    #[test]
    fn t07_a_code_that_is_none_breaks_the_contract() {
        for wrong in ["", "0", "one", "256", "-1"] {
            let failure = contract(&[("BUILD_FAILURE_EXIT_CODE", wrong)]).unwrap_err();
            assert_eq!(failure.cause, Cause::ContractBroken, "{wrong}");
        }
    }

    #[test]
    fn values_do_not_print() {
        let contract = contract(&[("CUSTOM_ENV_TOKEN", "hunter2"), ("SECRET", "hunter2")]).unwrap();
        assert!(!format!("{contract:?} {:?}", contract.variables).contains("hunter2"));
    }
}
