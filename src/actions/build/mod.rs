//! `build`: brings the stages of images into being.
//!
//! Survey: git's objects give the chains, one listing of the engine gives what exists. Steps: what is missing. Execute:
//! computed layers go into the engine without a container, commands run in one.

pub mod base;
pub mod config;
pub mod execute;
pub mod ground;
pub mod imports;
pub mod layers;
mod lock;
pub mod script;
mod show;
pub mod write;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use futures_util::StreamExt;
use serde::Deserialize;
use serde::Serialize;

use crate::actions::build::base::Bases;
use crate::actions::build::execute::Task;
use crate::actions::build::execute::Workshop;
use crate::actions::stages::chain::Files;
use crate::actions::stages::content::Repositories;
use crate::actions::stages::steps;
use crate::actions::stages::steps::Place;
use crate::actions::stages::steps::Step;
use crate::actions::stages::survey;
use crate::actions::stages::survey::Survey;
use crate::backends::docker::Engine;
use crate::backends::registry::Keychain;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::image::StoredImage;
use crate::model::ownership::Owner;
use crate::project::Image;
use crate::project::Project;
use crate::report::JobLog;

/// What is to be built, and how.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BuildRequest {
    /// The project.
    pub project: Project,
    /// The images that are wanted, as they were named; empty for all.
    pub images: Vec<String>,
    /// How many images are built side by side; nothing for no limit.
    pub parallel: Option<NonZeroUsize>,
    /// Where directories are that stay on this host.
    pub home: PathBuf,
    /// Where temporary files go.
    pub tmp: PathBuf,
    /// The job that it is done for.
    pub owner: Owner,
}

/// What a build works with.
#[derive(Debug, Clone, Copy)]
pub struct Tools<'a> {
    /// The engine.
    pub engine: &'a Engine,
    /// The repositories, at the commits that are built.
    pub repositories: &'a Repositories,
    /// Who we are where base images are pulled.
    pub keychain: &'a Keychain,
}

/// Brings every stage of the wanted images into being; answers with the last stage of each, by the image's name.
///
/// # Errors
///
/// The failure of the first image that failed; images side by side with it are ended first.
pub async fn build(
    request: &BuildRequest,
    tools: Tools<'_>,
    log: &JobLog,
) -> Result<BTreeMap<String, StoredImage>, Failure> {
    let survey = look(request, tools).await?;
    survey.warnings.iter().for_each(|warning| log.warn(warning));
    let sets = sets(request)?;
    if sets.iter().map(Vec::len).sum::<usize>() > 1 {
        show::plan(log, &sets, request.parallel);
    }
    std::fs::create_dir_all(&request.tmp).map_err(|error| no_files(&error))?;
    let tmp =
        tempfile::Builder::new().prefix("werf-build-").tempdir_in(&request.tmp).map_err(|error| no_files(&error))?;
    let workshop = Workshop {
        engine: tools.engine,
        bases: Bases::new(tools.engine, tools.keychain),
        project: &request.project,
        repositories: tools.repositories,
        chains: &survey.chains,
        owner: &request.owner,
        home: &request.home,
        tmp: tmp.path(),
        ready: RefCell::new(HashMap::new()),
    };
    let mut built = BTreeMap::new();
    for set in sets {
        built.extend(side_by_side(&workshop, &survey, &set, (request.parallel, log)).await?);
    }
    Ok(built)
}

/// What there is of the stages of the wanted images.
pub async fn look(request: &BuildRequest, tools: Tools<'_>) -> Result<Survey, Failure> {
    let images = survey::asked(&request.project, &request.images)?;
    let listing = survey::in_engine(tools.engine, &request.project.meta.project);
    let (chains, warnings) =
        tokio::task::block_in_place(|| survey::chains(&images, tools.repositories, &BTreeMap::new()))?;
    let mut survey = Survey { chains, warnings, ..Survey::default() };
    survey::take_listed(&mut survey, listing.await?, Place::Engine);
    tokio::task::block_in_place(|| survey::measure(&mut survey, &request.project, tools.repositories))?;
    Ok(survey)
}

fn no_files(error: &std::io::Error) -> Failure {
    Failure::new(Cause::HostFiles, format!("make a directory for temporary files: {error}"))
}

