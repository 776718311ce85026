//! Doing the steps. Nothing is decided here.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use tokio::time::Instant;

use super::compare;
use super::request::DeployOptions;
use super::steps::Action;
use super::steps::Change;
use super::steps::Removal;
use super::steps::Step;
use crate::actions::rollout::absence::wait_until_gone;
use crate::actions::rollout::hook;
use crate::actions::rollout::hook::HookStep;
use crate::actions::rollout::readiness::Readiness;
use crate::actions::rollout::readiness::readiness;
use crate::actions::rollout::track::TrackOptions;
use crate::actions::rollout::track::track;
use crate::backends::cluster::Apply;
use crate::backends::cluster::Cluster;
use crate::backends::cluster::ClusterError;
use crate::backends::cluster::Deletion;
use crate::backends::cluster::ErrorKind;
use crate::backends::cluster::objects::FIELD_MANAGER;
use crate::chart::manifest::DeletePolicy;
use crate::chart::release::HookPhase;
use crate::chart::release::HookRecord;
use crate::model::failure::Failure;
use crate::model::object::ObjectKey;
use crate::model::object::ObjectRef;
use crate::model::object::annotation;
use crate::model::object::text;
use crate::report::JobLog;
use crate::report::Style;

/// Requests side by side; the cluster has its own limit too.
const SIDE_BY_SIDE: usize = 30;
/// How long a new kind may take until it can be used.
const DEFINITION_LIMIT: Duration = Duration::from_mins(1);
/// Attempts to mend an object's managers while others change it.
const ATTEMPTS: usize = 5;

/// Does steps, and remembers what was done for whoever has to undo it.
pub(super) struct Executor<'work> {
    /// The cluster.
    pub(super) cluster: Cluster,
    /// Where it tells.
    pub(super) log: &'work JobLog,
    /// How it is done.
    pub(super) options: &'work DeployOptions,
    /// When everything has to be done.
    pub(super) end: Instant,
    /// When the work began, by the API server's clock.
    pub(super) since: Timestamp,
    /// Objects that came into being.
    pub(super) created: Vec<Removal>,
    /// The hooks of the record; their last run is noted.
    pub(super) hooks: Vec<HookRecord>,
    applied: HashMap<ObjectKey, Value>,
}

impl<'work> Executor<'work> {
    /// Prepares to do steps until `end`.
    pub(super) fn new(
        cluster: &Cluster,
        log: &'work JobLog,
        options: &'work DeployOptions,
        end: Instant,
        since: Timestamp,
    ) -> Self {
        Self {
            cluster: cluster.clone(),
            log,
            options,
            end,
            since,
            created: Vec::new(),
            hooks: Vec::new(),
            applied: HashMap::new(),
        }
    }

    /// Does `steps` one after another; the first failure ends it.
    pub(super) async fn carry_out(&mut self, steps: Vec<Step>) -> Result<(), Failure> {
        for step in steps {
            match step {
                Step::Clear(removals) => self.clear(removals).await?,
                Step::CreateNamespace(name) => ensure_namespace(&self.cluster, &name).await?,
                Step::Define(changes) => self.define(changes).await?,
                Step::Hooks(_, hooks) => self.run_hooks(hooks).await?,
                Step::Apply(changes) => self.apply(changes).await?,
                Step::Delete(removals) => self.delete(removals).await?,
                Step::Track(objects) => self.track(objects).await?,
            }
        }
        Ok(())
    }

    fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    fn track_options(&self, progress: Option<Duration>) -> TrackOptions {
        TrackOptions { limit: self.left(), progress, since: self.since }
    }

    /// Deletes what is left of a first installation that failed and waits until it is gone.
    async fn clear(&mut self, removals: Vec<Removal>) -> Result<(), Failure> {
        let block = self.log.block("Deleting release", Style::Plain);
        let outcome = delete_and_wait(&self.cluster, &removals, self.left(), &block).await;
        match outcome {
            Ok(()) => block.done(),
            Err(_) => block.failed(),
        }
        outcome
    }

