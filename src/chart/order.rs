//! In which order kinds are installed and removed, and hooks run.

use std::cmp::Ordering;

use crate::chart::manifest::Hook;
use crate::chart::manifest::HookEvent;

/// Kinds in the order in which Helm installs them; kinds that are not listed come last, by name.
pub const INSTALL: &[&str] = &[
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
];

/// Kinds in the order in which Helm removes them; kinds that are not listed come last, by name.
///
/// Not the reverse of [`INSTALL`]: services go early.
pub const UNINSTALL: &[&str] = &[
    "APIService",
    "Ingress",
    "IngressClass",
    "Service",
    "CronJob",
    "Job",
    "StatefulSet",
    "HorizontalPodAutoscaler",
    "Deployment",
    "ReplicaSet",
    "ReplicationController",
    "Pod",
    "DaemonSet",
    "RoleBindingList",
    "RoleBinding",
    "RoleList",
    "Role",
    "ClusterRoleBindingList",
    "ClusterRoleBinding",
    "ClusterRoleList",
    "ClusterRole",
    "CustomResourceDefinition",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "StorageClass",
    "ConfigMap",
    "SecretList",
    "Secret",
    "ServiceAccount",
    "PodDisruptionBudget",
    "PodSecurityPolicy",
    "LimitRange",
    "ResourceQuota",
    "NetworkPolicy",
    "Namespace",
    "PriorityClass",
];

/// Compares two kinds by such an order. Equal kinds are equal: a stable sort keeps their order.
pub fn compare(order: &[&str], one: &str, other: &str) -> Ordering {
    let place = |kind: &str| order.iter().position(|listed| *listed == kind);
    match (place(one), place(other)) {
        (Some(one), Some(other)) => one.cmp(&other),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => one.cmp(other),
    }
}

/// The hooks of an event in the order in which they run: by weight, then by name, then as they stand.
pub fn of_event(hooks: &[Hook], event: HookEvent) -> Vec<&Hook> {
    let mut due: Vec<&Hook> = hooks.iter().filter(|hook| hook.events.contains(&event)).collect();
    due.sort_by(|one, other| one.weight.cmp(&other.weight).then_with(|| name(one).cmp(name(other))));
    due
}

fn name(hook: &Hook) -> &str {
    hook.manifest.object["metadata"]["name"].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_kinds_come_last_by_name() {
        let mut kinds = vec!["Zebra", "APIService", "Apple", "Deployment", "Namespace", "Service"];
        kinds.sort_by(|one, other| compare(INSTALL, one, other));
        assert_eq!(kinds, ["Namespace", "Service", "Deployment", "APIService", "Apple", "Zebra"]);
        kinds.sort_by(|one, other| compare(UNINSTALL, one, other));
        assert_eq!(kinds, ["APIService", "Service", "Deployment", "Namespace", "Apple", "Zebra"]);
    }

    #[test]
    fn both_orders_list_the_same_kinds() {
        let sorted = |order: &[&'static str]| {
            let mut kinds = order.to_vec();
            kinds.sort_unstable();
            kinds
        };
        assert_eq!(sorted(INSTALL), sorted(UNINSTALL));
    }
}
