//! Waiting until objects are gone.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::Value;
use tokio::time::Instant;

use crate::backends::cluster::Change;
use crate::backends::cluster::Cluster;
use crate::backends::cluster::ErrorKind;
use crate::backends::cluster::watch::WatchScope;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::object::ObjectRef;
use crate::model::object::list;
use crate::model::object::text;

/// Waits until `object` is gone, or another one has its name; `uid` says which one is meant.
///
/// # Errors
/// `NotReady` after `limit`, with what holds the object if it says so.
pub async fn wait_until_gone(
    cluster: &Cluster,
    object: &ObjectRef,
    uid: Option<&str>,
    limit: Duration,
) -> Result<(), Failure> {
    let Ok(kind) = cluster.kind(&object.api_version, &object.kind).await else {
        return Ok(());
    };
    let end = Instant::now() + limit;
    let mut changes = Box::pin(cluster.watch(WatchScope::one(kind, object.namespace.as_deref(), &object.name)));
    let mut last = Value::Null;
    let mut listed = false;
    loop {
        let Ok(change) = tokio::time::timeout_at(end, changes.next()).await else {
            return Err(stuck(object, &last, limit));
        };
        match change {
            Some(Change::Present(found)) => {
                if uid.is_some_and(|uid| text(&found, "/metadata/uid") != Some(uid)) {
                    return Ok(());
                }
                listed = true;
                last = found;
            }
            Some(Change::Restarted) => listed = false,
            Some(Change::Synced) if listed => {}
            Some(Change::Synced | Change::Gone(_)) | None => return Ok(()),
            Some(Change::Interrupted(error)) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::NoSuchKind) => {
                return Ok(());
            }
            Some(Change::Interrupted(error)) if error.kind != ErrorKind::Unavailable => return Err(error.into()),
            Some(Change::Interrupted(_)) => {}
        }
    }
}

fn stuck(object: &ObjectRef, last: &Value, limit: Duration) -> Failure {
    let held = holders(last);
    let because = if held.is_empty() { String::new() } else { format!(": {}", held.join("; ")) };
    let doing = format!("wait until {} is gone: it is there after {} s{because}", object.placed(), limit.as_secs());
    let failure = Failure::new(Cause::NotReady, doing);
    if list(last, "/metadata/finalizers").is_empty() {
        failure.hint("give it more time with `--timeout SECONDS`, or look at its conditions")
    } else {
        failure.hint("whoever set the finalizer has to remove it: check that this controller runs")
    }
}

/// What holds an object that is being deleted: its finalizers, and for a namespace what its conditions say.
pub fn holders(object: &Value) -> Vec<String> {
    let finalizers: Vec<&str> = list(object, "/metadata/finalizers").iter().filter_map(Value::as_str).collect();
    let mut held = Vec::new();
    if !finalizers.is_empty() {
        held.push(format!("finalizers `{}`", finalizers.join("`, `")));
    }
    for condition in list(object, "/status/conditions") {
        let is_true = text(condition, "/status") == Some("True");
        let name = text(condition, "/type").unwrap_or_default();
        let tells = name.starts_with("Namespace") && name != "NamespaceDeletionContentSuccess";
        if is_true && tells {
            held.push(text(condition, "/message").unwrap_or(name).to_owned());
        }
    }
    held
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::holders;

    #[test]
    fn a_stuck_namespace_says_what_holds_it() {
        let namespace = json!({"metadata": {"name": "review"}, "status": {"phase": "Terminating", "conditions": [
            {"type": "NamespaceDeletionDiscoveryFailure", "status": "True", "message": "metrics.k8s.io/v1beta1: stale"},
            {"type": "NamespaceContentRemaining", "status": "True", "message": "widgets.example.com has 1 instances"},
            {"type": "NamespaceFinalizersRemaining", "status": "False", "message": "none"}]}});
        assert_eq!(holders(&namespace), ["metrics.k8s.io/v1beta1: stale", "widgets.example.com has 1 instances"]);
    }
}
