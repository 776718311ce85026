//! Images in the engine's store: look at, list, name, remove.

use std::collections::HashMap;

use bollard::models::ImageInspect;
use bollard::models::ImageSummary;
use bollard::query_parameters::ListImagesOptionsBuilder;
use bollard::query_parameters::RemoveImageOptionsBuilder;
use bollard::query_parameters::TagImageOptionsBuilder;

use crate::backends::docker::engine::Engine;
use crate::backends::docker::failures;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::image::ListedImage;
use crate::model::image::StoredImage;
use crate::model::oci::Image;
use crate::model::oci::ImageConfig;
use crate::model::oci::RootFs;

impl Engine {
    /// Looks at the image with that name or id; `None` when the store has none.
    pub async fn image(&self, name: &str) -> Result<Option<StoredImage>, Failure> {
        let doing = format!("look at the image `{name}`");
        let Some(inspect) = self.if_found(&doing, self.client.inspect_image(name)).await? else { return Ok(None) };
        stored(inspect).map(Some).map_err(|why| Failure::new(Cause::EngineUnavailable, format!("{doing}: {why}")))
    }

    /// Lists the images that have all of these labels, each `KEY` or `KEY=VALUE`, in one call. No labels: all images.
    ///
    /// A containerd store reads every image that it has for this, some milliseconds each: where names are known,
    /// [`Engine::images_named`] is the cheaper question.
    pub async fn images(&self, labels: &[String]) -> Result<Vec<ListedImage>, Failure> {
        self.listed("label", labels).await
    }

    /// Lists the images with any of these names, each `NAME`, `NAME:TAG` or a glob such as `NAME:3f*`, in one call.
    ///
    /// What does not fit costs nothing in either store. `*` does not match `/`. No names: no images.
    pub async fn images_named(&self, names: &[String]) -> Result<Vec<ListedImage>, Failure> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        self.listed("reference", names).await
    }

    async fn listed(&self, filter: &str, values: &[String]) -> Result<Vec<ListedImage>, Failure> {
        let filters = HashMap::from([(filter.to_owned(), values.to_vec())]);
        let options = ListImagesOptionsBuilder::default().all(false).filters(&filters).build();
        let found = self.answer("list the images", self.client.list_images(Some(options))).await?;
        Ok(found.into_iter().map(listed).collect())
    }

    /// Gives the image `id` the further name `repository:tag`, taking it from whatever image had it.
    pub async fn tag_image(&self, id: &str, repository: &str, tag: &str) -> Result<(), Failure> {
        let options = TagImageOptionsBuilder::default().repo(repository).tag(tag).build();
        self.answer(&format!("tag `{id}` as `{repository}:{tag}`"), self.client.tag_image(id, Some(options))).await
    }

    /// Takes the name away, and with its last name the image; with an id, the image that has no other names.
    ///
    /// `Ok(false)` when it is not there or a container or another image still needs it: then nothing changed.
    pub async fn remove_image(&self, name: &str) -> Result<bool, Failure> {
        let doing = format!("remove the image `{name}`");
        let options = RemoveImageOptionsBuilder::default().force(false).noprune(true).build();
        let call = tokio::time::timeout(self.options.answer_limit, self.client.remove_image(name, Some(options), None));
        match call.await.map_err(|_| failures::too_slow(&doing, self.options.answer_limit))? {
            Ok(_) => Ok(true),
            Err(error) if matches!(failures::status(&error), Some(404 | 409)) => Ok(false),
            Err(error) => Err(failures::refused(&doing, error)),
        }
    }

    /// The answer to a call about something that may not be there.
    pub(super) async fn if_found<T>(
        &self,
        doing: &str,
        call: impl Future<Output = Result<T, bollard::errors::Error>>,
    ) -> Result<Option<T>, Failure> {
        match tokio::time::timeout(self.options.answer_limit, call).await {
            Err(_) => Err(failures::too_slow(doing, self.options.answer_limit)),
            Ok(Ok(answer)) => Ok(Some(answer)),
            Ok(Err(error)) if failures::status(&error) == Some(404) => Ok(None),
            Ok(Err(error)) => Err(failures::refused(doing, error)),
        }
    }
}

fn stored(inspect: ImageInspect) -> Result<StoredImage, serde_json::Error> {
    let config: ImageConfig = match &inspect.config {
        Some(config) => serde_json::from_value(serde_json::to_value(config)?)?,
        None => ImageConfig::default(),
    };
    let layers = inspect.root_fs.and_then(|root| root.layers).unwrap_or_default();
    let diff_ids = serde_json::from_value(serde_json::to_value(layers)?)?;
    let mut image = Image::scratch(&inspect.os.unwrap_or_default(), &inspect.architecture.unwrap_or_default());
    if let Some(variant) = inspect.variant.filter(|variant| !variant.is_empty()) {
        image.other.insert("variant".to_owned(), variant.into());
    }
    image.created = inspect.created.unwrap_or_default();
    image.config = config;
    image.rootfs = RootFs { kind: "layers".to_owned(), diff_ids };
    Ok(StoredImage {
        id: inspect.id.unwrap_or_default(),
        tags: inspect.repo_tags.unwrap_or_default(),
        repo_digests: inspect.repo_digests.unwrap_or_default(),
        size: u64::try_from(inspect.size.unwrap_or_default()).unwrap_or_default(),
        image,
    })
}

fn listed(summary: ImageSummary) -> ListedImage {
    let named = |names: Vec<String>| names.into_iter().filter(|name| !name.starts_with("<none>")).collect();
    ListedImage {
        id: summary.id,
        tags: named(summary.repo_tags),
        repo_digests: named(summary.repo_digests),
        labels: summary.labels.into_iter().collect(),
        created: summary.created,
        size: u64::try_from(summary.size).unwrap_or_default(),
    }
}
