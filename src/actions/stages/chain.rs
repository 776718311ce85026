//! The stages of an image and what decides each: a pure function of the project and of facts about content.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::signature::Input;
use crate::model::signature::Signature;
use crate::model::signature::StageInputs;
use crate::model::signature::digest;
use crate::model::stage::StageName;
use crate::project::Builder;
use crate::project::DockerInstructions;
use crate::project::From;
use crate::project::GitMapping;
use crate::project::Image;
use crate::project::Import;
use crate::project::ImportPoint;
use crate::project::Recipe;
use crate::project::Role;
use crate::project::Stapel;
use crate::project::UserStage;
use crate::project::Work;

/// What the survey found out about the content that an image is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentFacts {
    /// The files of each git mapping, in the mappings' order.
    pub mappings: Vec<MappingFacts>,
    /// The base image's digest, where `fromLatest` asks for it.
    pub base_digest: Option<String>,
    /// What a Dockerfile image is made of.
    pub dockerfile: Vec<Input>,
}

/// What is known of the files of a git mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingFacts {
    /// The files as they are now.
    pub files: FilesState,
    /// What the user stages depend on, in the order of [`UserStage::ALL`].
    pub dependencies: [Vec<Input>; 4],
}

/// A state of the files of a git mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilesState {
    /// The digest over the files that the mapping takes: equal states have equal files.
    pub digest: String,
    /// The git object (tree or blob) they were taken from.
    pub object: String,
}

/// The states of an image's files, by the id of the mapping.
pub type Files = BTreeMap<String, FilesState>;

/// One stage of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Which stage.
    pub stage: StageName,
    /// What decides it.
    pub inputs: StageInputs,
    /// The name of that.
    pub signature: Signature,
}

/// The stages of an image that are not empty, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// The image's name in werf.yaml.
    pub image: String,
    /// The stages; at least one.
    pub links: Vec<Link>,
    /// The files of git as they are now.
    pub files: Files,
}

impl Chain {
    /// The signature of the whole image: its tag.
    pub fn tag(&self) -> Option<&Signature> {
        self.links.last().map(|link| &link.signature)
    }

    /// The link of that stage, if the image has it.
    pub fn link(&self, stage: StageName) -> Option<&Link> {
        self.links.iter().find(|link| link.stage == stage)
    }

    fn push(&mut self, stage: StageName, inputs: Vec<Input>) {
        let inputs = StageInputs { stage, parent: self.tag().cloned(), inputs };
        let signature = inputs.signature();
        self.links.push(Link { stage, inputs, signature });
    }
}

/// The name of a mapping among those of its image: the digest of what it takes and where it puts it.
pub fn mapping_id(mapping: &GitMapping) -> String {
    digest(settings(&(&mapping.repository, &mapping.copy)))[..16].to_owned()
}

/// Settings as text that tells any two apart.
fn settings(value: &impl Serialize) -> String {
    serde_json::to_value(value).map(|value| value.to_string()).unwrap_or_default()
}

/// The chain of `image`; `others` are the chains of the images it needs.
///
/// # Errors
///
/// When a stage is imported that the other image does not have.
pub fn chain(image: &Image, facts: &ContentFacts, others: &[Chain]) -> Result<Chain, Failure> {
    let mut chain = Chain { image: image.name.clone(), links: Vec::new(), files: Files::new() };
    match &image.recipe {
        Recipe::Dockerfile(_) => chain.push(StageName::Dockerfile, facts.dockerfile.clone()),
        Recipe::Stapel(stapel) => {
            let states = stapel.git.iter().zip(&facts.mappings);
            chain.files = states.map(|(mapping, facts)| (mapping_id(mapping), facts.files.clone())).collect();
            for stage in StageName::ALL {
                if let Some(inputs) = stage_inputs(stage, image, stapel, facts, others)? {
                    chain.push(stage, inputs);
                }
            }
        }
    }
    Ok(chain)
}

/// What decides `stage` of a stapel image beside the stage below; nothing if the stage is empty.
fn stage_inputs(
    stage: StageName,
    image: &Image,
    stapel: &Stapel,
    facts: &ContentFacts,
    others: &[Chain],
) -> Result<Option<Vec<Input>>, Failure> {
    let user = |user: UserStage| Ok(stapel.builder.as_ref().and_then(|builder| user_inputs(builder, user, facts)));
    let imports = |point: ImportPoint| import_inputs(image, stapel, point, others);
    match stage {
        StageName::From => from_inputs(stapel, facts, others).map(Some),
        StageName::BeforeInstall => user(UserStage::BeforeInstall),
        StageName::ImportsBeforeInstall => imports(ImportPoint::BeforeInstall),
        StageName::GitArchive => Ok((!stapel.git.is_empty()).then(|| archive_inputs(stapel))),
        StageName::Install => user(UserStage::Install),
        StageName::ImportsAfterInstall => imports(ImportPoint::AfterInstall),
        StageName::BeforeSetup => user(UserStage::BeforeSetup),
        StageName::ImportsBeforeSetup => imports(ImportPoint::BeforeSetup),
        StageName::Setup => user(UserStage::Setup),
        StageName::ImportsAfterSetup => imports(ImportPoint::AfterSetup),
        StageName::GitLatestPatch => {
            Ok((!stapel.git.is_empty() && image.role == Role::Image).then(|| files_inputs(stapel, facts)))
        }
        StageName::DockerInstructions => Ok(stapel.docker.as_ref().map(docker_inputs)),
        StageName::GitCache | StageName::Dockerfile => Ok(None),
    }
}

