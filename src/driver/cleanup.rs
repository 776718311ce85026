//! The `cleanup` call: afterwards nothing of the job is left. The Runner calls it also for jobs that never began.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;

use crate::driver::CallArgs;
use crate::driver::context::CallContext;
use crate::driver::engine_leftovers;
use crate::driver::log;
use crate::driver::process;
use crate::driver::process::ProcessId;
use crate::driver::protocol::Contract;
use crate::driver::protocol::Outcome;
use crate::driver::record::JobRecord;
use crate::driver::record::Records;
use crate::driver::workplace::remove_tree;
use crate::job::settings::Settings;
use crate::model::failure::Failure;

/// What a `run` that is still ending has beyond its grace period.
const MARGIN: Duration = Duration::from_secs(3);

/// What the engine has for the removal of everything of one job.
pub(super) const ENGINE_LIMIT: Duration = Duration::from_secs(30);

/// What a killed process has to be gone.
const KILL_LIMIT: Duration = Duration::from_secs(2);

/// Standard output goes to the Runner's own log at a level that nobody sees; what failed goes to standard error.
pub(super) fn answer(contract: &Contract, arguments: &CallArgs) -> Outcome {
    match cleanup(contract, arguments) {
        Ok(left) => {
            let log = log::error_log();
            left.lines().into_iter().for_each(|line| log.warn(line));
            // An engine that is down is nothing that the job's end should wait for: `gc` and later jobs try again.
            if left.here.is_empty() { Outcome::Success } else { Outcome::SystemFailure }
        }
        // Nothing of the job is known, and `gc` finds what there is: a warning in the job log would help nobody.
        Err(failure) => {
            log::conclude(&log::error_log(), Err(failure));
            Outcome::Success
        }
    }
}

fn cleanup(contract: &Contract, arguments: &CallArgs) -> Result<Left, Failure> {
    let call = CallContext::new(contract, arguments)?;
    let mut record = call.records.load(&call.facts.key).unwrap_or_else(|| call.new_record(None));
    record.project_dir = call.facts.project_dir.clone().or(record.project_dir);
    record.over = true;
    let removal = Removal { settings: &call.settings, records: &call.records, engine_limit: ENGINE_LIMIT };
    let left = removal.remove(&record);
    if !left.is_nothing() {
        call.records.save(&record)?;
    }
    Ok(left)
}

/// What of a job could not be removed.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// What is still on this host or in its engine, and why; a line each.
    here: Vec<String>,
    /// Why the engine could not be asked.
    engine: Option<Failure>,
}

impl Left {
    /// Whether nothing of the job is left.
    pub(super) fn is_nothing(&self) -> bool {
        self.here.is_empty() && self.engine.is_none()
    }

    /// What is left and why, a line each.
    pub(super) fn lines(&self) -> Vec<String> {
        self.here.iter().cloned().chain(self.engine.as_ref().map(ToString::to_string)).collect()
    }
}

/// How everything of a job is removed.
pub(super) struct Removal<'r> {
    pub(super) settings: &'r Settings,
    pub(super) records: &'r Records,
    /// What the engine has for it.
    pub(super) engine_limit: Duration,
}

impl Removal<'_> {
    /// Removes everything of a job, and says what is left. The record goes last, and only when all else has.
    pub(super) fn remove(&self, record: &JobRecord) -> Left {
        end_run(self.settings, record);
        // Whoever held the job has ended; a lock that stays belongs to another cleanup, which does no harm.
        let _lock = self.records.lock(&record.key, KILL_LIMIT);
        end_marked(record);
        // Containers go before what they may have mounted.
        let mut left = self.remove_from_engine(record);
        let removed = [
            remove_tree(&record.job_dir).map_err(|error| told(&record.job_dir, &error)),
            remove_secrets(&self.settings.builds_dir(), record.project_dir.as_deref()),
        ];
        left.here.extend(removed.into_iter().filter_map(Result::err));
        if left.is_nothing() {
            let forgotten = self.records.remove(&record.key);
            left.here.extend(forgotten.err().map(|error| format!("forget the job: {error}")));
        }
        left
    }

    fn remove_from_engine(&self, record: &JobRecord) -> Left {
        let Some(host) = &record.engine_host else { return Left::default() };
        match engine_leftovers::remove(host, &record.key.owner(), self.engine_limit) {
            Ok(used) => {
                let line = |name| format!("remove `{name}` from the container engine: something still uses it");
                Left { here: used.into_iter().map(line).collect(), engine: None }
            }
            Err(failure) => Left { here: Vec::new(), engine: Some(failure) },
        }
    }
}

