//! Brings one image into a registry: layers, config, manifest, in this order, so that a tag never stands for half an image.

use std::path::Path;
use std::path::PathBuf;

use futures_util::StreamExt;
use futures_util::TryStreamExt;

use crate::actions::publish::PublishRequest;
use crate::actions::publish::Tools;
use crate::actions::publish::steps::Target;
use crate::backends::docker::ExportedLayer;
use crate::backends::registry::Blob;
use crate::backends::registry::BlobContent;
use crate::model::digest::Digest;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::image::StoredImage;
use crate::model::oci::Descriptor;
use crate::model::oci::Manifest;
use crate::model::oci::media_type;
use crate::model::reference::Repository;

/// Layers sent at a time: registries on one host gain nothing from more.
const AT_A_TIME: usize = 4;

/// One image on its way to one name.
pub(super) struct Transfer<'a> {
    pub(super) request: &'a PublishRequest,
    pub(super) stage: &'a StoredImage,
    /// Repositories of the same project that may have layers already.
    pub(super) sisters: &'a [Repository],
    pub(super) tools: Tools<'a>,
    pub(super) target: &'a Target,
}

impl Transfer<'_> {
    /// Publishes; answers with the digests of config and manifest.
    pub(super) async fn carry_out(&self, config: &[u8]) -> Result<(Digest, Digest), Failure> {
        let layers = self.layers().await?;
        let repository = &self.target.reference.repository;
        let blob = Blob::of(config.to_vec());
        let descriptor = Descriptor::new(media_type::OCI_CONFIG, blob.digest, blob.size);
        self.tools.registry.put_blob(repository, &blob, None).await?;
        let manifest = serde_json::to_vec(&Manifest::oci(descriptor, layers))
            .map_err(|error| Failure::new(Cause::Defect, "write an image manifest").because(error))?;
        let put = self.tools.registry.put_manifest(&self.target.reference, media_type::OCI_MANIFEST, manifest.into());
        Ok((blob.digest, put.await?))
    }

    /// The descriptors of all layers, each of which is then in the repository.
    async fn layers(&self) -> Result<Vec<Descriptor>, Failure> {
        let diff_ids = &self.stage.image.rootfs.diff_ids;
        let known: Vec<Option<Descriptor>> = futures_util::stream::iter(diff_ids.clone())
            .map(|diff_id| async move { self.in_registry(diff_id).await })
            .buffered(AT_A_TIME)
            .try_collect()
            .await?;
        let missing: Vec<Digest> =
            diff_ids.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(diff_id, _)| *diff_id).collect();
        let sent = self.send(&missing).await?;
        let found = |(diff_id, known): (&Digest, Option<Descriptor>)| {
            known.or_else(|| sent.iter().find(|layer| layer.diff_id == *diff_id).map(|layer| layer.descriptor.clone()))
        };
        let layers: Option<Vec<Descriptor>> = diff_ids.iter().zip(known).map(found).collect();
        layers.ok_or_else(|| Failure::new(Cause::EngineUnavailable, "export layers: the engine left some out"))
    }

    /// The layer as the registry has it, there or taken over from a sister repository; nothing when it has to be sent.
    async fn in_registry(&self, diff_id: Digest) -> Result<Option<Descriptor>, Failure> {
        let Some(descriptor) = self.remembered(diff_id) else { return Ok(None) };
        let (registry, repository) = (self.tools.registry, &self.target.reference.repository);
        if registry.has_blob(repository, descriptor.digest).await? {
            return Ok(Some(descriptor));
        }
        for sister in self.sisters.iter().filter(|sister| sister.host() == repository.host() && *sister != repository) {
            if registry.mount(repository, descriptor.digest, sister).await? {
                return Ok(Some(descriptor));
            }
        }
        Ok(None)
    }

    async fn send(&self, missing: &[Digest]) -> Result<Vec<ExportedLayer>, Failure> {
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let directory = tempfile::Builder::new().prefix("werf-publish-").tempdir_in(&self.request.tmp);
        let directory = directory.map_err(|error| unwritable(&self.request.tmp, error))?;
        let layers = self.tools.engine.export_layers(self.stage, missing, directory.path()).await?;
        futures_util::stream::iter(layers.iter().cloned())
            .map(|layer| async move { self.send_layer(&layer).await })
            .buffer_unordered(AT_A_TIME)
            .try_collect::<Vec<()>>()
            .await?;
        Ok(layers)
    }

    async fn send_layer(&self, layer: &ExportedLayer) -> Result<(), Failure> {
        let descriptor = &layer.descriptor;
        let content = BlobContent::File(layer.path.clone());
        let blob = Blob { digest: descriptor.digest, size: descriptor.size, content };
        self.tools.registry.put_blob(&self.target.reference.repository, &blob, None).await?;
        self.remember(layer);
        Ok(())
    }

    /// What the layer was when it was sent the last time, from whatever image.
    fn remembered(&self, diff_id: Digest) -> Option<Descriptor> {
        let text = std::fs::read(self.note(diff_id)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// A note that cannot be written only costs an export the next time.
    fn remember(&self, layer: &ExportedLayer) {
        let Ok(text) = serde_json::to_vec(&layer.descriptor) else { return };
        let path = self.note(layer.diff_id);
        let written = std::fs::create_dir_all(&self.request.cache)
            .and_then(|()| tempfile::NamedTempFile::new_in(&self.request.cache))
            .and_then(|mut file| std::io::Write::write_all(&mut file, &text).map(|()| file));
        if let Ok(file) = written {
            drop(file.persist(path));
        }
    }

    fn note(&self, diff_id: Digest) -> PathBuf {
        self.request.cache.join(format!("{}.json", diff_id.hex()))
    }
}

fn unwritable(directory: &Path, error: std::io::Error) -> Failure {
    Failure::new(Cause::HostFiles, format!("make a directory in `{}`", directory.display())).because(error)
}
