//! All objects that are followed, with their replica sets, pods and events (pure: time is an argument).

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::pods;
use super::pods::PodFacts;
use super::pods::Trouble;
use super::pods::Weight;
use super::proof::Proofs;
use super::target::Counted;
use super::target::State;
use super::target::Target;
use crate::model::object::ObjectKey;
use crate::model::object::ObjectRef;
use crate::model::object::annotation;
use crate::model::object::controller;
use crate::model::object::label;
use crate::model::object::number;
use crate::model::object::short_kind;
use crate::model::object::text;

/// Events whose object is not known yet are kept for so long.
const ORPHAN_LIMIT: Duration = Duration::from_secs(20);

/// Reasons of events that count as failures. Failing images and containers are read from the pod's own status.
const COUNTED_EVENTS: [&str; 9] = [
    "FailedCreate",
    "FailedMount",
    "FailedAttachVolume",
    "FailedCreatePodSandBox",
    "FailedPostStartHook",
    "FailedPreStopHook",
    "FailedBinding",
    "FailedMapVolume",
    "ProvisioningFailed",
];

/// What is to be done after something was observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    /// A failure to be shown.
    Error(String),
    /// Something that happened, for those who asked for service messages.
    Message {
        /// The object it is about, in short form.
        object: String,
        /// What happened.
        text: String,
    },
    /// The log of a container is to be read.
    Follow(Process),
}

/// One process of a container, whose log is read once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Process {
    /// The followed object it belongs to, by its place.
    pub target: usize,
    /// The pod's namespace.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// How often the container was restarted before.
    pub instance: i64,
}

/// A pod of a followed object.
#[derive(Debug)]
pub(super) struct Pod {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// What it says.
    pub facts: PodFacts,
    object: Value,
}

impl Pod {
    /// Reads a pod.
    pub(super) fn read(object: Value) -> Self {
        let field = |pointer| text(&object, pointer).unwrap_or_default().to_owned();
        Self {
            name: field("/metadata/name"),
            namespace: field("/metadata/namespace"),
            facts: pods::facts(&object),
            object,
        }
    }
}

#[derive(Debug)]
struct ReplicaSet {
    owner: String,
    revision: Option<String>,
}

/// All objects that are followed.
#[derive(Debug)]
pub(super) struct Board {
    targets: Vec<Target>,
    by_key: HashMap<ObjectKey, usize>,
    replica_sets: HashMap<String, ReplicaSet>,
    pods: BTreeMap<String, Pod>,
    seen_events: HashMap<String, i64>,
    orphans: Vec<(Duration, Value)>,
    scaling: BTreeSet<String>,
    followed: BTreeSet<Process>,
    proofs: Proofs,
    is_watching: bool,
    since: Timestamp,
}

/// How it stands with all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Something is waited for.
    Waiting,
    /// Nothing is waited for.
    Done,
    /// Something failed.
    Failed,
}

impl Board {
    /// Follows `targets`; events before `since`, by the server's clock, are of earlier work.
    pub(super) fn new(targets: Vec<Target>, since: Timestamp) -> Self {
        let by_key = targets.iter().enumerate().map(|(index, target)| (target.object.key(), index)).collect();
        Self {
            targets,
            by_key,
            replica_sets: HashMap::new(),
            pods: BTreeMap::new(),
            seen_events: HashMap::new(),
            orphans: Vec::new(),
            scaling: BTreeSet::new(),
            followed: BTreeSet::new(),
            proofs: Proofs::default(),
            is_watching: false,
            since,
        }
    }

    /// The followed objects.
    pub(super) fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// The followed object at a place.
    pub(super) fn target_mut(&mut self, index: usize) -> &mut Target {
        &mut self.targets[index]
    }

    /// The pods of a followed object with whether each is of its newest revision, by name.
    pub(super) fn pods_of(&self, index: usize) -> Vec<(&Pod, bool)> {
        let owned = self.pods.values().filter(|pod| self.owner(&pod.object) == Some(index));
        let mut pods: Vec<_> = owned.map(|pod| (pod, self.is_new(&pod.object, index))).collect();
        pods.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
        pods
    }

