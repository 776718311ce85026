//! From rendered files to objects and hooks.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::chart::error::Error;
use crate::chart::manifest::DeletePolicy;
use crate::chart::manifest::Hook;
use crate::chart::manifest::HookEvent;
use crate::chart::manifest::Manifest;
use crate::chart::manifest::OutputLogPolicy;
use crate::chart::order;
use crate::yaml;

/// The objects and hooks of rendered files, each sorted by kind.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    pub(crate) manifests: Vec<Manifest>,
    pub(crate) hooks: Vec<Hook>,
    pub(crate) warnings: Vec<String>,
}

/// Splits `files` (path and text, sorted by path) into documents and sorts those.
///
/// `weight_alias` makes the annotation `helm.sh/weight`, which Helm ignores, mean `helm.sh/hook-weight`.
pub(crate) fn sort(files: &[(String, String)], weight_alias: bool) -> Result<Sorted, Error> {
    let mut sorted = Sorted::default();
    for (path, text) in files {
        for document in split(text) {
            place(&mut sorted, path, document, weight_alias)?;
        }
    }
    let kind = |manifest: &Manifest| field(&manifest.object, "kind").as_str().unwrap_or_default().to_owned();
    sorted.manifests.sort_by(|one, other| order::compare(order::INSTALL, &kind(one), &kind(other)));
    sorted.hooks.sort_by(|one, other| order::compare(order::INSTALL, &kind(&one.manifest), &kind(&other.manifest)));
    Ok(sorted)
}

/// The documents of a text, trimmed, empty ones left out.
pub(crate) fn split(text: &str) -> Vec<&str> {
    static SEPARATOR: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?:^|[\t\n\f\r ]*\n)---[\t\n\f\r ]*").ok());
    let text = text.trim();
    let Some(separator) = SEPARATOR.as_ref() else { return vec![text] };
    separator.split(text).filter(|document| !document.is_empty()).map(str::trim).collect()
}

fn place(sorted: &mut Sorted, path: &str, document: &str, weight_alias: bool) -> Result<(), Error> {
    let object = read(path, document)?;
    let annotations = annotations(&object).map_err(|error| error.within(format_args!("YAML parse error on {path}")))?;
    sorted.warnings.extend(removed_api(path, &object));
    let manifest = Manifest { source: path.to_owned(), text: document.to_owned(), object };
    let Some(kinds) = annotations.get("helm.sh/hook") else {
        sorted.manifests.push(manifest);
        return Ok(());
    };
    let Some(events) = events(&kinds) else {
        sorted.warnings.push(format!("{path}: skipping unknown hook: {kinds:?}"));
        return Ok(());
    };
    if annotations.get("helm.sh/weight").is_some() {
        let text = if weight_alias { "it is taken as" } else { "it does nothing; Helm knows" };
        sorted.warnings.push(format!("{path}: annotation `helm.sh/weight`: {text} `helm.sh/hook-weight`"));
    }
    sorted.hooks.push(hook(manifest, events, &annotations, weight_alias));
    Ok(())
}

fn hook(manifest: Manifest, events: Vec<HookEvent>, annotations: &Annotations, weight_alias: bool) -> Hook {
    let alias = annotations.get("helm.sh/weight").filter(|_| weight_alias);
    let weight = annotations.get("helm.sh/hook-weight").or(alias);
    let delete_policies = listed(annotations.get("helm.sh/hook-delete-policy"), |word| match word {
        "hook-succeeded" => Some(DeletePolicy::HookSucceeded),
        "hook-failed" => Some(DeletePolicy::HookFailed),
        "before-hook-creation" => Some(DeletePolicy::BeforeHookCreation),
        _ => None,
    });
    let output_log_policies = listed(annotations.get("helm.sh/hook-output-log-policy"), |word| match word {
        "hook-succeeded" => Some(OutputLogPolicy::HookSucceeded),
        "hook-failed" => Some(OutputLogPolicy::HookFailed),
        _ => None,
    });
    let no_policy = annotations.get("helm.sh/hook-delete-policy").is_none();
    Hook {
        manifest,
        events,
        weight: weight.and_then(|weight| weight.parse().ok()).unwrap_or(0),
        delete_policies: if no_policy { vec![DeletePolicy::BeforeHookCreation] } else { delete_policies },
        output_log_policies,
    }
}

fn listed<T>(words: Option<String>, known: impl Fn(&str) -> Option<T>) -> Vec<T> {
    let words = words.unwrap_or_default();
    words.split(',').filter_map(|word| known(&word.trim().to_lowercase())).collect()
}

