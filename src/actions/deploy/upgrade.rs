//! Objects of API versions that clusters have removed, brought to the version that took their place (pure).

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::model::object::text;

/// An object in its new version.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Upgraded {
    /// The object.
    pub object: Value,
    /// What is different, one line a change, for the author to do the same in the template.
    pub changes: Vec<String>,
}

/// Removed versions with the one that took their place, by kind.
const MOVED: [(&str, &[&str], &str); 15] = [
    ("Ingress", &["extensions/v1beta1", "networking.k8s.io/v1beta1"], "networking.k8s.io/v1"),
    ("IngressClass", &["networking.k8s.io/v1beta1"], "networking.k8s.io/v1"),
    ("NetworkPolicy", &["extensions/v1beta1"], "networking.k8s.io/v1"),
    ("Deployment", &["extensions/v1beta1", "apps/v1beta1", "apps/v1beta2"], "apps/v1"),
    ("StatefulSet", &["apps/v1beta1", "apps/v1beta2"], "apps/v1"),
    ("DaemonSet", &["extensions/v1beta1", "apps/v1beta2"], "apps/v1"),
    ("ReplicaSet", &["extensions/v1beta1", "apps/v1beta2"], "apps/v1"),
    ("CronJob", &["batch/v2alpha1", "batch/v1beta1"], "batch/v1"),
    ("PodDisruptionBudget", &["policy/v1beta1"], "policy/v1"),
    ("HorizontalPodAutoscaler", &["autoscaling/v2beta1", "autoscaling/v2beta2"], "autoscaling/v2"),
    ("Role", RBAC_OLD, RBAC),
    ("RoleBinding", RBAC_OLD, RBAC),
    ("ClusterRole", RBAC_OLD, RBAC),
    ("ClusterRoleBinding", RBAC_OLD, RBAC),
    ("PriorityClass", &["scheduling.k8s.io/v1alpha1", "scheduling.k8s.io/v1beta1"], "scheduling.k8s.io/v1"),
];
const RBAC_OLD: &[&str] = &["rbac.authorization.k8s.io/v1alpha1", "rbac.authorization.k8s.io/v1beta1"];
const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// Brings `object` to the version that took its place. `None` if its version is not a removed one that we know.
pub(super) fn upgrade(object: &Value) -> Option<Upgraded> {
    let kind = text(object, "/kind")?.to_owned();
    let old = text(object, "/apiVersion")?.to_owned();
    let (_, _, new) = MOVED.iter().find(|(moved, versions, _)| *moved == kind && versions.contains(&old.as_str()))?;
    let mut upgrade = Upgraded { object: object.clone(), changes: vec![format!("apiVersion: {old} -> {new}")] };
    upgrade.object["apiVersion"] = json!(new);
    match kind.as_str() {
        "Ingress" => upgrade.ingress(),
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => upgrade.selector(),
        "HorizontalPodAutoscaler" if old == "autoscaling/v2beta1" => upgrade.metrics(),
        _ => {}
    }
    Some(upgrade)
}

impl Upgraded {
    fn ingress(&mut self) {
        self.rename_in("/spec", "backend", "defaultBackend");
        if let Some(backend) = self.object.pointer_mut("/spec/defaultBackend") {
            self.changes.extend(new_backend(backend));
        }
        let mut changes = Vec::new();
        for rule in items(self.object.pointer_mut("/spec/rules")) {
            for path in items(rule.pointer_mut("/http/paths")) {
                if let Some(backend) = path.get_mut("backend") {
                    changes.extend(new_backend(backend));
                }
                if path.get("pathType").is_none() {
                    path["pathType"] = json!("ImplementationSpecific");
                    if path.get("path").is_none() {
                        path["path"] = json!("/");
                    }
                    changes.push("paths[].pathType: ImplementationSpecific (new, required)".to_owned());
                }
            }
        }
        for change in changes {
            if !self.changes.contains(&change) {
                self.changes.push(change);
            }
        }
    }

