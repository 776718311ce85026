//! What the driver calls when the script of a stop job is done: nothing of the environment's release may be left.

use std::path::PathBuf;
use std::time::Duration;

use crate::actions::dismiss::DismissRequest;
use crate::actions::dismiss::DismissTools;
use crate::actions::dismiss::Hooks;
use crate::actions::dismiss::Namespaces;
use crate::actions::dismiss::Which;
use crate::actions::dismiss::dismiss;
use crate::actions::release::holder::Environment;
use crate::actions::release::holder::Holder;
use crate::backends::cluster::Access;
use crate::backends::cluster::Cluster;
use crate::backends::cluster::access::ExecPlugins;
use crate::backends::cluster::access::Source;
use crate::cli::call;
use crate::job::settings::Settings;
use crate::job::stop::StopRequest;
use crate::model::failure::Failure;
use crate::report::JobLog;

/// How long it may take: objects with finalizers of their own are the slow ones.
const LIMIT: Duration = Duration::from_mins(10);

/// Dismisses every release that a deploy recorded for the environment. Its namespace stays: the job's own `werf dismiss`
/// says whether that goes.
pub(super) fn dismiss_left(request: &StopRequest, settings: &Settings, log: &JobLog) -> Result<(), Failure> {
    let environment = Environment::new(&request.server, &request.project.to_string(), &request.slug);
    let process = std::process::id();
    let asked = DismissRequest {
        which: Which::Environment(environment),
        holder: Holder { id: format!("stop of {}, process {process}", request.environment), job_url: None },
        hooks: Hooks::Delete,
        namespaces: Namespaces::Keep,
        timeout: LIMIT,
    };
    call::block_on(async |cancel| {
        let cluster = Cluster::connect(&access(settings)).await?;
        dismiss(&DismissTools { cluster: &cluster, log, cancel: &cancel }, &asked).await.map(|_| ())
    })
}

/// The cluster of the settings: the operator's word, whatever the job's variables say.
fn access(settings: &Settings) -> Access {
    let file = settings.cluster.kubeconfig.clone().unwrap_or_else(default_kubeconfig);
    Access { source: Source::Files(vec![file]), context: None, exec_plugins: ExecPlugins::Trusted }
}

fn default_kubeconfig() -> PathBuf {
    crate::cli::environment::Environment::of_this_process().home().unwrap_or_default().join(".kube/config")
}
