//! Whether what counts as ready really runs (pure: time is an argument).
//!
//! A container without a readiness probe counts as ready the moment it starts, and the cluster takes up to a second to notice
//! that it ended. Its log knows at once: following the log of a process that has ended comes to an end. So such a container is
//! believed when its log is open and stays open for a moment. One that was restarted has to run for a while.

use std::collections::BTreeMap;
use std::time::Duration;

use super::board::Pod;
use super::board::Process;

/// How long proof is waited for, be it that logs may not be read or that the cluster tells things out of order.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long an open log has to stay open.
const OPEN_FOR: Duration = Duration::from_millis(60);
/// How long the cluster may take to notice that a process has ended.
const NOTICE: Duration = Duration::from_secs(3);
/// How long a process that was restarted has to run.
const RESTARTED_FOR: Duration = Duration::from_secs(5);

/// What logs have told about processes.
#[derive(Debug, Default)]
pub(super) struct Proofs {
    known: BTreeMap<Process, Proof>,
}

#[derive(Debug, Clone, Copy)]
struct Proof {
    seen: Duration,
    opened: Option<Duration>,
    ended: Option<Duration>,
}

impl Proofs {
    /// A process was seen to run for the first time.
    pub(super) fn seen(&mut self, process: &Process, now: Duration) {
        self.known.entry(process.clone()).or_insert(Proof { seen: now, opened: None, ended: None });
    }

    /// The log of a process is open.
    pub(super) fn opened(&mut self, process: &Process, now: Duration) {
        if let Some(proof) = self.known.get_mut(process) {
            proof.opened.get_or_insert(now);
            proof.ended = None;
        }
    }

    /// The log of a process came to its end.
    pub(super) fn ended(&mut self, process: &Process, now: Duration) {
        if let Some(proof) = self.known.get_mut(process) {
            proof.ended.get_or_insert(now);
        }
    }

    /// Whether `pod`, which counts as ready since `since`, is to be believed.
    pub(super) fn hold(&self, target: usize, pod: &Pod, since: Duration, now: Duration) -> bool {
        let waited = now.saturating_sub(since);
        pod.facts.probeless.iter().all(|container| {
            let started = pod.facts.started.iter().find(|started| &started.container == container);
            let Some(started) = started.filter(|started| started.is_running) else { return waited >= PATIENCE };
            let process = Process {
                target,
                namespace: pod.namespace.clone(),
                pod: pod.name.clone(),
                container: container.clone(),
                instance: started.instance,
            };
            let Some(proof) = self.known.get(&process) else { return waited >= PATIENCE };
            if started.instance > 0 && now.saturating_sub(proof.seen) < RESTARTED_FOR {
                return false;
            }
            match (proof.opened, proof.ended) {
                (_, Some(ended)) => now.saturating_sub(ended) >= NOTICE,
                (Some(opened), None) => now.saturating_sub(opened) >= OPEN_FOR,
                (None, None) => waited >= PATIENCE,
            }
        })
    }

    /// Whether pods may still be missing that the cluster has not told about yet.
    pub(super) fn may_be_untold(since: Duration, now: Duration) -> bool {
        now.saturating_sub(since) < PATIENCE
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::Proofs;
    use crate::actions::rollout::track::board::Pod;
    use crate::actions::rollout::track::board::Process;

    fn pod(instance: i64) -> Pod {
        Pod::read(json!({"metadata": {"name": "web-1", "namespace": "prod"}, "spec": {"containers": [{"name": "app"}]},
            "status": {"containerStatuses": [{"name": "app", "restartCount": instance, "state": {"running": {}}}]}}))
    }

    fn process(instance: i64) -> Process {
        Process { target: 0, namespace: "prod".into(), pod: "web-1".into(), container: "app".into(), instance }
    }

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn an_open_log_is_proof_and_an_ended_one_the_opposite() {
        let mut proofs = Proofs::default();
        proofs.seen(&process(0), at(0));
        assert!(!proofs.hold(0, &pod(0), at(0), at(10)));
        proofs.opened(&process(0), at(10));
        assert!(!proofs.hold(0, &pod(0), at(0), at(30)));
        assert!(proofs.hold(0, &pod(0), at(0), at(80)));
        proofs.ended(&process(0), at(90));
        assert!(!proofs.hold(0, &pod(0), at(0), at(1000)));
    }

    #[test]
    fn a_log_that_cannot_be_read_is_not_waited_for_long() {
        let mut proofs = Proofs::default();
        proofs.seen(&process(0), at(0));
        assert!(proofs.hold(0, &pod(0), at(0), at(600)));
    }

    #[test]
    fn a_restarted_process_has_to_run_for_a_while() {
        let mut proofs = Proofs::default();
        proofs.seen(&process(1), at(1000));
        proofs.opened(&process(1), at(1010));
        assert!(!proofs.hold(0, &pod(1), at(1000), at(3000)));
        assert!(proofs.hold(0, &pod(1), at(1000), at(6100)));
    }
}
