//! `git`: which files of which repository stand where in an image.

use serde::Deserialize;
use serde::Serialize;

use crate::project::error::ProjectError;
use crate::project::section::Field;
use crate::project::section::Section;

/// Files of a repository that an image gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitMapping {
    /// Where they come from.
    pub repository: Repository,
    /// What is taken, how, and to where.
    pub copy: Copy,
    /// What each user stage depends on, paths relative to `copy.add`.
    pub dependencies: StageDependencies,
}

/// The repository of a mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Repository {
    /// The project's own, at its current commit.
    Project,
    /// Another one.
    Remote {
        /// As `git clone` takes it.
        url: String,
        /// Which commit of it.
        revision: Revision,
    },
}

/// A commit of a remote repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Revision {
    /// The head of the default branch.
    Default,
    /// The head of a branch.
    Branch(String),
    /// A tag.
    Tag(String),
    /// The commit of that id.
    Commit(String),
}

/// Files and what becomes of them: shared by git mappings and imports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copy {
    /// The file or directory that is taken, absolute in its source.
    pub add: String,
    /// Where it goes, absolute in the image.
    pub to: String,
    /// Only these paths, relative to `add`; empty means all.
    pub include: Vec<String>,
    /// Not these paths, relative to `add`.
    pub exclude: Vec<String>,
    /// The owner, by name or number; root if absent.
    pub owner: Option<String>,
    /// The group, by name or number; root if absent.
    pub group: Option<String>,
}

/// What user stages depend on: a stage is rebuilt when a file that its patterns match changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageDependencies {
    /// Patterns of install.
    pub install: Vec<String>,
    /// Patterns of beforeSetup.
    pub before_setup: Vec<String>,
    /// Patterns of setup.
    pub setup: Vec<String>,
}

const KEYS: &[&str] = &[
    "url",
    "branch",
    "tag",
    "commit",
    "add",
    "to",
    "includePaths",
    "excludePaths",
    "owner",
    "group",
    "stageDependencies",
    "herebyIAdmitThatBranchMightBreakReproducibility",
];

/// Reads one item of `git`.
pub(super) fn read(field: &Field<'_>) -> Result<GitMapping, ProjectError> {
    let section = field.section(KEYS)?;
    Ok(GitMapping {
        repository: repository(&section)?,
        copy: copy(&section, Some("/"))?,
        dependencies: dependencies(&section)?,
    })
}

/// Reads `add`, `to`, paths and owner; `to` is `add`'s value where an import leaves it out.
pub(super) fn copy(section: &Section<'_>, default_add: Option<&str>) -> Result<Copy, ProjectError> {
    let add = match (section.get("add"), default_add) {
        (Some(field), _) => field.absolute()?,
        (None, Some(default)) => default.to_owned(),
        (None, None) => return Err(section.error("`add: PATH` is required (an absolute path in the source)")),
    };
    let to = match section.get("to") {
        Some(field) => field.absolute()?,
        None if default_add.is_none() => add.clone(),
        None => return Err(section.error("`to: PATH` is required (an absolute path in the image)")),
    };
    let relatives = |key| section.get(key).map_or(Ok(Vec::new()), |field| field.relatives());
    Ok(Copy {
        add,
        to,
        include: relatives("includePaths")?,
        exclude: relatives("excludePaths")?,
        owner: section.text("owner")?,
        group: section.text("group")?,
    })
}

fn dependencies(section: &Section<'_>) -> Result<StageDependencies, ProjectError> {
    let Some(section) = section.section("stageDependencies", &["install", "beforeSetup", "setup"])? else {
        return Ok(StageDependencies::default());
    };
    let relatives = |key| section.get(key).map_or(Ok(Vec::new()), |field| field.relatives());
    Ok(StageDependencies {
        install: relatives("install")?,
        before_setup: relatives("beforeSetup")?,
        setup: relatives("setup")?,
    })
}

fn repository(section: &Section<'_>) -> Result<Repository, ProjectError> {
    let (branch, tag, commit) = (section.text("branch")?, section.text("tag")?, section.text("commit")?);
    let Some(url) = section.text("url")? else {
        return match [branch, tag, commit].into_iter().flatten().next() {
            Some(_) => Err(section
                .error("`branch`, `tag` and `commit` need the `url` of a remote repository")
                .hint("files of the project itself always come from its current commit")),
            None => Ok(Repository::Project),
        };
    };
    let revision = match (branch, tag, commit) {
        (None, None, None) => Revision::Default,
        (Some(branch), None, None) => Revision::Branch(branch),
        (None, Some(tag), None) => Revision::Tag(tag),
        (None, None, Some(commit)) => Revision::Commit(commit),
        _ => return Err(section.error("only one of `branch`, `tag`, `commit` can be given")),
    };
    let moves = matches!(revision, Revision::Default | Revision::Branch(_));
    if moves && !section.flag("herebyIAdmitThatBranchMightBreakReproducibility")? {
        return Err(section
            .error("a branch of a remote repository moves by itself, so that the same commit gives other images")
            .hint("name a `tag` or a `commit`, or set `herebyIAdmitThatBranchMightBreakReproducibility: true`"));
    }
    Ok(Repository::Remote { url, revision })
}
