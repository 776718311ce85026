//! Whether an object in the cluster is what is asked for (pure).

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::model::object::list;
use crate::model::object::text;

/// Annotations that name the job: they change with every job and make no change by themselves.
const OF_THE_JOB: [&str; 4] =
    ["ci.werf.io/commit", "gitlab.ci.werf.io/pipeline-url", "gitlab.ci.werf.io/job-url", "werf.io/version"];

/// Managers that changed fields in our stead before: Helm, werf and kubectl without server-side apply.
const FORMER_MANAGERS: [&str; 7] = [
    "helm",
    "kubectl-client-side-apply",
    "kubectl-edit",
    "kubectl",
    "tiller",
    "Go-http-client",
    "gitlab-werf-executor",
];

/// Whether everything that `desired` says holds for `live`; what it does not speak of does not matter.
pub(super) fn covers(live: &Value, desired: &Value) -> bool {
    match (live, desired) {
        (Value::Object(live), Value::Object(desired)) => desired.iter().all(|(name, wanted)| match live.get(name) {
            _ if OF_THE_JOB.contains(&name.as_str()) => true,
            Some(found) => covers(found, wanted),
            None => is_nothing(wanted),
        }),
        (Value::Array(live), Value::Array(desired)) => {
            live.len() == desired.len() && live.iter().zip(desired).all(|(live, desired)| covers(live, desired))
        }
        (Value::Number(live), Value::Number(desired)) => live.as_f64() == desired.as_f64(),
        (live, desired) => live == desired || is_nothing(desired) && is_nothing(live),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Whether two states of an object are the same but for what the server and the job write into each.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    essence(one) == essence(other)
}

fn essence(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for field in ["managedFields", "resourceVersion", "generation", "creationTimestamp", "uid"] {
            metadata.remove(field);
        }
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            for name in OF_THE_JOB {
                annotations.remove(name);
            }
        }
    }
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    object
}

/// The paths at which two states differ, at most `limit` of them, such as `spec.replicas: 1 -> 2`.
pub(super) fn differences(old: &Value, new: &Value, limit: usize) -> Vec<String> {
    let mut found = Vec::new();
    differ(&essence(old), &essence(new), "", &mut found);
    found.truncate(limit);
    found
}

fn differ(old: &Value, new: &Value, path: &str, found: &mut Vec<String>) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                differ(old.get(name).unwrap_or(&Value::Null), new.get(name).unwrap_or(&Value::Null), &below, found);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                differ(old, new, &format!("{path}[{index}]"), found);
            }
        }
        _ if old == new => {}
        _ => found.push(format!("{path}: {} -> {}", brief(old), brief(new))),
    }
}

fn brief(value: &Value) -> String {
    let text = match value {
        Value::Null => "(nothing)".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut short: String = text.chars().take(60).map(|found| if found == '\n' { '⏎' } else { found }).collect();
    if text.chars().count() > 60 {
        short.push('…');
    }
    short
}

/// The managed fields that `live` should have before it is applied to: what former managers of ours set becomes ours, so that
/// fields which the chart no longer names go. `None` if there is nothing to mend.
pub(super) fn mended_managers(live: &Value, manager: &str) -> Option<Value> {
    let entries = list(live, "/metadata/managedFields");
    let is_former = |entry: &&Value| {
        let name = text(entry, "/manager").unwrap_or_default();
        text(entry, "/operation") == Some("Update")
            && text(entry, "/subresource").unwrap_or_default().is_empty()
            && (FORMER_MANAGERS.contains(&name) || name.starts_with("werf"))
    };
    let (former, kept): (Vec<&Value>, Vec<&Value>) = entries.iter().partition(is_former);
    if former.is_empty() {
        return None;
    }
    let is_ours = |entry: &&&Value| {
        text(entry, "/manager") == Some(manager)
            && text(entry, "/operation") == Some("Apply")
            && text(entry, "/subresource").unwrap_or_default().is_empty()
    };
    let ours = kept.iter().find(is_ours).copied();
    let mut entry = (*ours.or(former.last().copied())?).clone();
    entry["manager"] = json!(manager);
    entry["operation"] = json!("Apply");
    for fields in former.iter().filter_map(|entry| entry.get("fieldsV1")) {
        unite(&mut entry["fieldsV1"], fields);
    }
    let mut mended: Vec<Value> = kept.into_iter().filter(|entry| !is_ours(&entry)).cloned().collect();
    mended.push(entry);
    Some(Value::Array(mended))
}

/// Adds the fields of `other`, a set written as a tree, to `fields`.
fn unite(fields: &mut Value, other: &Value) {
    let Some(other) = other.as_object() else { return };
    if !fields.is_object() {
        *fields = Value::Object(Map::new());
    }
    for (name, below) in other {
        unite(&mut fields[name], below);
        if fields[name].is_null() {
            fields[name] = below.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::covers;
    use super::differences;
    use super::mended_managers;
    use super::same;

    #[test]
    fn defaults_of_the_server_are_no_difference() {
        let live = json!({"spec": {"replicas": 2, "strategy": {"type": "RollingUpdate"},
            "containers": [{"name": "app", "image": "a:1", "imagePullPolicy": "Always"}]}});
        assert!(covers(&live, &json!({"spec": {"replicas": 2, "containers": [{"name": "app", "image": "a:1"}]}})));
        assert!(covers(&live, &json!({"spec": {"replicas": 2, "nodeSelector": {}}, "status": null})));
        assert!(!covers(&live, &json!({"spec": {"replicas": 3}})));
        assert!(!covers(&live, &json!({"spec": {"containers": []}})));
    }

    #[test]
    fn the_jobs_own_annotations_change_nothing() {
        let with = |commit: &str, version: &str| json!({"metadata": {"annotations": {"ci.werf.io/commit": commit}, "resourceVersion": version}, "data": {"a": "b"}});
        assert!(same(&with("1", "7"), &with("2", "9")));
        assert!(covers(&with("1", "7")["metadata"]["annotations"], &with("2", "7")["metadata"]["annotations"]));
        let changed = differences(&json!({"spec": {"replicas": 1}}), &json!({"spec": {"replicas": 2, "x": "y"}}), 5);
        assert_eq!(changed, ["spec.replicas: 1 -> 2", "spec.x: (nothing) -> y"]);
    }

    #[test]
    fn fields_of_former_managers_become_ours() {
        let live = json!({"metadata": {"managedFields": [
            {"manager": "helm", "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
            {"manager": "helm", "operation": "Apply", "apiVersion": "apps/v1", "fieldsV1": {"f:spec": {"f:template": {}}}},
            {"manager": "kube-controller-manager", "operation": "Update", "subresource": "status"}]}});
        let mended = mended_managers(&live, "helm").unwrap();
        assert_eq!(mended.as_array().unwrap().len(), 2);
        assert_eq!(mended[1]["fieldsV1"], json!({"f:spec": {"f:replicas": {}, "f:template": {}}}));
        assert_eq!(mended[1]["operation"], "Apply");
        let mine = json!({"metadata": {"managedFields": [{"manager": "helm", "operation": "Apply"}]}});
        assert_eq!(mended_managers(&mine, "helm"), None);
    }
}
