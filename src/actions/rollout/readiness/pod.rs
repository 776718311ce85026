//! Pod: ready to serve, or through with its work.

use serde_json::Value;

use super::Readiness;
use super::condition;
use crate::model::object::annotation;
use crate::model::object::text;

pub(super) fn readiness(object: &Value) -> Readiness {
    match text(object, "/status/phase") {
        Some("Succeeded") => Readiness::Ready,
        Some("Failed") => Readiness::Failed(failure(object)),
        // A hook is waited for until its work is done, not until it serves.
        _ if is_ready(object) && annotation(object, "helm.sh/hook").is_none() => Readiness::Ready,
        phase => Readiness::Progressing(vec![format!("{} to be ready", phase.unwrap_or("Pending"))]),
    }
}

/// Whether the pod's `Ready` condition is true.
pub fn is_ready(object: &Value) -> bool {
    condition(object, "Ready").is_some_and(super::Condition::is_true)
}

/// Why no node takes the pod, if none does.
pub fn unschedulable(object: &Value) -> Option<&str> {
    let scheduled = condition(object, "PodScheduled")?;
    (scheduled.is_false() && scheduled.reason == "Unschedulable").then_some(scheduled.message)
}

fn failure(object: &Value) -> String {
    let reason = text(object, "/status/reason").unwrap_or("the pod failed");
    match text(object, "/status/message") {
        Some(message) => format!("{reason}: {message}"),
        None => reason.to_owned(),
    }
}
