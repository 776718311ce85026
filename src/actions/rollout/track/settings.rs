//! What an object's annotations say about following it (pure). A wrong one is said and left out; it never stops the following.

use std::collections::BTreeMap;
use std::time::Duration;

use regex::Regex;
use serde_json::Value;

use crate::model::object::ObjectRef;
use crate::model::object::number;

/// How one object is followed.
#[derive(Debug, Clone)]
pub struct TrackSettings {
    /// Whether the end is waited for.
    pub termination: Termination,
    /// What a failure means for the others.
    pub fail_mode: FailMode,
    /// How many failures are tolerated, over all replicas.
    pub failures_allowed: u64,
    /// Whether the author chose that number; then even a failure that cannot mend itself is only counted.
    pub failures_chosen: bool,
    /// How long nothing may happen.
    pub no_activity: Duration,
    /// Which log lines are shown.
    pub logs: LogSettings,
    /// Whether events are shown as they come.
    pub service_messages: bool,
}

/// Whether an object is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Termination {
    /// Until it is ready.
    WaitUntilReady,
    /// Only while others are waited for.
    NonBlocking,
}

/// What a failure means for the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailMode {
    /// Everything stops.
    FailWhole,
    /// It is counted once all others are ready.
    HopeUntilEnd,
    /// It is said, and the others go on.
    IgnoreAndContinue,
}

/// Which log lines are shown.
#[derive(Debug, Clone, Default)]
pub struct LogSettings {
    /// None at all.
    pub skip: bool,
    /// None of these containers.
    pub skip_containers: Vec<String>,
    /// Only of these containers; empty for all.
    pub only_containers: Vec<String>,
    /// Only lines that match.
    pub only: Option<Regex>,
    /// Only lines that match, in place of `only`, by container.
    pub only_for: BTreeMap<String, Regex>,
    /// No lines that match.
    pub except: Option<Regex>,
    /// No lines that match, beside `except`, by container.
    pub except_for: BTreeMap<String, Regex>,
    /// Only of so many pods; `None` for all.
    pub replicas: Option<usize>,
    /// Whether lines are shown even after their pod is ready.
    pub until_end: bool,
}

impl LogSettings {
    /// Whether a line of `container` is shown.
    pub fn shows(&self, container: &str, line: &str) -> bool {
        let named = |names: &[String]| names.iter().any(|name| name == container);
        if self.skip
            || named(&self.skip_containers)
            || !(self.only_containers.is_empty() || named(&self.only_containers))
        {
            return false;
        }
        let excepted = [self.except.as_ref(), self.except_for.get(container)];
        if excepted.into_iter().flatten().any(|regex| regex.is_match(line)) {
            return false;
        }
        self.only_for.get(container).or(self.only.as_ref()).is_none_or(|regex| regex.is_match(line))
    }
}

/// Names that end with the container's name.
const PREFIXES: [&str; 3] =
    ["werf.io/log-regex-for-", "werf.io/log-regex-skip-for-", "werf.io/ignore-readiness-probe-fails-for-"];

/// Every annotation of werf that means something to us, or that we write.
const KNOWN: [&str; 34] = [
    "werf.io/track-termination-mode",
    "werf.io/fail-mode",
    "werf.io/failures-allowed-per-replica",
    "werf.io/no-activity-timeout",
    "werf.io/log-regex",
    "werf.io/log-regex-skip",
    "werf.io/skip-logs",
    "werf.io/skip-logs-for-containers",
    "werf.io/show-logs-only-for-containers",
    "werf.io/show-logs-only-for-number-of-replicas",
    "werf.io/show-logs-until",
    "werf.io/show-service-messages",
    "werf.io/set-replicas-only-on-creation",
    "werf.io/set-resources-only-on-creation",
    "werf.io/replicas-on-creation",
    "werf.io/allow-adoption-by-release",
    "werf.io/weight",
    "werf.io/ownership",
    "werf.io/deploy-on",
    "werf.io/delete-policy",
    "werf.io/resource-policy",
    "werf.io/delete-propagation",
    "werf.io/sensitive",
    "werf.io/sensitive-paths",
    "werf.io/version",
    "project.werf.io/name",
    "project.werf.io/env",
    "project.werf.io/git",
    "ci.werf.io/commit",
    "helm.sh/hook",
    "helm.sh/hook-weight",
    "helm.sh/hook-delete-policy",
    "helm.sh/hook-output-log-policy",
    "helm.sh/resource-policy",
];

