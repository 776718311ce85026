//! The project's published images as its chart sees them.

use std::collections::BTreeMap;
use std::path::Path;

use crate::actions::stages::survey::chains;
use crate::chart::werf::ImageValues;
use crate::chart::werf::TagStrategy;
use crate::cli::call::Call;
use crate::cli::options::git::GitArgs;
use crate::cli::options::registry::ImagesRepoArgs;
use crate::cli::options::registry::ImagesRepoMode;
use crate::cli::options::tags::TagArgs;
use crate::cli::project;
use crate::cli::project::Loaded;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::slug;

/// Where images are said to be when a chart is only rendered and nobody told.
const STUB_REPO: &str = "stub/repository";
/// The tag in that case.
const STUB_TAG: &str = "TAG";

/// Whether tag and repository have to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// They are used by a cluster.
    Real,
    /// A stand-in is as good.
    StandIn,
}

/// Images as a chart sees them.
#[derive(Debug, Clone)]
pub(super) struct Images {
    /// The repository.
    pub repo: String,
    /// How they are tagged.
    pub strategy: TagStrategy,
    /// The images by name.
    pub by_name: BTreeMap<String, ImageValues>,
}

/// What images are named by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Naming<'args> {
    /// Where images are published.
    pub repo: &'args ImagesRepoArgs,
    /// How they are tagged.
    pub tags: &'args TagArgs,
    /// How the repository is read.
    pub git: &'args GitArgs,
    /// werf's own directory.
    pub home: &'args Path,
}

/// The images of a project under the names that publishing gives them.
pub(super) async fn images(loaded: &Loaded, naming: Naming<'_>, need: Need, call: &Call) -> Result<Images, Failure> {
    let repo = repo(naming.repo, need)?;
    let strategy = strategy(naming.tags, need)?;
    let tags = tags(loaded, naming, &strategy, call).await?;
    let named = |name: &String| {
        let tag = tags.get(name).cloned().unwrap_or_default();
        let image = reference(&repo, name, &tag, naming.repo.images_repo_mode);
        (name.clone(), ImageValues { image, tag, id: None, digest: None })
    };
    let by_name = loaded.project.published().map(|image| named(&image.name)).collect();
    Ok(Images { repo, strategy, by_name })
}

fn repo(arguments: &ImagesRepoArgs, need: Need) -> Result<String, Failure> {
    match (&arguments.images_repo, need) {
        (Some(repo), _) => Ok(repo.clone()),
        (None, Need::StandIn) => Ok(STUB_REPO.to_owned()),
        (None, Need::Real) => Err(Failure::new(Cause::Usage, "--images-repo REPO is required")
            .hint("give it, or set $WERF_IMAGES_REPO; in a GitLab job `werf ci-env gitlab` sets it")),
    }
}

fn strategy(tags: &TagArgs, need: Need) -> Result<TagStrategy, Failure> {
    let mut given = Vec::new();
    if tags.tag_by_stages_signature {
        given.push(TagStrategy::StagesSignature);
    }
    given.extend(tags.tag_custom.iter().cloned().map(TagStrategy::Custom));
    given.extend(
        tags.tag_git_branch.iter().map(|branch| TagStrategy::GitBranch(branch.clone(), slug::docker_tag(branch))),
    );
    given.extend(tags.tag_git_commit.iter().cloned().map(TagStrategy::GitCommit));
    given.extend(tags.tag_git_tag.iter().map(|tag| TagStrategy::GitTag(slug::docker_tag(tag))));
    match (given.len(), need) {
        (1, _) => Ok(given.remove(0)),
        (0, Need::StandIn) => Ok(TagStrategy::Custom(STUB_TAG.to_owned())),
        (0, Need::Real) => Err(Failure::new(Cause::Usage, "tag should be specified: which images are to be deployed?")
            .hint("give `--tag-by-stages-signature`, `--tag-custom`, `--tag-git-branch`, `--tag-git-commit` or `--tag-git-tag`")),
        _ => Err(Failure::new(Cause::Usage, "exactly one tag can be deployed, and several are given")
            .hint("look at the WERF_TAG_… variables beside the options")),
    }
}

/// The tag of each image by its name.
async fn tags(
    loaded: &Loaded,
    naming: Naming<'_>,
    strategy: &TagStrategy,
    call: &Call,
) -> Result<BTreeMap<String, String>, Failure> {
    let common = match strategy {
        TagStrategy::GitTag(tag)
        | TagStrategy::GitBranch(_, tag)
        | TagStrategy::GitCommit(tag)
        | TagStrategy::Custom(tag) => tag,
        TagStrategy::StagesSignature => return signatures(loaded, naming, call).await,
    };
    Ok(loaded.project.published().map(|image| (image.name.clone(), common.clone())).collect())
}

/// The tags that follow from the images' content.
async fn signatures(loaded: &Loaded, naming: Naming<'_>, call: &Call) -> Result<BTreeMap<String, String>, Failure> {
    let repositories = project::repositories(loaded, naming.git, naming.home, call).await?;
    let names: Vec<&str> = loaded.project.published().map(|image| image.name.as_str()).collect();
    let ordered: Vec<_> = loaded.project.sets(&names).into_iter().flatten().collect();
    let (chains, warnings) = chains(&ordered, &repositories, &BTreeMap::new())?;
    for warning in &warnings {
        call.log.warn(warning);
    }
    let tags = chains.iter().filter_map(|chain| Some((chain.image.clone(), chain.tag()?.to_string())));
    Ok(tags.collect())
}

/// The whole name that publishing gives an image.
pub(super) fn reference(repo: &str, name: &str, tag: &str, mode: ImagesRepoMode) -> String {
    match (name, mode) {
        ("", _) => format!("{repo}:{tag}"),
        (_, ImagesRepoMode::Monorepo) => format!("{repo}:{name}-{tag}"),
        (_, ImagesRepoMode::Auto | ImagesRepoMode::Multirepo) => format!("{repo}/{name}:{tag}"),
    }
}
