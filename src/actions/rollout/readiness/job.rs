//! Job: complete, or failed for good.

use serde_json::Value;

use super::Readiness;
use super::condition;
use super::status;
use crate::model::object::number;

pub(super) fn readiness(object: &Value) -> Readiness {
    if condition(object, "Complete").is_some_and(super::Condition::is_true) {
        return Readiness::Ready;
    }
    // `FailureTarget` says so before the last pod has ended.
    let failed = ["Failed", "FailureTarget"].into_iter().filter_map(|name| condition(object, name));
    if let Some(failed) = failed.into_iter().find(|condition| condition.is_true()) {
        return Readiness::Failed(failed.why());
    }
    if object.pointer("/spec/suspend").and_then(Value::as_bool).unwrap_or(false) {
        return Readiness::Progressing(vec!["the Job to be resumed (it is suspended)".to_owned()]);
    }
    let wanted = number(object, "/spec/completions").unwrap_or(1);
    Readiness::Progressing(vec![format!("succeeded {}->{wanted}", status(object, "succeeded"))])
}
