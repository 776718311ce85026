//! `werf helm rollback`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use crate::actions::deploy::DeployOptions;
use crate::actions::deploy::DeployRequest;
use crate::actions::deploy::DeployTools;
use crate::actions::deploy::Mode;
use crate::actions::deploy::OnFailure;
use crate::actions::deploy::rollback;
use crate::actions::release::listing;
use crate::backends::cluster::Cluster;
use crate::chart::manifest::Rendered;
use crate::chart::release::Record;
use crate::cli::call::Call;
use crate::cli::cluster;
use crate::cli::options::cluster::KubeArgs;
use crate::cli::options::log::LogArgs;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// Roll back a release to a previous revision
///
/// The resources of that revision are applied and followed until they are ready; this makes a new revision.
#[derive(Debug, Args)]
pub(super) struct HelmRollbackArgs {
    /// The release
    release: String,
    /// The revision; the one that was deployed before if none is given
    revision: Option<u64>,
    /// Where it lives, if there are several of that name
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// How long everything may take, in seconds
    #[arg(long, default_value_t = 300, value_name = "SECONDS")]
    timeout: u64,
    /// Revisions that are kept; 0 for all [env: WERF_RELEASES_HISTORY_MAX]
    #[arg(long, default_value_t = 0, value_name = "COUNT")]
    releases_history_max: usize,
    #[command(flatten)]
    kube: KubeArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// Rolls the release back.
pub(super) fn run(arguments: &HelmRollbackArgs, call: &Call) -> Result<(), Failure> {
    call.block_on(async |cancel| {
        let cluster = Cluster::connect(&cluster::access(&arguments.kube, call)).await?;
        let history = listing::history(&cluster, &arguments.release, arguments.namespace.as_deref()).await?;
        let Some(last) = history.last() else {
            return Err(Failure::new(Cause::Defect, "read a history without revisions"));
        };
        let render = Arc::new(|_: &_| Ok(Rendered::default()));
        let tools = DeployTools { cluster: &cluster, render, log: &call.log, cancel: &cancel };
        rollback(&tools, &request(arguments, last, call), arguments.revision).await?;
        call.log.line("Rollback was a success.");
        Ok(())
    })
}

fn request(arguments: &HelmRollbackArgs, last: &Record, call: &Call) -> DeployRequest {
    let progress = Some(Duration::from_secs(5));
    DeployRequest {
        release: last.name.clone(),
        namespace: last.namespace.clone(),
        environment: cluster::environment(call),
        holder: cluster::holder(call),
        annotations: BTreeMap::new(),
        labels: BTreeMap::new(),
        chart: last.chart.clone(),
        config: last.config.clone(),
        options: DeployOptions {
            history_limit: arguments.releases_history_max,
            timeout: Duration::from_secs(arguments.timeout),
            progress,
            hook_progress: progress,
            on_failure: OnFailure::CleanUp,
            mode: Mode::Execute,
        },
    }
}
