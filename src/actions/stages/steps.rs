//! What has to be done so that an image's stages exist: a pure function of its chain and of what was found.

use std::collections::HashMap;

use serde::Deserialize;
use serde::Serialize;

use crate::actions::stages::chain::Chain;
use crate::actions::stages::chain::Files;
use crate::actions::stages::chain::Link;
use crate::model::signature::Input;
use crate::model::signature::Signature;
use crate::model::signature::StageInputs;
use crate::model::stage::StageName;

/// Differences to the project's files are laid over the user stages until they reach this many bytes; then they are
/// kept as a stage of their own, and start anew from there.
pub const DIFFERENCE_LIMIT: u64 = 1024 * 1024;

/// A stage that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundStage {
    /// The engine's id of its image, or the digest of its manifest.
    pub id: String,
    /// Where it is.
    pub place: Place,
    /// The files of git in it; nothing before gitArchive.
    pub files: Files,
}

/// Where a stage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// In the engine of this host, which keeps the stages.
    Engine,
    /// In the registry that keeps the stages, and not here.
    Registry,
    /// In the registry that keeps the stages, and here.
    Both,
    /// In the engine of this host, and not in the registry that keeps the stages.
    Unshared,
}

/// What was found of the stages of all images.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Stages that exist.
    pub stages: HashMap<Signature, FoundStage>,
    /// How many bytes the files of git in a stage differ from those of now, where they do.
    pub differences: HashMap<Signature, u64>,
    /// Inputs of the latest stage of an image, to tell why one is built: image, stage, inputs.
    pub earlier: Vec<(String, StageInputs)>,
}

/// One thing to do for an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// The stage exists.
    Reuse {
        /// Which one.
        link: Link,
        /// Where it is.
        place: Place,
    },
    /// The stage exists here and is missing in the registry that keeps the stages.
    Push {
        /// Which one.
        link: Link,
    },
    /// The stage exists in the registry and is needed here, as the ground of the next.
    Pull {
        /// Which one.
        link: Link,
    },
    /// The stage is made.
    Build {
        /// Which one.
        link: Link,
        /// The files of git below it that are not as they are now and are brought up to date first.
        outdated: Option<Files>,
        /// Why it was not found.
        reason: Option<String>,
    },
}

impl Step {
    /// The stage it is about.
    pub fn link(&self) -> &Link {
        match self {
            Self::Reuse { link, .. } | Self::Push { link } | Self::Pull { link } | Self::Build { link, .. } => link,
        }
    }

    /// Whether something is made.
    pub fn is_build(&self) -> bool {
        matches!(self, Self::Build { .. })
    }
}

/// What to do for the image of `chain`, in order. The stage of the last step is the image.
pub fn decide(chain: &Chain, found: &Found) -> Vec<Step> {
    let mut steps = Vec::new();
    let top = chain.links.iter().rposition(|link| found.stages.contains_key(&link.signature));
    let mut files = Files::new();
    for (index, link) in chain.links.iter().enumerate() {
        if let Some(stage) = found.stages.get(&link.signature) {
            steps.push(existing(link.clone(), stage.place));
            files.clone_from(&stage.files);
        } else if top.is_none_or(|top| index > top) {
            missing(chain, link, found, &mut files, &mut steps);
        }
    }
    pull_ground(&mut steps);
    steps
}

fn existing(link: Link, place: Place) -> Step {
    if place == Place::Unshared { Step::Push { link } } else { Step::Reuse { link, place } }
}

/// What to do for a stage above all that exist.
fn missing(chain: &Chain, link: &Link, found: &Found, files: &mut Files, steps: &mut Vec<Step>) {
    let current = *files == chain.files;
    match link.stage {
        StageName::From | StageName::BeforeInstall | StageName::ImportsBeforeInstall | StageName::Dockerfile => {
            steps.push(build(chain, link, found, None));
        }
        StageName::GitArchive => {
            steps.push(build(chain, link, found, None));
            files.clone_from(&chain.files);
        }
        // Where the files below are those of now, there is no difference and no stage of it.
        StageName::GitLatestPatch if current => {}
        StageName::GitLatestPatch => {
            if let Some(rest) = resting_place(chain, found, files, steps) {
                *files = rest;
            }
            if *files != chain.files {
                steps.push(build(chain, link, found, Some(files.clone())));
                files.clone_from(&chain.files);
            }
        }
        _ => {
            steps.push(build(chain, link, found, (!current).then(|| files.clone())));
            if !current && needs_files(link.stage) {
                files.clone_from(&chain.files);
            }
        }
    }
}

/// Whether a stage brings the files of git up to date before it does its own work. Imports and configuration leave
/// them as they are: the difference follows in its place.
fn needs_files(stage: StageName) -> bool {
    matches!(stage, StageName::Install | StageName::BeforeSetup | StageName::Setup)
}

fn build(chain: &Chain, link: &Link, found: &Found, outdated: Option<Files>) -> Step {
    let outdated = outdated.filter(|files| !files.is_empty() && (needs_files(link.stage) || is_difference(link.stage)));
    let earlier = found.earlier.iter().find(|(image, inputs)| *image == chain.image && inputs.stage == link.stage);
    let reason = earlier.and_then(|(_, inputs)| link.inputs.difference(inputs));
    Step::Build { link: link.clone(), outdated, reason }
}

fn is_difference(stage: StageName) -> bool {
    matches!(stage, StageName::GitLatestPatch | StageName::GitCache)
}

/// A large difference gets a stage of its own, beside the chain; the files in it.
fn resting_place(chain: &Chain, found: &Found, files: &Files, steps: &mut Vec<Step>) -> Option<Files> {
    let ground = steps.last()?.link().signature.clone();
    let link = cache_link(&ground, files, *found.differences.get(&ground)?)?;
    if let Some(stage) = found.stages.get(&link.signature) {
        steps.push(existing(link, stage.place));
        return Some(stage.files.clone());
    }
    steps.push(Step::Build { link, outdated: Some(files.clone()), reason: None });
    Some(chain.files.clone())
}

/// The gitCache stage above `ground`, whose files are `files` and differ by `difference` bytes; nothing below the limit.
pub fn cache_link(ground: &Signature, files: &Files, difference: u64) -> Option<Link> {
    let step = difference / DIFFERENCE_LIMIT;
    if step == 0 {
        return None;
    }
    let state = files.iter().map(|(id, state)| Input::id(format!("files of {id}"), &state.digest));
    let inputs = StageInputs {
        stage: StageName::GitCache,
        parent: Some(ground.clone()),
        inputs: state.chain([Input::id("size of the difference", step.to_string())]).collect(),
    };
    Some(Link { stage: StageName::GitCache, signature: inputs.signature(), inputs })
}

/// The stage right below the first that is made must be here.
fn pull_ground(steps: &mut [Step]) {
    let Some(first) = steps.iter().position(Step::is_build) else { return };
    let Some(ground) = first.checked_sub(1) else { return };
    if let Step::Reuse { link, place: Place::Registry } = &steps[ground] {
        steps[ground] = Step::Pull { link: link.clone() };
    }
}