    /// The pod of that name.
    pub(super) fn pod(&self, namespace: &str, name: &str) -> Option<&Pod> {
        self.pods.values().find(|pod| pod.namespace == namespace && pod.name == name)
    }

    /// Takes an object in that is there.
    pub(super) fn present(&mut self, object: Value, now: Duration) -> Vec<Effect> {
        match text(&object, "/kind").unwrap_or_default() {
            "ReplicaSet" => self.note_replica_set(&object),
            "Event" => return self.event(object, now),
            "Pod" => self.note_pod(object.clone()),
            _ => {}
        }
        let index = ObjectRef::of(&object).and_then(|named| self.by_key.get(&named.key()).copied());
        if let Some(index) = index {
            self.targets[index].update(object, now);
        }
        Vec::new()
    }

    /// Takes in that an object is gone.
    pub(super) fn gone(&mut self, object: &Value) -> Vec<Effect> {
        let uid = text(object, "/metadata/uid").unwrap_or_default();
        self.pods.remove(uid);
        self.replica_sets.remove(uid);
        let found = self.targets.iter_mut().find(|target| target.is_active() && target.uid() == uid && !uid.is_empty());
        let Some(target) = found else { return Vec::new() };
        let why = "it was deleted while it was waited for".to_owned();
        let said = format!("{} ERROR: {why}", target.object.short());
        target.state = State::Failed(why);
        vec![Effect::Error(said)]
    }

    fn note_replica_set(&mut self, object: &Value) {
        let (Some(uid), Some((_, _, owner))) = (text(object, "/metadata/uid"), controller(object)) else { return };
        let revision = annotation(object, "deployment.kubernetes.io/revision").map(str::to_owned);
        self.replica_sets.insert(uid.to_owned(), ReplicaSet { owner: owner.to_owned(), revision });
    }

    fn note_pod(&mut self, object: Value) {
        let Some(uid) = text(&object, "/metadata/uid").map(str::to_owned) else { return };
        self.pods.insert(uid, Pod::read(object));
    }

    /// The followed object that a pod belongs to.
    fn owner(&self, pod: &Value) -> Option<usize> {
        let uid = match controller(pod) {
            Some(("ReplicaSet", _, uid)) => self.replica_sets.get(uid).map_or(uid, |set| set.owner.as_str()),
            Some((_, _, uid)) => uid,
            None => text(pod, "/metadata/uid")?,
        };
        self.targets.iter().position(|target| target.uid() == uid && !uid.is_empty())
    }

    /// Whether a pod is of the newest revision of the object it belongs to; old pods' troubles are nobody's fault now.
    fn is_new(&self, pod: &Value, index: usize) -> bool {
        let target = &self.targets[index].latest;
        match text(target, "/kind") {
            Some("Deployment") => {
                let set = controller(pod).and_then(|(_, _, uid)| self.replica_sets.get(uid));
                let newest = annotation(target, "deployment.kubernetes.io/revision");
                let observed = number(target, "/status/observedGeneration") >= number(target, "/metadata/generation");
                observed && newest.is_some() && set.and_then(|set| set.revision.as_deref()) == newest
            }
            Some("StatefulSet") => {
                let hash = label(pod, "controller-revision-hash");
                hash.is_some() && hash == text(target, "/status/updateRevision")
            }
            Some("DaemonSet") => {
                let generation = label(pod, "pod-template-generation");
                generation.is_none() || generation == annotation(target, "deprecated.daemonset.template.generation")
            }
            _ => true,
        }
    }

    fn event(&mut self, event: Value, now: Duration) -> Vec<Effect> {
        let uid = text(&event, "/metadata/uid").unwrap_or_default().to_owned();
        let count = number(&event, "/series/count").or_else(|| number(&event, "/count")).unwrap_or(1);
        if !self.is_recent(&event) || self.seen_events.insert(uid, count).is_some_and(|seen| seen >= count) {
            return Vec::new();
        }
        if let Some(index) = self.target_of_event(&event) {
            self.note_event(index, &event, count, now)
        } else {
            self.orphans.push((now, event));
            Vec::new()
        }
    }

    fn is_recent(&self, event: &Value) -> bool {
        let times = ["/series/lastObservedTime", "/lastTimestamp", "/eventTime", "/metadata/creationTimestamp"];
        let last = times.iter().find_map(|pointer| text(event, pointer)?.parse::<Timestamp>().ok());
        last.is_some_and(|last| last.as_second() >= self.since.as_second())
    }

