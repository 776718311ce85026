//! `werf helm render`.

use std::path::PathBuf;

use clap::Args;

use crate::actions::deploy::ReleaseFacts;
use crate::actions::deploy::marked;
use crate::chart::capabilities::Capabilities;
use crate::chart::print::Printed;
use crate::chart::print::template_text;
use crate::chart::werf::ServiceValues;
use crate::cli::call::Call;
use crate::cli::chart_input;
use crate::cli::deploy;
use crate::cli::image_values;
use crate::cli::image_values::Naming;
use crate::cli::image_values::Need;
use crate::cli::live_world::LiveWorld;
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
use crate::report::Style;

/// What stands for the environment if none is given.
const STAND_IN_ENV: &str = "env";

/// Render Werf chart templates to stdout
///
/// No cluster is asked, and no image has to exist.
#[derive(Debug, Args)]
pub(super) struct HelmRenderArgs {
    #[command(flatten)]
    names: DeployNames,
    #[command(flatten)]
    values: ValuesArgs,
    #[command(flatten)]
    metadata: MetadataArgs,
    #[command(flatten)]
    tags: TagArgs,
    /// Write the YAML to this file
    #[arg(short, long, value_name = "FILE")]
    output_file_path: Option<PathBuf>,
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
    log: LogArgs,
}

/// Renders the project's chart.
pub(super) fn run(arguments: &HelmRenderArgs, call: &Call) -> Result<(), Failure> {
    let loaded = workspace::load(&arguments.project, call, &call.log)?;
    let project = &loaded.project;
    let stand_in = DeployNames {
        env: Some(arguments.names.env.clone().unwrap_or_else(|| STAND_IN_ENV.to_owned())),
        ..arguments.names.clone()
    };
    let names = deploy::names(&stand_in, project)?;
    let home = arguments.project.host.home(call);
    let naming = Naming { repo: &arguments.images_repo, tags: &arguments.tags, git: &arguments.git, home: &home };
    let images = call.block_on(async |_| image_values::images(&loaded, naming, Need::StandIn, call).await)?;
    let service = ServiceValues {
        project: project.meta.project.clone(),
        env: arguments.names.env.clone(),
        namespace: names.namespace.clone(),
        repo: images.repo,
        version: deploy::WERF_VERSION.to_owned(),
        strategy: images.strategy,
        images: images.by_name,
    };
    let input = chart_input::read(&arguments.project, &arguments.values, &service, call)?;
    let annotations = deploy::annotations(&arguments.metadata, project, arguments.names.env.as_deref())?;
    let labels = deploy::pairs(&arguments.metadata.add_label, "--add-label")?;
    let block = call.log.note("Extra annotations", Style::Plain);
    for (name, value) in &annotations {
        block.line(format!("{name}: {value}"));
    }
    block.done();
    let render = deploy::renderer(input, names, Capabilities::default(), LiveWorld::without_cluster());
    let mut rendered = render(&ReleaseFacts { is_install: true, revision: 1 })?;
    for warning in &rendered.warnings {
        call.log.warn(warning);
    }
    marked(&mut rendered, &annotations, &labels)?;
    let text = template_text(&rendered, Printed::default());
    match &arguments.output_file_path {
        None => call.print(text),
        Some(path) => std::fs::write(call.resolve(path), text)
            .map_err(|error| Failure::new(Cause::HostFiles, format!("write `{}`", path.display())).because(error)),
    }
}
