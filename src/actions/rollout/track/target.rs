//! One object that is followed, and the count of its failures (pure).

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;

use super::pods::Trouble;
use super::pods::Weight;
use super::settings::FailMode;
use super::settings::Termination;
use super::settings::TrackSettings;
use crate::actions::rollout::readiness::Readiness;
use crate::actions::rollout::readiness::readiness;
use crate::model::object::ObjectRef;
use crate::model::object::number;
use crate::model::object::text;

/// A trouble that lasts is counted again after so long.
const RECOUNT_AFTER: Duration = Duration::from_secs(10);
/// Log lines kept of a container for the end of a failure.
const LINES_KEPT: usize = 20;
/// Messages kept of an object for the end of a failure.
const MESSAGES_KEPT: usize = 50;

/// Where an object stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// It is followed.
    Active,
    /// It is ready.
    Ready,
    /// It failed, and with it everything.
    Failed(String),
    /// It failed and nobody minds.
    Ignored,
}

/// One object that is followed.
#[derive(Debug)]
pub(super) struct Target {
    /// Its name.
    pub object: ObjectRef,
    /// What its annotations say.
    pub settings: TrackSettings,
    /// Its latest state.
    pub latest: Value,
    /// Where it stands.
    pub state: State,
    /// How many failures were counted.
    pub failures: u64,
    /// What it is judged by `latest`.
    pub readiness: Readiness,
    /// What was said about it, the last at the end.
    pub messages: VecDeque<String>,
    /// The last lines of its containers, by pod and container.
    pub lines: BTreeMap<(String, String), VecDeque<String>>,
    counted: HashMap<String, Duration>,
    last_activity: Duration,
    ready_since: Option<Duration>,
}

/// What came of counting a failure.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// It was counted before.
    Known,
    /// To be said: the error, then what it means.
    New(String),
}

impl Target {
    /// An object as the cluster answered when it was applied.
    pub(super) fn new(object: ObjectRef, applied: Value, settings: TrackSettings) -> Self {
        Self {
            object,
            settings,
            readiness: readiness(&applied),
            latest: applied,
            state: State::Active,
            failures: 0,
            messages: VecDeque::new(),
            lines: BTreeMap::new(),
            counted: HashMap::new(),
            last_activity: Duration::ZERO,
            ready_since: None,
        }
    }

    /// Its uid.
    pub(super) fn uid(&self) -> &str {
        text(&self.latest, "/metadata/uid").unwrap_or_default()
    }

    /// Whether it is followed still.
    pub(super) fn is_active(&self) -> bool {
        self.state == State::Active
    }

    /// Whether the end waits for it.
    pub(super) fn is_awaited(&self) -> bool {
        self.is_active() && self.settings.termination == Termination::WaitUntilReady
    }

    /// Takes a new state of the object in; an older one than it is known in is passed over.
    pub(super) fn update(&mut self, object: Value, now: Duration) {
        if is_older(&object, &self.latest) || object == self.latest {
            return;
        }
        self.readiness = readiness(&object);
        self.latest = object;
        self.last_activity = now;
        self.ready_since = (self.readiness == Readiness::Ready).then(|| self.ready_since.unwrap_or(now));
    }

    /// Since when it counts as ready, if it does and was not from the beginning.
    pub(super) fn ready_since(&self) -> Option<Duration> {
        self.ready_since
    }

    /// Notes that something happened around the object.
    pub(super) fn note(&mut self, message: String, now: Duration) {
        self.last_activity = now;
        if self.messages.len() == MESSAGES_KEPT {
            self.messages.pop_front();
        }
        self.messages.push_back(message);
    }

    /// Keeps a line of a container for the end of a failure.
    pub(super) fn keep_line(&mut self, pod: &str, container: &str, line: &str, now: Duration) {
        self.last_activity = now;
        let lines = self.lines.entry((pod.to_owned(), container.to_owned())).or_default();
        if lines.len() == LINES_KEPT {
            lines.pop_front();
        }
        lines.push_back(line.to_owned());
    }

