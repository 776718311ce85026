//! `import`: files that an image takes from another one.

use serde::Deserialize;
use serde::Serialize;

use crate::project::error::ProjectError;
use crate::project::error::listed;
use crate::project::git;
use crate::project::git::Copy;
use crate::project::section::Field;
use crate::project::section::Section;

/// Files of another image that an image gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The image or artifact they come from.
    pub from: String,
    /// The stage of it that has them; the last one if absent.
    pub stage: Option<UserStage>,
    /// When they arrive.
    pub when: ImportPoint,
    /// What is taken, how, and to where.
    pub copy: Copy,
}

/// A stage in which the project's own commands run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum UserStage {
    /// Before the project's files are there.
    BeforeInstall,
    /// Right after the project's files are there.
    Install,
    /// Before setup.
    BeforeSetup,
    /// The last one.
    Setup,
}

impl UserStage {
    /// All, in their order.
    pub const ALL: [Self; 4] = [Self::BeforeInstall, Self::Install, Self::BeforeSetup, Self::Setup];

    /// As werf.yaml names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::BeforeInstall => "beforeInstall",
            Self::Install => "install",
            Self::BeforeSetup => "beforeSetup",
            Self::Setup => "setup",
        }
    }
}

/// A moment between two stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ImportPoint {
    /// `before: install`
    BeforeInstall,
    /// `after: install`
    AfterInstall,
    /// `before: setup`
    BeforeSetup,
    /// `after: setup`
    AfterSetup,
}

const KEYS: &[&str] =
    &["image", "artifact", "stage", "before", "after", "add", "to", "includePaths", "excludePaths", "owner", "group"];

/// Reads one item of `import`.
pub(super) fn read(field: &Field<'_>) -> Result<Import, ProjectError> {
    let section = field.section(KEYS)?;
    Ok(Import {
        from: source(&section)?,
        stage: section.get("stage").map(|field| stage(&field)).transpose()?,
        when: when(&section)?,
        copy: git::copy(&section, None)?,
    })
}

fn source(section: &Section<'_>) -> Result<String, ProjectError> {
    match (section.text("image")?, section.text("artifact")?) {
        (Some(name), None) | (None, Some(name)) => Ok(name),
        (None, None) => Err(section.error("`image: NAME` or `artifact: NAME` is required")),
        (Some(_), Some(_)) => Err(section.error("only one of `image`, `artifact` can be given")),
    }
}

fn stage(field: &Field<'_>) -> Result<UserStage, ProjectError> {
    let given = field.text()?;
    UserStage::ALL.into_iter().find(|stage| stage.name() == given).ok_or_else(|| {
        field.error(format!("unknown stage `{given}`; allowed: {}", listed(UserStage::ALL.map(UserStage::name))))
    })
}

fn when(section: &Section<'_>) -> Result<ImportPoint, ProjectError> {
    let (before, after) = (section.text("before")?, section.text("after")?);
    match (before.as_deref(), after.as_deref()) {
        (Some("install"), None) => Ok(ImportPoint::BeforeInstall),
        (None, Some("install")) => Ok(ImportPoint::AfterInstall),
        (Some("setup"), None) => Ok(ImportPoint::BeforeSetup),
        (None, Some("setup")) => Ok(ImportPoint::AfterSetup),
        (None, None) => Err(section.error("`before: install|setup` or `after: install|setup` is required")),
        (Some(_), Some(_)) => Err(section.error("only one of `before`, `after` can be given")),
        (Some(other), None) | (None, Some(other)) => {
            Err(section.error(format!("unknown stage `{other}`; allowed: `install`, `setup`")))
        }
    }
}
