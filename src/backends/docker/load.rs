//! Puts computed layers into the engine: an archive with only what the engine has not yet.

use std::fs::File;
use std::io;
use std::io::Read;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use bollard::errors::Error;
use bollard::query_parameters::ImportImageOptionsBuilder;
use bytes::Bytes;
use futures_util::StreamExt;
use serde_json::Value;
use serde_json::json;
use tracing::debug;

use crate::backends::docker::archive;
use crate::backends::docker::engine::Engine;
use crate::backends::docker::engine::Store;
use crate::backends::docker::failures;
use crate::model::digest::Digest;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::image::StoredImage;
use crate::model::layer::LayerSummary;
use crate::model::oci::Descriptor;
use crate::model::oci::Image;
use crate::model::oci::Manifest;
use crate::model::oci::media_type;
use crate::model::reference::Reference;

/// Where the bytes of a layer are.
#[derive(Debug, Clone)]
pub enum LayerContent {
    /// In memory.
    Bytes(Bytes),
    /// In a file.
    File(PathBuf),
}

impl LayerContent {
    pub(super) fn open(&self) -> io::Result<Box<dyn Read>> {
        Ok(match self {
            Self::Bytes(bytes) => Box::new(io::Cursor::new(bytes.clone())),
            Self::File(path) => Box::new(File::open(path)?),
        })
    }
}

/// An uncompressed layer that the engine may not have yet.
#[derive(Debug, Clone)]
pub struct NewLayer {
    /// Its digest and length.
    pub summary: LayerSummary,
    /// Its bytes.
    pub content: LayerContent,
}

/// An image to be put into the engine: layers upon a base that the engine has.
#[derive(Debug, Clone)]
pub struct LoadRequest<'a> {
    /// The image below; `None` for an image from nothing.
    pub base: Option<&'a StoredImage>,
    /// The layers upon it, from the lowest up. None at all gives the base another config.
    pub layers: Vec<NewLayer>,
    /// The whole image: its `diff_ids` are those of the base and then those of `layers`.
    pub image: Image,
    /// The names it gets, such as `app:1`; without one it can be reached by its id only.
    pub names: Vec<Reference>,
}

impl Engine {
    /// Puts an image into the engine and answers with it. The config is kept to the byte; lower layers are not sent.
    ///
    /// The form is chosen by the engine's store. What the engine refuses in that form it gets as a whole archive with
    /// the base's layers in it (podman, and engines to come). Nothing is left behind on failure.
    pub async fn load(&self, request: LoadRequest<'_>) -> Result<StoredImage, Failure> {
        let parts = Parts::of(request)?;
        let loaded = match self.store().await? {
            Store::Classic if self.facts().is_podman() => self.load_whole(&parts).await,
            Store::Classic => self.load_classic(&parts).await,
            Store::Containerd => self.load_layout(&parts).await,
        };
        match loaded {
            Err(NotLoaded::Refused(failure)) if parts.base.is_some() && !self.facts().is_podman() => {
                debug!(%failure, "the engine refuses a partial archive");
                self.load_whole(&parts).await
            }
            other => other,
        }
        .map_err(NotLoaded::into_failure)
    }

    async fn load_classic(&self, parts: &Arc<Parts>) -> Result<StoredImage, NotLoaded> {
        let writer = Arc::clone(parts);
        let below = writer.image.rootfs.diff_ids.len() - writer.layers.len();
        let lower = (0..below).map(|index| format!("lower/{index}")).collect();
        self.send(parts, move |out| writer.docker_archive(lower, &mut tar::Builder::new(out))).await?;
        Ok(parts.stored(parts.config_digest()))
    }

    async fn load_layout(&self, parts: &Arc<Parts>) -> Result<StoredImage, NotLoaded> {
        let lower = match &parts.base {
            Some(base) => self.layer_descriptors(base).await?,
            None => Vec::new(),
        };
        let manifest = parts.manifest(lower)?;
        let id = Digest::of(&manifest.bytes);
        let (writer, layout) = (Arc::clone(parts), manifest.bytes);
        self.send(parts, move |out| writer.oci_layout(&layout, &mut tar::Builder::new(out))).await?;
        self.remember_descriptors(&id.to_string(), manifest.layers);
        Ok(parts.stored(id))
    }

