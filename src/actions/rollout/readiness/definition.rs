//! `CustomResourceDefinition`: its kind can be used.

use serde_json::Value;

use super::Readiness;
use super::condition;

pub(super) fn readiness(object: &Value) -> Readiness {
    if condition(object, "Established").is_some_and(super::Condition::is_true) {
        return Readiness::Ready;
    }
    match condition(object, "NamesAccepted").filter(|accepted| accepted.is_false()) {
        Some(refused) => Readiness::Failed(refused.why()),
        None => Readiness::Progressing(vec!["the kind to be established".to_owned()]),
    }
}
