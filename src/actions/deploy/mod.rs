//! Deploying a release: render, compare, apply, follow to readiness, record.
//!
//! - [`request`]: what is asked, and what it works with.
//! - `survey`: what is there and what is to be there. `dress`, `compare`, `upgrade` are its pure parts.
//! - [`steps`]: what will be done, as data.
//! - `execute`: doing it. `session`: what stands around it, from the pending record to the final one.
//!
//! Nothing is changed before the whole plan is known and the cluster was asked about every changed object. One job at a time
//! works on a release; a job that was killed is found out by the next one, which takes over.

mod compare;
mod dress;
mod execute;
mod marks;
pub mod request;
mod rollback;
mod session;
mod show;
pub mod steps;
mod survey;
mod upgrade;

use jiff::Timestamp;
use tokio::time::Instant;

pub use marks::marked;
pub use request::DeployOptions;
pub use request::DeployRequest;
pub use request::DeployTools;
pub use request::Deployed;
pub use request::Mode;
pub use request::OnFailure;
pub use request::ReleaseFacts;
pub use rollback::rollback;

use crate::actions::release::lease::Lease;
use crate::actions::release::store;
use crate::actions::release::store::Store;
use crate::actions::release::store::Stored;
use crate::actions::release::until::until;
use crate::chart::manifest::Rendered;
use crate::chart::release::Status;
use crate::chart::release::history::History;
use crate::chart::release::secret::history_selector;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use execute::Executor;
use execute::ensure_namespace;
use session::Operation;
use session::Session;
use steps::Plan;

/// A pending revision of another tool that is older than this was left behind by something that died.
const OTHERS_PENDING_SECONDS: i64 = 600;

/// Installs or upgrades a release and waits until everything is ready. An unchanged release is only looked at.
///
/// # Errors
/// Everything that stands in the way, told once and with its reason. The record says `failed` then, the lease is free, and the
/// next deploy works, on whatever host it runs.
pub async fn deploy(tools: &DeployTools<'_>, request: &DeployRequest) -> Result<Deployed, Failure> {
    show::options(request, tools.log);
    let end = Instant::now() + request.options.timeout;
    let doing = format!("deploy release `{}`", request.release);
    let store = Store::new(tools.cluster, &request.release, &request.namespace, labels(request));
    let prepared = until(tools.cancel, request.options.timeout, &doing, prepare(tools, request, &store)).await?;
    prepared.tell(tools);
    if request.options.mode == Mode::DryRun {
        show::plan(&prepared.plan, tools.log);
        return Ok(Deployed { revision: prepared.facts.revision, changed: prepared.plan.is_change });
    }
    if !prepared.plan.is_change {
        return look_only(tools, request, prepared, end).await;
    }
    let taken = async {
        ensure_namespace(tools.cluster, &request.namespace).await?;
        Lease::acquire(tools.cluster, &request.namespace, &request.release, &request.holder, tools.log).await
    };
    let lease = until(tools.cancel, request.options.timeout, &doing, taken).await?;
    let outcome = Box::pin(under_lease(tools, request, &store, (&lease, prepared, end))).await;
    lease.release().await;
    outcome
}

fn labels(request: &DeployRequest) -> std::collections::BTreeMap<String, String> {
    request.environment.as_ref().map(crate::actions::release::holder::Environment::labels).unwrap_or_default()
}

/// Everything that is known before anything is done.
struct Prepared {
    stored: Stored,
    facts: ReleaseFacts,
    rendered: Rendered,
    plan: Plan,
    warnings: Vec<String>,
}

impl Prepared {
    fn tell(&self, tools: &DeployTools<'_>) {
        for warning in self.stored.warnings.iter().chain(&self.rendered.warnings).chain(&self.warnings) {
            tools.log.warn(warning);
        }
    }
}

async fn prepare(tools: &DeployTools<'_>, request: &DeployRequest, store: &Store<'_>) -> Result<Prepared, Failure> {
    let stored = store.read().await?;
    if stored.history.last().is_none() {
        refuse_elsewhere(tools, request).await?;
    }
    plan(tools, request, stored).await
}

async fn plan(tools: &DeployTools<'_>, request: &DeployRequest, stored: Stored) -> Result<Prepared, Failure> {
    let facts = facts(&stored.history);
    let rendered = render(tools, &facts).await?;
    let mut warnings = Vec::new();
    let wanted = survey::Wanted { request, rendered: &rendered, history: &stored.history };
    let survey = survey::look(tools.cluster, &wanted, &mut warnings).await?;
    let plan = steps::decide(survey)?;
    Ok(Prepared { stored, facts, rendered, plan, warnings })
}

fn facts(history: &History) -> ReleaseFacts {
    let is_install = history.last_good().is_none();
    ReleaseFacts { is_install, revision: if is_install { 1 } else { history.next_revision() } }
}