/// The events that are named; nothing if one of them is none.
fn events(kinds: &str) -> Option<Vec<HookEvent>> {
    kinds
        .split(',')
        .map(|kind| match kind.trim().to_lowercase().as_str() {
            "pre-install" => Some(HookEvent::PreInstall),
            "post-install" => Some(HookEvent::PostInstall),
            "pre-upgrade" => Some(HookEvent::PreUpgrade),
            "post-upgrade" => Some(HookEvent::PostUpgrade),
            "pre-rollback" => Some(HookEvent::PreRollback),
            "post-rollback" => Some(HookEvent::PostRollback),
            "pre-delete" => Some(HookEvent::PreDelete),
            "post-delete" => Some(HookEvent::PostDelete),
            "test" | "test-success" => Some(HookEvent::Test),
            _ => None,
        })
        .collect()
}

fn read(path: &str, document: &str) -> Result<Value, Error> {
    let doing = format!("YAML parse error on {path}");
    let object = yaml::from_text(document).map_err(|problem| {
        let error = Error::new(format!("{doing}: error converting YAML to JSON: {problem}"));
        match problem.at().and_then(|at| around(document, at.line)) {
            Some(lines) => error.hint(lines),
            None => error,
        }
    })?;
    match &object {
        Value::Null | Value::Object(_) => Ok(object),
        other => Err(Error::new(format!(
            "{doing}: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {} into Go value of type releaseutil.SimpleHead",
            crate::chart::table::kind(other)
        ))),
    }
}

/// Shows the rendered lines around a mistake: the template's own lines are others.
fn around(document: &str, line: usize) -> Option<String> {
    let first = line.saturating_sub(3);
    let shown: Vec<String> = document
        .lines()
        .enumerate()
        .skip(first)
        .take(line - first + 1)
        .map(|(number, text)| format!("{:>5}{} {text}", number + 1, if number + 1 == line { '>' } else { ' ' }))
        .collect();
    if shown.is_empty() {
        return None;
    }
    let mut text = format!("the document as rendered:\n{}", shown.join("\n"));
    if document.lines().nth(line.saturating_sub(1)).is_some_and(|line| line.contains("{{")) {
        text.push_str("\nbraces that are not part of a template need quotes");
    }
    Some(text)
}

/// The annotations of an object.
struct Annotations(serde_json::Map<String, Value>);

impl Annotations {
    /// Numbers and booleans read as text, as they do in Helm.
    fn get(&self, key: &str) -> Option<String> {
        match self.0.get(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => Some(String::new()),
            other => Some(other.to_string()),
        }
    }
}

fn annotations(object: &Value) -> Result<Annotations, Error> {
    let mismatch = |value: &Value, place: &str, wanted: &str| {
        let kind = crate::chart::table::kind(value);
        Err(Error::new(format!(
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go struct field SimpleHead.{place} of type {wanted}"
        )))
    };
    for name in ["apiVersion", "kind"] {
        if let value @ (Value::Array(_) | Value::Object(_)) = field(object, name) {
            return mismatch(value, name, "string");
        }
    }
    let metadata = field(object, "metadata");
    if !matches!(metadata, Value::Null | Value::Object(_)) {
        return mismatch(
            metadata,
            "metadata",
            "struct { Name string \"json:\\\"name\\\"\"; Annotations map[string]string \"json:\\\"annotations\\\"\" }",
        );
    }
    if let value @ (Value::Array(_) | Value::Object(_)) = field(metadata, "name") {
        return mismatch(value, "metadata.name", "string");
    }
    match field(metadata, "annotations") {
        Value::Object(annotations) => {
            match annotations.values().find(|value| matches!(value, Value::Array(_) | Value::Object(_))) {
                Some(value) => mismatch(value, "metadata.annotations", "string"),
                None => Ok(Annotations(annotations.clone())),
            }
        }
        Value::Null => Ok(Annotations(serde_json::Map::new())),
        other => mismatch(other, "metadata.annotations", "map[string]string"),
    }
}

/// A field by its name, or as Go's JSON does by its name in another case.
fn field<'o>(object: &'o Value, name: &str) -> &'o Value {
    const NOTHING: &Value = &Value::Null;
    let Value::Object(entries) = object else { return NOTHING };
    let exact = entries.get(name);
    let other = || entries.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    exact.or_else(other).unwrap_or(NOTHING)
}

/// API versions that current clusters no longer serve: since which version, and what took their place.
const REMOVED: &[(&str, &[&str], &str, &str)] = &[
    ("extensions/v1beta1", &["Ingress"], "1.22", "networking.k8s.io/v1"),
    ("networking.k8s.io/v1beta1", &["Ingress", "IngressClass"], "1.22", "networking.k8s.io/v1"),
    ("extensions/v1beta1", &["Deployment", "DaemonSet", "ReplicaSet"], "1.16", "apps/v1"),
    ("extensions/v1beta1", &["NetworkPolicy"], "1.16", "networking.k8s.io/v1"),
    ("apps/v1beta1", &["Deployment", "StatefulSet"], "1.16", "apps/v1"),
    ("apps/v1beta2", &["Deployment", "DaemonSet", "ReplicaSet", "StatefulSet"], "1.16", "apps/v1"),
    ("batch/v1beta1", &["CronJob"], "1.25", "batch/v1"),
    ("batch/v2alpha1", &["CronJob"], "1.21", "batch/v1"),
    ("policy/v1beta1", &["PodDisruptionBudget"], "1.25", "policy/v1"),
    ("autoscaling/v2beta1", &["HorizontalPodAutoscaler"], "1.25", "autoscaling/v2"),
    ("autoscaling/v2beta2", &["HorizontalPodAutoscaler"], "1.26", "autoscaling/v2"),
    ("apiextensions.k8s.io/v1beta1", &["CustomResourceDefinition"], "1.22", "apiextensions.k8s.io/v1"),
    (
        "rbac.authorization.k8s.io/v1beta1",
        &["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"],
        "1.22",
        "rbac.authorization.k8s.io/v1",
    ),
];

