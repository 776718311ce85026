//! A stage's container becomes an image that has exactly the config that is wanted.

use bollard::models::ContainerConfig;
use bollard::query_parameters::CommitContainerOptionsBuilder;

use crate::backends::docker::container::StageContainer;
use crate::backends::docker::engine::Store;
use crate::backends::docker::failures;
use crate::backends::docker::load::LoadRequest;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::image::StoredImage;
use crate::model::oci::Image;
use crate::model::oci::ImageConfig;
use crate::model::reference::Reference;

/// The image that a container is to become.
#[derive(Debug, Clone)]
pub struct CommitRequest {
    /// Config, platform, time and history as wanted; the layers are filled in. A containerd store writes time and history
    /// itself.
    pub image: Image,
    /// The names it gets.
    pub names: Vec<Reference>,
}

impl StageContainer<'_> {
    /// Makes an image of the container's files as they are now; the container may be running, but is not paused.
    ///
    /// Nothing of how the container was run is in the image: where the engine put something in (the classic store keeps
    /// the whole container's config beside the image's, both stores merge what the config leaves open), the image is
    /// written again with its right config and the first one removed.
    pub async fn commit(&self, request: CommitRequest) -> Result<StoredImage, Failure> {
        let store = self.engine.store().await?;
        let direct = store == Store::Containerd && request.names.len() <= 1;
        let name = request.names.first().filter(|_| direct);
        let made = self.commit_as(&request.image.config, name).await?;
        if direct && same(&made.image.config, &request.image.config) {
            return Ok(made);
        }
        let mut image = request.image;
        image.rootfs = made.image.rootfs.clone();
        let load = LoadRequest { base: Some(&made), layers: Vec::new(), image, names: request.names };
        let exact = self.engine.load(load).await;
        if !matches!(&exact, Ok(exact) if exact.id == made.id) {
            self.engine.remove_image(&made.id).await?;
        }
        exact
    }

    async fn commit_as(&self, config: &ImageConfig, name: Option<&Reference>) -> Result<StoredImage, Failure> {
        let doing = "make an image of a stage's container";
        let mut options = CommitContainerOptionsBuilder::default().container(&self.id).pause(false);
        if let Some(name) = name {
            options = options.repo(&name.repository.to_string()).tag(name.tag().unwrap_or("latest"));
        }
        let body = merged_over(config)?;
        let commit = self.engine.client.commit_container(options.build(), body);
        let made = self
            .engine
            .transfer(doing, async { commit.await.map_err(|error| failures::refused(doing, error)) })
            .await?;
        let found = self.engine.image(&made.id).await?;
        found.ok_or_else(|| Failure::new(Cause::EngineUnavailable, format!("{doing}: the engine has lost it")))
    }
}

/// The config in the shape of the commit call. The engine fills what is left open from the container, so that what is
/// wanted empty is said to be empty.
fn merged_over(config: &ImageConfig) -> Result<ContainerConfig, Failure> {
    let defect = |error| Failure::new(Cause::Defect, "write a container's config").because(error);
    let value = serde_json::to_value(config).map_err(defect)?;
    let mut body: ContainerConfig = serde_json::from_value(value).map_err(defect)?;
    body.entrypoint = Some(config.entrypoint.clone().unwrap_or_default());
    Ok(body)
}

/// Whether two configs mean the same to whoever runs the image.
fn same(made: &ImageConfig, wanted: &ImageConfig) -> bool {
    comparable(made) == comparable(wanted)
}

fn comparable(config: &ImageConfig) -> ImageConfig {
    let mut config = config.clone();
    config.other.clear();
    config.entrypoint = config.entrypoint.filter(|words| !words.is_empty());
    config.cmd = config.cmd.filter(|words| !words.is_empty());
    config
}
