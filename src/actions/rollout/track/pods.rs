//! What a pod says about itself: its line in the table, its containers, what is wrong with it (pure).

use serde_json::Value;

use crate::actions::rollout::readiness::pod::is_ready;
use crate::actions::rollout::readiness::pod::unschedulable;
use crate::model::object::list;
use crate::model::object::number;
use crate::model::object::text;

/// A pod in short.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PodFacts {
    /// Containers that are ready.
    pub ready: usize,
    /// Containers, init containers left out.
    pub containers: usize,
    /// Restarts of all containers.
    pub restarts: i64,
    /// What kubectl shows as the pod's status.
    pub status: String,
    /// Whether the pod is ready as a whole.
    pub is_ready: bool,
    /// Since when it is ready, in seconds of the epoch.
    pub ready_since: Option<i64>,
    /// Whether it is being deleted.
    pub is_leaving: bool,
    /// Containers that have or had a process to read the log of.
    pub started: Vec<Started>,
    /// Containers without a readiness probe: they count as ready the moment they start.
    pub probeless: Vec<String>,
    /// What is wrong now.
    pub troubles: Vec<Trouble>,
}

/// A container with a process that runs or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Started {
    /// Its name.
    pub container: String,
    /// How often it was restarted before that process.
    pub instance: i64,
    /// Whether the process runs.
    pub is_running: bool,
}

/// Something that is wrong with a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// The same trouble has the same key.
    pub key: String,
    /// What is wrong, such as `container/app: CrashLoopBackOff: back-off 10s …`.
    pub text: String,
    /// How it is counted.
    pub weight: Weight,
}

/// How a trouble is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// Once.
    Once,
    /// Again and again while it lasts.
    Lasting,
    /// It will not mend itself: enough by itself.
    Fatal,
}

/// Texts of image pull errors after which no further attempt helps.
const HOPELESS_PULL: [&str; 6] =
    ["not found", "manifest unknown", "does not exist", "no such host", "invalid reference", "pull access denied"];

/// Reads a pod.
pub(super) fn facts(pod: &Value) -> PodFacts {
    let statuses = list(pod, "/status/containerStatuses");
    let init_statuses = list(pod, "/status/initContainerStatuses");
    let all = || init_statuses.iter().chain(statuses);
    let ready = |status: &&Value| status.get("ready").and_then(Value::as_bool).unwrap_or(false);
    let restarts_always = text(pod, "/spec/restartPolicy").is_none_or(|policy| policy == "Always");
    let mut troubles: Vec<Trouble> = all().filter_map(container_trouble).collect();
    troubles.extend(all().filter_map(|status| end_trouble(status, restarts_always)));
    if let Some(why) = unschedulable(pod) {
        troubles.push(Trouble {
            key: "unschedulable".to_owned(),
            text: format!("Unschedulable: {why}"),
            weight: Weight::Lasting,
        });
    }
    let is_leaving = pod.pointer("/metadata/deletionTimestamp").is_some();
    PodFacts {
        ready: statuses.iter().filter(ready).count(),
        containers: list(pod, "/spec/containers").len(),
        restarts: all().map(|status| number(status, "/restartCount").unwrap_or(0)).sum(),
        status: if is_leaving { "Terminating".to_owned() } else { status(pod) },
        is_ready: is_ready(pod),
        ready_since: ready_since(pod),
        is_leaving,
        started: all().filter_map(started).collect(),
        probeless: probeless(pod),
        troubles: if is_leaving { Vec::new() } else { troubles },
    }
}

fn probeless(pod: &Value) -> Vec<String> {
    let containers = list(pod, "/spec/containers").iter();
    let without = containers.filter(|container| container.get("readinessProbe").is_none());
    without.filter_map(|container| text(container, "/name")).map(str::to_owned).collect()
}

fn ready_since(pod: &Value) -> Option<i64> {
    let ready = list(pod, "/status/conditions").iter().find(|found| text(found, "/type") == Some("Ready"))?;
    let since: jiff::Timestamp = text(ready, "/lastTransitionTime")?.parse().ok()?;
    is_ready(pod).then(|| since.as_second())
}

fn status(pod: &Value) -> String {
    let init = list(pod, "/status/initContainerStatuses");
    let unfinished = init.iter().position(|status| number(status, "/state/terminated/exitCode") != Some(0));
    if let Some(index) = unfinished.filter(|_| text(pod, "/status/phase") == Some("Pending")) {
        return match stuck(&init[index]) {
            Some(reason) => format!("Init:{reason}"),
            None => format!("Init:{index}/{}", init.len()),
        };
    }
    let statuses = list(pod, "/status/containerStatuses");
    let reason = statuses.iter().find_map(stuck);
    reason.or_else(|| text(pod, "/status/reason")).or_else(|| text(pod, "/status/phase")).unwrap_or("-").to_owned()
}

fn stuck(status: &Value) -> Option<&str> {
    let waiting = text(status, "/state/waiting/reason").filter(|reason| *reason != "PodInitializing");
    waiting.or_else(|| text(status, "/state/terminated/reason"))
}

