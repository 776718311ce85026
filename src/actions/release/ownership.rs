//! The marks that make an object part of a release, by Helm's rules (pure).

use serde_json::Value;
use serde_json::json;

use crate::model::object::annotation;
use crate::model::object::label;

/// The label that Helm puts on everything.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The annotation that names the release.
const RELEASE_NAME: &str = "meta.helm.sh/release-name";
/// The annotation that names the release's namespace.
const RELEASE_NAMESPACE: &str = "meta.helm.sh/release-namespace";
/// The annotation by which somebody allows a release to take an object that is not its own.
const ALLOW_ADOPTION: &str = "werf.io/allow-adoption-by-release";
/// The annotation that keeps an object when it would be deleted.
const RESOURCE_POLICY: &str = "helm.sh/resource-policy";

/// A release by name and namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The release.
    pub release: String,
    /// The namespace that it lives in.
    pub namespace: String,
}

impl Owner {
    /// Marks `object` as part of this release.
    pub fn mark(&self, object: &mut Value) {
        object["metadata"]["labels"][MANAGED_BY] = json!("Helm");
        object["metadata"]["annotations"][RELEASE_NAME] = json!(self.release);
        object["metadata"]["annotations"][RELEASE_NAMESPACE] = json!(self.namespace);
    }

    /// Whether `live` carries this release's marks.
    pub fn owns(&self, live: &Value) -> bool {
        annotation(live, RELEASE_NAME) == Some(&self.release)
            && annotation(live, RELEASE_NAMESPACE) == Some(&self.namespace)
    }

    /// Whether this release may take `live` over, which it did not make: `None` if so, else why not.
    pub fn objection(&self, live: &Value) -> Option<String> {
        if self.owns(live) || annotation(live, ALLOW_ADOPTION) == Some(&self.release) {
            return None;
        }
        Some(match annotation(live, RELEASE_NAME) {
            Some(other) => {
                let namespace = annotation(live, RELEASE_NAMESPACE).unwrap_or("?");
                format!("it belongs to release `{other}` of namespace `{namespace}`")
            }
            None if label(live, MANAGED_BY) == Some("Helm") => "Helm manages it, but it names no release".to_owned(),
            None => "it exists and belongs to no release".to_owned(),
        })
    }

    /// What to do about an [`Owner::objection`].
    pub fn adoption_hint(&self, object: &str) -> String {
        format!(
            "delete it, rename yours, or allow the adoption: `kubectl annotate {object} {ALLOW_ADOPTION}={}`",
            self.release
        )
    }
}

/// Whether an object is to stay when its release goes or no longer names it.
pub fn is_kept(object: &Value) -> bool {
    annotation(object, RESOURCE_POLICY).is_some_and(|policy| policy.trim().eq_ignore_ascii_case("keep"))
        || annotation(object, "werf.io/resource-policy")
            .is_some_and(|policies| policies.split(',').any(|policy| matches!(policy.trim(), "keep" | "skip-delete")))
        || annotation(object, "werf.io/ownership") == Some("anyone")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Owner;
    use super::is_kept;

    fn owner() -> Owner {
        Owner { release: "app".to_owned(), namespace: "prod".to_owned() }
    }

    #[test]
    fn what_is_marked_is_owned() {
        let mut object = json!({"metadata": {"name": "x"}});
        owner().mark(&mut object);
        assert!(owner().owns(&object));
        assert_eq!(owner().objection(&object), None);
        assert_eq!(object["metadata"]["labels"]["app.kubernetes.io/managed-by"], "Helm");
    }

    #[test]
    fn others_objects_are_refused_unless_allowed() {
        let strange = json!({"metadata": {"name": "x"}});
        assert_eq!(owner().objection(&strange).unwrap(), "it exists and belongs to no release");
        let theirs = json!({"metadata": {"annotations": {
            "meta.helm.sh/release-name": "other", "meta.helm.sh/release-namespace": "prod"}}});
        assert_eq!(owner().objection(&theirs).unwrap(), "it belongs to release `other` of namespace `prod`");
        let allowed = json!({"metadata": {"annotations": {"werf.io/allow-adoption-by-release": "app"}}});
        assert_eq!(owner().objection(&allowed), None);
    }

    #[test]
    fn policies_keep_objects() {
        assert!(is_kept(&json!({"metadata": {"annotations": {"helm.sh/resource-policy": "Keep "}}})));
        assert!(is_kept(
            &json!({"metadata": {"annotations": {"werf.io/resource-policy": "skip-update, skip-delete"}}})
        ));
        assert!(!is_kept(&json!({"metadata": {"annotations": {"helm.sh/resource-policy": "delete"}}})));
    }
}
