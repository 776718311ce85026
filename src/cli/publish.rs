//! `werf publish` (also `werf images publish`) and `werf build-and-publish`.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use crate::actions::publish;
use crate::actions::publish::PublishRequest;
use crate::actions::publish::PublishedImage;
use crate::actions::publish::Report;
use crate::actions::publish::steps::Tag;
use crate::actions::publish::steps::Target;
use crate::backends::registry::Keychain;
use crate::backends::registry::Registry;
use crate::backends::registry::RegistryOptions;
use crate::cli::build;
use crate::cli::build::Prepared;
use crate::cli::call::Call;
use crate::cli::image_values;
use crate::cli::options::git::GitArgs;
use crate::cli::options::log::LogArgs;
use crate::cli::options::parallel::ParallelArgs;
use crate::cli::options::project::ProjectArgs;
use crate::cli::options::registry::ImagesRepoArgs;
use crate::cli::options::registry::RegistryArgs;
use crate::cli::options::registry::StagesStorageArgs;
use crate::cli::options::tags::TagArgs;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::image::StoredImage;
use crate::model::reference::Reference;

/// Publish final images for each image described in the werf.yaml
///
/// The stages must be built: `werf build-and-publish` does both.
///
/// Examples:
///   # Publish images into myregistry.mydomain.com/myproject under tags made of their content
///   $ werf publish --stages-storage :local --images-repo myregistry.mydomain.com/myproject --tag-by-stages-signature
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct PublishArgs {
    /// The images, by their names in werf.yaml; all if none is named
    #[arg(value_name = "IMAGE_NAME")]
    images: Vec<String>,
    /// Write what was published into this file, as JSON [env: WERF_PUBLISH_REPORT_PATH]
    #[arg(long, value_name = "FILE")]
    publish_report_path: Option<PathBuf>,
    #[command(flatten)]
    repo: ImagesRepoArgs,
    #[command(flatten)]
    tags: TagArgs,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    storage: StagesStorageArgs,
    #[command(flatten)]
    registry: RegistryArgs,
    #[command(flatten)]
    git: GitArgs,
    #[command(flatten)]
    parallel: ParallelArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// Build stages and publish final images for each image described in the werf.yaml
///
/// Examples:
///   # Build and publish images, tagged by their content
///   $ werf build-and-publish --stages-storage :local --images-repo myregistry.mydomain.com/myproject --tag-by-stages-signature
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct BuildAndPublishArgs {
    #[command(flatten)]
    publish: PublishArgs,
}

/// Publishes what is built.
pub(super) fn run(arguments: &PublishArgs, call: &Call) -> Result<(), Failure> {
    work(arguments, Build::No, call)
}

/// Builds, then publishes.
pub(super) fn build_and_publish(arguments: &BuildAndPublishArgs, call: &Call) -> Result<(), Failure> {
    work(&arguments.publish, Build::First, call)
}

/// Whether stages are built before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Build {
    First,
    No,
}

fn work(arguments: &PublishArgs, build: Build, call: &Call) -> Result<(), Failure> {
    let tags = tags(&arguments.tags)?;
    let repo = arguments.repo.images_repo.clone().ok_or_else(|| {
        Failure::new(Cause::Usage, "--images-repo REPO is required")
            .hint("give it, or set $WERF_IMAGES_REPO; in a GitLab job `werf ci-env gitlab` sets it")
    })?;
    call.work(&arguments.project.directory(call), async |cancellation| {
        tokio::select! {
            done = carry_out(arguments, build, (&repo, &tags), call) => done,
            () = cancellation.cancelled() => Err(Failure::new(Cause::Cancelled, "publish images")),
        }
    })
}

async fn carry_out(
    arguments: &PublishArgs,
    build: Build,
    (repo, tags): (&str, &[Wanted]),
    call: &Call,
) -> Result<(), Failure> {
    let mut prepared = build::prepare(&arguments.project, &arguments.git, &arguments.storage, &call.log, call).await?;
    prepared.request.images.clone_from(&arguments.images);
    if build == Build::First {
        let usual = prepared.request.parallel;
        let limit = usual.unwrap_or(NonZeroUsize::MIN);
        let parallel =
            if arguments.parallel.parallel { arguments.parallel.limit(limit) } else { Some(NonZeroUsize::MIN) };
        prepared.request.parallel = parallel;
        build::build(&prepared, &call.log).await?;
    }
    let stages = build::last_stages(&prepared).await?;
    let request = request(arguments, &prepared, &stages, (repo, tags))?;
    let stored: BTreeMap<String, StoredImage> = stages.into_iter().map(|(name, (_, stage))| (name, stage)).collect();
    let registry = Registry::new(registry_options(&arguments.registry, &request, call)?)?;
    let tools = publish::Tools { engine: &prepared.engine, registry: &registry };
    let report = publish::publish(&request, &stored, tools, &call.log).await?;
    arguments.publish_report_path.as_ref().map_or(Ok(()), |path| write_report(&call.resolve(path), &report))
}

