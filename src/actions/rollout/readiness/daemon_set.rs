//! `DaemonSet`: every node that wants a pod has a new one that is available.

use serde_json::Value;

use super::Readiness;
use super::gap;
use super::is_observed;
use super::status;
use super::unobserved;
use crate::model::object::text;

pub(super) fn readiness(object: &Value) -> Readiness {
    if !is_observed(object) {
        return unobserved();
    }
    if text(object, "/spec/updateStrategy/type") == Some("OnDelete") {
        return Readiness::Ready;
    }
    let wanted = status(object, "desiredNumberScheduled");
    let gaps = [
        gap("up-to-date", status(object, "updatedNumberScheduled"), wanted),
        gap("available", status(object, "numberAvailable"), wanted),
    ];
    Readiness::unless(gaps.into_iter().flatten().collect())
}