/// Ends a `run` of the job that is under way: the Runner waits for it 300 seconds at most, then cleans up beside it.
fn end_run(settings: &Settings, record: &JobRecord) {
    let Some(running) = &record.running else { return };
    running.driver.end(settings.grace + MARGIN);
    if let Some(supervisor) = &running.supervisor {
        // It ends by itself when its driver is dead.
        if !supervisor.wait(MARGIN) {
            supervisor.signal(Signal::KILL);
            supervisor.wait(KILL_LIMIT);
        }
    }
}

/// Ends what carries the job's mark: what is left when the driver and the supervisor were both killed.
fn end_marked(record: &JobRecord) {
    if record.running.is_none() {
        return;
    }
    let left: Vec<ProcessId> = process::marked(&record.key);
    for process in &left {
        process.signal(Signal::KILL);
    }
    for process in &left {
        process.wait(KILL_LIMIT);
    }
}

/// Removes the directory beside the checkout in which the Runner leaves the job's file variables in clear text.
///
/// The checkout's place comes from a variable that a branch can set: only what is below `builds` is removed.
fn remove_secrets(builds: &Path, project: Option<&Path>) -> Result<(), String> {
    let Some(target) = project.and_then(|project| beside(builds, project)) else { return Ok(()) };
    remove_tree(&target).map_err(|error| told(&target, &error))
}

/// `PROJECT.tmp`, its links resolved, if it is below `builds`.
fn beside(builds: &Path, project: &Path) -> Option<PathBuf> {
    let mut name = project.file_name()?.to_owned();
    name.push(".tmp");
    let parent = fs::canonicalize(project.parent()?).ok()?;
    let builds = fs::canonicalize(builds).ok()?;
    parent.starts_with(builds).then(|| parent.join(name))
}

fn told(path: &Path, error: &io::Error) -> String {
    format!("remove `{}`: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::remove_secrets;

    #[test]
    fn the_secrets_beside_the_checkout_go() {
        let root = tempfile::tempdir().unwrap();
        let builds = root.path().join("builds");
        fs::create_dir_all(builds.join("a/app.tmp")).unwrap();
        fs::create_dir_all(builds.join("a/app")).unwrap();
        remove_secrets(&builds, Some(&builds.join("a/app"))).unwrap();
        remove_secrets(&builds, Some(&builds.join("a/app"))).unwrap();
        assert!(builds.join("a/app").exists() && !builds.join("a/app.tmp").exists());
    }

    #[test]
    fn t19_nothing_outside_of_the_builds_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let builds = root.path().join("builds");
        let victim = root.path().join("etc.tmp");
        fs::create_dir_all(&builds).unwrap();
        fs::create_dir(&victim).unwrap();
        symlink(root.path(), builds.join("link")).unwrap();
        for forged in [root.path().join("etc"), builds.join("../etc"), builds.join("link/etc"), "".into(), "/".into()] {
            remove_secrets(&builds, Some(&forged)).unwrap();
        }
        symlink(&victim, builds.join("app.tmp")).unwrap();
        remove_secrets(&builds, Some(&builds.join("app"))).unwrap();
        assert!(victim.exists() && !builds.join("app.tmp").is_symlink());
        remove_secrets(Path::new("/nonexistent"), None).unwrap();
    }
}
