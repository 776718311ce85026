//! What is asked of a deploy, and what it works with.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::actions::release::holder::Environment;
use crate::actions::release::holder::Holder;
use crate::backends::cluster::Cluster;
use crate::chart::manifest::Rendered;
use crate::chart::release::RecordedChart;
use crate::model::failure::Failure;
use crate::report::JobLog;

/// What is to be deployed and how.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeployRequest {
    /// The release; a valid name.
    pub release: String,
    /// The namespace it is installed into; created if it is missing.
    pub namespace: String,
    /// The GitLab environment that the release belongs to, if any: by it a stop job finds the release.
    pub environment: Option<Environment>,
    /// Who deploys.
    pub holder: Holder,
    /// Annotations that every object gets.
    pub annotations: BTreeMap<String, String>,
    /// Labels that every object gets.
    pub labels: BTreeMap<String, String>,
    /// The chart, for the record.
    pub chart: RecordedChart,
    /// The values that were given for this release, for the record.
    pub config: Map<String, Value>,
    /// How it is done.
    pub options: DeployOptions,
}

/// How a deploy is done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeployOptions {
    /// Revisions that are kept; 0 keeps all.
    pub history_limit: usize,
    /// How long all may take.
    pub timeout: Duration,
    /// How often the progress of objects is shown at most; `None` for never.
    pub progress: Option<Duration>,
    /// How often the progress of hooks is shown at most; `None` for never.
    pub hook_progress: Option<Duration>,
    /// What happens after a failure.
    pub on_failure: OnFailure,
    /// Whether anything is changed.
    pub mode: Mode,
}

/// What happens after a failed upgrade. A failed first installation is left to look at and replaced by the next deploy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnFailure {
    /// Objects that the failed revision created are deleted.
    CleanUp,
    /// The last deployed revision is restored in the same run.
    RollBack,
}

/// Whether anything is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// The steps are shown, nothing is changed.
    DryRun,
    /// The steps are done.
    Execute,
}

/// What a chart's templates may ask about the release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseFacts {
    /// Whether this is the first installation.
    pub is_install: bool,
    /// The revision that is being made.
    pub revision: u64,
}

/// Renders the chart for a release. Called once or twice, on a thread where it may block.
pub type Renderer = Arc<dyn Fn(&ReleaseFacts) -> Result<Rendered, Failure> + Send + Sync>;

/// What a deploy works with.
#[derive(Clone)]
pub struct DeployTools<'work> {
    /// The cluster.
    pub cluster: &'work Cluster,
    /// The chart with its values.
    pub render: Renderer,
    /// Where it tells.
    pub log: &'work JobLog,
    /// Ends it early: the record is written, the lease given back.
    pub cancel: &'work CancellationToken,
}

/// What came of a deploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployed {
    /// The revision that is deployed now.
    pub revision: u64,
    /// Whether anything was changed, or would be.
    pub changed: bool,
}
