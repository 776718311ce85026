//! `StatefulSet`: the pods that its strategy updates are updated, and all are ready.

use serde_json::Value;

use super::Readiness;
use super::gap;
use super::is_observed;
use super::status;
use super::unobserved;
use crate::model::object::number;
use crate::model::object::text;

pub(super) fn readiness(object: &Value) -> Readiness {
    if !is_observed(object) {
        return unobserved();
    }
    let wanted = number(object, "/spec/replicas").unwrap_or(1);
    let updated = status(object, "updatedReplicas");
    let ready = gap("ready", status(object, "readyReplicas"), wanted);
    let same_revision = text(object, "/status/currentRevision") == text(object, "/status/updateRevision");
    let update = match text(object, "/spec/updateStrategy/type") {
        Some("OnDelete") => {
            let done = updated >= wanted || (updated == 0 && same_revision);
            (!done).then(|| "old pods to be deleted by hand (update strategy `OnDelete`)".to_owned())
        }
        _ => match number(object, "/spec/updateStrategy/rollingUpdate/partition").filter(|partition| *partition > 0) {
            Some(partition) => {
                let aim = (wanted - partition).max(0);
                (updated < aim).then(|| format!("up-to-date {updated}->{aim}"))
            }
            None => (!same_revision).then(|| format!("up-to-date {updated}->{wanted}")),
        },
    };
    Readiness::unless(update.into_iter().chain(ready).collect())
}
