//! Whether an object is what it was meant to be: ready, on its way, or failed (pure).
//!
//! One file a kind. Kinds that nobody knows are judged by their conditions, see [`generic`].

mod canary;
mod claim;
mod daemon_set;
mod definition;
mod deployment;
mod generic;
mod job;
mod namespace;
pub mod pod;
mod service;
mod stateful_set;

use serde_json::Value;

use crate::model::object::ObjectRef;
use crate::model::object::list;
use crate::model::object::number;
use crate::model::object::text;

/// What an object says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// It is what it was meant to be.
    Ready,
    /// It is on its way; each text says what is waited for.
    Progressing(Vec<String>),
    /// It will not become ready by itself; the text says why.
    Failed(String),
}

impl Readiness {
    /// Ready if nothing is waited for.
    fn unless(waiting: Vec<String>) -> Self {
        if waiting.is_empty() { Self::Ready } else { Self::Progressing(waiting) }
    }
}

/// Judges `object` by its kind.
pub fn readiness(object: &Value) -> Readiness {
    let Some(named) = ObjectRef::of(object) else {
        return Readiness::Ready;
    };
    match (named.group(), named.kind.as_str()) {
        ("apps" | "extensions", "Deployment") => deployment::readiness(object),
        ("apps", "StatefulSet") => stateful_set::readiness(object),
        ("apps" | "extensions", "DaemonSet") => daemon_set::readiness(object),
        ("batch", "Job") => job::readiness(object),
        ("", "Pod") => pod::readiness(object),
        ("", "PersistentVolumeClaim") => claim::readiness(object),
        ("", "Service") => service::readiness(object),
        ("", "Namespace") => namespace::readiness(object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition::readiness(object),
        ("flagger.app", "Canary") => canary::readiness(object),
        // Kinds of the cluster itself that are ready as soon as they exist.
        (group, _) if is_built_in(group) => Readiness::Ready,
        _ => generic::readiness(object),
    }
}

fn is_built_in(group: &str) -> bool {
    !group.contains('.') || group.ends_with(".k8s.io")
}

/// A condition of an object: its status with reason and message.
#[derive(Debug, Clone, Copy)]
struct Condition<'object> {
    status: &'object str,
    reason: &'object str,
    message: &'object str,
}

impl Condition<'_> {
    fn is_true(self) -> bool {
        self.status == "True"
    }

    fn is_false(self) -> bool {
        self.status == "False"
    }

    /// `reason: message`, or whichever there is.
    fn why(self) -> String {
        match (self.reason, self.message) {
            ("", message) => message.to_owned(),
            (reason, "") => reason.to_owned(),
            (reason, message) => format!("{reason}: {message}"),
        }
    }
}

fn condition<'object>(object: &'object Value, name: &str) -> Option<Condition<'object>> {
    let found = list(object, "/status/conditions").iter().find(|condition| text(condition, "/type") == Some(name))?;
    Some(Condition {
        status: text(found, "/status").unwrap_or_default(),
        reason: text(found, "/reason").unwrap_or_default(),
        message: text(found, "/message").unwrap_or_default(),
    })
}

/// A whole number of the status; 0 if it is not there yet.
fn status(object: &Value, field: &str) -> i64 {
    number(object, &format!("/status/{field}")).unwrap_or(0)
}

/// Whether the status speaks of the object as it is now, not of an earlier version.
fn is_observed(object: &Value) -> bool {
    status(object, "observedGeneration") >= number(object, "/metadata/generation").unwrap_or(0)
}

/// `name have->want` if the two differ.
fn gap(name: &str, have: i64, want: i64) -> Option<String> {
    (have != want).then(|| format!("{name} {have}->{want}"))
}

fn unobserved() -> Readiness {
    Readiness::Progressing(vec!["the controller to see the change".to_owned()])
}
