//! One revision of a release: the fields of Helm's own JSON, in its order.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::chart::manifest::DeletePolicy;
use crate::chart::manifest::Hook;
use crate::chart::manifest::HookEvent;
use crate::chart::manifest::OutputLogPolicy;

/// One revision of a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The release.
    pub name: String,
    /// How it went and when.
    #[serde(default)]
    pub info: Info,
    /// The chart it was made from; templates and files may be missing, nothing renders them again.
    #[serde(default)]
    pub chart: RecordedChart,
    /// The values that were given by the user, before the chart's defaults.
    #[serde(default, skip_serializing_if = "Map::is_empty", deserialize_with = "null_as_default")]
    pub config: Map<String, Value>,
    /// Every object of the release but its hooks, as one YAML text with `# Source:` lines.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub manifest: String,
    /// The hooks.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub hooks: Vec<HookRecord>,
    /// The revision, from 1.
    #[serde(rename = "version", default)]
    pub revision: u64,
    /// The namespace the release lives in.
    #[serde(default)]
    pub namespace: String,
}

/// How a revision went and when.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Info {
    /// When the release's first revision was made.
    #[serde(default, with = "super::time")]
    pub first_deployed: Option<Timestamp>,
    /// When this revision was made.
    #[serde(default, with = "super::time")]
    pub last_deployed: Option<Timestamp>,
    /// When the release was uninstalled.
    #[serde(default, with = "super::time")]
    pub deleted: Option<Timestamp>,
    /// A sentence about how it went.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Where it stands.
    #[serde(default)]
    pub status: Status,
    /// The chart's notes, rendered.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
    /// What another version of Helm wrote and we keep.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Where a revision stands, by Helm's words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It is what runs.
    Deployed,
    /// It was uninstalled and its history kept.
    Uninstalled,
    /// A later revision took its place.
    Superseded,
    /// It failed.
    Failed,
    /// It is being uninstalled.
    Uninstalling,
    /// The first installation is under way.
    PendingInstall,
    /// An upgrade is under way.
    PendingUpgrade,
    /// A rollback is under way.
    PendingRollback,
    /// Nobody knows.
    #[default]
    #[serde(other)]
    Unknown,
}

impl Status {
    /// Helm's word, such as `pending-upgrade`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Deployed => "deployed",
            Self::Uninstalled => "uninstalled",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
            Self::Uninstalling => "uninstalling",
            Self::PendingInstall => "pending-install",
            Self::PendingUpgrade => "pending-upgrade",
            Self::PendingRollback => "pending-rollback",
        }
    }

    /// Whether somebody said to be at work on it.
    pub fn is_pending(self) -> bool {
        matches!(self, Self::PendingInstall | Self::PendingUpgrade | Self::PendingRollback)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// The chart as a record keeps it; subcharts are never kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordedChart {
    /// The contents of `Chart.yaml`.
    #[serde(default)]
    pub metadata: Value,
    /// The contents of `Chart.lock`, `null` without one.
    #[serde(default)]
    pub lock: Value,
    /// The templates; may be left out.
    #[serde(default, deserialize_with = "null_as_default", serialize_with = "empty_as_null")]
    pub templates: Vec<ChartFile>,
    /// The chart's default values.
    #[serde(default, deserialize_with = "null_as_default")]
    pub values: Map<String, Value>,
    /// `values.schema.json` in base64, `null` without one.
    #[serde(default)]
    pub schema: Value,
    /// The other files; may be left out.
    #[serde(default, deserialize_with = "null_as_default", serialize_with = "empty_as_null")]
    pub files: Vec<ChartFile>,
}

impl RecordedChart {
    /// `NAME-VERSION`, as `helm list` shows a chart.
    pub fn label(&self) -> String {
        let field = |name| self.metadata.get(name).and_then(Value::as_str).unwrap_or_default();
        format!("{}-{}", field("name"), field("version"))
    }

    /// The chart's `appVersion`, empty without one.
    pub fn app_version(&self) -> &str {
        self.metadata.get("appVersion").and_then(Value::as_str).unwrap_or_default()
    }
}

/// A file of a recorded chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartFile {
    /// Its path in the chart.
    pub name: String,
    /// Its content in base64.
    pub data: String,
}

/// A hook as a record keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HookRecord {
    /// The object's name.
    pub name: String,
    /// The object's kind.
    pub kind: String,
    /// The template it came from.
    #[serde(default)]
    pub path: String,
    /// The object as YAML text.
    pub manifest: String,
    /// When it runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "known_words")]
    pub events: Vec<HookEvent>,
    /// How its last run went.
    #[serde(default)]
    pub last_run: HookRun,
    /// Lower runs earlier.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub weight: i64,
    /// When it is deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "known_words")]
    pub delete_policies: Vec<DeletePolicy>,
    /// When its output is shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "known_words")]
    pub output_log_policies: Vec<OutputLogPolicy>,
}

/// How the last run of a hook went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookRun {
    /// When it began.
    #[serde(default, with = "super::time")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, with = "super::time")]
    pub completed_at: Option<Timestamp>,
    /// How far it came.
    #[serde(default)]
    pub phase: HookPhase,
}

/// How far a hook's run came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum HookPhase {
    /// It did not run.
    #[default]
    #[serde(rename = "")]
    NotRun,
    /// It began and nobody saw its end.
    Unknown,
    /// It runs.
    Running,
    /// It succeeded.
    Succeeded,
    /// It failed.
    Failed,
}

impl From<&Hook> for HookRecord {
    fn from(hook: &Hook) -> Self {
        let named =
            |pointer| hook.manifest.object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            name: named("/metadata/name"),
            kind: named("/kind"),
            path: hook.manifest.source.clone(),
            manifest: hook.manifest.text.clone(),
            events: hook.events.clone(),
            last_run: HookRun::default(),
            weight: hook.weight,
            delete_policies: hook.delete_policies.clone(),
            output_log_policies: hook.output_log_policies.clone(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde's `skip_serializing_if` asks for")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// Go writes an absent map or list as `null`.
fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// So does a reader of ours expect it back.
fn empty_as_null<S: serde::Serializer>(files: &[ChartFile], serializer: S) -> Result<S::Ok, S::Error> {
    if files.is_empty() { serializer.serialize_none() } else { files.serialize(serializer) }
}

/// Reads a list of words and leaves out those that this version does not know, as Helm does with hook events.
fn known_words<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    let words = Option::<Vec<Value>>::deserialize(deserializer)?.unwrap_or_default();
    Ok(words.into_iter().filter_map(|word| serde_json::from_value(word).ok()).collect())
}