fn from_inputs(stapel: &Stapel, facts: &ContentFacts, others: &[Chain]) -> Result<Vec<Input>, Failure> {
    let mut inputs = match &stapel.from {
        From::Base(name) => vec![Input::id("base image", name)],
        From::Image(name) => vec![Input::id(format!("image {name}"), tag_of(name, None, others)?.as_str())],
    };
    inputs.extend(facts.base_digest.iter().map(|digest| Input::id("base image's digest", digest)));
    inputs.extend(stapel.from_cache_version.iter().map(|version| Input::of("fromCacheVersion", version)));
    inputs.extend(stapel.mounts.iter().map(|mount| Input::of(format!("mount {}", mount.to), settings(&mount.source))));
    Ok(inputs)
}

fn user_inputs(builder: &Builder, stage: UserStage, facts: &ContentFacts) -> Option<Vec<Input>> {
    if !builder.has(stage) {
        return None;
    }
    let mut inputs: Vec<Input> = match builder.work(stage) {
        Work::Shell(commands) => {
            let command = |(index, text): (usize, &String)| Input::of(format!("command {}", index + 1), text);
            commands.iter().enumerate().map(command).collect()
        }
        Work::Ansible(tasks) => {
            tasks.iter().enumerate().map(|(index, task)| Input::of(format!("task {}", index + 1), &task.json)).collect()
        }
    };
    inputs.extend(builder.versions(stage).into_iter().map(|version| Input::of("cacheVersion", version)));
    inputs.extend(facts.mappings.iter().flat_map(|mapping| mapping.dependencies[stage as usize].iter().cloned()));
    Some(inputs)
}

/// The settings of the mappings, in an order that does not follow the text's.
fn archive_inputs(stapel: &Stapel) -> Vec<Input> {
    let input = |mapping: &GitMapping| {
        Input::id(format!("settings of git {} in {}", mapping.copy.add, mapping.copy.to), mapping_id(mapping))
    };
    let mut inputs: Vec<Input> = stapel.git.iter().map(input).collect();
    inputs.sort();
    inputs
}

/// The files of the mappings, in the same order.
fn files_inputs(stapel: &Stapel, facts: &ContentFacts) -> Vec<Input> {
    let input = |(mapping, facts): (&GitMapping, &MappingFacts)| {
        Input::id(format!("files of {} in {}", mapping.copy.add, mapping.copy.to), &facts.files.digest)
    };
    let mut inputs: Vec<Input> = stapel.git.iter().zip(&facts.mappings).map(input).collect();
    inputs.sort();
    inputs
}

fn import_inputs(
    image: &Image,
    stapel: &Stapel,
    point: ImportPoint,
    others: &[Chain],
) -> Result<Option<Vec<Input>>, Failure> {
    let mut inputs = Vec::new();
    for import in stapel.imports.iter().filter(|import| import.when == point) {
        let tag = tag_of(&import.from, import.stage, others)
            .map_err(|failure| failure.context(format!("import into `{}`", image.shown_name())))?;
        inputs.push(Input::id(format!("image {}", import.from), tag.as_str()));
        inputs.push(import_settings(import));
    }
    Ok((!inputs.is_empty()).then_some(inputs))
}

fn import_settings(import: &Import) -> Input {
    let name = format!("settings of import {} from {} to {}", import.copy.add, import.from, import.copy.to);
    Input::of(name, settings(&import.copy))
}

/// The signature of `image`, or of one stage of it.
fn tag_of<'a>(image: &str, stage: Option<UserStage>, others: &'a [Chain]) -> Result<&'a Signature, Failure> {
    let missing = |what: String| Failure::new(Cause::ProjectInvalid, what);
    let chain = others.iter().find(|chain| chain.image == image);
    let chain = chain.ok_or_else(|| missing(format!("no image or artifact `{image}`")))?;
    match stage {
        None => chain.tag().ok_or_else(|| missing(format!("`{image}` has no stages"))),
        Some(stage) => match chain.link(stage_name(stage)) {
            Some(link) => Ok(&link.signature),
            None => Err(missing(format!("`{image}` has no stage `{}`", stage.name()))
                .hint("leave `stage` out to import from the last stage")),
        },
    }
}

/// The build stage of a user stage.
pub fn stage_name(stage: UserStage) -> StageName {
    match stage {
        UserStage::BeforeInstall => StageName::BeforeInstall,
        UserStage::Install => StageName::Install,
        UserStage::BeforeSetup => StageName::BeforeSetup,
        UserStage::Setup => StageName::Setup,
    }
}

fn docker_inputs(docker: &DockerInstructions) -> Vec<Input> {
    let sorted = |pairs: &[(String, String)]| {
        let mut pairs = pairs.to_vec();
        pairs.sort();
        pairs
    };
    let ordered = DockerInstructions { env: sorted(&docker.env), labels: sorted(&docker.labels), ..docker.clone() };
    ordered.lines().iter().map(|line| Input::of(instruction_name(line), line)).collect()
}

/// `ENV NAME` of `ENV NAME=value`; values stay out of what people see.
fn instruction_name(line: &str) -> String {
    match line.split_once(' ') {
        Some((word @ ("ENV" | "LABEL"), rest)) => {
            format!("{word} {}", rest.split_once('=').map_or(rest, |(key, _)| key))
        }
        Some((word @ ("VOLUME" | "EXPOSE"), rest)) => format!("{word} {rest}"),
        Some((word, _)) => word.to_owned(),
        None => line.to_owned(),
    }
}
