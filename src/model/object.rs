//! A Kubernetes object by its name, and what is read from any of them.

use std::fmt;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

/// Names one object of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectRef {
    /// The API version, such as `apps/v1` or `v1`.
    pub api_version: String,
    /// The kind, such as `Deployment`.
    pub kind: String,
    /// The namespace; `None` for objects of the whole cluster.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

/// An object's name without the version of its API: two versions of one object are the same object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// The API group; empty for the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The namespace; empty for objects of the whole cluster.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl ObjectRef {
    /// Names an object in a namespace.
    pub fn namespaced(api_version: &str, kind: &str, namespace: &str, name: &str) -> Self {
        Self {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: Some(namespace.to_owned()),
            name: name.to_owned(),
        }
    }

    /// Names an object of the whole cluster.
    pub fn cluster_wide(api_version: &str, kind: &str, name: &str) -> Self {
        Self { api_version: api_version.to_owned(), kind: kind.to_owned(), namespace: None, name: name.to_owned() }
    }

    /// Reads the name of `object`; `None` if it lacks `apiVersion`, `kind` or `metadata.name`.
    pub fn of(object: &Value) -> Option<Self> {
        Some(Self {
            api_version: text(object, "/apiVersion")?.to_owned(),
            kind: text(object, "/kind")?.to_owned(),
            namespace: text(object, "/metadata/namespace").map(str::to_owned),
            name: text(object, "/metadata/name")?.to_owned(),
        })
    }

    /// The API group; empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// The key under which every version of this object is the same.
    pub fn key(&self) -> ObjectKey {
        ObjectKey {
            group: canonical_group(&self.kind, self.group()).to_owned(),
            kind: self.kind.clone(),
            namespace: self.namespace.clone().unwrap_or_default(),
            name: self.name.clone(),
        }
    }

    /// werf's short form, such as `deploy/backend` or `job/migrate`.
    pub fn short(&self) -> String {
        format!("{}/{}", short_kind(&self.kind), self.name)
    }

    /// The object's name for messages, with its namespace: `Deployment/backend` in `review-1`.
    pub fn placed(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("`{self}` in namespace `{namespace}`"),
            None => format!("`{self}`"),
        }
    }
}

/// `Kind/name`.
impl fmt::Display for ObjectRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.kind, self.name)
    }
}

/// Kinds that moved between groups keep one key: an Ingress is the same object in `extensions` and `networking.k8s.io`.
fn canonical_group<'group>(kind: &str, group: &'group str) -> &'group str {
    match (kind, group) {
        ("Ingress" | "NetworkPolicy", "extensions") => "networking.k8s.io",
        ("Deployment" | "DaemonSet" | "ReplicaSet", "extensions") => "apps",
        ("PodSecurityPolicy", "extensions") => "policy",
        ("Event", "events.k8s.io") => "",
        _ => group,
    }
}

/// The short name of a kind as kubectl and werf write it.
pub fn short_kind(kind: &str) -> String {
    match kind {
        "Deployment" => "deploy".to_owned(),
        "StatefulSet" => "sts".to_owned(),
        "DaemonSet" => "ds".to_owned(),
        "ReplicaSet" => "rs".to_owned(),
        "Pod" => "po".to_owned(),
        "PersistentVolumeClaim" => "pvc".to_owned(),
        "Service" => "svc".to_owned(),
        "Ingress" => "ing".to_owned(),
        "CustomResourceDefinition" => "crd".to_owned(),
        other => other.to_lowercase(),
    }
}

/// The text at a JSON pointer; `None` if there is none.
pub fn text<'object>(object: &'object Value, pointer: &str) -> Option<&'object str> {
    object.pointer(pointer).and_then(Value::as_str)
}

/// The whole number at a JSON pointer; `None` if there is none.
pub fn number(object: &Value, pointer: &str) -> Option<i64> {
    object.pointer(pointer).and_then(Value::as_i64)
}

/// The list at a JSON pointer; empty if there is none.
pub fn list<'object>(object: &'object Value, pointer: &str) -> &'object [Value] {
    object.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// An annotation of `object`.
pub fn annotation<'object>(object: &'object Value, name: &str) -> Option<&'object str> {
    object.get("metadata")?.get("annotations")?.get(name)?.as_str()
}

/// A label of `object`.
pub fn label<'object>(object: &'object Value, name: &str) -> Option<&'object str> {
    object.get("metadata")?.get("labels")?.get(name)?.as_str()
}

/// The name and uid of the controller that owns `object`, with its kind.
pub fn controller(object: &Value) -> Option<(&str, &str, &str)> {
    let owner = list(object, "/metadata/ownerReferences")
        .iter()
        .find(|owner| owner.get("controller").and_then(Value::as_bool).unwrap_or(false))?;
    Some((text(owner, "/kind")?, text(owner, "/name")?, text(owner, "/uid").unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::ObjectRef;
    use super::annotation;
    use super::controller;

    #[test]
    fn an_object_is_named_by_what_it_says() {
        let object = json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "prod", "annotations": {"a/b": "c"}}});
        let named = ObjectRef::of(&object).unwrap();
        assert_eq!(named.short(), "deploy/web");
        assert_eq!(named.to_string(), "Deployment/web");
        assert_eq!(named.placed(), "`Deployment/web` in namespace `prod`");
        assert_eq!(annotation(&object, "a/b"), Some("c"));
        assert!(ObjectRef::of(&json!({"kind": "Pod"})).is_none());
    }

    #[test]
    fn moved_kinds_are_the_same_object() {
        let old = ObjectRef::namespaced("extensions/v1beta1", "Ingress", "prod", "web");
        let new = ObjectRef::namespaced("networking.k8s.io/v1", "Ingress", "prod", "web");
        assert_eq!(old.key(), new.key());
        assert_ne!(old.key(), ObjectRef::namespaced("networking.k8s.io/v1", "Ingress", "prod", "api").key());
    }

    #[test]
    fn only_the_controller_owns() {
        let pod = json!({"metadata": {"ownerReferences": [
            {"kind": "Node", "name": "n", "uid": "1"},
            {"kind": "ReplicaSet", "name": "web-1", "uid": "2", "controller": true}]}});
        assert_eq!(controller(&pod), Some(("ReplicaSet", "web-1", "2")));
    }
}
