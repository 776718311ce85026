//! `shell` and `ansible`: what is run in the user stages.

use serde::Deserialize;
use serde::Serialize;

use crate::project::ansible;
use crate::project::ansible::Task;
use crate::project::error::ProjectError;
use crate::project::import::UserStage;
use crate::project::lint;
use crate::project::section::Section;

/// What is run in the user stages of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Builder {
    /// What there is to do in each stage, in the order of [`UserStage::ALL`].
    pub work: [Work; 4],
    /// Changing it rebuilds all user stages.
    pub cache_version: Option<String>,
    /// Changing one rebuilds that stage; in the order of [`UserStage::ALL`].
    pub stage_cache_versions: [Option<String>; 4],
}

/// What there is to do in a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    /// Commands, run as one script that ends at the first failure.
    Shell(Vec<String>),
    /// Tasks, run as one play.
    Ansible(Vec<Task>),
}

impl Work {
    /// Whether there is nothing to run.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Shell(commands) => commands.is_empty(),
            Self::Ansible(tasks) => tasks.is_empty(),
        }
    }
}

impl Builder {
    /// What there is to do in `stage`.
    pub fn work(&self, stage: UserStage) -> &Work {
        &self.work[stage as usize]
    }

    /// The cache versions that count for `stage`: its own, then the common one.
    pub fn versions(&self, stage: UserStage) -> Vec<&str> {
        [&self.stage_cache_versions[stage as usize], &self.cache_version]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect()
    }

    /// Whether `stage` exists: it has something to run, or a cache version (which alone makes it exist, as in werf).
    pub fn has(&self, stage: UserStage) -> bool {
        !self.work(stage).is_empty() || !self.versions(stage).is_empty()
    }
}

const KEYS: &[&str] = &[
    "beforeInstall",
    "install",
    "beforeSetup",
    "setup",
    "cacheVersion",
    "beforeInstallCacheVersion",
    "installCacheVersion",
    "beforeSetupCacheVersion",
    "setupCacheVersion",
];

/// Reads `shell` or `ansible` of an image; only one of them can be there.
pub(super) fn read(image: &Section<'_>) -> Result<Option<Builder>, ProjectError> {
    match (image.section("shell", KEYS)?, image.section("ansible", KEYS)?) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(image.error("`shell` and `ansible` cannot both be given")),
        (Some(section), None) => builder(&section, commands).map(Some),
        (None, Some(section)) => builder(&section, tasks).map(Some),
    }
}

fn builder(
    section: &Section<'_>,
    work: fn(&Section<'_>, UserStage) -> Result<Work, ProjectError>,
) -> Result<Builder, ProjectError> {
    UserStage::ALL.iter().filter_map(|stage| section.get(stage.name())).for_each(|field| lint::commands(&field));
    let version = |stage: UserStage| section.text(&format!("{}CacheVersion", stage.name()));
    let [first, second, third, fourth] = UserStage::ALL;
    Ok(Builder {
        work: [work(section, first)?, work(section, second)?, work(section, third)?, work(section, fourth)?],
        cache_version: section.text("cacheVersion")?,
        stage_cache_versions: [version(first)?, version(second)?, version(third)?, version(fourth)?],
    })
}

fn commands(section: &Section<'_>, stage: UserStage) -> Result<Work, ProjectError> {
    Ok(Work::Shell(section.texts(stage.name())?))
}

fn tasks(section: &Section<'_>, stage: UserStage) -> Result<Work, ProjectError> {
    Ok(Work::Ansible(section.items(stage.name())?.iter().map(ansible::read).collect::<Result<_, _>>()?))
}
