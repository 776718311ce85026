//! What a call of the Runner works with.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use crate::driver::CallArgs;
use crate::driver::credentials;
use crate::driver::log;
use crate::driver::log::Readers;
use crate::driver::process::ProcessId;
use crate::driver::protocol::Contract;
use crate::driver::protocol::JobFacts;
use crate::driver::record::JobRecord;
use crate::driver::record::Records;
use crate::driver::settings_file;
use crate::driver::workplace::Workplace;
use crate::job::settings::Settings;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::report::JobLog;

/// Where this program is.
#[derive(Debug, Clone)]
pub struct Program(pub PathBuf);

impl Program {
    /// The program that runs now.
    pub fn current() -> Result<Self, Failure> {
        std::env::current_exe()
            .and_then(fs::canonicalize)
            .map(Self)
            .map_err(|error| Failure::new(Cause::HostFiles, "find this program's own file").because(error))
    }
}

/// A call about a job that is known.
pub(super) struct CallContext<'c> {
    pub(super) contract: &'c Contract,
    pub(super) settings: Settings,
    /// Where the settings were read; absolute.
    pub(super) settings_file: Option<PathBuf>,
    pub(super) facts: JobFacts,
    pub(super) records: Records,
    pub(super) workplace: Workplace,
}

impl<'c> CallContext<'c> {
    pub(super) fn new(contract: &'c Contract, arguments: &CallArgs) -> Result<Self, Failure> {
        let settings = settings_file::read(arguments.settings.as_deref())?;
        let settings_file = arguments.settings.as_deref().and_then(|file| fs::canonicalize(file).ok());
        let facts = JobFacts::gather(contract, contract.response()?.as_ref())?;
        let records = Records::open(&settings.records_dir())?;
        let workplace = Workplace::of(&settings, &facts.key);
        Ok(Self { contract, settings, settings_file, facts, records, workplace })
    }

    /// The log of this call, which hides what GitLab and the settings want hidden.
    pub(super) fn log(&self) -> (JobLog, Readers) {
        let secrets = credentials::hidden(&self.settings, &self.facts.masked, &self.contract.variables);
        log::job_log(self.facts.sections, secrets)
    }

    /// The job's record: the one there is, with what this call knows more, or a new one.
    pub(super) fn record(&self) -> JobRecord {
        let caller = ProcessId::parent();
        let mut record = self.records.load(&self.facts.key).unwrap_or_else(|| self.new_record(caller.clone()));
        record.caller_proven |= record.caller.is_some() && record.caller == caller;
        // The Runner tries a job again after a `cleanup` where `prepare` failed.
        record.over = false;
        record.project_dir = self.facts.project_dir.clone().or(record.project_dir);
        record
    }

    /// The record of a job that is seen for the first time.
    pub(super) fn new_record(&self, caller: Option<ProcessId>) -> JobRecord {
        JobRecord {
            key: self.facts.key.clone(),
            since: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            timeout: self.facts.timeout,
            caller,
            caller_proven: false,
            job_dir: self.workplace.root().to_path_buf(),
            project_dir: self.facts.project_dir.clone(),
            engine_host: None,
            over: false,
            running: None,
        }
    }
}
