//! `werf deploy`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clap::ArgAction;
use clap::Args;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::actions::deploy::DeployOptions;
use crate::actions::deploy::DeployRequest;
use crate::actions::deploy::DeployTools;
use crate::actions::deploy::Mode;
use crate::actions::deploy::OnFailure;
use crate::actions::deploy::deploy;
use crate::actions::deploy::request::Renderer;
use crate::backends::cluster::Cluster;
use crate::chart;
use crate::chart::capabilities::Capabilities;
use crate::chart::capabilities::KubeVersion;
use crate::chart::release::RecordedChart;
use crate::chart::render::Release;
use crate::chart::render::RenderOptions;
use crate::chart::render::Request;
use crate::chart::werf::ServiceValues;
use crate::cli::call::Call;
use crate::cli::chart_input;
use crate::cli::chart_input::ChartInput;
use crate::cli::cluster;
use crate::cli::image_values;
use crate::cli::image_values::Naming;
use crate::cli::image_values::Need;
use crate::cli::live_world::LiveWorld;
use crate::cli::names::Names;
use crate::cli::names::Parts;
use crate::cli::options::cluster::KubeArgs;
use crate::cli::options::deploy::DeployNames;
use crate::cli::options::deploy::MetadataArgs;
use crate::cli::options::deploy::ValuesArgs;
use crate::cli::options::git::GitArgs;
use crate::cli::options::log::LogArgs;
use crate::cli::options::project::ProjectArgs;
use crate::cli::options::registry::ImagesRepoArgs;
use crate::cli::options::registry::RegistryArgs;
use crate::cli::options::registry::StagesStorageArgs;
use crate::cli::options::tags::TagArgs;
use crate::cli::project as workspace;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::project::Project;

/// The version of werf whose behaviour charts may count on.
pub(super) const WERF_VERSION: &str = "v1.1.36";
/// How long a deploy may take without `--timeout`.
const LONGEST: Duration = Duration::from_hours(24);

