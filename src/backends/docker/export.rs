//! Layers of an image out of the engine, to be published.

use std::collections::HashMap;
use std::io;
use std::io::BufWriter;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use crate::backends::docker::archive;
use crate::backends::docker::engine::Engine;
use crate::backends::docker::engine::Store;
use crate::backends::docker::failures;
use crate::model::digest::Digest;
use crate::model::digest::DigestWriter;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::image::StoredImage;
use crate::model::oci::Descriptor;
use crate::model::oci::media_type;

/// A layer in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedLayer {
    /// What it unpacks to.
    pub diff_id: Digest,
    /// The file's digest, length and form: as the containerd store keeps it (mostly gzip), or a plain tar.
    pub descriptor: Descriptor,
    /// The file.
    pub path: PathBuf,
}

impl Engine {
    /// Writes the layers `wanted` (by `diff_id`) of `image` into files of the directory `dir`, which must exist.
    ///
    /// The engine can only export all layers of an image; the export ends as soon as the wanted ones have come. A layer
    /// that we made ourselves is better kept than exported. Fails when a layer is not among the image's.
    pub async fn export_layers(
        &self,
        image: &StoredImage,
        wanted: &[Digest],
        dir: &Path,
    ) -> Result<Vec<ExportedLayer>, Failure> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let doing = format!("export layers of the image `{}`", image.tags.first().unwrap_or(&image.id));
        let sought = self.sought(image, wanted, dir).await?;
        let exported = self.client.export_image(&image.id);
        let search = archive::read_by(exported, move |export| sought.run(export));
        let found = self.transfer(&doing, async {
            search.await.map_err(|error| match error {
                archive::ReadError::Sender(error) => failures::refused(&doing, error),
                archive::ReadError::Reader(error) => Failure::new(Cause::HostFiles, &*doing).because(error),
            })
        });
        let found = found.await?;
        let missing = wanted.iter().find(|diff_id| found.iter().all(|layer| layer.diff_id != **diff_id));
        match missing {
            Some(diff_id) => {
                Err(Failure::new(Cause::EngineUnavailable, format!("{doing}: the engine has no `{diff_id}`")))
            }
            None => Ok(found),
        }
    }

    async fn sought(&self, image: &StoredImage, wanted: &[Digest], dir: &Path) -> Result<Sought, Failure> {
        let mut layers = HashMap::new();
        if self.store().await? == Store::Containerd {
            let descriptors = self.layer_descriptors(image).await?;
            let pairs = image.image.rootfs.diff_ids.iter().zip(descriptors);
            let pairs = pairs.filter(|(diff_id, _)| wanted.contains(diff_id));
            layers.extend(pairs.map(|(diff_id, descriptor)| (descriptor.digest, (*diff_id, descriptor.media_type))));
        } else {
            let plain = |diff_id: &Digest| (*diff_id, (*diff_id, media_type::OCI_LAYER.to_owned()));
            layers.extend(wanted.iter().map(plain));
        }
        Ok(Sought { layers, dir: dir.to_owned() })
    }
}

/// What is looked for in an export: digest of the file → what it unpacks to, and its form.
struct Sought {
    layers: HashMap<Digest, (Digest, String)>,
    dir: PathBuf,
}

impl Sought {
    fn run(mut self, export: &mut dyn Read) -> io::Result<Vec<ExportedLayer>> {
        let mut found = Vec::new();
        for entry in tar::Archive::new(export).entries()? {
            let mut entry = entry?;
            if self.layers.is_empty() {
                break;
            }
            let name = entry.path_bytes().into_owned();
            if entry.header().entry_type().is_file() && self.may_be(&name) {
                found.extend(self.take(&mut entry)?);
            }
        }
        Ok(found)
    }

    /// Whether the file with that name may be a layer that is wanted. Newer engines name it by its digest.
    fn may_be(&self, name: &[u8]) -> bool {
        let name = String::from_utf8_lossy(name);
        match name.strip_prefix("blobs/sha256/") {
            Some(hex) => format!("sha256:{hex}").parse().is_ok_and(|digest| self.layers.contains_key(&digest)),
            None => Path::new(name.as_ref()).extension().is_some_and(|extension| extension == "tar"),
        }
    }

    fn take(&mut self, content: &mut dyn Read) -> io::Result<Option<ExportedLayer>> {
        let file = tempfile::NamedTempFile::new_in(&self.dir)?;
        let mut writer = DigestWriter::new(BufWriter::new(file));
        io::copy(content, &mut writer)?;
        let (file, digest, size) = writer.finish();
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        let Some((diff_id, media_type)) = self.layers.remove(&digest) else { return Ok(None) };
        let path = self.dir.join(digest.hex());
        file.persist(&path).map_err(|error| error.error)?;
        Ok(Some(ExportedLayer { diff_id, descriptor: Descriptor::new(&media_type, digest, size), path }))
    }
}
