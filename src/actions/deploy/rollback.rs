//! Restoring an earlier revision.

use tokio::time::Instant;

use super::request::DeployRequest;
use super::request::DeployTools;
use super::request::Deployed;
use super::session::Operation;
use super::session::Session;
use super::show;
use super::steps;
use super::survey;
use crate::actions::release::lease::Lease;
use crate::actions::release::store::Store;
use crate::actions::release::until::until;
use crate::chart::manifest::Rendered;
use crate::chart::release::Record;
use crate::chart::release::Status;
use crate::chart::release::history::History;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::report::Style;

/// Restores revision `to` of a release, or the one that was deployed before the newest, as a new revision. The request's chart
/// and values are taken from the restored revision; the renderer is not asked.
///
/// # Errors
/// `Usage` if there is no such revision; else as [`super::deploy`].
pub async fn rollback(tools: &DeployTools<'_>, request: &DeployRequest, to: Option<u64>) -> Result<Deployed, Failure> {
    let doing = format!("roll back release `{}`", request.release);
    let end = Instant::now() + request.options.timeout;
    let store = Store::new(tools.cluster, &request.release, &request.namespace, super::labels(request));
    let taken = async {
        if store.read().await?.history.last().is_none() {
            return Err(Failure::new(
                Cause::Usage,
                format!("{doing}: release was not found in namespace `{}`", request.namespace),
            ));
        }
        Lease::acquire(tools.cluster, &request.namespace, &request.release, &request.holder, tools.log).await
    };
    let lease = until(tools.cancel, request.options.timeout, &doing, taken).await?;
    let outcome = async {
        let stored = super::settle_pending(tools, &store, store.read().await?).await?;
        let target = choose(&stored.history, to, &request.release)?.clone();
        let request = DeployRequest { chart: target.chart.clone(), config: target.config.clone(), ..request.clone() };
        let operation = Operation::Rollback(target.revision);
        let session =
            Session { tools, request: &request, store: &store, lease: &lease, history: stored.history, operation, end };
        restore(&session, &target).await
    };
    let outcome = outcome.await;
    lease.release().await;
    let record = outcome?;
    show::deployed(&record, tools.log);
    Ok(Deployed { revision: record.revision, changed: true })
}

fn choose<'history>(history: &'history History, to: Option<u64>, release: &str) -> Result<&'history Record, Failure> {
    let newest = history.last().map_or(0, |last| last.revision);
    let mut older = history.revisions().iter().rev().filter(|record| record.revision < newest);
    let chosen = match to {
        Some(revision) => history.revisions().iter().find(|record| record.revision == revision),
        None => older.find(|record| matches!(record.info.status, Status::Superseded | Status::Deployed)),
    };
    chosen.ok_or_else(|| {
        let which =
            to.map_or_else(|| "an earlier one that was deployed".to_owned(), |revision| format!("revision {revision}"));
        Failure::new(Cause::Usage, format!("roll back release `{release}`: it has not {which}"))
            .hint("`werf helm history` shows the revisions")
    })
}

/// Makes the objects of `target` what they were, as a new revision.
async fn restore(session: &Session<'_>, target: &Record) -> Result<Record, Failure> {
    let unreadable = |error| Failure::new(Cause::ManifestRejected, "read the revision to restore").because(error);
    let rendered = Rendered {
        manifests: target.manifests().map_err(unreadable)?,
        hooks: target.hook_manifests().map_err(unreadable)?,
        crds: Vec::new(),
        notes: Some(target.info.notes.clone()),
        warnings: Vec::new(),
    };
    let wanted = survey::Wanted { request: session.request, rendered: &rendered, history: &session.history };
    let mut survey = survey::look(session.tools.cluster, &wanted, &mut Vec::new()).await?;
    // A rollback is a new revision even if nothing differs.
    survey.record_is_same = false;
    survey.is_install = false;
    let plan = steps::decide_rollback(survey)?;
    session.run(&rendered, plan).await
}

/// Restores the last deployed revision after `failure` and answers what came of both.
pub(super) async fn after_failure(session: &Session<'_>, failure: Failure) -> Failure {
    let log = session.tools.log;
    let name = &session.request.release;
    let stored = match session.store.read().await {
        Ok(stored) => stored,
        Err(error) => return failure.hint(format!("the rollback could not begin: {error}")),
    };
    let Some(target) = stored.history.last_good().cloned() else { return failure };
    let block = log.block(format!("Rolling back release {name} to revision {}", target.revision), Style::Plain);
    let request =
        DeployRequest { chart: target.chart.clone(), config: target.config.clone(), ..session.request.clone() };
    let session = Session {
        tools: session.tools,
        request: &request,
        store: session.store,
        lease: session.lease,
        history: stored.history,
        operation: Operation::Rollback(target.revision),
        end: Instant::now() + session.request.options.timeout,
    };
    match restore(&session, &target).await {
        Ok(record) => {
            block.done();
            failure.hint(format!(
                "the release was rolled back to revision {}, which is revision {} now",
                target.revision, record.revision
            ))
        }
        Err(second) => {
            block.failed();
            let mut both = failure;
            both.message =
                format!("{}\nrollback to revision {} failed as well: {second}", both.message, target.revision);
            both
        }
    }
}
