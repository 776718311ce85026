//! The part of a deploy that nobody else may do at the same time: from the pending record to the final one.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::execute::Executor;
use super::execute::delete_and_wait;
use super::request::DeployRequest;
use super::request::DeployTools;
use super::request::OnFailure;
use super::steps::Plan;
use super::steps::Step;
use super::steps::in_uninstall_order;
use crate::actions::release::lease::Lease;
use crate::actions::release::store::Store;
use crate::actions::release::until::until;
use crate::chart::manifest::Rendered;
use crate::chart::print::render_manifest_text;
use crate::chart::release::HookRecord;
use crate::chart::release::Info;
use crate::chart::release::Record;
use crate::chart::release::Status;
use crate::chart::release::history::History;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::report::Style;

/// How long the last words may take: the record of a failure, and the clean-up after it.
const LAST_WORDS: Duration = Duration::from_secs(30);
/// The same when the job is being killed.
const LAST_WORDS_CANCELLED: Duration = Duration::from_millis(1500);

/// What makes this revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// The first installation.
    Install,
    /// An upgrade.
    Upgrade,
    /// The restoration of an earlier revision.
    Rollback(u64),
}

impl Operation {
    fn pending(self) -> (Status, String) {
        match self {
            Self::Install => (Status::PendingInstall, "Initial install underway".to_owned()),
            Self::Upgrade => (Status::PendingUpgrade, "Preparing upgrade".to_owned()),
            Self::Rollback(to) => (Status::PendingRollback, format!("Rollback to {to}")),
        }
    }

    fn success(self) -> String {
        match self {
            Self::Install => "Install complete".to_owned(),
            Self::Upgrade => "Upgrade complete".to_owned(),
            Self::Rollback(to) => format!("Rollback to {to}"),
        }
    }

    fn failure(self, release: &str, failure: &Failure) -> String {
        match self {
            Self::Install => format!("Release \"{release}\" failed: {failure}"),
            Self::Upgrade => format!("Upgrade \"{release}\" failed: {failure}"),
            Self::Rollback(to) => format!("Rollback to {to} failed: {failure}"),
        }
    }
}

/// One revision in the making.
pub(super) struct Session<'work> {
    pub(super) tools: &'work DeployTools<'work>,
    pub(super) request: &'work DeployRequest,
    pub(super) store: &'work Store<'work>,
    pub(super) lease: &'work Lease,
    pub(super) history: History,
    pub(super) operation: Operation,
    pub(super) end: Instant,
}

impl Session<'_> {
    /// Makes the revision: writes it down as pending, does the plan's steps, writes down how it went. Whatever happens, the
    /// record tells the truth afterwards.
    pub(super) async fn run(&self, rendered: &Rendered, mut plan: Plan) -> Result<Record, Failure> {
        let since = self.tools.cluster.clock().await?;
        let log = self.tools.log;
        let mut executor = Executor::new(self.tools.cluster, log, &self.request.options, self.end, since);
        let clear = matches!(plan.steps.first(), Some(Step::Clear(_))).then(|| plan.steps.remove(0));
        self.clear(clear, &mut executor).await?;
        let mut record = self.record(rendered, since);
        for old in self.history.to_prune(self.request.options.history_limit) {
            self.store.forget(old.revision).await?;
        }
        self.store.create(&record, since).await?;
        executor.hooks.clone_from(&record.hooks);
        let doing = format!("deploy release `{}`", self.request.release);
        let left = self.end.saturating_duration_since(Instant::now());
        // The steps know their own limit and tell more about it; this one is for what does not.
        let work = until(self.tools.cancel, left + Duration::from_secs(5), &doing, executor.carry_out(plan.steps));
        let outcome = tokio::select! {
            outcome = work => outcome,
            lost = self.lease.lost() => lost,
        };
        record.hooks = std::mem::take(&mut executor.hooks);
        match outcome {
            Ok(()) => self.succeed(record).await,
            Err(failure) => Err(self.fail(record, failure, executor).await),
        }
    }

    /// Clears away a first installation that failed: its objects, then its records.
    async fn clear(&self, step: Option<Step>, executor: &mut Executor<'_>) -> Result<(), Failure> {
        if !self.history.never_succeeded() || self.operation != Operation::Install {
            return Ok(());
        }
        let work = executor.carry_out(step.into_iter().collect());
        let left = self.end.saturating_duration_since(Instant::now());
        until(self.tools.cancel, left, "clear away the first installation, which failed", work).await?;
        for old in self.history.revisions() {
            self.store.forget(old.revision).await?;
        }
        Ok(())
    }

    fn record(&self, rendered: &Rendered, now: Timestamp) -> Record {
        let (status, description) = self.operation.pending();
        let is_install = self.operation == Operation::Install;
        let first = self.history.revisions().first().filter(|_| !is_install);
        Record {
            name: self.request.release.clone(),
            info: Info {
                first_deployed: first.and_then(|first| first.info.first_deployed).or(Some(now)),
                last_deployed: Some(now),
                deleted: None,
                description,
                status,
                notes: rendered.notes.clone().unwrap_or_default(),
                other: serde_json::Map::new(),
            },
            chart: self.request.chart.clone(),
            config: self.request.config.clone(),
            manifest: render_manifest_text(rendered, false),
            hooks: rendered.hooks.iter().map(HookRecord::from).collect(),
            revision: if is_install { 1 } else { self.history.next_revision() },
            namespace: self.request.namespace.clone(),
        }
    }

    async fn succeed(&self, mut record: Record) -> Result<Record, Failure> {
        record.info.status = Status::Deployed;
        record.info.description = self.operation.success();
        let now = Timestamp::now();
        self.store.update(&record, now).await?;
        for old in self.history.revisions().iter().filter(|old| old.info.status == Status::Deployed) {
            let mut old = old.clone();
            old.info.status = Status::Superseded;
            self.store.update(&old, now).await?;
        }
        Ok(record)
    }

    /// Writes the failure down and cleans up after it, both within a limit: the job may be being killed.
    async fn fail(&self, mut record: Record, failure: Failure, executor: Executor<'_>) -> Failure {
        let cancelled = failure.cause == Cause::Cancelled;
        record.info.status = Status::Failed;
        record.info.description = self.operation.failure(&self.request.release, &failure);
        let limit = if cancelled { LAST_WORDS_CANCELLED } else { LAST_WORDS };
        if tokio::time::timeout(limit, self.store.update(&record, Timestamp::now())).await.is_err() {
            self.tools.log.warn(format!(
                "revision {} stays pending: the cluster does not answer; the next deploy sees to it",
                record.revision
            ));
        }
        let keeps = self.operation == Operation::Install || self.request.options.on_failure == OnFailure::RollBack;
        if !cancelled && !keeps && failure.cause != Cause::ReleaseLocked {
            self.clean_up(executor).await;
        }
        failure
    }

    /// Deletes what this revision brought into being, as 1.1 does after a failed upgrade.
    async fn clean_up(&self, executor: Executor<'_>) {
        let created = in_uninstall_order(executor.created);
        if created.is_empty() {
            return;
        }
        let block = self.tools.log.block("Deleting new objects of the failed revision", Style::Plain);
        let work = delete_and_wait(self.tools.cluster, &created, LAST_WORDS, &block);
        match until(self.tools.cancel, LAST_WORDS, "delete new objects", work).await {
            Ok(()) => block.done(),
            Err(failure) => {
                block.warn(failure.to_string());
                block.failed();
            }
        }
    }
}
