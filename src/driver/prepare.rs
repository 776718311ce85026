//! The `prepare` call: says at once what is missing, and makes room for the job.

use std::ffi::OsStr;
use std::ffi::OsString;
use std::path::Path;

use crate::driver::CallArgs;
use crate::driver::cancellation::Cancellation;
use crate::driver::checks;
use crate::driver::checks::Required;
use crate::driver::collect;
use crate::driver::context::CallContext;
use crate::driver::context::Program;
use crate::driver::log;
use crate::driver::protocol::Contract;
use crate::driver::protocol::Outcome;
use crate::driver::run;
use crate::job::environment::Environment;
use crate::job::environment::environment;
use crate::job::needs::Check;
use crate::job::needs::Needs;
use crate::job::needs::needs;
use crate::job::plan::JobPlace;
use crate::job::plan::plan;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::report::JobLog;
use crate::report::Style;

pub(super) fn answer(contract: &Contract, arguments: &CallArgs) -> Outcome {
    match CallContext::new(contract, arguments) {
        Ok(call) => {
            let (log, _) = call.log();
            log::conclude(&log, prepare(&call, &log))
        }
        Err(failure) => log::conclude(&log::bare_log(), Err(failure)),
    }
}

fn prepare(call: &CallContext<'_>, log: &JobLog) -> Result<(), Failure> {
    let cancellation = Cancellation::listen()?;
    call.records.save(&call.record())?;
    call.workplace.furnish(&Program::current()?.0, call.settings.registry.auth_file.as_deref())?;
    let block = log.folded(format!("Prepare the job ({})", env!("CARGO_PKG_NAME")), Style::Highlight);
    let ready = look(call, &block, &cancellation);
    match ready {
        Ok(()) => block.done(),
        Err(_) => block.failed(),
    }
    ready
}

/// The checks come first, the collection last: a job that cannot run shall know it at once.
fn look(call: &CallContext<'_>, log: &JobLog, cancellation: &Cancellation) -> Result<(), Failure> {
    log.line(format!("executor      {}", env!("CARGO_PKG_VERSION")));
    if let Some(version) = &call.facts.runner_version {
        log.line(format!("Runner        {version}"));
    }
    check(call, log, cancellation)?;
    let collected = collect::collect(&call.settings, &call.records, Some(call.settings.gc_limit));
    for line in collected.lines() {
        log.line(format!("gc            {line}"));
    }
    cancellation.check()
}

fn check(call: &CallContext<'_>, log: &JobLog, cancellation: &Cancellation) -> Result<(), Failure> {
    let path = run::path(&call.contract.host, &call.workplace);
    for (required, found) in Required::ALL.into_iter().zip(required(&path)) {
        log.line(format!("{:<13} {}", required.program(), found?));
    }
    cancellation.check()?;
    log.line(format!("disk          {}", checks::free_space(&call.settings)?));
    let environment = known_environment(call);
    let needed = needed(call, environment.as_ref());
    if wanted(call.settings.engine.check, needed.engine) {
        log.line(format!("engine        {}", checks::engine_answers(&call.settings.engine.host)?));
    }
    cancellation.check()?;
    if wanted(call.settings.cluster.check, needed.cluster) && !call.facts.brings_cluster {
        let home = call.contract.host.get(OsStr::new("HOME")).map(Path::new);
        log.line(format!("kubeconfig    {}", checks::cluster_credentials(&call.settings, home)?));
    }
    if let Some(environment) = environment {
        let action = environment.action.word();
        log.line(format!("environment   {} (action {action}: {})", environment.name, environment.known_by));
    }
    Ok(())
}

/// Asks all programs side by side: each answer is a process of its own.
fn required(path: &OsString) -> Vec<Result<String, Failure>> {
    std::thread::scope(|scope| {
        let asked = Required::ALL.map(|required| scope.spawn(move || required.check(path)));
        let lost = |_| Err(Failure::new(Cause::Defect, "look for the programs that every job needs"));
        asked.into_iter().map(|answer| answer.join().unwrap_or_else(lost)).collect()
    })
}

fn wanted(check: Check, needed: bool) -> bool {
    match check {
        Check::Always => true,
        Check::Never => false,
        Check::Auto => needed,
    }
}

/// One that is not understood is none here: the call that works with it says what is wrong.
fn known_environment(call: &CallContext<'_>) -> Option<Environment> {
    environment(&call.facts.environment, &call.settings.stop.job_names).ok().flatten()
}

fn needed(call: &CallContext<'_>, environment: Option<&Environment>) -> Needs {
    let place = JobPlace { wish: call.facts.wish.clone(), stage: call.facts.stage.clone() };
    let native = plan(&place, environment, &call.settings.stages).ok().map(|plan| plan.verb);
    needs(call.facts.script.as_deref(), native)
}