    /// Counts a failure unless it is known; `others_active` says whether other objects are waited for still.
    pub(super) fn count(&mut self, trouble: &Trouble, others_active: bool, now: Duration) -> Counted {
        let Trouble { key, text, weight } = trouble;
        let weight = *weight;
        let again = |last: &Duration| weight == Weight::Lasting && now.saturating_sub(*last) >= RECOUNT_AFTER;
        if self.counted.get(key).is_some_and(|last| !again(last)) {
            return Counted::Known;
        }
        let name = self.object.short();
        if self.settings.fail_mode == FailMode::HopeUntilEnd && others_active {
            // Said once; it is counted when the others are through and the trouble is still there.
            if self.counted.insert(format!("hoping: {key}"), now).is_some() {
                return Counted::Known;
            }
            return Counted::New(format!(
                "Error occurred for {name}, waiting until following resources are ready before counting errors \
                 (HopeUntilEndOfDeployProcess fail mode is active)"
            ));
        }
        self.counted.insert(key.clone(), now);
        self.failures += 1;
        let allowed = self.settings.failures_allowed;
        let hopeless = weight == Weight::Fatal && !self.settings.failures_chosen;
        let exceeded = hopeless || self.failures > allowed;
        if self.settings.fail_mode == FailMode::IgnoreAndContinue {
            if exceeded {
                self.state = State::Ignored;
            }
            return Counted::New(format!("{} errors occurred for {name}", self.failures));
        }
        if !exceeded {
            return Counted::New(format!(
                "{}/{allowed} allowed errors occurred for {name}: continue tracking",
                self.failures
            ));
        }
        self.state = State::Failed(text.clone());
        Counted::New(if self.failures > allowed {
            format!("Allowed failures count for {name} exceeded {allowed} errors: stop tracking immediately!")
        } else {
            format!("{name} will not become ready by itself: stop tracking immediately!")
        })
    }

    /// Judges the object anew. Answers what is to be said, if anything.
    pub(super) fn judge(&mut self, others_active: bool, now: Duration) -> Option<String> {
        if !self.is_active() {
            return None;
        }
        match self.readiness.clone() {
            Readiness::Ready => {
                self.state = State::Ready;
                self.note("become READY".to_owned(), now);
                None
            }
            Readiness::Failed(why) => self.fail_for_good(&why, others_active),
            Readiness::Progressing(waiting) => {
                let idle = now.saturating_sub(self.last_activity);
                let limit = self.settings.no_activity;
                (idle >= limit).then(|| {
                    let waiting = waiting.join(", ");
                    self.fail_for_good(
                        &format!("no activity for {} s, waiting for: {waiting}", limit.as_secs()),
                        others_active,
                    )
                })?
            }
        }
    }

    /// The object says itself that it failed: there is nothing to count.
    fn fail_for_good(&mut self, why: &str, others_active: bool) -> Option<String> {
        let name = self.object.short();
        match self.settings.fail_mode {
            FailMode::HopeUntilEnd if others_active => return None,
            FailMode::IgnoreAndContinue => self.state = State::Ignored,
            FailMode::HopeUntilEnd | FailMode::FailWhole => self.state = State::Failed(why.to_owned()),
        }
        Some(format!("{name} ERROR: {why}"))
    }

    /// The time is over: fails if it is waited for.
    pub(super) fn run_out(&mut self, limit: Duration) {
        if !self.is_awaited() {
            return;
        }
        let waiting = match &self.readiness {
            Readiness::Progressing(waiting) => format!(", waiting for: {}", waiting.join(", ")),
            Readiness::Ready | Readiness::Failed(_) => String::new(),
        };
        self.state = State::Failed(format!("not ready within {} s{waiting}", limit.as_secs()));
    }
}

