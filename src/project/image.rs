//! `image` and `artifact` documents.

use serde::Deserialize;
use serde::Serialize;

use crate::project::builder;
use crate::project::builder::Builder;
use crate::project::docker;
use crate::project::docker::DockerInstructions;
use crate::project::docker::Mount;
use crate::project::error::ProjectError;
use crate::project::excludes;
use crate::project::git;
use crate::project::git::GitMapping;
use crate::project::import;
use crate::project::import::Import;
use crate::project::section::Field;
use crate::project::section::Reader;
use crate::project::section::Section;
use crate::yaml::Value;

/// One image of the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Its name in werf.yaml; empty for the nameless image.
    pub name: String,
    /// Whether it is published.
    pub role: Role,
    /// How it is made.
    pub recipe: Recipe,
    /// Where it stands in the rendered text, counted from 1.
    pub line: usize,
}

/// Whether an image is for use or for other images to take from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Published and deployed.
    Image,
    /// Only for others to import from.
    Artifact,
}

/// How an image is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recipe {
    /// In stages.
    Stapel(Box<Stapel>),
    /// From a Dockerfile.
    Dockerfile(DockerfileRecipe),
}

/// An image that is made in stages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stapel {
    /// What it is based on.
    pub from: From,
    /// Whether the registry is asked for the base image each time.
    pub from_latest: bool,
    /// Changing it rebuilds everything.
    pub from_cache_version: Option<String>,
    /// Files of repositories.
    pub git: Vec<GitMapping>,
    /// What is run.
    pub builder: Option<Builder>,
    /// What is there while commands run.
    pub mounts: Vec<Mount>,
    /// What is written into the configuration.
    pub docker: Option<DockerInstructions>,
    /// Files of other images.
    pub imports: Vec<Import>,
}

/// What an image is based on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum From {
    /// An image of a registry, as it was written.
    Base(String),
    /// Another image or artifact of the project.
    Image(String),
}

/// An image that is made from a Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DockerfileRecipe {
    /// The Dockerfile, relative to the project's directory.
    pub dockerfile: String,
    /// The context's directory, relative to the project's directory; empty for that directory itself.
    pub context: String,
    /// The last build stage to make; the file's last if absent.
    pub target: Option<String>,
    /// Build arguments, in the order of the text.
    pub args: Vec<(String, String)>,
    /// Extra `HOST:ADDRESS` entries.
    pub add_host: Vec<String>,
    /// The network of the build's containers.
    pub network: Option<String>,
    /// What is forwarded of SSH.
    pub ssh: Option<String>,
}

impl Image {
    /// The name as messages and logs show it: `~` for the nameless image.
    pub fn shown_name(&self) -> &str {
        if self.name.is_empty() { "~" } else { &self.name }
    }

    /// The images it is made from or takes files of, in the order of the text.
    pub fn needs(&self) -> Vec<&str> {
        let Recipe::Stapel(stapel) = &self.recipe else { return Vec::new() };
        let base = match &stapel.from {
            From::Image(name) => Some(name.as_str()),
            From::Base(_) => None,
        };
        base.into_iter().chain(stapel.imports.iter().map(|import| import.from.as_str())).collect()
    }
}

const STAPEL_KEYS: &[&str] = &[
    "image",
    "artifact",
    "from",
    "fromLatest",
    "herebyIAdmitThatFromLatestMightBreakReproducibility",
    "fromCacheVersion",
    "fromImage",
    "fromImageArtifact",
    "git",
    "shell",
    "ansible",
    "mount",
    "docker",
    "import",
    "asLayers",
];

const DOCKERFILE_KEYS: &[&str] = &["image", "dockerfile", "context", "target", "args", "addHost", "network", "ssh"];

/// Reads a document that is made in stages; it gives one image for each of its names.
pub(super) fn read_stapel(reader: Reader<'_>) -> Result<Vec<Image>, ProjectError> {
    let (role, names, title) = names(reader)?;
    let section = reader.section(&title, STAPEL_KEYS)?;
    let stapel = Box::new(stapel(&section, role)?);
    let line = reader.document.line_of(&reader.document.root);
    let image = |name| Image { name, role, recipe: Recipe::Stapel(stapel.clone()), line };
    Ok(names.into_iter().map(image).collect())
}

/// Reads a document that names a Dockerfile.
pub(super) fn read_dockerfile(reader: Reader<'_>) -> Result<Vec<Image>, ProjectError> {
    let (role, names, title) = names(reader)?;
    let section = reader.section(&title, DOCKERFILE_KEYS)?;
    let relative = |key| section.get(key).map(|field| inside(&field)).transpose();
    let recipe = DockerfileRecipe {
        dockerfile: relative("dockerfile")?.ok_or_else(|| section.error("`dockerfile` must name a file"))?,
        context: relative("context")?.unwrap_or_default(),
        target: section.text("target")?,
        args: section.map("args")?,
        add_host: section.texts("addHost")?,
        network: section.text("network")?,
        ssh: section.text("ssh")?,
    };
    let line = reader.document.line_of(&reader.document.root);
    let image = |name| Image { name, role, recipe: Recipe::Dockerfile(recipe.clone()), line };
    Ok(names.into_iter().map(image).collect())
}

