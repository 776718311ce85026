//! Kinds that others defined: judged by the conditions and words that such kinds use.
//!
//! The first path that exists decides: a condition whose type means "ready", then a status field with a word that means
//! ready, pending or failed. Without any of them the object is ready.

use serde_json::Value;

use super::Readiness;
use super::condition;
use super::is_observed;
use super::unobserved;
use crate::model::object::number;
use crate::model::object::text;

/// Kinds whose own condition decides, where the general words would mislead.
const OWN_CONDITION: [(&str, &str, &str); 5] = [
    ("external-secrets.io", "ExternalSecret", "Ready"),
    ("bitnami.com", "SealedSecret", "Synced"),
    ("argoproj.io", "ApplicationSet", "ResourcesUpToDate"),
    ("cert-manager.io", "Certificate", "Ready"),
    ("monitoring.coreos.com", "Prometheus", "Available"),
];

/// Words that mean ready, as types of conditions and as values of status fields.
const READY: [&str; 17] = [
    "ready",
    "success",
    "succeeded",
    "complete",
    "completed",
    "finished",
    "finalized",
    "done",
    "available",
    "running",
    "ok",
    "active",
    "live",
    "healthy",
    "started",
    "initialized",
    "approved",
];

const PENDING: [&str; 17] = [
    "creating",
    "updating",
    "waiting",
    "awaiting",
    "pending",
    "finishing",
    "starting",
    "readying",
    "inprogress",
    "progressing",
    "initialization",
    "initializing",
    "approving",
    "unknown",
    "invalid",
    "yellow",
    "red",
];

const FAILED: [&str; 9] =
    ["failure", "failed", "abort", "aborted", "terminated", "error", "errored", "rejection", "rejected"];

/// Fields of the status that hold such a word.
const FIELDS: [&str; 8] =
    ["phase", "currentPhase", "state", "currentState", "status", "currentStatus", "health", "currentHealth"];

pub(super) fn readiness(object: &Value) -> Readiness {
    if number(object, "/status/observedGeneration").is_some() && !is_observed(object) {
        return unobserved();
    }
    by_own_condition(object).or_else(|| by_condition(object)).or_else(|| by_field(object)).unwrap_or(Readiness::Ready)
}

fn by_own_condition(object: &Value) -> Option<Readiness> {
    let group = text(object, "/apiVersion")?.split_once('/')?.0;
    let kind = text(object, "/kind")?;
    let (_, _, name) =
        OWN_CONDITION.iter().find(|(own_group, own_kind, _)| (*own_group, *own_kind) == (group, kind))?;
    Some(match condition(object, name) {
        Some(found) if found.is_true() => Readiness::Ready,
        Some(found) => Readiness::Progressing(vec![format!("condition {name} ({})", found.why())]),
        None => Readiness::Progressing(vec![format!("condition {name}")]),
    })
}

fn by_condition(object: &Value) -> Option<Readiness> {
    let conditions = object.pointer("/status/conditions")?.as_array()?;
    let types: Vec<&str> = conditions.iter().filter_map(|found| text(found, "/type")).collect();
    let named = READY.iter().find_map(|word| types.iter().find(|found| plain(found) == *word))?;
    let found = condition(object, named)?;
    Some(if found.is_true() {
        Readiness::Ready
    } else {
        Readiness::Progressing(vec![format!("condition {named} ({})", found.why())])
    })
}

fn by_field(object: &Value) -> Option<Readiness> {
    FIELDS.iter().find_map(|field| {
        let value = text(object, &format!("/status/{field}"))?;
        let word = plain(value);
        let is = |words: &[&str]| words.contains(&word.as_str());
        if is(&READY) || matches!(word.as_str(), "valid" | "green") {
            Some(Readiness::Ready)
        } else if is(&FAILED) {
            Some(Readiness::Failed(format!("{field} is {value}")))
        } else if is(&PENDING) {
            Some(Readiness::Progressing(vec![format!("{field} {value}->ready")]))
        } else {
            None
        }
    })
}

/// The word in small letters without what separates its parts: `InProgress`, `in-progress` and `IN_PROGRESS` are one.
fn plain(word: &str) -> String {
    word.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}