    /// Sends the base's layers too, straight from the engine's own export of the base.
    async fn load_whole(&self, parts: &Arc<Parts>) -> Result<StoredImage, NotLoaded> {
        let doing = parts.doing();
        let Some(base) = &parts.base else { return self.load_classic(parts).await };
        let exported = self.client.export_image(&base.id);
        let writer = Arc::clone(parts);
        let (pipe_in, pipe_out) = io::pipe().map_err(|error| Failure::new(Cause::HostFiles, &*doing).because(error))?;
        let reading = archive::read_by(exported, move |input| io::copy(input, &mut { pipe_out }).map(drop));
        let sending = self.send(parts, move |out| writer.whole_archive(pipe_in, &mut tar::Builder::new(out)));
        let (read, sent) = tokio::join!(self.transfer(&doing, async { Ok(reading.await) }), sending);
        sent?;
        if let Err(archive::ReadError::Sender(error)) = read? {
            return Err(failures::refused(&doing, error).into());
        }
        let name = parts.names.first().map_or_else(|| parts.config_digest().to_string(), Reference::familiar);
        let stored = self.image(&name).await?;
        let lost = || Failure::new(Cause::EngineUnavailable, format!("{doing}: the engine has not got `{name}`"));
        Ok(stored.ok_or_else(lost)?)
    }

    async fn send(
        &self,
        parts: &Arc<Parts>,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static,
    ) -> Result<(), NotLoaded> {
        let doing = parts.doing();
        let options = ImportImageOptionsBuilder::default().quiet(true).build();
        let mut answers = self.client.import_image_stream(options, archive::written_by(write), None).boxed();
        self.transfer(&doing, async {
            while let Some(answer) = answers.next().await {
                match answer {
                    Ok(answer) => debug!(?answer, "load"),
                    Err(error) => return Ok(Err(not_loaded(&doing, error))),
                }
            }
            Ok(Ok(()))
        })
        .await?
    }
}

/// Why an image is not in the engine.
enum NotLoaded {
    /// The engine does not take the archive: another form may do.
    Refused(Failure),
    /// Nothing else would do either.
    Broken(Failure),
}

impl NotLoaded {
    fn into_failure(self) -> Failure {
        match self {
            Self::Refused(failure) | Self::Broken(failure) => failure,
        }
    }
}

impl From<Failure> for NotLoaded {
    fn from(failure: Failure) -> Self {
        Self::Broken(failure)
    }
}

fn not_loaded(doing: &str, error: Error) -> NotLoaded {
    let answered = matches!(error, Error::DockerResponseServerError { .. } | Error::DockerStreamError { .. });
    let full = failures::said(&error).contains("no space left on device");
    let failure = failures::refused(doing, error);
    if answered && !full { NotLoaded::Refused(failure) } else { NotLoaded::Broken(failure) }
}

/// A load request that is in itself right, shared with the thread that writes it.
struct Parts {
    base: Option<StoredImage>,
    layers: Vec<NewLayer>,
    image: Image,
    config: Vec<u8>,
    names: Vec<Reference>,
}

struct WrittenManifest {
    bytes: Vec<u8>,
    layers: Vec<Descriptor>,
}

impl Parts {
    fn of(request: LoadRequest<'_>) -> Result<Arc<Self>, Failure> {
        let LoadRequest { base, layers, image, names } = request;
        let lower = base.map(|base| base.image.rootfs.diff_ids.as_slice()).unwrap_or_default();
        let given = layers.iter().map(|layer| layer.summary.diff_id);
        if !lower.iter().copied().chain(given).eq(image.rootfs.diff_ids.iter().copied()) {
            return Err(Failure::new(Cause::Defect, "load an image whose config names other layers than it is given"));
        }
        let config = serde_json::to_vec(&image)
            .map_err(|error| Failure::new(Cause::Defect, "write an image's config").because(error))?;
        Ok(Arc::new(Self { base: base.cloned(), layers, image, config, names }))
    }

    fn doing(&self) -> String {
        let name = self.names.first().map_or_else(|| self.config_digest().short(), Reference::familiar);
        format!("load the image `{name}` into the container engine")
    }

    fn config_digest(&self) -> Digest {
        Digest::of(&self.config)
    }

    /// The image as the engine has it now.
    fn stored(&self, id: Digest) -> StoredImage {
        let added: u64 = self.layers.iter().map(|layer| layer.summary.size).sum();
        StoredImage {
            id: id.to_string(),
            tags: self.names.iter().map(Reference::familiar).collect(),
            repo_digests: Vec::new(),
            size: self.base.as_ref().map_or(0, |base| base.size) + added,
            image: self.image.clone(),
        }
    }

