//! `werf helm uninstall`.

use std::time::Duration;

use clap::Args;

use crate::actions::dismiss::DismissRequest;
use crate::actions::dismiss::DismissTools;
use crate::actions::dismiss::Hooks;
use crate::actions::dismiss::Namespaces;
use crate::actions::dismiss::Which;
use crate::actions::dismiss::dismiss;
use crate::backends::cluster::Cluster;
use crate::cli::call::Call;
use crate::cli::cluster;
use crate::cli::options::cluster::KubeArgs;
use crate::cli::options::log::LogArgs;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// Delete a release: its resources, its hooks and its history
#[derive(Debug, Args)]
pub(super) struct HelmUninstallArgs {
    /// The release
    release: String,
    /// Where it lives, if there are several of that name
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// How long everything may take, in seconds
    #[arg(long, default_value_t = 300, value_name = "SECONDS")]
    timeout: u64,
    /// Accepted and not used: the history always goes
    #[arg(long, hide = true)]
    purge: bool,
    #[command(flatten)]
    kube: KubeArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// Deletes the release. Unlike a dismissal, deleting what is not there is a mistake.
pub(super) fn run(arguments: &HelmUninstallArgs, call: &Call) -> Result<(), Failure> {
    let namespace = arguments.namespace.clone().unwrap_or_default();
    let request = DismissRequest {
        which: Which::Release { release: arguments.release.clone(), namespace },
        holder: cluster::holder(call),
        hooks: Hooks::Delete,
        namespaces: Namespaces::Keep,
        timeout: Duration::from_secs(arguments.timeout),
    };
    call.block_on(async |cancel| {
        let cluster = Cluster::connect(&cluster::access(&arguments.kube, call)).await?;
        let dismissed = dismiss(&DismissTools { cluster: &cluster, log: &call.log, cancel: &cancel }, &request).await?;
        if dismissed.releases.is_empty() {
            return Err(Failure::new(Cause::Usage, format!("release `{}` was not found", arguments.release))
                .hint("`werf helm list --all` shows all releases"));
        }
        call.log.line(format!("release \"{}\" deleted", arguments.release));
        Ok(())
    })
}