    /// The followed object that an event is about, directly or by a replica set or pod of its newest revision.
    fn target_of_event(&self, event: &Value) -> Option<usize> {
        let uid = text(event, "/involvedObject/uid")?;
        if let Some(index) = self.targets.iter().position(|target| target.uid() == uid) {
            return Some(index);
        }
        if let Some(pod) = self.pods.get(uid) {
            let index = self.owner(&pod.object)?;
            return self.is_new(&pod.object, index).then_some(index);
        }
        let set = self.replica_sets.get(uid)?;
        let index = self.targets.iter().position(|target| target.uid() == set.owner)?;
        let newest = annotation(&self.targets[index].latest, "deployment.kubernetes.io/revision");
        (set.revision.as_deref() == newest).then_some(index)
    }

    fn note_event(&mut self, index: usize, event: &Value, count: i64, now: Duration) -> Vec<Effect> {
        let field = |pointer| text(event, pointer).unwrap_or_default();
        let reason = field("/reason");
        let kind = short_kind(field("/involvedObject/kind"));
        let about = format!("{kind}/{}", field("/involvedObject/name"));
        if matches!(reason, "TriggeredScaleUp" | "WaitForFirstConsumer") {
            self.scaling.insert(field("/involvedObject/uid").to_owned());
        }
        let own = about == self.targets[index].object.short();
        let prefix = if own { String::new() } else { format!("{about} ") };
        let message = format!("event: {prefix}{reason}: {}", field("/message").trim());
        let target = &mut self.targets[index];
        target.note(message.clone(), now);
        let mut effects = Vec::new();
        if target.settings.service_messages {
            effects.push(Effect::Message { object: target.object.short(), text: message });
        }
        if COUNTED_EVENTS.contains(&reason) && field("/type") != "Normal" && target.is_active() {
            let text = format!("{about}: {reason}: {}", field("/message").trim());
            let trouble = Trouble { key: format!("{about} {reason} {count}"), text, weight: Weight::Once };
            effects.extend(self.count(index, &trouble, now));
        }
        effects
    }

    fn count(&mut self, index: usize, trouble: &Trouble, now: Duration) -> Vec<Effect> {
        let others = self.others_active(index);
        match self.targets[index].count(trouble, others, now) {
            Counted::Known => Vec::new(),
            Counted::New(meaning) => {
                let said = format!("{} ERROR: {}", self.targets[index].object.short(), trouble.text);
                vec![Effect::Error(said), Effect::Error(meaning)]
            }
        }
    }

    fn others_active(&self, index: usize) -> bool {
        self.targets.iter().enumerate().any(|(other, target)| {
            other != index
                && target.is_awaited()
                && target.settings.fail_mode != super::settings::FailMode::HopeUntilEnd
        })
    }

    /// Judges everything anew: what pods are in trouble, what is ready, what has been silent for too long.
    pub(super) fn evaluate(&mut self, now: Duration) -> Vec<Effect> {
        let mut effects = self.adopt_orphans(now);
        effects.extend(self.look_at_pods(now));
        for index in 0..self.targets.len() {
            if self.is_doubtful(index, now) {
                continue;
            }
            let others = self.others_active(index);
            effects.extend(self.targets[index].judge(others, now).map(Effect::Error));
        }
        effects
    }

    /// From now on changes come in; before, what is ready is ready.
    pub(super) fn begin_to_watch(&mut self) {
        self.is_watching = true;
    }

    /// Whether something counts as ready and is only waited for until it has proved to run.
    pub(super) fn has_doubts(&self, now: Duration) -> bool {
        (0..self.targets.len()).any(|index| self.is_doubtful(index, now))
    }

    /// The log of a process was opened.
    pub(super) fn log_opened(&mut self, process: &Process, now: Duration) {
        self.proofs.opened(process, now);
    }

    /// The log of a process came to its end.
    pub(super) fn log_ended(&mut self, process: &Process, now: Duration) {
        self.proofs.ended(process, now);
    }