fn sets(request: &BuildRequest) -> Result<Vec<Vec<&Image>>, Failure> {
    let asked = survey::asked(&request.project, &request.images)?;
    let names: Vec<&str> = asked.iter().map(|image| image.name.as_str()).collect();
    Ok(request.project.sets(&names))
}

/// Builds the images of a set: the first shows its work as it goes, the others when they are done.
async fn side_by_side(
    workshop: &Workshop<'_>,
    survey: &Survey,
    set: &[&Image],
    (limit, log): (Option<NonZeroUsize>, &JobLog),
) -> Result<Vec<(String, StoredImage)>, Failure> {
    let work = set.iter().enumerate().map(|(index, image)| async move {
        if index == 0 {
            return Box::pin(one(workshop, survey, image, log)).await;
        }
        let (quiet, pending) = log.buffered();
        let built = Box::pin(one(workshop, survey, image, &quiet)).await;
        pending.flush();
        built
    });
    let limit = limit.map_or(set.len(), NonZeroUsize::get).max(1);
    let mut running = futures_util::stream::iter(work).buffer_unordered(limit);
    let (mut built, mut failed) = (Vec::new(), None);
    while let Some(result) = running.next().await {
        match result {
            Ok(image) => built.push(image),
            Err(failure) => failed = failed.or(Some(failure)),
        }
    }
    failed.map_or(Ok(built), Err)
}

async fn one(
    workshop: &Workshop<'_>,
    survey: &Survey,
    image: &Image,
    log: &JobLog,
) -> Result<(String, StoredImage), Failure> {
    let block = log.block(show::title(image), show::style(image));
    match Box::pin(stages(workshop, survey, image, &block)).await {
        Ok(built) => {
            block.done();
            Ok((image.name.clone(), built))
        }
        Err(failure) => {
            block.failed();
            Err(failure)
        }
    }
}

async fn stages(workshop: &Workshop<'_>, survey: &Survey, image: &Image, log: &JobLog) -> Result<StoredImage, Failure> {
    let missing = || Failure::new(Cause::Defect, format!("`{}` has no stages", image.shown_name()));
    let chain = survey.chain(&image.name).ok_or_else(missing)?;
    let steps = steps::decide(chain, &survey.found);
    let (mut ground, mut files, mut size) = (None, Files::new(), None);
    for (index, step) in steps.iter().enumerate() {
        let link = step.link();
        if index > 0 {
            log.blank();
        }
        if let Step::Build { outdated, reason, .. } = step {
            let task = Task { image, chain, link, outdated: outdated.as_ref(), files: &files, log };
            let block = show::building(task, reason.as_deref());
            let stage = match Box::pin(made_once(workshop, Task { log: &block, ..task }, ground)).await {
                Ok(stage) => stage,
                Err(failure) => {
                    block.failed();
                    return Err(failure);
                }
            };
            show::built(block, task, &stage, (&workshop.project.meta.project, size));
            files = survey::files_of(stage.labels());
            size = Some(stage.size);
            ground = Some(stage);
            continue;
        }
        let found = survey.found.stages.get(&link.signature).ok_or_else(missing)?;
        show::reused(image, link, survey, (log, &workshop.project.meta.project, size));
        files.clone_from(&found.files);
        size = survey.images.get(&link.signature).map(|image| image.size);
        let needed = steps.get(index + 1).is_none_or(Step::is_build) || is_imported(workshop.project, image);
        if needed {
            ground = Some(workshop.ready(&link.signature, &found.id).await?);
        }
    }
    ground.ok_or_else(missing)
}

/// Makes a stage, unless another process of this host has just done so from the same files.
async fn made_once(
    workshop: &Workshop<'_>,
    task: Task<'_>,
    ground: Option<StoredImage>,
) -> Result<StoredImage, Failure> {
    let _lock = lock::take(&workshop.home.join("service/locks"), &task.link.signature).await?;
    let name = execute::stage_name(&workshop.project.meta.project, &task.link.signature);
    match workshop.engine.image(&name).await? {
        Some(made) if survey::files_of(made.labels()) == *task.files_after() => Ok(workshop.remember(task, made)),
        _ => workshop.make(task, ground).await,
    }
}

/// Whether others take files of a stage of `image`: then each of its stages must be known.
fn is_imported(project: &Project, image: &Image) -> bool {
    project.images.iter().any(|other| other.needs().contains(&image.name.as_str()))
}