    /// A selector became required; before, it was taken from the template's labels.
    fn selector(&mut self) {
        if self.object.pointer("/spec/selector").is_some() {
            return;
        }
        if let Some(labels) = self.object.pointer("/spec/template/metadata/labels").cloned() {
            self.object["spec"]["selector"] = json!({"matchLabels": labels});
            self.changes.push("spec.selector.matchLabels: the template's labels (new, required)".to_owned());
        }
    }

    fn metrics(&mut self) {
        for metric in items(self.object.pointer_mut("/spec/metrics")) {
            let Some(resource) = metric.get_mut("resource").and_then(Value::as_object_mut) else { continue };
            if let Some(value) = resource.remove("targetAverageUtilization") {
                resource.insert("target".to_owned(), json!({"type": "Utilization", "averageUtilization": value}));
                self.changes.push("resource.targetAverageUtilization -> resource.target.averageUtilization".to_owned());
            } else if let Some(value) = resource.remove("targetAverageValue") {
                resource.insert("target".to_owned(), json!({"type": "AverageValue", "averageValue": value}));
                self.changes.push("resource.targetAverageValue -> resource.target.averageValue".to_owned());
            }
        }
    }

    fn rename_in(&mut self, place: &str, old: &str, new: &str) {
        let Some(fields) = self.object.pointer_mut(place).and_then(Value::as_object_mut) else { return };
        if let Some(value) = fields.remove(old) {
            fields.insert(new.to_owned(), value);
            self.changes.push(format!("{}.{old} -> {new}", place.trim_start_matches('/')));
        }
    }
}

fn items(list: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    list.and_then(Value::as_array_mut).into_iter().flatten()
}

/// `{serviceName, servicePort}` became `{service: {name, port: {number or name}}}`.
fn new_backend(backend: &mut Value) -> Option<String> {
    let fields = backend.as_object_mut()?;
    let name = fields.remove("serviceName")?;
    let port = fields.remove("servicePort");
    let mut service = Map::from_iter([("name".to_owned(), name)]);
    if let Some(port) = port {
        // A number in quotes is a number: names of ports cannot be one.
        let number = port.as_u64().or_else(|| port.as_str()?.parse().ok());
        service.insert(
            "port".to_owned(),
            number.map_or_else(|| json!({"name": port}), |number| json!({"number": number})),
        );
    }
    fields.insert("service".to_owned(), Value::Object(service));
    Some("backend.serviceName, servicePort -> backend.service.name, service.port.number".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::upgrade;

    #[test]
    fn the_seeds_ingress_becomes_a_current_one() {
        let old = json!({"apiVersion": "networking.k8s.io/v1beta1", "kind": "Ingress", "metadata": {"name": "web"},
            "spec": {"rules": [{"host": "example.com", "http": {"paths": [
                {"path": "/", "backend": {"serviceName": "web", "servicePort": 80}},
                {"backend": {"serviceName": "api", "servicePort": "http"}}]}}]}});
        let new = upgrade(&old).unwrap();
        assert_eq!(
            new.object["spec"]["rules"][0]["http"]["paths"],
            json!([
                {"path": "/", "pathType": "ImplementationSpecific", "backend": {"service": {"name": "web", "port": {"number": 80}}}},
                {"path": "/", "pathType": "ImplementationSpecific", "backend": {"service": {"name": "api", "port": {"name": "http"}}}},
            ])
        );
        assert_eq!(new.object["apiVersion"], "networking.k8s.io/v1");
        assert_eq!(new.changes.len(), 3, "{:#?}", new.changes);
    }

    #[test]
    fn a_selector_is_taken_from_the_template() {
        let old = json!({"apiVersion": "extensions/v1beta1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"template": {"metadata": {"labels": {"app": "web"}}}}});
        assert_eq!(upgrade(&old).unwrap().object["spec"]["selector"], json!({"matchLabels": {"app": "web"}}));
    }

    #[test]
    fn current_versions_are_left_alone() {
        assert!(upgrade(&json!({"apiVersion": "apps/v1", "kind": "Deployment"})).is_none());
        assert!(upgrade(&json!({"apiVersion": "example.com/v1beta1", "kind": "Ingress"})).is_none());
    }
}
