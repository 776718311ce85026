//! `PersistentVolumeClaim`: bound.

use serde_json::Value;

use super::Readiness;
use crate::model::object::text;

pub(super) fn readiness(object: &Value) -> Readiness {
    match text(object, "/status/phase") {
        Some("Bound") => Readiness::Ready,
        Some("Lost") => Readiness::Failed("its volume is lost".to_owned()),
        _ => Readiness::Progressing(vec!["a volume to be bound".to_owned()]),
    }
}