fn started(status: &Value) -> Option<Started> {
    let ran = status.pointer("/state/terminated").is_some() || status.pointer("/lastState/terminated").is_some();
    let is_running = status.pointer("/state/running").is_some();
    (ran || is_running).then(|| Started {
        container: text(status, "/name").unwrap_or_default().to_owned(),
        instance: number(status, "/restartCount").unwrap_or(0),
        is_running,
    })
}

fn container_trouble(status: &Value) -> Option<Trouble> {
    let name = text(status, "/name")?;
    let reason = text(status, "/state/waiting/reason")?;
    let message = text(status, "/state/waiting/message").unwrap_or_default();
    let restarts = number(status, "/restartCount").unwrap_or(0);
    let hopeless = HOPELESS_PULL.iter().any(|sign| message.contains(sign));
    let (key, weight) = match reason {
        "CrashLoopBackOff" => (format!("{name} {reason} {restarts}"), Weight::Once),
        "ErrImagePull" | "ImagePullBackOff" if hopeless => (format!("{name} image"), Weight::Fatal),
        "ErrImagePull" | "ImagePullBackOff" | "RegistryUnavailable" => (format!("{name} {reason}"), Weight::Lasting),
        "InvalidImageName" | "ErrImageNeverPull" => (format!("{name} image"), Weight::Fatal),
        "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
            (format!("{name} {reason}"), Weight::Lasting)
        }
        _ => return None,
    };
    let last = text(status, "/lastState/terminated/reason").filter(|reason| *reason == "OOMKilled");
    let because =
        last.map_or_else(|| exit_note(status), |reason| format!(" (the container was ended before: {reason})"));
    let message = if message.is_empty() { String::new() } else { format!(": {message}") };
    Some(Trouble { key, text: format!("container/{name}: {reason}{message}{because}"), weight })
}

/// A container that has just ended: what never could start, and what ends again and again before the cluster calls it a crash
/// loop. The key is the crash loop's, so that the two count as one.
fn end_trouble(status: &Value, restarts_always: bool) -> Option<Trouble> {
    let name = text(status, "/name")?;
    let reason = text(status, "/state/terminated/reason").unwrap_or("Error");
    let code = number(status, "/state/terminated/exitCode").filter(|code| *code != 0)?;
    let restarts = number(status, "/restartCount").unwrap_or(0);
    if matches!(reason, "StartError" | "ContainerCannotRun") {
        let message = text(status, "/state/terminated/message").unwrap_or_default();
        let text = format!("container/{name}: {reason}: {message}");
        return Some(Trouble { key: format!("{name} start"), text, weight: Weight::Fatal });
    }
    (restarts_always && restarts > 0).then(|| Trouble {
        key: format!("{name} CrashLoopBackOff {restarts}"),
        text: format!("container/{name}: {reason}: it ended again after {restarts} restarts (exit code {code})"),
        weight: Weight::Once,
    })
}

fn exit_note(status: &Value) -> String {
    match number(status, "/lastState/terminated/exitCode") {
        Some(code) => format!(" (exit code {code})"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;

    use super::Weight;
    use super::facts;

    fn pod(container: &Value) -> Value {
        json!({"metadata": {"name": "web-1"}, "spec": {"containers": [{"name": "app"}]},
            "status": {"phase": "Running", "containerStatuses": [container]}})
    }

    #[test]
    fn a_crash_loop_counts_once_a_restart() {
        let facts = facts(&pod(&json!({
            "name": "app", "restartCount": 2,
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 20s"}},
            "lastState": {"terminated": {"exitCode": 3, "reason": "Error"}}})));
        assert_eq!(facts.status, "CrashLoopBackOff");
        assert_eq!(facts.troubles[0].key, "app CrashLoopBackOff 2");
        assert_eq!(facts.troubles[0].text, "container/app: CrashLoopBackOff: back-off 20s (exit code 3)");
        assert_eq!(facts.started[0].instance, 2);
        assert!(!facts.started[0].is_running);
    }

    #[test]
    fn an_image_that_does_not_exist_is_hopeless() {
        let waiting = |message: &str| {
            let state = json!({"waiting": {"reason": "ErrImagePull", "message": message}});
            facts(&pod(&json!({"name": "app", "restartCount": 0, "state": state}))).troubles[0].weight
        };
        assert_eq!(waiting("failed to resolve reference: localhost:5000/x:1: not found"), Weight::Fatal);
        assert_eq!(waiting("dial tcp: i/o timeout"), Weight::Lasting);
    }

    #[test]
    fn a_container_that_ends_again_is_a_crash_loop_already() {
        let ended = |restarts: i64, reason: &str| {
            let state = json!({"terminated": {"exitCode": 1, "reason": reason, "message": "no such file"}});
            facts(&pod(&json!({"name": "app", "restartCount": restarts, "state": state}))).troubles
        };
        assert_eq!(ended(0, "Error"), []);
        assert_eq!(ended(2, "Error")[0].key, "app CrashLoopBackOff 2");
        assert_eq!(ended(0, "StartError")[0].weight, Weight::Fatal);
    }

    #[test]
    fn a_leaving_pod_is_in_no_trouble() {
        let mut leaving = pod(&json!({"name": "app", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}));
        leaving["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        let facts = facts(&leaving);
        assert_eq!((facts.status.as_str(), facts.troubles.len()), ("Terminating", 0));
    }
}