    async fn delete(&mut self, removals: Vec<Removal>) -> Result<(), Failure> {
        for removal in &removals {
            self.log.line(format!("Deleting {} which the chart no longer has", removal.named.placed()));
            self.cluster.delete(&removal.named, Deletion::Background, Some(&removal.uid)).await?;
        }
        Ok(())
    }

    async fn define(&mut self, changes: Vec<Change>) -> Result<(), Failure> {
        self.apply(changes.clone()).await?;
        let objects = changes.iter().filter_map(|change| self.applied.get(&change.named.key()).cloned()).collect();
        let options = TrackOptions { limit: self.left().min(DEFINITION_LIMIT), progress: None, since: self.since };
        track(&self.cluster, objects, options, self.log).await?;
        self.cluster.rediscover().await?;
        Ok(())
    }

    /// Applies all, then fails with all that was refused: what is under way when one is refused is known for sure.
    async fn apply(&mut self, changes: Vec<Change>) -> Result<(), Failure> {
        let cluster = &self.cluster;
        let left = self.left();
        let outcomes = stream::iter(changes).map(|change| async move {
            let outcome = apply_one(cluster, &change, left).await;
            (change, outcome)
        });
        let outcomes: Vec<_> = outcomes.buffered(SIDE_BY_SIDE).collect().await;
        let mut refused: Option<Failure> = None;
        for (change, outcome) in outcomes {
            match outcome {
                Ok(applied) => self.note_applied(&change, applied.object, &applied.warnings),
                Err(failure) => {
                    let failure = failure.context(format!("`{}`", change.source));
                    match &mut refused {
                        Some(first) => first.message = format!("{}; {failure}", first.message),
                        None => refused = Some(failure),
                    }
                }
            }
        }
        refused.map_or(Ok(()), Err)
    }

    fn note_applied(&mut self, change: &Change, object: Value, warnings: &[String]) {
        for warning in warnings {
            self.log.warn(format!("`{}`: {}: {warning}", change.source, change.named));
        }
        if change.action == Action::Create {
            let uid = text(&object, "/metadata/uid").unwrap_or_default().to_owned();
            self.created.push(Removal { named: change.named.clone(), uid });
        }
        self.log.verbose(change.to_string().trim_end());
        self.applied.insert(change.named.key(), object);
    }

    /// Runs hooks one after another. Those that succeeded are deleted when all have, or when one failed.
    async fn run_hooks(&mut self, hooks: Vec<HookStep>) -> Result<(), Failure> {
        let mut succeeded: Vec<&HookStep> = Vec::new();
        let mut outcome = Ok(());
        for step in &hooks {
            let options = self.track_options(self.options.hook_progress);
            self.note_hook(&step.named, HookPhase::Running);
            match hook::run(&self.cluster, step, options, self.log).await {
                Ok(()) => {
                    self.note_hook(&step.named, HookPhase::Succeeded);
                    succeeded.push(step);
                }
                Err(failure) => {
                    self.note_hook(&step.named, HookPhase::Failed);
                    if step.is_deleted(DeletePolicy::HookFailed) {
                        hook::delete(&self.cluster, &step.named, self.left(), self.log).await?;
                    }
                    outcome = Err(failure);
                    break;
                }
            }
        }
        for step in succeeded.into_iter().rev().filter(|step| step.is_deleted(DeletePolicy::HookSucceeded)) {
            hook::delete(&self.cluster, &step.named, self.left(), self.log).await?;
        }
        outcome
    }

    fn note_hook(&mut self, named: &ObjectRef, phase: HookPhase) {
        let now = Some(Timestamp::now());
        let same = |hook: &&mut HookRecord| hook.name == named.name && hook.kind == named.kind;
        for hook in self.hooks.iter_mut().filter(same) {
            hook.last_run.phase = phase;
            if phase == HookPhase::Running {
                hook.last_run.started_at = now;
                hook.last_run.completed_at = None;
            } else {
                hook.last_run.completed_at = now;
            }
        }
    }