    fn manifest(&self, lower: Vec<Descriptor>) -> Result<WrittenManifest, Failure> {
        let config = Descriptor::new(media_type::OCI_CONFIG, self.config_digest(), self.config.len() as u64);
        let added = self.layers.iter().map(|it| &it.summary);
        let added = added.map(|it| Descriptor::new(media_type::OCI_LAYER, it.diff_id, it.size));
        let layers: Vec<_> = lower.into_iter().chain(added).collect();
        let bytes = serde_json::to_vec(&Manifest::oci(config, layers.clone()))
            .map_err(|error| Failure::new(Cause::Defect, "write an image's manifest").because(error))?;
        Ok(WrittenManifest { bytes, layers })
    }

    /// What `docker save` writes, without the lower layers' files: the classic store looks for its own by chain id.
    fn docker_archive(&self, lower: Vec<String>, archive: &mut tar::Builder<&mut dyn Write>) -> io::Result<()> {
        let mut paths = lower;
        for layer in &self.layers {
            let path = format!("{}.tar", layer.summary.diff_id.hex());
            archive::append(archive, &path, layer.summary.size, layer.content.open()?)?;
            paths.push(path);
        }
        let config = format!("{}.json", self.config_digest().hex());
        archive::append(archive, &config, self.config.len() as u64, self.config.as_slice())?;
        let names: Vec<_> = self.names.iter().map(Reference::familiar).collect();
        let manifest = json!([{ "Config": config, "RepoTags": names, "Layers": paths }]).to_string();
        archive::append(archive, "manifest.json", manifest.len() as u64, manifest.as_bytes())?;
        archive.finish()
    }

    /// An OCI layout without the lower layers' blobs: the containerd store has them by their descriptors.
    fn oci_layout(&self, manifest: &[u8], archive: &mut tar::Builder<&mut dyn Write>) -> io::Result<()> {
        let mut blob = |digest: Digest, size: u64, content: &mut dyn Read| {
            archive::append(archive, &format!("blobs/sha256/{}", digest.hex()), size, content)
        };
        for layer in &self.layers {
            blob(layer.summary.diff_id, layer.summary.size, &mut layer.content.open()?)?;
        }
        blob(self.config_digest(), self.config.len() as u64, &mut self.config.as_slice())?;
        blob(Digest::of(manifest), manifest.len() as u64, &mut &*manifest)?;
        let index = self.index(manifest).to_string();
        archive::append(archive, "index.json", index.len() as u64, index.as_bytes())?;
        let layout = json!({ "imageLayoutVersion": "1.0.0" }).to_string();
        archive::append(archive, "oci-layout", layout.len() as u64, layout.as_bytes())?;
        archive.finish()
    }

    /// The layout's index: the manifest once for each name, as containerd reads names from annotations.
    fn index(&self, manifest: &[u8]) -> Value {
        let descriptor = |annotations: Value| {
            let mut descriptor = json!({
                "mediaType": media_type::OCI_MANIFEST,
                "digest": Digest::of(manifest),
                "size": manifest.len(),
                "platform": { "os": self.image.os, "architecture": self.image.architecture },
            });
            descriptor["annotations"] = annotations;
            descriptor
        };
        let named = |name: &Reference| {
            let tag = name.tag().unwrap_or_default();
            descriptor(
                json!({ "io.containerd.image.name": name.to_string(), "org.opencontainers.image.ref.name": tag }),
            )
        };
        let mut manifests: Vec<_> = self.names.iter().map(named).collect();
        if manifests.is_empty() {
            manifests.push(descriptor(json!({})));
        }
        json!({ "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": manifests })
    }

    /// The base's own export with its layers, then ours, under a manifest that names both.
    fn whole_archive(&self, base: impl Read, archive: &mut tar::Builder<&mut dyn Write>) -> io::Result<()> {
        let mut exported = tar::Archive::new(base);
        let mut lower: Option<Vec<String>> = None;
        for entry in exported.entries()? {
            let mut entry = entry?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            match name.as_str() {
                "manifest.json" => lower = Some(layer_paths(&mut entry)?),
                "repositories" | "index.json" | "oci-layout" => {}
                _ => {
                    let header = entry.header().clone();
                    archive.append(&header, &mut entry)?;
                }
            }
        }
        let lower = lower.ok_or_else(|| io::Error::other("the engine's export has no `manifest.json`"))?;
        self.docker_archive(lower, archive)
    }
}

fn layer_paths(manifest: impl Read) -> io::Result<Vec<String>> {
    let images: Value = serde_json::from_reader(manifest)?;
    let layers = images.get(0).and_then(|image| image.get("Layers")).cloned().unwrap_or_default();
    Ok(serde_json::from_value(layers)?)
}
