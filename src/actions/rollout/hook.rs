//! One hook from creation to its end.

use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use super::absence::wait_until_gone;
use super::track::TrackOptions;
use super::track::track;
use crate::backends::cluster::Apply;
use crate::backends::cluster::Cluster;
use crate::backends::cluster::Deletion;
use crate::backends::cluster::ErrorKind;
use crate::chart::manifest::DeletePolicy;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::object::ObjectRef;
use crate::model::object::text;
use crate::report::JobLog;
use crate::report::Style;

/// Kinds that are waited for; any other hook is done when it exists.
const AWAITED: [&str; 2] = ["Job", "Pod"];

/// A hook that is to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HookStep {
    /// Its name.
    pub named: ObjectRef,
    /// The object, with all marks.
    pub object: Value,
    /// When it is deleted.
    pub delete_policies: Vec<DeletePolicy>,
}

impl HookStep {
    /// Whether the hook is deleted at `when`. Definitions of kinds never are: their objects would go with them.
    pub fn is_deleted(&self, when: DeletePolicy) -> bool {
        self.named.kind != "CustomResourceDefinition" && self.delete_policies.contains(&when)
    }
}

/// Deletes what an earlier run left if the hook says so, creates the hook, and follows it to its end.
///
/// # Errors
/// `HookFailed` with the reason if it fails or is not done in time.
pub async fn run(cluster: &Cluster, hook: &HookStep, options: TrackOptions, log: &JobLog) -> Result<(), Failure> {
    if hook.is_deleted(DeletePolicy::BeforeHookCreation) {
        delete(cluster, &hook.named, options.limit, log).await?;
    }
    let created = create(cluster, hook).await?;
    if !AWAITED.contains(&hook.named.kind.as_str()) {
        return Ok(());
    }
    let name = hook.named.short();
    let block = log.block(format!("Waiting for helm hook {name} termination"), Style::Plain);
    match track(cluster, vec![created], options, &block).await {
        Ok(()) => {
            block.done();
            Ok(())
        }
        Err(mut failure) => {
            block.failed();
            if failure.cause == Cause::NotReady {
                failure.cause = Cause::HookFailed;
            }
            Err(failure)
        }
    }
}

async fn create(cluster: &Cluster, hook: &HookStep) -> Result<Value, Failure> {
    match cluster.create(&hook.object, Apply::Commit).await {
        Ok(created) => Ok(created),
        Err(error) if error.kind == ErrorKind::AlreadyExists => {
            Err(Failure::new(Cause::HookFailed, format!("create hook {}: it exists", hook.named.placed()))
                .hint("add `before-hook-creation` to `helm.sh/hook-delete-policy`, or give it another name each time"))
        }
        Err(error) => Err(error.into()),
    }
}

/// Deletes a hook if it is there, and waits until it is gone.
pub async fn delete(cluster: &Cluster, hook: &ObjectRef, limit: Duration, log: &JobLog) -> Result<(), Failure> {
    let Some(found) = cluster.get(hook).await? else { return Ok(()) };
    let namespace = hook.namespace.as_deref().unwrap_or_default();
    log.line(format!("Deleting hook {hook} from namespace \"{namespace}\""));
    let uid = text(&found, "/metadata/uid");
    cluster.delete(hook, Deletion::Background, uid).await?;
    wait_until_gone(cluster, hook, uid, limit).await
}
