//! The `run` call: one script of the job, from its start to the end of everything that it started.

mod copy;
mod environment;
mod judge;
mod lines;
mod shell;
pub(super) mod stop;

use std::path::Path;
use std::time::Duration;

pub use environment::SETTINGS_VARIABLE;
pub use environment::VERDICT_VARIABLE;

use crate::driver::RunArgs;
use crate::driver::context::CallContext;
use crate::driver::context::Program;
use crate::driver::engine_leftovers;
use crate::driver::log;
use crate::driver::log::Readers;
use crate::driver::process::ProcessId;
use crate::driver::protocol::Contract;
use crate::driver::protocol::Outcome;
use crate::driver::protocol::RunStage;
use crate::driver::record::JobLock;
use crate::driver::record::Running;
use crate::driver::supervisor::ScriptRequest;
use crate::driver::verdict::Verdict;
use crate::job::environment::Environment;
use crate::job::environment::environment;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::report::JobLog;

pub(super) use environment::path;

use copy::Copy;
use judge::Judged;
use shell::Finished;
use shell::ShellError;
use stop::Dismiss;

/// Another call of the same job that is still ending has this long.
const LOCK_LIMIT: Duration = Duration::from_secs(10);

/// Runs the script and tells the Runner how it ended.
pub(super) fn answer(contract: &Contract, arguments: &RunArgs, dismiss: Option<Dismiss>) -> Outcome {
    let call = match CallContext::new(contract, &arguments.call) {
        Ok(call) => call,
        Err(failure) => return conclude(contract, &log::bare_log(), Err(Judged::Failed(failure))),
    };
    let (log, readers) = call.log();
    let stage = arguments.stage.parse().unwrap_or_else(|never| match never {});
    let work = Work { call: &call, log: &log, readers: &readers, stage: &stage };
    let ended = run(&work, &arguments.script)
        .and_then(|()| stop::dismiss_left(&call, &log, &stage, dismiss).map_err(Judged::Failed));
    conclude(contract, &log, ended)
}

/// What a `run` works with.
struct Work<'r> {
    call: &'r CallContext<'r>,
    log: &'r JobLog,
    readers: &'r Readers,
    stage: &'r RunStage,
}

fn run(work: &Work<'_>, script: &Path) -> Result<(), Judged> {
    let Work { call, log, stage, .. } = *work;
    let environment = job_environment(call, log);
    let finished = run_held(work, script)?;
    let verdict = Verdict::read(&call.workplace.verdict());
    let judged = judge::judge(stage, &finished, verdict.as_ref());
    if finished.ended.left > 0 && stage.is_users() {
        log.line(format!("{} left behind by the script ended", processes(finished.ended.left)));
    }
    match judged {
        Err(Judged::Script(code)) if stop::survives(stage, environment.as_ref()) => {
            stop::without_sources(call, log, code).map_err(Judged::Failed)
        }
        judged => judged,
    }
}

fn processes(count: usize) -> String {
    if count == 1 { "1 process".to_owned() } else { format!("{count} processes") }
}

/// Runs the script while the job's lock is held and its record names the processes.
fn run_held(work: &Work<'_>, script: &Path) -> Result<Finished, Judged> {
    let call = work.call;
    let _lock = lock(call)?;
    call.workplace.furnish(&Program::current()?.0, call.settings.registry.auth_file.as_deref())?;
    // What an earlier script noted is not this one's.
    std::fs::remove_file(call.workplace.verdict()).ok();
    let mut record = call.record();
    let engine_host = Some(&call.settings.engine.host).filter(|host| engine_leftovers::may_listen(host));
    record.engine_host = engine_host.cloned().or(record.engine_host);
    let driver = ProcessId::current();
    record.running = driver.clone().map(|driver| Running { driver, supervisor: None });
    call.records.save(&record)?;
    let note = |supervisor| {
        record.running = driver.map(|driver| Running { driver, supervisor });
        // Without it a killed driver is still found by the mark of its processes.
        call.records.save(&record).ok();
    };
    let finished = runtime()?.block_on(shell::run(request(call, script), Copy::new(work.log, work.readers), note));
    let mut record = call.record();
    record.running = None;
    call.records.save(&record)?;
    finished.map_err(|error| Judged::Failed(not_run(error)))
}

fn lock(call: &CallContext<'_>) -> Result<JobLock, Failure> {
    let held =
        |failure: Failure| failure.hint("a call of the Runner for the same job seems to hang; `cleanup` ends it");
    let lock = call.records.lock(&call.facts.key, LOCK_LIMIT);
    lock.map_err(|error| Failure::new(Cause::HostFiles, "take the job for this call").because(error))?
        .ok_or_else(|| held(Failure::new(Cause::ContractBroken, "take the job for this call: another call has it")))
}

fn request(call: &CallContext<'_>, script: &Path) -> ScriptRequest {
    let mut environment =
        environment::script_environment(&call.contract.host, &call.settings, &call.workplace, &call.facts.key);
    if let Some(file) = &call.settings_file {
        environment.insert(SETTINGS_VARIABLE.into(), file.into());
    }
    let builds = call.settings.builds_dir();
    ScriptRequest {
        program: "bash".into(),
        arguments: vec![script.into()],
        directory: if builds.is_dir() { builds } else { "/".into() },
        environment: environment.into_iter().collect(),
        grace: call.settings.grace,
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Cause::HostFiles, "prepare to run the script").because(error))
}

fn not_run(error: ShellError) -> Failure {
    let hint = match &error {
        ShellError::NotStarted(_) => "`bash` must be on the PATH of the Runner's service",
        ShellError::SupervisorLost => "the kernel's log says whether it was for want of memory",
        ShellError::System(_) => "the limits of the Runner's service (processes, open files) may be too tight",
    };
    Failure::new(Cause::HostIncomplete, "run the script").because(error).hint(hint)
}

/// The job's environment. One that is not understood is none, and said: the script may not care.
fn job_environment(call: &CallContext<'_>, log: &JobLog) -> Option<Environment> {
    environment(&call.facts.environment, &call.settings.stop.job_names).unwrap_or_else(|error| {
        log.warn(error.to_string());
        None
    })
}

fn conclude(contract: &Contract, log: &JobLog, ended: Result<(), Judged>) -> Outcome {
    let outcome = match ended {
        Ok(()) => Outcome::Success,
        Err(Judged::Script(code)) => Outcome::BuildFailure(code),
        Err(Judged::Failed(failure)) => log::conclude(log, Err(failure)),
    };
    if let Some(Err(error)) = contract.exit_code_file.as_deref().map(|file| outcome.tell(file)) {
        log.warn(format!("the script's exit code could not be told to the Runner: {error}"));
    }
    outcome
}
