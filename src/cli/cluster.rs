//! Which cluster, and who works on it.

use std::path::PathBuf;

use crate::actions::release::holder::Environment;
use crate::actions::release::holder::Holder;
use crate::backends::cluster::Access;
use crate::backends::cluster::access::ExecPlugins;
use crate::backends::cluster::access::Source;
use crate::cli::call::Call;
use crate::cli::options::cluster::KubeArgs;
use crate::job::identity::host_of;

/// Where a pod finds its service account.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The cluster that the options mean: base64 before files, the home directory's kubeconfig before the pod's own account.
///
/// In a GitLab job only the kubeconfig of the home directory, which is the operator's, may start programs.
pub(super) fn access(arguments: &KubeArgs, call: &Call) -> Access {
    let in_job = call.environment.is_on("GITLAB_CI");
    let of_the_job = if in_job { ExecPlugins::Refused } else { ExecPlugins::Trusted };
    let (source, exec_plugins) = match (&arguments.kube_config_base64, &arguments.kube_config) {
        (Some(text), _) => (Source::Base64(text.clone()), of_the_job),
        (None, Some(paths)) => (Source::Files(split(paths, call)), of_the_job),
        (None, None) => (own_source(call), ExecPlugins::Trusted),
    };
    Access { source, context: arguments.kube_context.clone(), exec_plugins }
}

fn split(paths: &std::path::Path, call: &Call) -> Vec<PathBuf> {
    let text = paths.to_string_lossy();
    text.split(':').filter(|path| !path.is_empty()).map(|path| call.resolve(path)).collect()
}

fn own_source(call: &Call) -> Source {
    let home = call.environment.home().unwrap_or_default().join(".kube/config");
    let server = call.environment.get("KUBERNETES_SERVICE_HOST").zip(call.environment.get("KUBERNETES_SERVICE_PORT"));
    match server {
        Some((host, port)) if !home.exists() => {
            let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
            Source::InCluster { server: format!("https://{host}:{port}"), account: SERVICE_ACCOUNT.into() }
        }
        _ => Source::Files(vec![home]),
    }
}

/// Who works: the job and this very process.
pub(super) fn holder(call: &Call) -> Holder {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let process = std::process::id();
    let id = match call.environment.get("CI_JOB_ID") {
        Some(job) => format!("job {job}, process {process} on {host}"),
        None => format!("process {process} on {host}"),
    };
    Holder { id, job_url: call.environment.get("CI_JOB_URL").map(str::to_owned) }
}

/// The GitLab environment of the job, if it has one.
pub(super) fn environment(call: &Call) -> Option<Environment> {
    let get = |name| call.environment.get(name);
    let server = get("CI_SERVER_URL").and_then(host_of).or_else(|| get("CI_SERVER_HOST"))?;
    Some(Environment::new(server, get("CI_PROJECT_ID")?, get("CI_ENVIRONMENT_SLUG")?))
}
