//! `werf build` (also `werf stages build`) and `werf stage image`.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use crate::actions::build;
use crate::actions::build::BuildRequest;
use crate::actions::build::Tools;
use crate::actions::build::execute::stage_name;
use crate::backends::docker::DEFAULT_ADDRESS;
use crate::backends::docker::Engine;
use crate::backends::docker::EngineOptions;
use crate::backends::registry::Keychain;
use crate::cli::call::Call;
use crate::cli::options::git::GitArgs;
use crate::cli::options::log::LogArgs;
use crate::cli::options::parallel::ParallelArgs;
use crate::cli::options::project::ProjectArgs;
use crate::cli::options::registry::StagesStorageArgs;
use crate::cli::options::registry::docker_config;
use crate::cli::project;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::image::StoredImage;
use crate::report::JobLog;

/// How many images are built side by side where nothing else is said.
const SIDE_BY_SIDE: NonZeroUsize = NonZeroUsize::new(5).unwrap();

/// Build stages for images described in the werf.yaml
///
/// Examples:
///   # Build stages of all images from werf.yaml
///   $ werf build --stages-storage :local
///
///   # Build stages of image 'backend' from werf.yaml
///   $ werf build --stages-storage :local backend
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct BuildArgs {
    /// The images, by their names in werf.yaml; all if none is named
    #[arg(value_name = "IMAGE_NAME")]
    images: Vec<String>,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    storage: StagesStorageArgs,
    #[command(flatten)]
    git: GitArgs,
    #[command(flatten)]
    parallel: ParallelArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// Print the name of the last stage of an image
#[derive(Debug, Args)]
pub(super) struct StageImageArgs {
    /// The image, by its name in werf.yaml; may be left out where there is only one
    #[arg(value_name = "IMAGE_NAME")]
    image: Option<String>,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    storage: StagesStorageArgs,
    #[command(flatten)]
    git: GitArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// Builds.
pub(super) fn run(arguments: &BuildArgs, call: &Call) -> Result<(), Failure> {
    let directory = arguments.project.directory(call);
    call.work(&directory, async |cancellation| {
        let work = async {
            let prepared = prepare(&arguments.project, &arguments.git, &arguments.storage, &call.log, call).await?;
            let limit = if arguments.parallel.parallel {
                arguments.parallel.limit(SIDE_BY_SIDE)
            } else {
                Some(NonZeroUsize::MIN)
            };
            let request =
                BuildRequest { images: arguments.images.clone(), parallel: limit, ..prepared.request.clone() };
            self::build(&Prepared { request, ..prepared }, &call.log).await
        };
        tokio::select! {
            done = work => done,
            () = cancellation.cancelled() => Err(Failure::new(Cause::Cancelled, "build images")),
        }
    })
}

/// Prints the name.
pub(super) fn stage_image(arguments: &StageImageArgs, call: &Call) -> Result<(), Failure> {
    let name = call.block_on(async |_| {
        let prepared = prepare(&arguments.project, &arguments.git, &arguments.storage, &call.log, call).await?;
        last_stage(&prepared, arguments.image.as_deref()).await
    })?;
    call.print(format!("{name}\n"))
}

/// Builds the images of the request.
pub(super) async fn build(prepared: &Prepared, log: &JobLog) -> Result<(), Failure> {
    let tools = prepared.tools();
    build::build(&prepared.request, tools, log).await.map(drop)
}

/// The last stage of each image of the request that is published, with the tag that its content gives it; all must be
/// built.
pub(super) async fn last_stages(prepared: &Prepared) -> Result<BTreeMap<String, (String, StoredImage)>, Failure> {
    let (request, engine) = (&prepared.request, &prepared.engine);
    let survey = build::look(request, prepared.tools()).await?;
    let wanted = |name: &String| request.images.is_empty() || request.images.contains(name);
    let mut stages = BTreeMap::new();
    for image in request.project.published().filter(|image| wanted(&image.name)) {
        let missing = || not_built(image.shown_name());
        let chain = survey.chain(&image.name).ok_or_else(missing)?;
        let last = survey.last_found(chain).ok_or_else(missing)?;
        let stored = engine.image(&stage_name(&request.project.meta.project, &last)).await?.ok_or_else(missing)?;
        let tag = chain.tag().ok_or_else(missing)?.to_string();
        stages.insert(image.name.clone(), (tag, stored));
    }
    Ok(stages)
}

/// The engine's name of an image's last stage, which must be built.
pub(super) async fn last_stage(prepared: &Prepared, image: Option<&str>) -> Result<String, Failure> {
    let image = match image {
        Some(image) => image.to_owned(),
        None => only_image(&prepared.request.project)?,
    };
    let request = BuildRequest { images: vec![image.clone()], ..prepared.request.clone() };
    let tools = prepared.tools();
    let survey = build::look(&request, tools).await?;
    let known = if image == "~" { "" } else { image.as_str() };
    let tag = survey.chain(known).and_then(|chain| survey.last_found(chain)).ok_or_else(|| not_built(&image))?;
    Ok(stage_name(&request.project.meta.project, &tag))
}

fn only_image(project: &crate::project::Project) -> Result<String, Failure> {
    let names: Vec<&str> = project.published().map(crate::project::Image::shown_name).collect();
    match names.as_slice() {
        [name] => Ok((*name).to_owned()),
        _ => Err(Failure::new(Cause::Usage, "image '~' is not defined in werf.yaml")
            .hint(format!("name one of: {}", names.join(", ")))),
    }
}

fn not_built(image: &str) -> Failure {
    Failure::new(Cause::ImageMissing, format!("stages required: image `{image}` is not built for this commit"))
        .hint("run `werf build` first; if it was, see what changes in the rendered werf.yaml between the two commands")
}

/// What commands on stages begin with.
pub(super) struct Prepared {
    /// What is to be built.
    pub(super) request: BuildRequest,
    /// The engine of this host.
    pub(super) engine: Engine,
    repositories: crate::actions::stages::content::Repositories,
    keychain: Keychain,
}

impl Prepared {
    /// What builds and looks at stages.
    fn tools(&self) -> Tools<'_> {
        Tools { engine: &self.engine, repositories: &self.repositories, keychain: &self.keychain }
    }
}

pub(super) async fn prepare(
    arguments: &ProjectArgs,
    git: &GitArgs,
    storage: &StagesStorageArgs,
    log: &JobLog,
    call: &Call,
) -> Result<Prepared, Failure> {
    check_storage(storage)?;
    let home = arguments.host.home(call);
    let loaded = project::load(arguments, call, log)?;
    let repositories = project::repositories(&loaded, git, &home, call).await?;
    let address = call.environment.get("DOCKER_HOST").unwrap_or(DEFAULT_ADDRESS);
    let options =
        EngineOptions { manifest_cache: Some(home.join("local_cache/manifests")), ..EngineOptions::at(address) };
    let engine = Engine::connect(options).await?;
    let request = BuildRequest {
        project: loaded.project,
        images: Vec::new(),
        parallel: Some(SIDE_BY_SIDE),
        tmp: arguments.host.tmp(call),
        owner: project::owner(call),
        home,
    };
    let keychain = keychain(call)?;
    log.mask_all(keychain.secrets().cloned());
    Ok(Prepared { request, engine, repositories, keychain })
}

/// Who we are where base images come from. Helper programs are not run: a job could name its own in Docker's
/// configuration.
fn keychain(call: &Call) -> Result<Keychain, Failure> {
    let given = ["WERF_DOCKER_CONFIG", "DOCKER_CONFIG"].into_iter().find_map(|name| call.environment.get(name));
    match docker_config(given.map(PathBuf::from).as_ref(), call) {
        Some(directory) => Keychain::from_docker_config(&directory.join("config.json"), None),
        None => Ok(Keychain::empty()),
    }
}

fn check_storage(storage: &StagesStorageArgs) -> Result<(), Failure> {
    match storage.stages_storage.as_deref() {
        Some(":local") => Ok(()),
        None => Err(Failure::new(Cause::Usage, "--stages-storage=ADDRESS param required")
            .hint("`--stages-storage :local` keeps stages on this host")),
        Some(repository) => Err(Failure::new(Cause::Usage, format!("stages cannot be kept in `{repository}` yet"))
            .hint("use `--stages-storage :local`")),
    }
}