/// Deploy application into Kubernetes
///
/// The release is compared with the cluster, what differs is applied, and every resource is followed until it is ready.
/// A failure names its cause at once. A release that did not change is only looked at.
///
/// Examples:
///   # Deploy project named 'myproject' into 'dev' environment
///   $ werf deploy --stages-storage :local --env dev --images-repo registry.mydomain.com/myproject --tag-git-tag mytag
///
///   # Deploy using specified helm release name and namespace
///   $ werf deploy --stages-storage :local --release myrelease --namespace myns --images-repo registry.mydomain.com/myproject --tag-custom myversion
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct DeployArgs {
    #[command(flatten)]
    names: DeployNames,
    #[command(flatten)]
    values: ValuesArgs,
    #[command(flatten)]
    metadata: MetadataArgs,
    #[command(flatten)]
    tags: TagArgs,
    /// How long everything may take, in seconds; 0 for a day [env: WERF_TIMEOUT]
    #[arg(short, long, default_value_t = 0, value_name = "SECONDS")]
    timeout: u64,
    /// How often the progress of resources is shown, in seconds; -1 for never [env: WERF_STATUS_PROGRESS_PERIOD_SECONDS]
    #[arg(long, default_value_t = 5, allow_negative_numbers = true, value_name = "SECONDS")]
    status_progress_period: i64,
    /// The same for hooks; 0 for never (default: that of resources) [env: WERF_HOOKS_STATUS_PROGRESS_PERIOD_SECONDS]
    #[arg(long, allow_negative_numbers = true, value_name = "SECONDS")]
    hooks_status_progress_period: Option<i64>,
    /// Revisions that are kept; 0 for all [env: WERF_RELEASES_HISTORY_MAX]
    #[arg(long, default_value_t = 0, value_name = "COUNT")]
    releases_history_max: usize,
    /// Restore the last deployed revision if this one fails [env: WERF_ATOMIC]
    #[arg(long)]
    atomic: bool,
    /// Show what would be done, and do nothing [env: WERF_DRY_RUN]
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    helm: HelmStorageArgs,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    images_repo: ImagesRepoArgs,
    #[command(flatten)]
    stages_storage: StagesStorageArgs,
    #[command(flatten)]
    registry: RegistryArgs,
    #[command(flatten)]
    git: GitArgs,
    #[command(flatten)]
    kube: KubeArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// Options of werf 1.1's Helm that mean nothing now
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Accepted and not used")]
pub(super) struct HelmStorageArgs {
    /// Releases are kept in their own namespace [env: WERF_HELM_RELEASE_STORAGE_NAMESPACE, TILLER_NAMESPACE]
    #[arg(long, value_name = "NAME")]
    helm_release_storage_namespace: Option<String>,
    /// Releases are kept in Secrets [env: WERF_HELM_RELEASE_STORAGE_TYPE]
    #[arg(long, value_name = "TYPE")]
    helm_release_storage_type: Option<String>,
    /// The cluster merges [env: WERF_THREE_WAY_MERGE_MODE]
    #[arg(long, value_name = "MODE")]
    three_way_merge_mode: Option<String>,
    /// Resources are waited for always
    #[arg(long, action = ArgAction::SetTrue, hide = true)]
    wait: bool,
}

/// Deploys the project.
pub(super) fn run(arguments: &DeployArgs, call: &Call) -> Result<(), Failure> {
    call.work(&arguments.project.directory(call), async |cancel| Box::pin(carry_out(arguments, call, &cancel)).await)
}

async fn carry_out(arguments: &DeployArgs, call: &Call, cancel: &CancellationToken) -> Result<(), Failure> {
    let loaded = workspace::load(&arguments.project, call, &call.log)?;
    let project = &loaded.project;
    let names = names(&arguments.names, project)?;
    let home = arguments.project.host.home(call);
    let naming = Naming { repo: &arguments.images_repo, tags: &arguments.tags, git: &arguments.git, home: &home };
    let images = image_values::images(&loaded, naming, Need::Real, call).await?;
    let service = ServiceValues {
        project: project.meta.project.clone(),
        env: arguments.names.env.clone(),
        namespace: names.namespace.clone(),
        repo: images.repo,
        version: WERF_VERSION.to_owned(),
        strategy: images.strategy,
        images: images.by_name,
    };
    let input = chart_input::read(&arguments.project, &arguments.values, &service, call)?;
    call.log.mask_all(input.secrets.clone());
    let cluster = Cluster::connect(&cluster::access(&arguments.kube, call)).await?;
    let request = request(arguments, project, &names, (&input, call))?;
    let render = renderer(
        input,
        names,
        capabilities(&cluster).await?,
        LiveWorld::with_cluster(cluster.clone(), Handle::current()),
    );
    let tools = DeployTools { cluster: &cluster, render, log: &call.log, cancel };
    deploy(&tools, &request).await?;
    Ok(())
}

/// The names of release and namespace.
pub(super) fn names(arguments: &DeployNames, project: &Project) -> Result<Names, Failure> {
    let parts = Parts {
        project: &project.meta.project,
        env: arguments.env.as_deref(),
        release: arguments.release.as_deref(),
        namespace: arguments.namespace.as_deref(),
        templates: &project.meta.deploy,
    };
    parts.names()
}

/// What the cluster can do, as templates ask.
pub(super) async fn capabilities(cluster: &Cluster) -> Result<Capabilities, Failure> {
    let (version, kinds) = tokio::try_join!(cluster.version(), cluster.kinds())?;
    let mut kube_version = KubeVersion::parse(&version)?;
    kube_version.version = version;
    Ok(Capabilities { kube_version, api_versions: kinds.api_versions() })
}

/// Renders `input` for whatever revision is being made.
pub(super) fn renderer(input: ChartInput, names: Names, capabilities: Capabilities, world: LiveWorld) -> Renderer {
    Arc::new(move |facts| {
        let request = Request {
            release: Release {
                name: names.release.clone(),
                namespace: names.namespace.clone(),
                revision: u32::try_from(facts.revision).unwrap_or(u32::MAX),
                is_upgrade: !facts.is_install,
            },
            values: input.values.clone(),
            capabilities: capabilities.clone(),
            options: RenderOptions::default(),
            werf: Some(input.werf.clone()),
        };
        Ok(chart::render(&input.chart, &request, &mut world.clone())?)
    })
}

fn request(
    arguments: &DeployArgs,
    project: &Project,
    names: &Names,
    (input, call): (&ChartInput, &Call),
) -> Result<DeployRequest, Failure> {
    let progress = period(arguments.status_progress_period);
    Ok(DeployRequest {
        release: names.release.clone(),
        namespace: names.namespace.clone(),
        environment: cluster::environment(call),
        holder: cluster::holder(call),
        annotations: annotations(&arguments.metadata, project, arguments.names.env.as_deref())?,
        labels: pairs(&arguments.metadata.add_label, "--add-label")?,
        chart: recorded(input),
        config: input.values.clone(),
        options: DeployOptions {
            history_limit: arguments.releases_history_max,
            timeout: if arguments.timeout == 0 { LONGEST } else { Duration::from_secs(arguments.timeout) },
            progress,
            hook_progress: arguments.hooks_status_progress_period.map_or(progress, period),
            on_failure: if arguments.atomic { OnFailure::RollBack } else { OnFailure::CleanUp },
            mode: if arguments.dry_run { Mode::DryRun } else { Mode::Execute },
        },
    })
}

fn period(seconds: i64) -> Option<Duration> {
    u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs)
}

fn recorded(input: &ChartInput) -> RecordedChart {
    RecordedChart {
        metadata: serde_json::to_value(&input.chart.metadata).unwrap_or_default(),
        values: input.chart.values.clone(),
        ..RecordedChart::default()
    }
}

/// What werf writes on every resource, and what is asked for beside it.
pub(super) fn annotations(
    arguments: &MetadataArgs,
    project: &Project,
    env: Option<&str>,
) -> Result<BTreeMap<String, String>, Failure> {
    let mut all = BTreeMap::from([
        ("werf.io/version".to_owned(), WERF_VERSION.to_owned()),
        ("project.werf.io/name".to_owned(), project.meta.project.clone()),
    ]);
    all.extend(env.map(|env| ("project.werf.io/env".to_owned(), env.to_owned())));
    all.extend(pairs(&arguments.add_annotation, "--add-annotation")?);
    Ok(all)
}

/// `NAME=VALUE` pairs; a value may hold further `=`.
pub(super) fn pairs(given: &[String], option: &str) -> Result<BTreeMap<String, String>, Failure> {
    let pair = |text: &String| {
        let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
            Failure::new(Cause::Usage, format!("bad {option} value `{text}`")).hint("use the form NAME=VALUE")
        })?;
        Ok((name.to_owned(), value.to_owned()))
    };
    given.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    #[test]
    fn an_annotation_may_hold_an_address() {
        let pairs = super::pairs(&["url=https://x/?a=b".to_owned()], "--add-annotation").unwrap();
        assert_eq!(pairs["url"], "https://x/?a=b");
        assert!(super::pairs(&["=x".to_owned()], "--add-label").is_err());
    }

    #[test]
    fn a_period_of_nothing_is_never() {
        assert_eq!([super::period(5), super::period(0), super::period(-1)], [Some(Duration::from_secs(5)), None, None]);
    }
}
