//! werf.yaml: rendering, the strict schema, and what documents must be to one another (pure).
//!
//! [`fn@render`] makes text of a template; [`Project::parse`] makes a project of text. Every mistake is a [`ProjectError`]
//! with its line, what is allowed and the document around it; what works but is odd is a [`Warning`].

mod ansible;
mod builder;
mod check;
mod docker;
mod document;
mod error;
mod excludes;
mod filter;
mod git;
mod image;
mod import;
mod lint;
mod meta;
mod policy;
mod render;
mod section;

use std::cell::RefCell;

use serde::Deserialize;
use serde::Serialize;

pub use crate::project::ansible::Task;
pub use crate::project::builder::Builder;
pub use crate::project::builder::Work;
pub use crate::project::docker::Command;
pub use crate::project::docker::DockerInstructions;
pub use crate::project::docker::Mount;
pub use crate::project::docker::MountSource;
pub use crate::project::error::ProjectError;
pub use crate::project::error::Warning;
pub use crate::project::filter::PathFilter;
pub use crate::project::filter::Verdict;
pub use crate::project::git::Copy;
pub use crate::project::git::GitMapping;
pub use crate::project::git::Repository;
pub use crate::project::git::Revision;
pub use crate::project::git::StageDependencies;
pub use crate::project::image::DockerfileRecipe;
pub use crate::project::image::From;
pub use crate::project::image::Image;
pub use crate::project::image::Recipe;
pub use crate::project::image::Role;
pub use crate::project::image::Stapel;
pub use crate::project::import::Import;
pub use crate::project::import::ImportPoint;
pub use crate::project::import::UserStage;
pub use crate::project::meta::DeployNames;
pub use crate::project::meta::Meta;
pub use crate::project::policy::KeepPolicy;
pub use crate::project::policy::Limit;
pub use crate::project::policy::Operator;
pub use crate::project::policy::ReferenceKind;
pub use crate::project::policy::References;

pub use crate::project::render::ProjectFiles;
pub use crate::project::render::Rendered;
pub use crate::project::render::Source;
pub use crate::project::render::render;

use crate::project::document::Document;
use crate::project::section::Reader;
use crate::yaml::Value;

/// A werf.yaml that was read and checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// What the meta document says.
    pub meta: Meta,
    /// Images and artifacts, in the order of the text.
    pub images: Vec<Image>,
}

impl Project {
    /// Reads the rendered text of a werf.yaml; `name` takes the place of its `project` (`WERF_PROJECT_NAME`).
    ///
    /// # Errors
    ///
    /// The first mistake.
    pub fn parse(rendered: &str, name: Option<&str>) -> Result<(Self, Vec<Warning>), ProjectError> {
        let documents = document::split(rendered)?;
        let warnings = RefCell::new(Vec::new());
        let (mut meta, mut images) = (None, Vec::new());
        for document in &documents {
            let reader = Reader { document, warnings: &warnings };
            match kind(document)? {
                Kind::Meta if meta.is_some() => {
                    return Err(
                        document.error(&document.root, "there can be only one meta section (`configVersion: 1`)")
                    );
                }
                Kind::Meta => meta = Some(meta::read(reader, name)?),
                Kind::Dockerfile => images.extend(image::read_dockerfile(reader)?),
                Kind::Stapel => images.extend(image::read_stapel(reader)?),
            }
        }
        let Some(meta) = meta else {
            return Err(ProjectError::new("a meta section is required")
                .hint("begin werf.yaml with `configVersion: 1`, `project: NAME` and a line `---`"));
        };
        check::check(&images).map_err(|error| document::quote(error, &documents))?;
        Ok((Self { meta, images }, warnings.into_inner()))
    }

    /// The image or artifact of that name.
    pub fn image(&self, name: &str) -> Option<&Image> {
        self.images.iter().find(|image| image.name == name)
    }

    /// The images that are published, in the order of the text.
    pub fn published(&self) -> impl Iterator<Item = &Image> {
        self.images.iter().filter(|image| image.role == Role::Image)
    }

    /// `names` and all that they need, so that whatever an image needs is in an earlier set.
    pub fn sets(&self, names: &[&str]) -> Vec<Vec<&Image>> {
        let mut sets: Vec<Vec<&Image>> = Vec::new();
        let mut levels: Vec<(&str, usize)> = Vec::new();
        for name in names {
            self.level(name, &mut levels);
        }
        for image in &self.images {
            if let Some((_, level)) = levels.iter().find(|(name, _)| *name == image.name) {
                sets.resize_with(sets.len().max(level + 1), Vec::new);
                sets[*level].push(image);
            }
        }
        sets
    }

    /// One more than the highest level of what `name` needs; `levels` gathers all that were met.
    fn level<'a>(&'a self, name: &str, levels: &mut Vec<(&'a str, usize)>) -> usize {
        if let Some((_, level)) = levels.iter().find(|(known, _)| *known == name) {
            return *level;
        }
        let Some(image) = self.image(name) else { return 0 };
        let level = image.needs().iter().map(|need| self.level(need, levels) + 1).max().unwrap_or(0);
        levels.push((&image.name, level));
        level
    }
}

enum Kind {
    Meta,
    Dockerfile,
    Stapel,
}

fn kind(document: &Document<'_>) -> Result<Kind, ProjectError> {
    let Value::Mapping(entries) = &document.root.value else {
        return Err(document.error(&document.root, "a document must be a mapping"));
    };
    let has = |key: &str| entries.iter().any(|entry| entry.key.value == Value::String(key.to_owned()));
    if has("configVersion") {
        Ok(Kind::Meta)
    } else if has("dockerfile") {
        Ok(Kind::Dockerfile)
    } else if has("image") || has("artifact") {
        Ok(Kind::Stapel)
    } else {
        let message = "cannot tell what this document is: the meta section has `configVersion`, an image `image`, an artifact `artifact`";
        Err(document.error(&document.root, message).hint(if has("project") {
            "add `configVersion: 1` to the meta section"
        } else {
            "add `image: NAME` (or `image: ~` for the only image)"
        }))
    }
}
