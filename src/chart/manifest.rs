//! What a chart renders to.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

/// A rendered chart.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rendered {
    /// The objects to install, in Helm's install order, hooks left out.
    pub manifests: Vec<Manifest>,
    /// The hooks, in Helm's order.
    pub hooks: Vec<Hook>,
    /// Objects below `crds/`, this chart's and its dependencies', as they stand there.
    pub crds: Vec<Manifest>,
    /// The text of the root chart's `NOTES.txt`.
    pub notes: Option<String>,
    /// What the author should know though nothing failed.
    pub warnings: Vec<String>,
}

/// One Kubernetes object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The template it came from, such as `app/templates/service.yaml`.
    pub source: String,
    /// The document's text, as the template gave it.
    pub text: String,
    /// The document read as YAML.
    pub object: Value,
}

/// One hook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hook {
    /// Its object, with its source.
    pub manifest: Manifest,
    /// When it runs.
    pub events: Vec<HookEvent>,
    /// Lower runs earlier.
    pub weight: i64,
    /// When it is deleted; Helm's default is `before-hook-creation`.
    pub delete_policies: Vec<DeletePolicy>,
    /// When its output is shown.
    pub output_log_policies: Vec<OutputLogPolicy>,
}

/// When a hook runs (`helm.sh/hook`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HookEvent {
    /// Before the first installation.
    PreInstall,
    /// After the first installation.
    PostInstall,
    /// Before an upgrade.
    PreUpgrade,
    /// After an upgrade.
    PostUpgrade,
    /// Before a rollback.
    PreRollback,
    /// After a rollback.
    PostRollback,
    /// Before an uninstallation.
    PreDelete,
    /// After an uninstallation.
    PostDelete,
    /// When `helm test` asks for it.
    Test,
}

/// When a hook's object is deleted (`helm.sh/hook-delete-policy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeletePolicy {
    /// After it succeeded.
    HookSucceeded,
    /// After it failed.
    HookFailed,
    /// Before the next one is created.
    BeforeHookCreation,
}

/// When a hook's output is shown (`helm.sh/hook-output-log-policy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputLogPolicy {
    /// After it succeeded.
    HookSucceeded,
    /// After it failed.
    HookFailed,
}