/// The role, the names, and how messages call the document.
fn names(reader: Reader<'_>) -> Result<(Role, Vec<String>, String), ProjectError> {
    let Value::Mapping(entries) = &reader.document.root.value else {
        return Err(reader.document.error(&reader.document.root, "a document must be a mapping"));
    };
    let find = |key: &str| entries.iter().rev().find(|entry| entry.key.value == Value::String(key.to_owned()));
    let (role, word, entry) = match (find("image"), find("artifact")) {
        (Some(entry), None) => (Role::Image, "image", entry),
        (None, Some(entry)) => (Role::Artifact, "artifact", entry),
        (Some(_), Some(artifact)) => {
            return Err(reader.document.error(&artifact.key, "only one of `image`, `artifact` can be given"));
        }
        (None, None) => {
            return Err(reader.document.error(&reader.document.root, "`image: NAME` is required"));
        }
    };
    let field = Field { reader, node: &entry.value, path: format!("`{word}`") };
    let names = match &field.node.value {
        Value::Null if role == Role::Image => vec![String::new()],
        Value::Sequence(_) if role == Role::Image => field.items()?.iter().map(name).collect::<Result<_, _>>()?,
        _ => vec![name(&field)?],
    };
    let Some(first) = names.first() else { return Err(field.error("at least one name is required")) };
    let title = if first.is_empty() { "the nameless image".to_owned() } else { format!("{word} `{first}`") };
    Ok((role, names, title))
}

fn name(field: &Field<'_>) -> Result<String, ProjectError> {
    match &field.node.value {
        Value::String(name) if name.is_empty() => Err(field.error("a name must not be empty")),
        Value::String(name) => Ok(name.clone()),
        Value::Bool(_) => {
            let written = field.text()?;
            Err(field
                .error(format!("invalid name `{written}`: YAML reads it as a boolean"))
                .hint(format!("quote it: `\"{written}\"`")))
        }
        _ => field.text(),
    }
}

fn stapel(section: &Section<'_>, role: Role) -> Result<Stapel, ProjectError> {
    refuse_for_artifact(section, role)?;
    let items = |key| section.items(key);
    let mut stapel = Stapel {
        from: from(section)?,
        from_latest: from_latest(section)?,
        from_cache_version: section.text("fromCacheVersion")?,
        git: items("git")?.iter().map(git::read).collect::<Result<_, _>>()?,
        builder: builder::read(section)?,
        mounts: docker::mounts(section)?,
        docker: docker::read(section)?,
        imports: items("import")?.iter().map(import::read).collect::<Result<_, _>>()?,
    };
    as_layers(section)?;
    excludes::apply(&mut stapel).map_err(|message| section.error(message))?;
    Ok(stapel)
}

fn refuse_for_artifact(section: &Section<'_>, role: Role) -> Result<(), ProjectError> {
    match section.get("docker") {
        Some(field) if role == Role::Artifact => {
            Err(field.error("an artifact has no `docker` section: it is never published").hint("make it an `image`"))
        }
        _ => Ok(()),
    }
}

/// `asLayers` only shapes werf's own intermediate images; files and configuration of the image are the same.
fn as_layers(section: &Section<'_>) -> Result<(), ProjectError> {
    if section.flag("asLayers")?
        && let Some(field) = section.get("asLayers")
    {
        field
            .reader
            .warn(field.node, format!("{}: the image is the same without it; stages are not cut further", field.path));
    }
    Ok(())
}

fn from(section: &Section<'_>) -> Result<From, ProjectError> {
    let old = section.get("fromImageArtifact");
    if let Some(field) = &old {
        field.reader.warn(field.node, format!("{} is deprecated; `fromImage` says the same", field.path));
    }
    let old = old.map(|field| field.text()).transpose()?;
    match (section.text("from")?, section.text("fromImage")?, old) {
        (Some(base), None, None) => Ok(From::Base(base)),
        (None, Some(image), None) | (None, None, Some(image)) => Ok(From::Image(image)),
        (None, None, None) => Err(section.error("one of `from: DOCKER_IMAGE`, `fromImage: NAME` is required")),
        _ => Err(section.error("only one of `from`, `fromImage`, `fromImageArtifact` can be given")),
    }
}

fn from_latest(section: &Section<'_>) -> Result<bool, ProjectError> {
    let admitted = section.flag("herebyIAdmitThatFromLatestMightBreakReproducibility")?;
    if section.flag("fromLatest")? && !admitted {
        return Err(section
            .error("`fromLatest` makes the same commit give other images when the base image changes")
            .hint("name a fixed tag, or set `herebyIAdmitThatFromLatestMightBreakReproducibility: true`"));
    }
    section.flag("fromLatest")
}

/// A path below the project's directory, without a leading `/` and `.` parts.
fn inside(field: &Field<'_>) -> Result<String, ProjectError> {
    let path = field.text()?;
    if path.split('/').any(|part| part == "..") {
        return Err(field.error(format!("`{path}` must be inside the project")));
    }
    Ok(crate::project::section::clean(&path).trim_start_matches('/').to_owned())
}
