//! The layers of an image in a containerd store by their descriptors, which no call of the engine's API tells.
//!
//! An export of the image has its manifest; it is read until the manifest comes by, once for an image and host.

use std::collections::HashMap;
use std::io;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;

use tracing::debug;

use crate::backends::docker::archive;
use crate::backends::docker::engine::Engine;
use crate::backends::docker::failures;
use crate::model::digest::Digest;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::image::StoredImage;
use crate::model::oci::Descriptor;
use crate::model::oci::Image;
use crate::model::oci::Manifest;

/// Larger files of an export are no manifests.
const LARGEST_MANIFEST: u64 = 4 * 1024 * 1024;

/// Descriptors that are known already, by image id.
#[derive(Debug, Default)]
pub(super) struct KnownDescriptors(Mutex<HashMap<String, Vec<Descriptor>>>);

impl Engine {
    /// The layers of an image of a containerd store, from the lowest up, as its manifest describes them.
    pub(super) async fn layer_descriptors(&self, image: &StoredImage) -> Result<Vec<Descriptor>, Failure> {
        if let Some(known) = self.known_descriptors(&image.id) {
            return Ok(known);
        }
        let doing = format!("read the manifest of the image `{}`", image.tags.first().unwrap_or(&image.id));
        let exported = self.client.export_image(&image.id);
        let diff_ids = image.image.rootfs.diff_ids.clone();
        let search = Search { id: image.id.clone(), diff_ids, manifests: Vec::new(), configs: Vec::new() };
        let search = archive::read_by(exported, move |export| search.run(export));
        let found = self
            .transfer(&doing, async {
                search.await.map_err(|error| match error {
                    archive::ReadError::Sender(error) => failures::refused(&doing, error),
                    archive::ReadError::Reader(error) => Failure::new(Cause::EngineUnavailable, &*doing).because(error),
                })
            })
            .await?;
        let manifest = found.ok_or_else(|| Failure::new(Cause::EngineUnavailable, format!("{doing}: it has none")))?;
        self.remember_descriptors(&image.id, manifest.layers.clone());
        Ok(manifest.layers)
    }

    /// Keeps what is known of an image's layers, in this process and, where there is a cache directory, for the next ones.
    pub(super) fn remember_descriptors(&self, id: &str, layers: Vec<Descriptor>) {
        if let Some(path) = self.descriptor_file(id)
            && let Err(error) = keep(&path, &layers)
        {
            debug!(%error, path = %path.display(), "a manifest is not kept");
        }
        if let Ok(mut known) = self.descriptors.0.lock() {
            known.insert(id.to_owned(), layers);
        }
    }

    fn known_descriptors(&self, id: &str) -> Option<Vec<Descriptor>> {
        let known = self.descriptors.0.lock().ok()?.get(id).cloned();
        known.or_else(|| serde_json::from_slice(&std::fs::read(self.descriptor_file(id)?).ok()?).ok())
    }

    fn descriptor_file(&self, id: &str) -> Option<PathBuf> {
        let name = id.strip_prefix("sha256:").filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        Some(self.options.manifest_cache.as_ref()?.join(format!("{name}.json")))
    }
}

/// Writes beside and renames: another process never reads half of it.
fn keep(path: &Path, layers: &[Descriptor]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(path);
    std::fs::create_dir_all(dir)?;
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    serde_json::to_writer(&mut file, layers)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Looks for the manifest of one image in an export, which may be of an index with manifests for other platforms and
/// attestations beside it.
struct Search {
    id: String,
    diff_ids: Vec<Digest>,
    manifests: Vec<Manifest>,
    configs: Vec<Digest>,
}

impl Search {
    fn run(mut self, export: &mut dyn Read) -> io::Result<Option<Manifest>> {
        for entry in tar::Archive::new(export).entries()? {
            let mut entry = entry?;
            if entry.size() > LARGEST_MANIFEST || !entry.path_bytes().starts_with(b"blobs/") {
                continue;
            }
            let mut content = Vec::new();
            entry.read_to_end(&mut content)?;
            if let Some(found) = self.look_at(&content) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// It is the manifest whose digest is the image's id, or the one whose config names the image's layers.
    fn look_at(&mut self, content: &[u8]) -> Option<Manifest> {
        let digest = Digest::of(content);
        if let Ok(manifest) = serde_json::from_slice::<Manifest>(content) {
            if digest.to_string() == self.id {
                return Some(manifest);
            }
            self.manifests.push(manifest);
        } else if serde_json::from_slice::<Image>(content).is_ok_and(|image| image.rootfs.diff_ids == self.diff_ids) {
            self.configs.push(digest);
        }
        let fits = |manifest: &&Manifest| {
            manifest.layers.len() == self.diff_ids.len() && self.configs.contains(&manifest.config.digest)
        };
        self.manifests.iter().find(fits).cloned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Search;
    use crate::model::digest::Digest;
    use crate::model::oci::Descriptor;
    use crate::model::oci::Image;
    use crate::model::oci::Manifest;
    use crate::model::oci::media_type;

    fn search(id: &str) -> Search {
        Search { id: id.to_owned(), diff_ids: vec![Digest::of(b"layer")], manifests: Vec::new(), configs: Vec::new() }
    }

    fn manifest(config: &[u8]) -> Vec<u8> {
        let layer = Descriptor::of(media_type::OCI_LAYER_GZIP, b"packed");
        serde_json::to_vec(&Manifest::oci(Descriptor::of(media_type::OCI_CONFIG, config), vec![layer])).unwrap()
    }

    #[test]
    fn a_manifest_is_known_by_the_image_id() {
        let manifest = manifest(b"any");
        assert!(search(&Digest::of(&manifest).to_string()).look_at(&manifest).is_some());
        assert!(search("sha256:other").look_at(&manifest).is_none());
    }

    #[test]
    fn behind_an_index_it_is_known_by_its_config_in_either_order() {
        let mut image = Image::scratch("linux", "amd64");
        image.rootfs.diff_ids = vec![Digest::of(b"layer")];
        let config = serde_json::to_vec(&image).unwrap();
        let (ours, attestation) = (manifest(&config), manifest(br#"{"attestation": true}"#));
        for order in [[&ours, &attestation, &config], [&config, &attestation, &ours]] {
            let mut search = search("sha256:index");
            let found: Vec<_> = order.iter().filter_map(|content| search.look_at(content)).collect();
            assert_eq!(found.first().map(|it| it.config.digest), Some(Digest::of(&config)));
        }
        assert!(search("sha256:index").look_at(json!({"layers": 1}).to_string().as_bytes()).is_none());
    }
}