/// A tag that was asked for; without a value it is the image's own.
struct Wanted {
    strategy: &'static str,
    value: Option<String>,
}

fn tags(arguments: &TagArgs) -> Result<Vec<Wanted>, Failure> {
    let given = |strategy, value: &String| Wanted { strategy, value: Some(value.clone()) };
    let mut tags = Vec::new();
    if arguments.tag_by_stages_signature {
        tags.push(Wanted { strategy: "stages-signature", value: None });
    }
    tags.extend(arguments.tag_custom.iter().map(|tag| given("custom", tag)));
    tags.extend(arguments.tag_git_tag.iter().map(|tag| given("git-tag", tag)));
    tags.extend(arguments.tag_git_branch.iter().map(|tag| given("git-branch", tag)));
    tags.extend(arguments.tag_git_commit.iter().map(|tag| given("git-commit", tag)));
    if tags.is_empty() {
        return Err(Failure::new(
            Cause::Usage,
            "tag should be specified with --tag-by-stages-signature, --tag-custom, --tag-git-tag, --tag-git-branch or --tag-git-commit options",
        )
        .hint("in a GitLab job `werf ci-env gitlab` chooses one"));
    }
    Ok(tags)
}

/// The last stage of each image, with the tag that its content gives it.
type Stages = BTreeMap<String, (String, StoredImage)>;

fn request(
    arguments: &PublishArgs,
    prepared: &Prepared,
    stages: &Stages,
    (repo, tags): (&str, &[Wanted]),
) -> Result<PublishRequest, Failure> {
    let image = |(name, (signature, _)): (&String, &(String, StoredImage))| -> Result<PublishedImage, Failure> {
        let targets: Result<Vec<Target>, Failure> = tags
            .iter()
            .map(|wanted| {
                let value = wanted.value.clone().unwrap_or_else(|| signature.clone());
                let text = image_values::reference(repo, name, &value, arguments.repo.images_repo_mode);
                let reference: Reference = text.parse().map_err(|error| bad_name(&text, error))?;
                Ok(Target { tag: Tag { strategy: wanted.strategy.to_owned(), value }, reference })
            })
            .collect();
        Ok(PublishedImage { name: name.clone(), signature: signature.clone(), targets: targets? })
    };
    let home = &prepared.request.home;
    Ok(PublishRequest {
        project: prepared.request.project.meta.project.clone(),
        images: stages.iter().map(image).collect::<Result<_, _>>()?,
        tmp: prepared.request.tmp.clone(),
        cache: home.join("local_cache/layers"),
    })
}

fn bad_name(text: &str, error: crate::model::reference::NotAReference) -> Failure {
    Failure::new(Cause::Usage, format!("name the image `{text}`"))
        .because(error)
        .hint("tags are taken as they are; `werf slugify -f docker-tag` makes a valid one of any text")
}

/// Who we are at the registry, and how it is spoken to. Helper programs are run only outside of jobs: a job could name
/// its own in Docker's configuration.
fn registry_options(
    arguments: &RegistryArgs,
    request: &PublishRequest,
    call: &Call,
) -> Result<RegistryOptions, Failure> {
    let keychain = match arguments.docker_config(call) {
        Some(directory) => Keychain::from_docker_config(&directory.join("config.json"), None)?,
        None => Keychain::empty(),
    };
    let mut options = RegistryOptions::new(keychain);
    let targets = request.images.iter().flat_map(|image| &image.targets);
    let hosts: std::collections::BTreeSet<String> =
        targets.map(|target| target.reference.repository.host().to_owned()).collect();
    if arguments.insecure_registry {
        options.plain_http.clone_from(&hosts);
    }
    if arguments.skip_tls_verify_registry {
        options.unverified_tls = hosts;
    }
    Ok(options)
}

fn write_report(path: &std::path::Path, report: &Report) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(Cause::HostFiles, format!("write the report `{}`", path.display())).because(error)
    };
    let text = serde_json::to_vec(report).map_err(|error| failed(error.into()))?;
    std::fs::write(path, text).map_err(failed)
}