    fn is_doubtful(&self, index: usize, now: Duration) -> bool {
        let target = &self.targets[index];
        let Some(since) = target.ready_since().filter(|_| self.is_watching && target.is_active()) else { return false };
        let wanted = match target.object.kind.as_str() {
            "Deployment" | "StatefulSet" => number(&target.latest, "/spec/replicas").unwrap_or(1),
            "DaemonSet" => number(&target.latest, "/status/desiredNumberScheduled").unwrap_or(0),
            _ => return false,
        };
        let pods = self.pods_of(index);
        let new = || pods.iter().filter(|(pod, is_new)| *is_new && !pod.facts.is_leaving);
        if new().count() < usize::try_from(wanted).unwrap_or(0) && Proofs::may_be_untold(since, now) {
            return true;
        }
        new().any(|(pod, _)| !self.proofs.hold(index, pod, since, now))
    }

    fn adopt_orphans(&mut self, now: Duration) -> Vec<Effect> {
        let mut effects = Vec::new();
        for (since, event) in std::mem::take(&mut self.orphans) {
            let count = number(&event, "/series/count").or_else(|| number(&event, "/count")).unwrap_or(1);
            match self.target_of_event(&event) {
                Some(index) => effects.extend(self.note_event(index, &event, count, now)),
                None if now.saturating_sub(since) < ORPHAN_LIMIT => self.orphans.push((since, event)),
                None => {}
            }
        }
        effects
    }

    fn look_at_pods(&mut self, now: Duration) -> Vec<Effect> {
        let mut troubles = Vec::new();
        let mut processes = Vec::new();
        for (uid, pod) in &self.pods {
            let Some(index) = self.owner(&pod.object).filter(|index| self.targets[*index].is_active()) else {
                continue;
            };
            if !self.is_new(&pod.object, index) {
                continue;
            }
            let waits_for_node = self.scaling.contains(uid);
            for trouble in &pod.facts.troubles {
                if !(waits_for_node && trouble.key == "unschedulable") {
                    let text = format!("po/{} {}", pod.name, trouble.text);
                    troubles
                        .push((index, Trouble { key: format!("{uid} {}", trouble.key), text, weight: trouble.weight }));
                }
            }
            processes.extend(pod.facts.started.iter().map(|started| Process {
                target: index,
                namespace: pod.namespace.clone(),
                pod: pod.name.clone(),
                container: started.container.clone(),
                instance: started.instance,
            }));
        }
        for process in &processes {
            self.proofs.seen(process, now);
        }
        let mut effects: Vec<_> =
            processes.into_iter().filter(|process| self.followed.insert(process.clone())).map(Effect::Follow).collect();
        for (index, trouble) in troubles {
            if self.targets[index].is_active() {
                effects.extend(self.count(index, &trouble, now));
            }
        }
        effects
    }

    /// Whether that process runs still, as far as is known.
    pub(super) fn runs(&self, process: &Process) -> bool {
        let pod = self.pod(&process.namespace, &process.pod);
        pod.is_some_and(|pod| {
            let same = |started: &&pods::Started| {
                started.container == process.container && started.instance == process.instance
            };
            pod.facts.started.iter().find(same).is_some_and(|started| started.is_running)
        })
    }

