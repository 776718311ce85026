//! An object as it is sent: with its namespace, our marks, and nothing that server-side apply would trip over (pure).

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use serde_json::json;

use crate::actions::release::ownership::Owner;
use crate::model::object::annotation;
use crate::model::object::list;
use crate::model::object::text;

/// What objects are dressed in.
#[derive(Debug, Clone)]
pub(super) struct Dress<'request> {
    /// Annotations for every object.
    pub annotations: &'request BTreeMap<String, String>,
    /// Labels for every object.
    pub labels: &'request BTreeMap<String, String>,
    /// The release that marks objects as its own; `None` for objects that belong to no release, as hooks do.
    pub owner: Option<&'request Owner>,
    /// The namespace of objects that name none; `None` for objects of the whole cluster.
    pub namespace: Option<&'request str>,
}

impl Dress<'_> {
    /// Gives `object` the annotations and labels, nothing else.
    ///
    /// # Errors
    /// As [`Dress::put_on`].
    pub(super) fn mark(&self, object: &Value) -> Result<Value, String> {
        let mut object = object.clone();
        check_shape(&object)?;
        for (place, marks) in [("annotations", self.annotations), ("labels", self.labels)] {
            for (name, value) in marks {
                object["metadata"][place][name] = json!(value);
            }
        }
        Ok(object)
    }

    /// Dresses `object`.
    ///
    /// # Errors
    /// A sentence about what is not in the shape that every object has.
    pub(super) fn put_on(&self, object: &Value) -> Result<Value, String> {
        let mut object = self.mark(object)?;
        if let Some(namespace) = self.namespace
            && text(&object, "/metadata/namespace").unwrap_or_default().is_empty()
        {
            object["metadata"]["namespace"] = json!(namespace);
        }
        if let Some(owner) = self.owner.filter(|_| annotation(&object, "werf.io/ownership") != Some("anyone")) {
            owner.mark(&mut object);
        }
        plain_secret(&mut object);
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            // What exported objects bring along and no apply may say.
            for field in ["managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink"] {
                metadata.remove(field);
            }
        }
        Ok(object)
    }
}

fn check_shape(object: &Value) -> Result<(), String> {
    for (pointer, name) in [("/metadata/annotations", "annotations"), ("/metadata/labels", "labels")] {
        let Some(marks) = object.pointer(pointer).filter(|marks| !marks.is_null()) else { continue };
        let Some(marks) = marks.as_object() else { return Err(format!("`metadata.{name}` is no mapping")) };
        if let Some((key, value)) = marks.iter().find(|(_, value)| !value.is_string()) {
            return Err(format!("`metadata.{name}` has `{key}: {value}`, which is no text; put it in quotes"));
        }
    }
    Ok(())
}

/// Plain text of a Secret as the data that the cluster keeps: what is kept can be compared.
fn plain_secret(object: &mut Value) {
    if text(object, "/kind") != Some("Secret") || text(object, "/apiVersion") != Some("v1") {
        return;
    }
    let Some(Value::Object(plain)) = object.as_object_mut().and_then(|fields| fields.remove("stringData")) else {
        return;
    };
    if !object["data"].is_null() && !object["data"].is_object() {
        return;
    }
    for (name, value) in plain {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        object["data"][name] = json!(STANDARD.encode(value));
    }
}

/// Keeps in `object` what is set only when an object is created, if its annotations say so.
pub(super) fn keep_from_live(object: &mut Value, live: &Value) {
    let wanted = |name: &str| annotation(object, name).is_some_and(|value| !matches!(value, "" | "false" | "0"));
    let keep_replicas = wanted("werf.io/set-replicas-only-on-creation") || wanted("werf.io/replicas-on-creation");
    let keep_resources = wanted("werf.io/set-resources-only-on-creation");
    if let Some(replicas) = live.pointer("/spec/replicas").filter(|_| keep_replicas) {
        object["spec"]["replicas"] = replicas.clone();
    }
    if keep_resources
        && let Some(containers) = object.pointer_mut("/spec/template/spec/containers").and_then(Value::as_array_mut)
    {
        let running = list(live, "/spec/template/spec/containers");
        for container in containers.iter_mut().filter(|container| container.is_object()) {
            let same = running.iter().find(|other| text(other, "/name") == text(container, "/name"));
            if let Some(resources) = same.and_then(|other| other.get("resources")) {
                container["resources"] = resources.clone();
            }
        }
    }
}

/// Sets what is set only when an object is created.
pub(super) fn set_on_creation(object: &mut Value) {
    let replicas = annotation(object, "werf.io/replicas-on-creation").and_then(|count| count.parse::<u32>().ok());
    if let Some(replicas) = replicas.filter(|_| object.get("spec").is_some_and(Value::is_object)) {
        object["spec"]["replicas"] = json!(replicas);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::Dress;
    use super::keep_from_live;
    use crate::actions::release::ownership::Owner;

    #[test]
    fn an_object_gets_namespace_and_marks() {
        let owner = Owner { release: "app".to_owned(), namespace: "prod".to_owned() };
        let annotations = BTreeMap::from([("project.werf.io/name".to_owned(), "app".to_owned())]);
        let labels = BTreeMap::new();
        let dress = Dress { annotations: &annotations, labels: &labels, owner: Some(&owner), namespace: Some("prod") };
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "labels": null, "uid": "1"},
            "stringData": {"password": "hunter2"}});
        let dressed = dress.put_on(&secret).unwrap();
        assert_eq!(
            dressed,
            json!({"apiVersion": "v1", "kind": "Secret",
                "metadata": {"name": "s", "namespace": "prod", "labels": {"app.kubernetes.io/managed-by": "Helm"},
                    "annotations": {"project.werf.io/name": "app", "meta.helm.sh/release-name": "app",
                        "meta.helm.sh/release-namespace": "prod"}},
                "data": {"password": "aHVudGVyMg=="}})
        );
        let wrong = json!({"metadata": {"annotations": {"port": 80}}});
        assert_eq!(
            dress.put_on(&wrong).unwrap_err(),
            "`metadata.annotations` has `port: 80`, which is no text; put it in quotes"
        );
    }

    #[test]
    fn what_an_autoscaler_set_is_kept_when_asked() {
        let mut object = json!({"metadata": {"annotations": {"werf.io/set-replicas-only-on-creation": "true"}},
            "spec": {"replicas": 1}});
        keep_from_live(&mut object, &json!({"spec": {"replicas": 7}}));
        assert_eq!(object["spec"]["replicas"], 7);
    }
}
