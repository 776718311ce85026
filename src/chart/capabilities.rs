//! What a cluster can do, as templates may ask.

use serde::Deserialize;
use serde::Serialize;

use crate::chart::error::Error;

/// The version of Helm whose behaviour this is.
const HELM_VERSION: &str = "v3.22";
/// The Go that it is built with.
const GO_VERSION: &str = "go1.26.8";

/// What a cluster can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// The version of Kubernetes.
    pub kube_version: KubeVersion,
    /// `v1`, `apps/v1`; of a live cluster also `apps/v1/Deployment`.
    pub api_versions: Vec<String>,
}

/// A version of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KubeVersion {
    /// Such as `v1.34.4`.
    pub version: String,
    /// Such as `1`.
    pub major: String,
    /// Such as `34`, also `34+` with some providers.
    pub minor: String,
}

impl Default for Capabilities {
    /// What Helm takes for granted without a cluster: Kubernetes 1.20 and all groups that its client knows.
    fn default() -> Self {
        Self {
            kube_version: KubeVersion { version: "v1.20.0".into(), major: "1".into(), minor: "20".into() },
            api_versions: OFFLINE.iter().map(|version| (*version).to_owned()).collect(),
        }
    }
}

impl Capabilities {
    /// The version that `.Capabilities.HelmVersion.Version` tells.
    pub(crate) fn helm_version() -> (&'static str, &'static str) {
        (HELM_VERSION, GO_VERSION)
    }

    /// Replaces the version, as `--kube-version` does.
    #[must_use]
    pub fn with_kube_version(mut self, version: KubeVersion) -> Self {
        self.kube_version = version;
        self
    }

    /// Adds API versions, as `--api-versions` does.
    #[must_use]
    pub fn with_api_versions(mut self, more: impl IntoIterator<Item = String>) -> Self {
        self.api_versions.extend(more);
        self
    }
}

impl KubeVersion {
    /// Reads `1.34`, `v1.34.4`, `1.30.1-gke.100` (what follows the numbers is dropped), as `--kube-version` takes it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refuse = || Error::new(format!("invalid kube version '{text}': could not parse {text:?} as version"));
        let bare = text.trim_start();
        let bare = bare.strip_prefix('v').unwrap_or(bare);
        let end = bare.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(bare.len());
        let numbers: Vec<u64> = bare[..end]
            .trim_end_matches('.')
            .split('.')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| refuse())?;
        let [major, minor, ..] = numbers.as_slice() else { return Err(refuse()) };
        let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
        let version = format!("v{}", numbers.join("."));
        Ok(Self { version, major: major.to_string(), minor: minor.to_string() })
    }
}

/// The groups that Helm's client library knows, in its order.
const OFFLINE: &[&str] = &[
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "lifecycle.k8s.io/v1alpha1",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1beta2",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1",
    "storagemigration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kube_versions_are_read_loosely() {
        let version = |text| KubeVersion::parse(text).unwrap().version;
        assert_eq!(version("1.34"), "v1.34");
        assert_eq!(version("v1.30.1-gke.100"), "v1.30.1");
        assert_eq!(version("1.2.3+build"), "v1.2.3");
        assert!(KubeVersion::parse("one").is_err());
        assert!(KubeVersion::parse("1").is_err());
    }

    #[test]
    fn without_a_cluster_helms_57_groups_are_known() {
        assert_eq!(Capabilities::default().api_versions.len(), 57);
    }
}