    async fn track(&mut self, objects: Vec<Value>) -> Result<(), Failure> {
        let latest = |object: Value| {
            let key = ObjectRef::of(&object).map(|named| named.key());
            key.and_then(|key| self.applied.get(&key).cloned()).unwrap_or(object)
        };
        let objects: Vec<Value> = objects.into_iter().filter(is_awaited).map(latest).collect();
        if objects.iter().all(|object| readiness(object) == Readiness::Ready) {
            return Ok(());
        }
        let block = self.log.block("Waiting for release resources to become ready", Style::Plain);
        let outcome = track(&self.cluster, objects, self.track_options(self.options.progress), &block).await;
        match outcome {
            Ok(()) => block.done(),
            Err(_) => block.failed(),
        }
        outcome
    }
}

/// Kinds that may rightly never become ready in a cluster that lacks a part, such as a load balancer: they are waited for
/// only if their annotation asks for it.
fn is_awaited(object: &Value) -> bool {
    let optional = ["PersistentVolumeClaim", "Service", "Ingress"];
    !text(object, "/kind").is_some_and(|kind| optional.contains(&kind))
        || annotation(object, "werf.io/track-termination-mode") == Some("WaitUntilResourceReady")
}

/// Creates the namespace if it is missing.
pub(super) async fn ensure_namespace(cluster: &Cluster, name: &str) -> Result<(), Failure> {
    // Helm's mark on namespaces that it makes.
    let namespace =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"name": name}}});
    match cluster.create(&namespace, Apply::Commit).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind == ErrorKind::AlreadyExists => wait_while_terminating(cluster, name).await,
        Err(error) => Err(error.into()),
    }
}

/// A namespace that is being deleted, such as by a stop job just before, is waited for and made anew.
async fn wait_while_terminating(cluster: &Cluster, name: &str) -> Result<(), Failure> {
    let named = ObjectRef::cluster_wide("v1", "Namespace", name);
    let Some(found) = cluster.get(&named).await? else { return Ok(()) };
    if text(&found, "/status/phase") != Some("Terminating") {
        return Ok(());
    }
    wait_until_gone(cluster, &named, text(&found, "/metadata/uid"), Duration::from_mins(5)).await?;
    Box::pin(ensure_namespace(cluster, name)).await
}

async fn apply_one(
    cluster: &Cluster,
    change: &Change,
    left: Duration,
) -> Result<crate::backends::cluster::Applied, Failure> {
    match &change.action {
        Action::Update { mend: true, .. } => mend_managers(cluster, &change.named).await?,
        Action::Recreate => {
            cluster.delete(&change.named, Deletion::Background, None).await?;
            wait_until_gone(cluster, &change.named, None, left).await?;
        }
        Action::Create | Action::Update { .. } => {}
    }
    Ok(cluster.apply(&change.object, Apply::Commit).await?)
}

/// Makes the fields that former managers set ours.
async fn mend_managers(cluster: &Cluster, named: &ObjectRef) -> Result<(), Failure> {
    for _ in 0..ATTEMPTS {
        let Some(live) = cluster.get(named).await? else { return Ok(()) };
        let Some(mended) = compare::mended_managers(&live, FIELD_MANAGER) else { return Ok(()) };
        let version = live.pointer("/metadata/resourceVersion").cloned().unwrap_or_default();
        let patch = json!({"metadata": {"managedFields": mended, "resourceVersion": version}});
        match cluster.merge(named, &patch).await {
            Ok(_) => return Ok(()),
            Err(ClusterError { kind: ErrorKind::Conflict, .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Deletes objects in order and waits until all are gone.
pub(super) async fn delete_and_wait(
    cluster: &Cluster,
    removals: &[Removal],
    limit: Duration,
    log: &JobLog,
) -> Result<(), Failure> {
    for removal in removals {
        log.line(format!("Deleting {}", removal.named.placed()));
        cluster.delete(&removal.named, Deletion::Background, Some(&removal.uid)).await?;
    }
    let waits = removals.iter().map(|removal| wait_until_gone(cluster, &removal.named, Some(&removal.uid), limit));
    futures_util::future::try_join_all(waits).await?;
    Ok(())
}