    /// How it stands.
    pub(super) fn verdict(&self) -> Verdict {
        if self.targets.iter().any(|target| matches!(target.state, State::Failed(_))) {
            return Verdict::Failed;
        }
        if self.targets.iter().any(Target::is_awaited) { Verdict::Waiting } else { Verdict::Done }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;
    use serde_json::json;

    use super::Board;
    use super::Effect;
    use super::Verdict;
    use crate::actions::rollout::track::settings;
    use crate::actions::rollout::track::target::Target;
    use crate::model::object::ObjectRef;

    fn deployment(observed: i64, available: i64) -> Value {
        json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "prod", "uid": "d", "generation": 2,
                "annotations": {"deployment.kubernetes.io/revision": "2"}},
            "spec": {"replicas": 1},
            "status": {"observedGeneration": observed, "replicas": 1, "updatedReplicas": 1, "availableReplicas": available}})
    }

    fn replica_set(uid: &str, revision: &str) -> Value {
        json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": uid, "namespace": "prod", "uid": uid,
            "annotations": {"deployment.kubernetes.io/revision": revision},
            "ownerReferences": [{"kind": "Deployment", "name": "web", "uid": "d", "controller": true}]}})
    }

    fn crashing_pod(set: &str, restarts: i64) -> Value {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("web-{set}-1"), "namespace": "prod",
                "uid": format!("pod-{set}"),
                "ownerReferences": [{"kind": "ReplicaSet", "name": set, "uid": set, "controller": true}]},
            "spec": {"containers": [{"name": "app"}]},
            "status": {"phase": "Running", "containerStatuses": [{"name": "app", "restartCount": restarts,
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
                "lastState": {"terminated": {"exitCode": 1}}}]}})
    }

    fn board() -> Board {
        let object = deployment(1, 0);
        let (settings, _) = settings::read(&object);
        let target = Target::new(ObjectRef::of(&object).unwrap(), object, settings);
        let mut board = Board::new(vec![target], "2026-01-01T10:00:00Z".parse().unwrap());
        for object in [deployment(2, 0), replica_set("old", "1"), replica_set("new", "2")] {
            board.present(object, Duration::ZERO);
        }
        board
    }

    fn errors(effects: &[Effect]) -> Vec<&str> {
        let mut errors = Vec::new();
        for effect in effects {
            if let Effect::Error(text) = effect {
                errors.push(text.as_str());
            }
        }
        errors
    }

    #[test]
    fn only_pods_of_the_new_revision_count() {
        let mut board = board();
        board.present(crashing_pod("old", 7), Duration::ZERO);
        assert_eq!(board.evaluate(Duration::ZERO), []);
        board.present(crashing_pod("new", 1), Duration::ZERO);
        let effects = board.evaluate(Duration::from_secs(1));
        assert_eq!(errors(&effects).len(), 2, "{effects:#?}");
        assert!(errors(&effects)[0].starts_with("deploy/web ERROR: po/web-new-1 container/app: CrashLoopBackOff"));
        assert_eq!(board.verdict(), Verdict::Waiting);
        board.present(crashing_pod("new", 2), Duration::ZERO);
        board.evaluate(Duration::from_secs(12));
        assert_eq!(board.verdict(), Verdict::Failed);
    }

    #[test]
    fn each_process_is_followed_once() {
        let mut board = board();
        board.present(crashing_pod("new", 0), Duration::ZERO);
        let follows = |effects: Vec<Effect>| effects.iter().filter(|it| matches!(it, Effect::Follow(_))).count();
        assert_eq!(follows(board.evaluate(Duration::ZERO)), 1);
        assert_eq!(follows(board.evaluate(Duration::ZERO)), 0);
        board.present(crashing_pod("new", 1), Duration::ZERO);
        assert_eq!(follows(board.evaluate(Duration::ZERO)), 1);
    }

    #[test]
    fn a_quota_is_told_by_the_replica_sets_event() {
        let mut board = board();
        let event = |uid: &str, count: i64, time: &str| {
            json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "uid": format!("event-{uid}")},
                "involvedObject": {"kind": "ReplicaSet", "name": uid, "uid": uid}, "type": "Warning",
                "reason": "FailedCreate", "message": "exceeded quota: q", "count": count, "lastTimestamp": time})
        };
        assert_eq!(board.present(event("new", 1, "2026-01-01T09:00:00Z"), Duration::ZERO), []);
        assert_eq!(board.present(event("old", 1, "2026-01-01T10:00:01Z"), Duration::ZERO), []);
        board.present(event("new", 2, "2026-01-01T10:00:01Z"), Duration::ZERO);
        let effects = board.present(event("new", 3, "2026-01-01T10:00:02Z"), Duration::ZERO);
        assert_eq!(errors(&effects)[0], "deploy/web ERROR: rs/new: FailedCreate: exceeded quota: q");
        assert_eq!(board.verdict(), Verdict::Failed);
    }

    #[test]
    fn it_is_done_when_all_are_ready() {
        let mut board = board();
        board.evaluate(Duration::ZERO);
        assert_eq!(board.verdict(), Verdict::Waiting);
        board.present(deployment(2, 1), Duration::ZERO);
        board.evaluate(Duration::ZERO);
        assert_eq!(board.verdict(), Verdict::Done);
    }
}
