//! Flagger's Canary: initialised, or the analysis succeeded.

use serde_json::Value;

use super::Readiness;
use super::condition;
use crate::model::object::text;

pub(super) fn readiness(object: &Value) -> Readiness {
    match text(object, "/status/phase") {
        Some("Initialized" | "Succeeded") => Readiness::Ready,
        Some("Failed") => {
            let why = condition(object, "Promoted").map(super::Condition::why);
            Readiness::Failed(why.unwrap_or_else(|| "the canary failed".to_owned()))
        }
        phase => Readiness::Progressing(vec![format!("phase {}->Succeeded", phase.unwrap_or("Pending"))]),
    }
}
