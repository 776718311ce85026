//! Deployment: every replica is updated and available, and no old one is left.

use serde_json::Value;

use super::Readiness;
use super::condition;
use super::gap;
use super::is_observed;
use super::status;
use super::unobserved;
use crate::model::object::number;

pub(super) fn readiness(object: &Value) -> Readiness {
    if object.pointer("/spec/paused").and_then(Value::as_bool).unwrap_or(false) {
        return Readiness::Ready;
    }
    if !is_observed(object) {
        return unobserved();
    }
    if let Some(progress) = condition(object, "Progressing")
        && progress.reason == "ProgressDeadlineExceeded"
    {
        return Readiness::Failed(progress.why());
    }
    let wanted = number(object, "/spec/replicas").unwrap_or(1);
    let gaps = [
        gap("up-to-date", status(object, "updatedReplicas"), wanted),
        gap("replicas", status(object, "replicas"), wanted),
        gap("available", status(object, "availableReplicas"), wanted),
    ];
    Readiness::unless(gaps.into_iter().flatten().collect())
}