fn removed_api(path: &str, object: &Value) -> Option<String> {
    let (version, kind) = (field(object, "apiVersion").as_str()?, field(object, "kind").as_str()?);
    let (_, _, since, instead) = REMOVED.iter().find(|(old, kinds, _, _)| *old == version && kinds.contains(&kind))?;
    let name = field(field(object, "metadata"), "name").as_str().unwrap_or_default();
    Some(format!(
        "{path}: {kind} `{name}` has `{version}`, which Kubernetes no longer serves since {since}: use `{instead}`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(text: &str) -> Sorted {
        sort(&[("c/templates/t.yaml".to_owned(), text.to_owned())], false).unwrap()
    }

    #[test]
    fn documents_split_where_helm_splits() {
        let cases: [(&str, &[&str]); 6] = [
            ("a: 1\n---\nb: 2\n", &["a: 1", "b: 2"]),
            ("---\n---\n\n--- \na: 1", &["---", "a: 1"]),
            ("a: |\n  ---\n  x", &["a: |\n  ---\n  x"]),
            ("a: 1\n--- # note\nb: 2", &["a: 1", "# note\nb: 2"]),
            ("# only\n---\na: 1", &["# only", "a: 1"]),
            ("a: 1   \n\n\n---", &["a: 1"]),
        ];
        for (text, expected) in cases {
            assert_eq!(split(text), expected, "{text:?}");
        }
    }

    #[test]
    fn hooks_are_read_from_annotations() {
        let text = "kind: Job\nmetadata:\n  name: j\n  annotations:\n    helm.sh/hook: Pre-Install, test-success\n    helm.sh/hook-weight: \"-5\"\n    helm.sh/hook-delete-policy: hook-succeeded,odd\n";
        let hook = sorted(text).hooks.remove(0);
        assert_eq!(hook.events, [HookEvent::PreInstall, HookEvent::Test]);
        assert_eq!(hook.weight, -5);
        assert_eq!(hook.delete_policies, [DeletePolicy::HookSucceeded]);
        let plain =
            sorted("kind: Job\nmetadata: {annotations: {helm.sh/hook: test, helm.sh/hook-weight: x}}").hooks.remove(0);
        assert_eq!((plain.weight, plain.delete_policies), (0, vec![DeletePolicy::BeforeHookCreation]));
    }

    #[test]
    fn an_unknown_hook_is_skipped_with_a_warning() {
        let sorted = sorted("kind: Job\nmetadata: {annotations: {helm.sh/hook: crd-install}}");
        assert!(sorted.hooks.is_empty() && sorted.manifests.is_empty());
        assert_eq!(sorted.warnings, ["c/templates/t.yaml: skipping unknown hook: \"crd-install\""]);
    }

    #[test]
    fn helm_sh_weight_is_told_and_taken_only_where_asked() {
        let text = "kind: Job\nmetadata: {annotations: {helm.sh/hook: test, helm.sh/weight: \"3\"}}".to_owned();
        let files = [("c/templates/t.yaml".to_owned(), text)];
        let weight = |alias| sort(&files, alias).unwrap().hooks[0].weight;
        assert_eq!((weight(false), weight(true)), (0, 3));
        assert_eq!(sort(&files, false).unwrap().warnings.len(), 1);
    }

    #[test]
    fn what_is_no_object_is_refused_in_helms_words() {
        let error = |text: &str| sort(&[("c/t.yaml".to_owned(), text.to_owned())], false).unwrap_err().to_string();
        assert_eq!(
            error("a: b: c"),
            "YAML parse error on c/t.yaml: error converting YAML to JSON: yaml: mapping values are not allowed in this context"
        );
        assert!(error("hello").ends_with("json: cannot unmarshal string into Go value of type releaseutil.SimpleHead"));
        assert!(
            error("metadata: {annotations: {a: {b: c}}}").ends_with(
                "cannot unmarshal object into Go struct field SimpleHead.metadata.annotations of type string"
            )
        );
    }

    #[test]
    fn removed_apis_are_told() {
        let sorted = sorted("apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: web}");
        assert!(sorted.warnings[0].contains("no longer serves since 1.22: use `networking.k8s.io/v1`"));
    }
}