/// Whether `object` is an earlier state than `known`: watches may begin before what was applied.
fn is_older(object: &Value, known: &Value) -> bool {
    let same = text(object, "/metadata/uid") == text(known, "/metadata/uid");
    if same {
        let generation = |object| number(object, "/metadata/generation").unwrap_or(0);
        return generation(object) < generation(known);
    }
    text(object, "/metadata/creationTimestamp") < text(known, "/metadata/creationTimestamp")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;
    use serde_json::json;

    use super::Counted;
    use super::State;
    use super::Target;
    use crate::actions::rollout::track::pods::Trouble;
    use crate::actions::rollout::track::pods::Weight;
    use crate::actions::rollout::track::settings;
    use crate::model::object::ObjectRef;

    fn target(annotations: &Value) -> Target {
        let object = json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "annotations": annotations, "generation": 2}});
        let (settings, _) = settings::read(&object);
        Target::new(ObjectRef::of(&object).unwrap(), object, settings)
    }

    fn trouble(key: &str, text: &str, weight: Weight) -> Trouble {
        Trouble { key: key.to_owned(), text: text.to_owned(), weight }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_failure_after_the_allowed_ones_ends_it() {
        let mut target = target(&json!({}));
        let first = target.count(&trouble("a 1", "boom", Weight::Once), false, at(1));
        assert_eq!(first, Counted::New("1/1 allowed errors occurred for deploy/web: continue tracking".to_owned()));
        assert_eq!(target.count(&trouble("a 1", "boom", Weight::Once), false, at(30)), Counted::Known);
        assert!(target.is_active());
        target.count(&trouble("a 2", "boom again", Weight::Once), false, at(31));
        assert_eq!(target.state, State::Failed("boom again".to_owned()));
    }

    #[test]
    fn what_lasts_is_counted_again() {
        let mut target = target(&json!({}));
        target.count(&trouble("pull", "no image", Weight::Lasting), false, at(1));
        assert_eq!(target.count(&trouble("pull", "no image", Weight::Lasting), false, at(5)), Counted::Known);
        target.count(&trouble("pull", "no image", Weight::Lasting), false, at(11));
        assert_eq!(target.state, State::Failed("no image".to_owned()));
    }

    #[test]
    fn what_is_hopeless_ends_it_at_once_unless_failures_are_allowed() {
        let mut plain = target(&json!({}));
        plain.count(&trouble("image", "not found", Weight::Fatal), false, at(1));
        assert!(matches!(plain.state, State::Failed(_)));
        let mut chosen = target(&json!({"werf.io/failures-allowed-per-replica": "1"}));
        chosen.count(&trouble("image", "not found", Weight::Fatal), false, at(1));
        assert!(chosen.is_active());
    }

    #[test]
    fn fail_modes_hold() {
        let mut ignored = target(&json!({"werf.io/fail-mode": "IgnoreAndContinueDeployProcess"}));
        ignored.count(&trouble("image", "not found", Weight::Fatal), false, at(1));
        assert_eq!(ignored.state, State::Ignored);
        let mut hoping = target(&json!({"werf.io/fail-mode": "HopeUntilEndOfDeployProcess"}));
        hoping.count(&trouble("image", "not found", Weight::Fatal), true, at(1));
        assert!(hoping.is_active());
        hoping.count(&trouble("image", "not found", Weight::Fatal), false, at(2));
        assert!(matches!(hoping.state, State::Failed(_)));
    }

    #[test]
    fn an_older_state_is_passed_over() {
        let mut target = target(&json!({}));
        target.update(json!({"metadata": {"generation": 1}}), at(1));
        assert_eq!(target.latest["metadata"]["generation"], 2);
    }

    #[test]
    fn silence_ends_it() {
        let mut target = target(&json!({"werf.io/no-activity-timeout": "30s"}));
        assert_eq!(target.judge(false, at(29)), None);
        assert!(target.judge(false, at(30)).unwrap().contains("no activity for 30 s"));
        assert!(matches!(target.state, State::Failed(_)));
    }
}
