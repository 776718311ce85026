//! Stop jobs: they work when their branch is gone, and leave nothing of the environment.

use std::fs;

use crate::driver::context::CallContext;
use crate::driver::protocol::RunStage;
use crate::job::environment::Action;
use crate::job::environment::Environment;
use crate::job::settings::Settings;
use crate::job::stop::StopRequest;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::report::JobLog;
use crate::report::Style;

/// Takes down what is left of an environment's release, and says what it found and did.
///
/// It is given by the program's entry, which knows the verb; the settings name the cluster.
pub type Dismiss = fn(&StopRequest, &Settings, &JobLog) -> Result<(), Failure>;

/// Whether a failure of this run stage leaves the job standing: a stop job needs no sources.
pub(super) fn survives(stage: &RunStage, environment: Option<&Environment>) -> bool {
    *stage == RunStage::GetSources && environment.is_some_and(|environment| environment.action == Action::Stop)
}

/// Goes on without the sources that could not be fetched: makes the project's directory, where scripts start.
pub(super) fn without_sources(call: &CallContext<'_>, log: &JobLog, code: i32) -> Result<(), Failure> {
    log.warn(format!(
        "the sources could not be fetched (exit code {code}); this job stops an environment, which needs none"
    ));
    let Some(project) = &call.facts.project_dir else { return Ok(()) };
    fs::create_dir_all(project).map_err(|error| {
        Failure::new(Cause::HostFiles, format!("make the project's directory `{}`", project.display())).because(error)
    })
}

/// After the user's script of a stop job: dismisses whatever is left of the environment's release.
pub(super) fn dismiss_left(
    call: &CallContext<'_>,
    log: &JobLog,
    stage: &RunStage,
    dismiss: Option<Dismiss>,
) -> Result<(), Failure> {
    if *stage != RunStage::BuildScript {
        return Ok(());
    }
    let environment = super::job_environment(call, log);
    let (Some(request), Some(dismiss)) = (StopRequest::of(&call.facts.key, environment.as_ref()), dismiss) else {
        return Ok(());
    };
    let known_by = environment.map(|environment| environment.known_by.to_string()).unwrap_or_default();
    let block = log.block(format!("Stop environment {}", request.environment), Style::Highlight);
    block.line(format!("the job stops the environment: {known_by}"));
    let dismissed = dismiss(&request, &call.settings, &block);
    match dismissed {
        Ok(()) => block.done(),
        Err(_) => block.failed(),
    }
    dismissed
}