/// The settings of `object`, and a warning for each annotation that is unknown or wrong.
pub fn read(object: &Value) -> (TrackSettings, Vec<String>) {
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
    let mut reader = Reader {
        object: ObjectRef::of(object).map(|named| named.short()).unwrap_or_default(),
        settings: TrackSettings {
            termination: Termination::WaitUntilReady,
            fail_mode: FailMode::FailWhole,
            failures_allowed: 0,
            failures_chosen: false,
            no_activity: Duration::from_mins(4),
            logs: LogSettings::default(),
            service_messages: false,
        },
        per_replica: None,
        warnings: Vec::new(),
    };
    if let Some(annotations) = object.pointer("/metadata/annotations").and_then(Value::as_object) {
        for (name, value) in annotations {
            reader.read(name, value.as_str().unwrap_or_default());
        }
    }
    let per_replica = reader.per_replica.unwrap_or_else(|| default_failures(kind, object));
    // 1.1 takes a count of 0 replicas as 1.
    reader.settings.failures_allowed = per_replica * multiplier(kind, object).max(1);
    reader.settings.failures_chosen = reader.per_replica.is_some();
    (reader.settings, reader.warnings)
}

fn default_failures(kind: &str, object: &Value) -> u64 {
    let never = object.pointer("/spec/template/spec/restartPolicy").and_then(Value::as_str) == Some("Never");
    u64::from(kind != "Job" && !never)
}

fn multiplier(kind: &str, object: &Value) -> u64 {
    match kind {
        "Deployment" | "StatefulSet" => {
            number(object, "/spec/replicas").and_then(|replicas| u64::try_from(replicas).ok()).unwrap_or(1)
        }
        // How many nodes take a pod is not known beforehand; 1.1 reckons with three.
        "DaemonSet" => 3,
        _ => 1,
    }
}

struct Reader {
    object: String,
    settings: TrackSettings,
    per_replica: Option<u64>,
    warnings: Vec<String>,
}

impl Reader {
    fn read(&mut self, name: &str, value: &str) {
        let container = PREFIXES.iter().find_map(|prefix| Some((*prefix, name.strip_prefix(prefix)?)));
        match (name, container) {
            (_, Some((prefix, container))) => self.read_for_container(name, value, prefix, container),
            _ if KNOWN.contains(&name) => self.read_known(name, value),
            _ => self.warn_unknown(name),
        }
    }

    fn read_known(&mut self, name: &str, value: &str) {
        match name.strip_prefix("werf.io/").unwrap_or_default() {
            "track-termination-mode" => {
                let words = [
                    ("WaitUntilResourceReady", Termination::WaitUntilReady),
                    ("NonBlocking", Termination::NonBlocking),
                ];
                self.settings.termination = self.word(name, value, &words).unwrap_or(self.settings.termination);
            }
            "fail-mode" => {
                let words = [
                    ("FailWholeDeployProcessImmediately", FailMode::FailWhole),
                    ("HopeUntilEndOfDeployProcess", FailMode::HopeUntilEnd),
                    ("IgnoreAndContinueDeployProcess", FailMode::IgnoreAndContinue),
                ];
                self.settings.fail_mode = self.word(name, value, &words).unwrap_or(self.settings.fail_mode);
            }
            "show-logs-until" => {
                let words = [
                    ("PodIsReady", false),
                    ("ControllerIsReady", true),
                    ("EndOfDeploy", true),
                    ("ContainerIsReady", false),
                ];
                self.settings.logs.until_end = self.word(name, value, &words).unwrap_or(false);
            }
            "failures-allowed-per-replica" => self.per_replica = self.count(name, value),
            "no-activity-timeout" => {
                self.settings.no_activity = self.duration(name, value).unwrap_or(self.settings.no_activity);
            }
            "log-regex" => self.settings.logs.only = self.regex(name, value),
            "log-regex-skip" => self.settings.logs.except = self.regex(name, value),
            "skip-logs" => self.settings.logs.skip = self.flag(name, value),
            "show-service-messages" => self.settings.service_messages = self.flag(name, value),
            "skip-logs-for-containers" => self.settings.logs.skip_containers = names(value),
            "show-logs-only-for-containers" => self.settings.logs.only_containers = names(value),
            "show-logs-only-for-number-of-replicas" => {
                self.settings.logs.replicas = self.count(name, value).and_then(|count| usize::try_from(count).ok());
            }
            _ => {}
        }
    }

    fn read_for_container(&mut self, name: &str, value: &str, prefix: &str, container: &str) {
        if prefix == "werf.io/ignore-readiness-probe-fails-for-" {
            // Readiness probes that fail are no failures here.
            return;
        }
        let Some(regex) = self.regex(name, value) else { return };
        let logs = &mut self.settings.logs;
        let map = if prefix == "werf.io/log-regex-for-" { &mut logs.only_for } else { &mut logs.except_for };
        map.insert(container.to_owned(), regex);
    }

