//! Doing the steps. Nothing is decided here.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::time::Instant;

use super::request::DismissTools;
use super::steps::Plan;
use crate::actions::release::store::Found;
use crate::actions::release::store::Store;
use crate::actions::rollout::absence::wait_until_gone;
use crate::actions::rollout::hook;
use crate::actions::rollout::hook::HookStep;
use crate::actions::rollout::track::TrackOptions;
use crate::backends::cluster::Cluster;
use crate::backends::cluster::Deletion;
use crate::chart::manifest::DeletePolicy;
use crate::model::failure::Failure;
use crate::model::object::ObjectRef;
use crate::model::object::text;
use crate::report::JobLog;
use crate::report::Style;

/// How often hooks show their progress.
const PROGRESS: Duration = Duration::from_secs(5);

/// Does the plan for `found`.
pub(super) async fn carry_out(
    tools: &DismissTools<'_>,
    found: &Found,
    plan: Plan,
    end: Instant,
) -> Result<(), Failure> {
    run_hooks(tools, &plan.before, end).await?;
    delete_hooks(tools, &plan, end).await?;
    let block = tools.log.block("Deleting release", Style::Plain);
    match delete_objects(tools.cluster, found, &plan, (end, &block)).await {
        Ok(()) => block.done(),
        Err(failure) => {
            block.failed();
            return Err(failure);
        }
    }
    run_hooks(tools, &plan.after, end).await?;
    let store = Store::new(tools.cluster, &found.release, &found.namespace, BTreeMap::new());
    for revision in &plan.revisions {
        store.forget(*revision).await?;
    }
    for kept in &plan.kept {
        tools.log.line(format!("Kept {} as its annotations ask", kept.placed()));
    }
    Ok(())
}

fn left(end: Instant) -> Duration {
    end.saturating_duration_since(Instant::now())
}

async fn run_hooks(tools: &DismissTools<'_>, hooks: &[HookStep], end: Instant) -> Result<(), Failure> {
    if hooks.is_empty() {
        return Ok(());
    }
    let since = tools.cluster.clock().await?;
    for step in hooks {
        let options = TrackOptions { limit: left(end), progress: Some(PROGRESS), since };
        hook::run(tools.cluster, step, options, tools.log).await?;
    }
    for step in hooks.iter().filter(|step| step.is_deleted(DeletePolicy::HookSucceeded)) {
        hook::delete(tools.cluster, &step.named, left(end), tools.log).await?;
    }
    Ok(())
}

async fn delete_hooks(tools: &DismissTools<'_>, plan: &Plan, end: Instant) -> Result<(), Failure> {
    if plan.hooks.is_empty() {
        return Ok(());
    }
    let title = format!("Deleting helm hooks from all existing release revisions ({})", plan.revisions.len());
    let block = tools.log.block(title, Style::Plain);
    for named in &plan.hooks {
        let namespace = named.namespace.as_deref().unwrap_or_default();
        let inline = block.inline(format!("Deleting {named} from namespace \"{namespace}\""));
        tools.cluster.delete(named, Deletion::Background, None).await?;
        wait_until_gone(tools.cluster, named, None, left(end)).await?;
        inline.done();
    }
    block.done();
    Ok(())
}

/// Deletes objects in order, then waits until all are gone.
async fn delete_objects(
    cluster: &Cluster,
    found: &Found,
    plan: &Plan,
    (end, log): (Instant, &JobLog),
) -> Result<(), Failure> {
    for (named, uid) in &plan.objects {
        let namespace = named.namespace.as_deref().unwrap_or_default();
        log.line(format!("Deleting {named} of release \"{}\" from namespace \"{namespace}\"", found.release));
        cluster.delete(named, Deletion::Background, Some(uid)).await?;
    }
    let waits = plan.objects.iter().map(|(named, uid)| wait_until_gone(cluster, named, Some(uid), left(end)));
    try_join_all(waits).await?;
    Ok(())
}

/// Deletes a namespace and waits until it is gone. `false` if there was none.
pub(super) async fn delete_namespace(cluster: &Cluster, name: &str, end: Instant) -> Result<bool, Failure> {
    let named = ObjectRef::cluster_wide("v1", "Namespace", name);
    let Some(found) = cluster.get(&named).await? else { return Ok(false) };
    cluster.delete(&named, Deletion::Background, None).await?;
    wait_until_gone(cluster, &named, text(&found, "/metadata/uid"), left(end)).await?;
    Ok(true)
}