/// Renders on a thread where `lookup` may wait for the cluster.
async fn render(tools: &DeployTools<'_>, facts: &ReleaseFacts) -> Result<Rendered, Failure> {
    let render = tools.render.clone();
    let facts = facts.clone();
    let rendered = tokio::task::spawn_blocking(move || render(&facts)).await;
    rendered.map_err(|error| Failure::new(Cause::Defect, "render the chart").because(error))?
}

/// A release of that name in another namespace is what people mean when they forget `--namespace`.
async fn refuse_elsewhere(tools: &DeployTools<'_>, request: &DeployRequest) -> Result<(), Failure> {
    let found = store::find(tools.cluster, &history_selector(&request.release)).await?.unwrap_or_default();
    let Some(other) = found.iter().find(|found| found.namespace != request.namespace) else { return Ok(()) };
    Err(Failure::new(
        Cause::Usage,
        format!(
            "existing release has been deployed in namespace `{}` (not in specified `{}`): check --namespace option value",
            other.namespace, request.namespace
        ),
    )
    .hint("use that namespace, dismiss the old release, or give this one another name with `--release`"))
}

/// An unchanged release: only whether all is ready.
async fn look_only(
    tools: &DeployTools<'_>,
    request: &DeployRequest,
    prepared: Prepared,
    end: Instant,
) -> Result<Deployed, Failure> {
    let revision = prepared.stored.history.last().map_or(0, |last| last.revision);
    tools.log.line(format!("Release \"{}\" is up to date: nothing to do, revision {revision} stays", request.release));
    let mut executor = Executor::new(tools.cluster, tools.log, &request.options, end, Timestamp::now());
    let work = executor.carry_out(prepared.plan.steps);
    until(tools.cancel, request.options.timeout, "look whether the release is ready", work).await?;
    Ok(Deployed { revision, changed: false })
}

type Held<'work> = (&'work Lease, Prepared, Instant);

async fn under_lease(
    tools: &DeployTools<'_>,
    request: &DeployRequest,
    store: &Store<'_>,
    held: Held<'_>,
) -> Result<Deployed, Failure> {
    let (lease, prepared, end) = held;
    let doing = format!("deploy release `{}`", request.release);
    let renewed = until(tools.cancel, request.options.timeout, &doing, async {
        let stored = settle_pending(tools, store, store.read().await?).await?;
        // Another job was faster, or died: what was planned is no longer true.
        if stored.history == prepared.stored.history { Ok(prepared) } else { plan(tools, request, stored).await }
    });
    let prepared = renewed.await?;
    if !prepared.plan.is_change {
        return look_only(tools, request, prepared, end).await;
    }
    let operation = if prepared.facts.is_install { Operation::Install } else { Operation::Upgrade };
    let history = prepared.stored.history.clone();
    let session = Session { tools, request, store, lease, history, operation, end };
    let outcome = session.run(&prepared.rendered, prepared.plan).await;
    match outcome {
        Ok(record) => {
            show::deployed(&record, tools.log);
            Ok(Deployed { revision: record.revision, changed: true })
        }
        Err(failure) if can_restore(request, operation, &failure) => {
            Err(rollback::after_failure(&session, failure).await)
        }
        Err(failure) => Err(failure),
    }
}

fn can_restore(request: &DeployRequest, operation: Operation, failure: &Failure) -> bool {
    request.options.on_failure == OnFailure::RollBack
        && operation == Operation::Upgrade
        && !matches!(failure.cause, Cause::Cancelled | Cause::ReleaseLocked | Cause::ClusterUnavailable)
}

/// We hold the lease, so whoever left a pending revision is dead; it is marked failed. Only a revision that another tool began
/// just now may be alive: other tools know no lease.
async fn settle_pending(tools: &DeployTools<'_>, store: &Store<'_>, stored: Stored) -> Result<Stored, Failure> {
    let Some(last) = stored.history.last().filter(|last| last.info.status.is_pending()) else { return Ok(stored) };
    let now = tools.cluster.clock().await?;
    let age = last.info.last_deployed.map_or(i64::MAX, |began| now.as_second().saturating_sub(began.as_second()));
    if !stored.last_is_ours && age < OTHERS_PENDING_SECONDS {
        let (release, revision) = (&last.name, last.revision);
        return Err(Failure::new(
            Cause::ReleaseLocked,
            format!(
                "deploy release `{release}`: another tool began revision {revision} {age} s ago and has not finished it"
            ),
        )
        .hint(format!("wait for it, or if it is dead: `helm rollback {release}`")));
    }
    let mut dead = last.clone();
    dead.info.status = Status::Failed;
    dead.info.description = format!("{}: the job died before it was done", dead.info.description);
    tools.log.line(format!("Revision {} was left unfinished by a job that died: marked failed", dead.revision));
    store.update(&dead, now).await?;
    store.read().await
}
