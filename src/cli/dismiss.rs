//! `werf dismiss`.

use std::time::Duration;

use clap::ArgAction;
use clap::Args;
use tokio_util::sync::CancellationToken;

use crate::actions::dismiss::DismissRequest;
use crate::actions::dismiss::DismissTools;
use crate::actions::dismiss::Hooks;
use crate::actions::dismiss::Namespaces;
use crate::actions::dismiss::Which;
use crate::actions::dismiss::dismiss;
use crate::actions::release::holder;
use crate::actions::release::holder::Holder;
use crate::backends::cluster::Access;
use crate::backends::cluster::Cluster;
use crate::backends::cluster::access::ExecPlugins;
use crate::backends::cluster::access::Source;
use crate::cli::call;
use crate::cli::call::Call;
use crate::cli::cluster;
use crate::cli::deploy;
use crate::cli::deploy::HelmStorageArgs;
use crate::cli::environment::Environment;
use crate::cli::names::Parts;
use crate::cli::options::cluster::KubeArgs;
use crate::cli::options::deploy::DeployNames;
use crate::cli::options::log::LogArgs;
use crate::cli::options::project::ProjectArgs;
use crate::cli::options::registry::RegistryArgs;
use crate::cli::project;
use crate::job::settings::Settings;
use crate::job::stop::StopRequest;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::report::JobLog;

/// How long a dismissal may take without `--timeout`.
const USUAL: Duration = Duration::from_mins(10);

/// Delete application from Kubernetes
///
/// Helm Release will be purged and optionally Kubernetes Namespace. The release is found in whatever namespace it lives.
/// What is not there is removed already: that is no error. Works without werf.yaml in a GitLab job with an environment.
///
/// Examples:
///   # Dismiss project named 'myproject' previously deployed app from 'dev' environment
///   $ werf dismiss --env dev
///
///   # Dismiss project with namespace
///   $ werf dismiss --env my-feature-branch --with-namespace
///
///   # Dismiss project using specified helm release name and namespace
///   $ werf dismiss --release myrelease --namespace myns
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct DismissArgs {
    #[command(flatten)]
    names: DeployNames,
    /// Delete the namespace too, with everything in it [env: WERF_WITH_NAMESPACE]
    #[arg(long)]
    with_namespace: bool,
    /// Delete hooks of all revisions too [env: WERF_WITH_HOOKS]
    #[arg(long, action = ArgAction::SetFalse)]
    with_hooks: bool,
    /// How long everything may take, in seconds; 0 for ten minutes [env: WERF_TIMEOUT]
    #[arg(short, long, default_value_t = 0, value_name = "SECONDS")]
    timeout: u64,
    /// Accepted and not used: all revisions go [env: WERF_RELEASES_HISTORY_MAX]
    #[arg(long, value_name = "COUNT")]
    releases_history_max: Option<usize>,
    #[command(flatten)]
    helm: HelmStorageArgs,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    registry: RegistryArgs,
    #[command(flatten)]
    kube: KubeArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// Dismisses the project's release.
pub(super) fn run(arguments: &DismissArgs, call: &Call) -> Result<(), Failure> {
    call.work(&arguments.project.directory(call), async |cancel| Box::pin(carry_out(arguments, call, &cancel)).await)
}

async fn carry_out(arguments: &DismissArgs, call: &Call, cancel: &CancellationToken) -> Result<(), Failure> {
    let request = DismissRequest {
        which: which(arguments, call)?,
        holder: cluster::holder(call),
        hooks: if arguments.with_hooks { Hooks::Delete } else { Hooks::Keep },
        namespaces: if arguments.with_namespace { Namespaces::Delete } else { Namespaces::Keep },
        timeout: if arguments.timeout == 0 { USUAL } else { Duration::from_secs(arguments.timeout) },
    };
    let cluster = Cluster::connect(&cluster::access(&arguments.kube, call)).await?;
    dismiss(&DismissTools { cluster: &cluster, log: &call.log, cancel }, &request).await?;
    Ok(())
}

/// Which release is meant: by `--release`, by werf.yaml, by the job's environment, by the name of the GitLab project.
fn which(arguments: &DismissArgs, call: &Call) -> Result<Which, Failure> {
    let names = &arguments.names;
    if let Some(release) = &names.release {
        let namespace = names.namespace.clone().unwrap_or_else(|| release.clone());
        return Ok(Which::Release { release: release.clone(), namespace });
    }
    if has_project(arguments, call) {
        let loaded = project::load(&arguments.project, call, &call.log)?;
        let names = deploy::names(names, &loaded.project)?;
        return Ok(Which::Release { release: names.release, namespace: names.namespace });
    }
    if let Some(environment) = cluster::environment(call) {
        call.log.line("There is no werf.yaml: the release is looked for by the job's environment");
        return Ok(Which::Environment(environment));
    }
    let Some(name) = call.environment.get("CI_PROJECT_NAME") else {
        return Err(Failure::new(
            Cause::ProjectInvalid,
            "find the release: there is no werf.yaml, and no GitLab environment",
        )
        .hint("run it in the project's directory, or name the release with `--release` and `--namespace`"));
    };
    let parts = Parts {
        project: name,
        env: names.env.as_deref(),
        release: None,
        namespace: names.namespace.as_deref(),
        templates: &crate::project::DeployNames::default(),
    };
    let names = parts.names()?;
    Ok(Which::Release { release: names.release, namespace: names.namespace })
}

/// Dismisses what is left of an environment after its stop job's script: what the executor itself does.
///
/// The namespace stays: what else is in it is not known here.
pub(super) fn stop(request: &StopRequest, settings: &Settings, log: &JobLog) -> Result<(), Failure> {
    let home = Environment::of_this_process().home().unwrap_or_default().join(".kube/config");
    let kubeconfig = settings.cluster.kubeconfig.clone().unwrap_or(home);
    let access = Access { source: Source::Files(vec![kubeconfig]), context: None, exec_plugins: ExecPlugins::Trusted };
    let wanted = DismissRequest {
        which: Which::Environment(holder::Environment::new(
            &request.server,
            &request.project.to_string(),
            &request.slug,
        )),
        holder: Holder {
            id: format!("stop of {}, process {}", request.environment, std::process::id()),
            job_url: None,
        },
        hooks: Hooks::Delete,
        namespaces: Namespaces::Keep,
        timeout: USUAL,
    };
    call::block_on(async |cancel| {
        let cluster = Cluster::connect(&access).await?;
        dismiss(&DismissTools { cluster: &cluster, log, cancel: &cancel }, &wanted).await.map(|_| ())
    })
}

fn has_project(arguments: &DismissArgs, call: &Call) -> bool {
    let directory = arguments.project.directory(call);
    arguments.project.config.is_some() || ["werf.yaml", "werf.yml"].iter().any(|name| directory.join(name).is_file())
}
