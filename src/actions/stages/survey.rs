//! What there is: the stages that exist, and how far their files are from those of now.

use std::collections::BTreeMap;
use std::collections::HashMap;

use crate::actions::stages::chain::Chain;
use crate::actions::stages::chain::ContentFacts;
use crate::actions::stages::chain::Files;
use crate::actions::stages::chain::chain;
use crate::actions::stages::chain::mapping_id;
use crate::actions::stages::content;
use crate::actions::stages::content::Repositories;
use crate::actions::stages::steps;
use crate::actions::stages::steps::Found;
use crate::actions::stages::steps::FoundStage;
use crate::actions::stages::steps::Place;
use crate::backends::docker::Engine;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::image::ListedImage;
use crate::model::signature::Signature;
use crate::model::signature::StageInputs;
use crate::model::stage::label;
use crate::project::Image;
use crate::project::Project;
use crate::project::Recipe;

/// A stage image as the engine lists it, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageImage {
    /// The engine's id.
    pub id: String,
    /// When it was made, seconds since 1970.
    pub created: i64,
    /// Bytes on disk, those of the stages below counted too.
    pub size: u64,
}

/// What was found out before anything is decided.
#[derive(Debug, Default)]
pub struct Survey {
    /// The stages of each image, those that others need first.
    pub chains: Vec<Chain>,
    /// Which of them exist.
    pub found: Found,
    /// Those that are in the engine.
    pub images: HashMap<Signature, StageImage>,
    /// What is odd about the project's files.
    pub warnings: Vec<String>,
}

impl Survey {
    /// The chain of `image`.
    pub fn chain(&self, image: &str) -> Option<&Chain> {
        self.chains.iter().find(|chain| chain.image == image)
    }
}

impl Survey {
    /// The stage that is the image of `chain`, if it is built.
    pub fn last_found(&self, chain: &Chain) -> Option<Signature> {
        let steps = steps::decide(chain, &self.found);
        let last = steps.iter().all(|step| !step.is_build()).then(|| steps.last())?;
        last.map(|step| step.link().signature.clone())
    }
}

/// The chains of `images`, in their order; `base_digests` are those that `fromLatest` asks for, by image.
///
/// Reads git only, and blocks while it does.
pub fn chains(
    images: &[&Image],
    repositories: &Repositories,
    base_digests: &BTreeMap<String, String>,
) -> Result<(Vec<Chain>, Vec<String>), Failure> {
    let (mut chains, mut warnings) = (Vec::new(), Vec::new());
    for image in images {
        let facts = content::facts(image, repositories, &mut |warning| warnings.push(warning))
            .map_err(|failure| failure.context(format!("image `{}`", image.shown_name())))?;
        let facts = ContentFacts { base_digest: base_digests.get(&image.name).cloned(), ..facts };
        let link = chain(image, &facts, &chains)?;
        chains.push(link);
    }
    Ok((chains, warnings))
}

/// The stages of `project` in the engine, by one listing.
pub async fn in_engine(engine: &Engine, project: &str) -> Result<Vec<ListedImage>, Failure> {
    let labels = [format!("{}={project}", label::PROJECT), format!("{}=false", label::IS_IMAGE)];
    engine.images(&labels).await
}

/// Puts what the engine lists together with the chains.
pub fn take_listed(survey: &mut Survey, listed: Vec<ListedImage>, place: Place) {
    let mut listed = listed;
    // Of images with one signature the oldest counts, so that everybody takes the same.
    listed.sort_by(|one, other| (one.created, &one.id).cmp(&(other.created, &other.id)));
    for image in &listed {
        let Some(signature) = image.labels.get(label::SIGNATURE).and_then(|text| Signature::parse(text)) else {
            continue;
        };
        if survey.images.contains_key(&signature) {
            continue;
        }
        let stage = FoundStage { id: image.id.clone(), place, files: files_of(&image.labels) };
        let shown = StageImage { id: image.id.clone(), created: image.created, size: image.size };
        survey.found.stages.insert(signature.clone(), stage);
        survey.images.insert(signature, shown);
    }
    survey.found.earlier = listed.iter().rev().filter_map(|image| earlier(&image.labels)).collect();
}

/// The files of git that a stage with these labels has.
pub fn files_of(labels: &BTreeMap<String, String>) -> Files {
    labels.get(label::FILES).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn earlier(labels: &BTreeMap<String, String>) -> Option<(String, StageInputs)> {
    let inputs = serde_json::from_str(labels.get(label::INPUTS)?).ok()?;
    Some((labels.get(label::STAGE_IMAGE)?.clone(), inputs))
}

/// Finds out how far the files in the stages that would be built upon are from those of now. A stage whose files git
/// no longer knows in this clone is not built upon: it counts as not found.
///
/// Reads git only, and blocks while it does.
pub fn measure(survey: &mut Survey, project: &Project, repositories: &Repositories) -> Result<(), Failure> {
    for chain in &survey.chains {
        let Some(Recipe::Stapel(stapel)) = project.image(&chain.image).map(|image| &image.recipe) else { continue };
        for link in chain.links.iter().rev() {
            let Some(stage) = survey.found.stages.get(&link.signature) else { continue };
            if stage.files.is_empty() || stage.files == chain.files {
                break;
            }
            match difference_of(&stage.files, chain, &stapel.git, repositories)? {
                Some(bytes) => {
                    survey.found.differences.insert(link.signature.clone(), bytes);
                    break;
                }
                None => survey.found.stages.remove(&link.signature),
            };
        }
    }
    Ok(())
}

/// How many bytes of the files of now are not in `old`; nothing when git does not know what is in `old`.
fn difference_of(
    old: &Files,
    chain: &Chain,
    mappings: &[crate::project::GitMapping],
    repositories: &Repositories,
) -> Result<Option<u64>, Failure> {
    let mut bytes = 0;
    for mapping in mappings {
        let id = mapping_id(mapping);
        let Some(state) = old.get(&id) else { return Ok(None) };
        if chain.files.get(&id) == Some(state) {
            continue;
        }
        let source = repositories.source(mapping)?;
        let Some(difference) = source.difference(&state.object)? else { return Ok(None) };
        bytes += source.size(&difference)?;
    }
    Ok(Some(bytes))
}

/// The images that were asked for by name, or all; those they need come first.
///
/// # Errors
///
/// When a name is not in werf.yaml.
pub fn asked<'a>(project: &'a Project, names: &[String]) -> Result<Vec<&'a Image>, Failure> {
    for name in names {
        let known = if name == "~" { "" } else { name };
        if project.image(known).is_none() {
            let all: Vec<String> = project.images.iter().map(|image| format!("`{}`", image.shown_name())).collect();
            return Err(Failure::new(Cause::Usage, format!("specified image {name} is not defined in werf.yaml"))
                .hint(format!("there are: {}", all.join(", "))));
        }
    }
    let names: Vec<&str> = match names {
        [] => project.images.iter().map(|image| image.name.as_str()).collect(),
        _ => names.iter().map(|name| if name == "~" { "" } else { name.as_str() }).collect(),
    };
    Ok(project.sets(&names).into_iter().flatten().collect())
}
