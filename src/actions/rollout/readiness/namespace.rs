//! Namespace: active.

use serde_json::Value;

use super::Readiness;
use crate::model::object::text;

pub(super) fn readiness(object: &Value) -> Readiness {
    match text(object, "/status/phase") {
        Some("Terminating") => Readiness::Failed("the namespace is being deleted".to_owned()),
        _ => Readiness::Ready,
    }
}
