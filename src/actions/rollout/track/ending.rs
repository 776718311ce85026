//! The end of a failure: each failed object, its reason, its last lines, and one hint.

use std::collections::BTreeMap;

use futures_util::StreamExt;

use super::board::Board;
use super::board::Pod;
use super::printer::Printer;
use super::target::State;
use super::target::Target;
use crate::backends::cluster::Cluster;
use crate::backends::cluster::logs::LogScope;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::report::Style;

/// Lines that are read of a container whose log was not followed.
const TAIL: i64 = 20;

/// What reasons mean, by a word that stands in them, and what to do about it.
const HINTS: [(&str, &str); 17] = [
    ("ImagePullBackOff", PULL),
    ("ErrImagePull", PULL),
    ("InvalidImageName", PULL),
    ("ErrImageNeverPull", PULL),
    ("OOMKilled", "the container needs more memory than its limit: raise `resources.limits.memory`"),
    ("CrashLoopBackOff", "the container ends by itself: its last lines above say why; run it locally with `werf run`"),
    ("it ended again", "the container ends by itself: its last lines above say why; run it locally with `werf run`"),
    ("StartError", "the container's command cannot be started: check `command` and that the program is in the image"),
    ("CreateContainerConfigError", "the container refers to a ConfigMap, Secret or key that does not exist"),
    (
        "Unschedulable",
        "no node has room or the right labels: compare the pod's requests, tolerations and selectors with the nodes",
    ),
    ("exceeded quota", "the namespace's ResourceQuota is used up: free some, or ask for more"),
    ("FailedMount", "a volume cannot be mounted: check that its ConfigMap, Secret or claim exists"),
    (
        "ProgressDeadlineExceeded",
        "the new pods do not become ready: check the readiness probe and the container's last lines",
    ),
    (
        "BackoffLimitExceeded",
        "the Job's containers failed as often as `backoffLimit` allows: their last lines above say why",
    ),
    ("DeadlineExceeded", "the Job took longer than `activeDeadlineSeconds`"),
    ("no activity", "nothing happened for too long: if that is normal, raise `werf.io/no-activity-timeout`"),
    ("not ready within", "if it only needs longer, give it more time with `--timeout SECONDS`"),
];
const PULL: &str =
    "the image cannot be pulled: check its name and tag, and that the cluster may read from its registry";

/// Shows what is known about everything that failed, and answers the failure.
pub(super) async fn explain(cluster: &Cluster, board: &Board, printer: &Printer<'_>) -> Failure {
    let mut reasons = Vec::new();
    for (index, target) in board.targets().iter().enumerate() {
        let State::Failed(reason) = &target.state else { continue };
        reasons.push(format!("{} failed: {reason}", target.object.short()));
        show_messages(target, printer);
        show_lines(cluster, board, index, printer).await;
    }
    let failure = Failure::new(Cause::NotReady, reasons.join("\n"));
    match HINTS.iter().find(|(sign, _)| reasons.iter().any(|reason| reason.contains(sign))) {
        Some((_, hint)) => failure.hint(*hint),
        None => failure.hint("look at the objects' events: `kubectl describe` tells the same in full"),
    }
}

fn show_messages(target: &Target, printer: &Printer<'_>) {
    if target.messages.is_empty() || target.settings.service_messages {
        return;
    }
    let title = format!("Failed resource {} service messages", target.object.short());
    let block = printer.log().note(&title, Style::Details);
    let mut last = "";
    for message in &target.messages {
        // Kubernetes repeats itself.
        if message != last {
            block.line(message);
        }
        last = message;
    }
    block.done();
}

/// Shows the last lines of the failed object's containers that are not ready; of one whose log was not followed, reads them.
async fn show_lines(cluster: &Cluster, board: &Board, index: usize, printer: &Printer<'_>) {
    let target = &board.targets()[index];
    for (pod, is_new) in board.pods_of(index) {
        if !is_new || pod.facts.is_ready {
            continue;
        }
        for (container, lines) in last_lines(cluster, target, pod).await {
            let title = format!("Last lines of {} po/{} container/{container}", target.object.short(), pod.name);
            let block = printer.log().note(&title, Style::Details);
            for line in &lines {
                block.line(line);
            }
            block.done();
        }
    }
}

async fn last_lines(cluster: &Cluster, target: &Target, pod: &Pod) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for started in &pod.facts.started {
        let kept = target.lines.get(&(pod.name.clone(), started.container.clone()));
        let lines = match kept {
            Some(lines) => lines.iter().cloned().collect(),
            None => read_tail(cluster, pod, &started.container, !started.is_running && started.instance > 0).await,
        };
        if !lines.is_empty() {
            found.insert(started.container.clone(), lines);
        }
    }
    found
}

async fn read_tail(cluster: &Cluster, pod: &Pod, container: &str, previous: bool) -> Vec<String> {
    let scope = LogScope {
        namespace: pod.namespace.clone(),
        pod: pod.name.clone(),
        container: container.to_owned(),
        since: None,
        tail: Some(TAIL),
        previous,
        follow: false,
    };
    // A log that cannot be read makes the failure no clearer.
    let Ok(lines) = cluster.logs(&scope).await else { return Vec::new() };
    lines.filter_map(|line| std::future::ready(line.ok().map(|line| line.text))).collect().await
}
