//! The verb `publish`: an image's last stage under its names in a registry.
//!
//! Survey: which tags are there already, which layers the registry has. Steps: the tags that are missing or hold something
//! else. Execute: layers are taken over from a sister repository, or exported from the engine and sent; then config and
//! manifest. What is there already moves no byte.

pub mod steps;
mod transfer;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;

use crate::actions::publish::steps::Tag;
use crate::actions::publish::steps::Target;
use crate::backends::docker::Engine;
use crate::backends::registry::Registry;
use crate::model::digest::Digest;
use crate::model::failure::Failure;
use crate::model::image::StoredImage;
use crate::model::reference::Repository;
use crate::report::JobLog;
use crate::report::Style;

/// What is to be published.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PublishRequest {
    /// The project's name.
    pub project: String,
    /// The images in the order of werf.yaml.
    pub images: Vec<PublishedImage>,
    /// Where temporary files go.
    pub tmp: PathBuf,
    /// Where facts about layers are kept between calls.
    pub cache: PathBuf,
}

/// An image and its names.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PublishedImage {
    /// Its name in werf.yaml, `~` for the nameless one.
    pub name: String,
    /// The tag that its content gives it.
    pub signature: String,
    /// Where it goes, once for each tag.
    pub targets: Vec<Target>,
}

/// What a publication works with.
#[derive(Debug, Clone, Copy)]
pub struct Tools<'a> {
    /// The engine that has the stages.
    pub engine: &'a Engine,
    /// The registry.
    pub registry: &'a Registry,
}

/// What was published, for the report file; the names of the fields are werf's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Report {
    /// By the image's name.
    pub images: BTreeMap<String, ReportedImage>,
}

/// One image of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReportedImage {
    /// Its name in werf.yaml.
    pub werf_image_name: String,
    /// The repository.
    pub docker_repo: String,
    /// The tag.
    pub docker_tag: String,
    /// The digest of the image's config.
    #[serde(rename = "DockerImageID")]
    pub docker_image_id: String,
    /// The digest of the manifest.
    pub docker_image_digest: String,
}

/// Publishes images; `stages` has the last stage of each by its name.
///
/// # Errors
/// The first failure; images before it are published, and a tag always stands for a complete image.
pub async fn publish(
    request: &PublishRequest,
    stages: &BTreeMap<String, StoredImage>,
    tools: Tools<'_>,
    log: &JobLog,
) -> Result<Report, Failure> {
    let mut report = Report::default();
    let mut sisters: Vec<Repository> = Vec::new();
    for image in &request.images {
        let Some(stage) = stages.get(&image.name) else { continue };
        let block = log.block(format!("⛵ image {}", image.name), Style::Image);
        let published = one(request, image, stage, &sisters, tools, &block).await;
        match published {
            Ok(reported) => {
                sisters.extend(image.targets.iter().map(|target| target.reference.repository.clone()));
                report.images.extend(reported.map(|it| (image.name.clone(), it)));
                block.done();
            }
            Err(failure) => {
                block.failed();
                return Err(failure.context(format!("publish image `{}`", image.name)));
            }
        }
    }
    Ok(report)
}

#[expect(clippy::too_many_arguments, reason = "the request, its image and the narrow tools")]
async fn one(
    request: &PublishRequest,
    image: &PublishedImage,
    stage: &StoredImage,
    sisters: &[Repository],
    tools: Tools<'_>,
    log: &JobLog,
) -> Result<Option<ReportedImage>, Failure> {
    let mut reported = None;
    for target in &image.targets {
        let config = steps::config(&request.project, image, target, &stage.image)?;
        let present = tools.registry.image(&target.reference, &stage.image.os, &stage.image.architecture).await?;
        let (tag, digest) = if let Some(present) = present.filter(|it| steps::is_up_to_date(it, image)) {
            up_to_date(log, target);
            (&target.tag, (present.manifest.config.digest, present.digest))
        } else {
            let title = format!("Publishing image {} by {} tag {}", image.name, target.tag.strategy, target.tag.value);
            let block = log.block(title, Style::Highlight);
            let transfer = transfer::Transfer { request, stage, sisters, tools, target };
            let digests = transfer.carry_out(&config).await?;
            show(&block, target);
            block.done();
            (&target.tag, digests)
        };
        reported = Some(entry(image, target, tag, digest));
    }
    Ok(reported)
}

fn entry(image: &PublishedImage, target: &Target, tag: &Tag, (config, manifest): (Digest, Digest)) -> ReportedImage {
    ReportedImage {
        werf_image_name: image.name.clone(),
        docker_repo: target.reference.repository.to_string(),
        docker_tag: target.reference.tag().unwrap_or(&tag.value).to_owned(),
        docker_image_id: config.to_string(),
        docker_image_digest: manifest.to_string(),
    }
}

fn up_to_date(log: &JobLog, target: &Target) {
    log.line(format!("{} tag {} is up-to-date", target.tag.strategy, target.tag.value));
    log.styled(Style::Details, format!("  images-repo: {}", target.reference.repository));
    log.styled(Style::Details, format!("        image: {}", target.reference));
}

fn show(block: &crate::report::Block, target: &Target) {
    block.info(&[("images-repo", target.reference.repository.to_string()), ("image", target.reference.to_string())]);
}