    fn warn_unknown(&mut self, name: &str) {
        if name == "helm.sh/weight" {
            self.warn("annotation `helm.sh/weight` means nothing to Helm: did you mean `helm.sh/hook-weight`? It is taken as that");
            return;
        }
        let ours = name.starts_with("werf.io/") || name.starts_with("helm.sh/");
        if !ours || name.starts_with("werf.io/deploy-dependency-") || name.starts_with("werf.io/delete-dependency-") {
            return;
        }
        let near = nearest(name, KNOWN.iter().copied());
        let guess = near.map_or_else(String::new, |near| format!(": did you mean `{near}`?"));
        self.warn(&format!("annotation `{name}` is unknown{guess}"));
    }

    fn warn(&mut self, what: &str) {
        let object = &self.object;
        self.warnings.push(format!("{object}: {what}"));
    }

    fn wrong(&mut self, name: &str, value: &str, wanted: &str) {
        self.warn(&format!("annotation `{name}` has the invalid value `{value}`: {wanted}; it is ignored"));
    }

    fn word<T: Copy>(&mut self, name: &str, value: &str, words: &[(&str, T)]) -> Option<T> {
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == value) {
            return Some(*meaning);
        }
        let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        let wanted = match nearest(value, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("use one of `{}`", known.join("`, `")),
        };
        self.wrong(name, value, &wanted);
        None
    }

    fn count(&mut self, name: &str, value: &str) -> Option<u64> {
        let count = value.trim().parse().ok();
        if count.is_none() {
            self.wrong(name, value, "use a whole number from 0");
        }
        count
    }

    fn flag(&mut self, name: &str, value: &str) -> bool {
        match value.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "t" | "yes" => true,
            "false" | "0" | "f" | "no" | "" => false,
            _ => {
                self.wrong(name, value, "use `true` or `false`");
                false
            }
        }
    }

    fn duration(&mut self, name: &str, value: &str) -> Option<Duration> {
        let duration = value.trim().parse::<jiff::SignedDuration>().ok().and_then(|span| Duration::try_from(span).ok());
        if duration.is_none() {
            self.wrong(name, value, "use a duration such as `4m` or `90s`");
        }
        duration
    }

    fn regex(&mut self, name: &str, value: &str) -> Option<Regex> {
        match Regex::new(value) {
            Ok(regex) => Some(regex),
            Err(error) => {
                let why = error.to_string().lines().last().unwrap_or_default().trim().to_owned();
                self.wrong(name, value, &why);
                None
            }
        }
    }
}

fn names(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn nearest<'word>(word: &str, known: impl Iterator<Item = &'word str>) -> Option<&'word str> {
    let likeness = |other: &str| strsim::jaro_winkler(&word.to_lowercase(), &other.to_lowercase());
    known
        .map(|other| (likeness(other), other))
        .filter(|(score, _)| *score > 0.85)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;

    use super::FailMode;
    use super::read;

    fn deployment(annotations: &Value) -> Value {
        json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "annotations": annotations}, "spec": {"replicas": 3}})
    }

    #[test]
    fn failures_are_allowed_per_replica() {
        assert_eq!(read(&deployment(&json!({}))).0.failures_allowed, 3);
        let chosen = read(&deployment(&json!({"werf.io/failures-allowed-per-replica": "2"}))).0;
        assert_eq!((chosen.failures_allowed, chosen.failures_chosen), (6, true));
        let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "m"}});
        assert_eq!(read(&job).0.failures_allowed, 0);
    }

    #[test]
    fn wrong_annotations_are_said_and_the_rest_holds() {
        let (settings, warnings) = read(&deployment(&json!({
            "werf.io/fail-mode": "HopeUntilEndOfDeployProces",
            "werf.io/skip-log": "true",
            "werf.io/log-regex": "(",
            "werf.io/show-service-messages": "true",
            "example.com/anything": "x",
        })));
        assert_eq!(settings.fail_mode, FailMode::FailWhole);
        assert!(settings.service_messages);
        assert_eq!(warnings.len(), 3, "{warnings:#?}");
        assert!(warnings.iter().any(|text| text.contains("did you mean `HopeUntilEndOfDeployProcess`?")));
        assert!(warnings.iter().any(|text| text.contains("did you mean `werf.io/skip-logs`?")));
    }

    #[test]
    fn log_lines_are_chosen() {
        let (settings, _) = read(&deployment(&json!({
            "werf.io/log-regex": "ERROR",
            "werf.io/log-regex-for-app": ".*",
            "werf.io/log-regex-skip": "healthz",
            "werf.io/skip-logs-for-containers": "proxy, side",
        })));
        assert!(settings.logs.shows("app", "anything"));
        assert!(!settings.logs.shows("app", "GET /healthz"));
        assert!(!settings.logs.shows("db", "fine") && settings.logs.shows("db", "ERROR 1"));
        assert!(!settings.logs.shows("side", "ERROR"));
    }
}
