//! Service: reachable under an address of its own.

use serde_json::Value;

use super::Readiness;
use crate::model::object::list;
use crate::model::object::text;

pub(super) fn readiness(object: &Value) -> Readiness {
    let kind = text(object, "/spec/type").unwrap_or("ClusterIP");
    if kind == "ExternalName" || !list(object, "/spec/externalIPs").is_empty() {
        return Readiness::Ready;
    }
    if text(object, "/spec/clusterIP").unwrap_or_default().is_empty() {
        return Readiness::Progressing(vec!["a cluster address".to_owned()]);
    }
    if kind == "LoadBalancer" && list(object, "/status/loadBalancer/ingress").is_empty() {
        return Readiness::Progressing(vec!["an address from the load balancer".to_owned()]);
    }
    Readiness::Ready
}
