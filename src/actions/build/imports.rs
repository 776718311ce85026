//! Imports: files of another image as a layer, read through a container that is never started.

use std::collections::BTreeMap;
use std::io;
use std::io::Read;
use std::io::Write;
use std::path::Path;

use crate::actions::build::execute::Workshop;
use crate::actions::build::ground::Below;
use crate::actions::build::layers::Ground;
use crate::actions::build::layers::Metadata;
use crate::actions::build::layers::directories_above;
use crate::actions::stages::chain::stage_name;
use crate::backends::docker::LayerContent;
use crate::backends::docker::NewLayer;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::image::StoredImage;
use crate::model::layer::DEFAULT_MTIME;
use crate::model::layer::FileOwner;
use crate::model::layer::LayerEntry;
use crate::model::layer::LayerKind;
use crate::model::layer::LayerWriter;
use crate::model::stage::StageName;
use crate::project::Import;
use crate::project::ImportPoint;
use crate::project::PathFilter;
use crate::project::Stapel;

/// The layers of the imports at that stage, one an import.
pub async fn layers(
    workshop: &Workshop<'_>,
    stapel: &Stapel,
    stage: StageName,
    ground: &StoredImage,
) -> Result<Vec<NewLayer>, Failure> {
    let point = match stage {
        StageName::ImportsBeforeInstall => ImportPoint::BeforeInstall,
        StageName::ImportsAfterInstall => ImportPoint::AfterInstall,
        StageName::ImportsBeforeSetup => ImportPoint::BeforeSetup,
        _ => ImportPoint::AfterSetup,
    };
    let mut below = Below::new(workshop.look_at(ground).await?);
    let mut layers = Vec::new();
    for import in stapel.imports.iter().filter(|import| import.when == point) {
        let doing = || format!("import `{}` from `{}`", import.copy.add, import.from);
        let layer = layer(workshop, import, &mut below).await.map_err(|failure| failure.context(doing()))?;
        layers.push(layer);
    }
    below.close().await?;
    Ok(layers)
}

async fn layer(workshop: &Workshop<'_>, import: &Import, below: &mut Below<'_>) -> Result<NewLayer, Failure> {
    let source = workshop.last_of(&import.from, import.stage.map(stage_name))?;
    let copy = &import.copy;
    let place = below.resolve(&copy.to).await?;
    let owner = match (&copy.owner, &copy.group) {
        (None, None) => None,
        (user, group) => Some(below.owner(user.as_deref(), group.as_deref()).await?),
    };
    let above = [place.as_slice(), b"/-"].concat();
    below.learn(directories_above([above.as_slice()])).await?;
    let filter =
        PathFilter::new(&copy.include, &copy.exclude).map_err(|why| Failure::new(Cause::ProjectInvalid, why))?;
    let mut from = Below::new(workshop.look_at(&source).await?);
    let add = format!("/{}", String::from_utf8_lossy(&from.resolve(&copy.add).await?));
    let sorting = Sorting { place, owner, filter, ground: below.known().clone() };
    let tmp = workshop.tmp.to_owned();
    let written = from.container().read_path(&add, move |archive| sorting.write(archive, &tmp)).await?;
    from.close().await?;
    written.ok_or_else(|| {
        Failure::new(Cause::StageFailed, format!("`{}` does not exist in `{}`", copy.add, import.from))
            .hint("look at what the commands of its stages make, and where")
    })
}

/// How files of one image become a layer of another.
struct Sorting {
    place: Vec<u8>,
    owner: Option<FileOwner>,
    filter: PathFilter,
    ground: Ground,
}

/// An entry whose content waits in a spool file: from there, so many bytes.
struct Spooled {
    entry: LayerEntry,
    start: u64,
    size: u64,
}

impl Sorting {
    /// Reads an engine's archive, whose order is not a layer's, and writes the layer.
    fn write(&self, archive: &mut dyn Read, tmp: &Path) -> io::Result<NewLayer> {
        let mut spool = tempfile::tempfile_in(tmp)?;
        let mut entries = self.above();
        let mut offset = 0;
        for entry in tar::Archive::new(archive).entries()? {
            let mut entry = entry?;
            let Some(found) = self.entry(&entry)? else { continue };
            let size = if matches!(found.kind, LayerKind::File { .. }) { io::copy(&mut entry, &mut spool)? } else { 0 };
            let name = found.archive_name();
            if matches!(found.kind, LayerKind::Directory)
                && self.ground.directories.contains_key(&found.path)
                && self.owner.is_none()
                && found.path.len() <= self.place.len()
            {
                continue;
            }
            entries.insert(name, Spooled { entry: found, start: offset, size });
            offset += size;
        }
        finish(entries, spool, tmp)
    }

    /// The directories above the place, as the ground has them.
    fn above(&self) -> BTreeMap<Vec<u8>, Spooled> {
        let whole = [self.place.as_slice(), b"/-"].concat();
        let spooled = |path: Vec<u8>| {
            let fresh = Metadata { mode: 0o755, owner: FileOwner::default(), mtime: DEFAULT_MTIME };
            let known = self.ground.directories.get(&path);
            if path == self.place && known.is_none() {
                return None;
            }
            let Metadata { mode, owner, mtime } = known.cloned().unwrap_or(fresh);
            let entry = LayerEntry { path, kind: LayerKind::Directory, mode, owner, mtime };
            Some((entry.archive_name(), Spooled { entry, start: 0, size: 0 }))
        };
        directories_above([whole.as_slice()]).into_iter().filter(|path| !path.is_empty()).filter_map(spooled).collect()
    }

    /// What becomes of an entry of the archive; nothing if it is not taken.
    fn entry(&self, entry: &tar::Entry<'_, impl Read>) -> io::Result<Option<LayerEntry>> {
        let name = entry.path_bytes();
        let trimmed = name.strip_suffix(b"/").unwrap_or(&name);
        let below = trimmed.iter().position(|byte| *byte == b'/').map_or(&b""[..], |index| &trimmed[index + 1..]);
        let header = entry.header();
        let kind = header.entry_type();
        let taken = if below.is_empty() {
            true
        } else if kind.is_dir() {
            self.takes_dir(below)
        } else {
            self.filter.takes(below)
        };
        if !taken {
            return Ok(None);
        }
        let kind = match kind {
            kind if kind.is_dir() => LayerKind::Directory,
            kind if kind.is_symlink() => {
                LayerKind::Symlink { target: entry.link_name_bytes().unwrap_or_default().into_owned() }
            }
            kind if kind.is_hard_link() => {
                LayerKind::Hardlink { target: self.link_target(&entry.link_name_bytes().unwrap_or_default()) }
            }
            kind if kind.is_file() => LayerKind::File { size: entry.size() },
            _ => return Ok(None),
        };
        let owner = self.owner.clone().map_or_else(
            || Ok::<_, io::Error>(FileOwner { uid: header.uid()?, gid: header.gid()?, ..FileOwner::default() }),
            Ok,
        )?;
        Ok(Some(LayerEntry {
            path: self.at(below),
            kind,
            mode: header.mode()? & 0o7777,
            owner,
            mtime: header.mtime()?,
        }))
    }

    fn takes_dir(&self, path: &[u8]) -> bool {
        self.filter.takes_all() || self.filter.takes(path)
    }

    fn link_target(&self, name: &[u8]) -> Vec<u8> {
        let below = name.iter().position(|byte| *byte == b'/').map_or(&b""[..], |index| &name[index + 1..]);
        self.at(below)
    }

    fn at(&self, below: &[u8]) -> Vec<u8> {
        match (self.place.is_empty(), below.is_empty()) {
            (true, _) => below.to_vec(),
            (_, true) => self.place.clone(),
            _ => [self.place.as_slice(), b"/", below].concat(),
        }
    }
}

/// A second name must come after the first; where the order is the other way round, they change places.
fn order_links(entries: &mut BTreeMap<Vec<u8>, Spooled>) {
    let backwards = |(name, spooled): (&Vec<u8>, &Spooled)| match &spooled.entry.kind {
        LayerKind::Hardlink { target } if target > name => Some((name.clone(), target.clone())),
        _ => None,
    };
    let pairs: Vec<_> = entries.iter().filter_map(backwards).collect();
    for (name, target) in pairs {
        let Some(first) = entries.get(&target) else { continue };
        let (kind, start, size) = (first.entry.kind.clone(), first.start, first.size);
        if let Some(second) = entries.get_mut(&name) {
            (second.entry.kind, second.start, second.size) = (kind, start, size);
        }
        if let Some(first) = entries.get_mut(&target) {
            (first.entry.kind, first.size) = (LayerKind::Hardlink { target: name }, 0);
        }
    }
}

/// Writes the entries in their order.
fn finish(mut entries: BTreeMap<Vec<u8>, Spooled>, mut spool: std::fs::File, tmp: &Path) -> io::Result<NewLayer> {
    use std::io::Seek;
    let (file, path) = tempfile::NamedTempFile::new_in(tmp)?.keep().map_err(|error| error.error)?;
    let mut writer = LayerWriter::new(io::BufWriter::with_capacity(256 * 1024, file));
    order_links(&mut entries);
    for spooled in entries.into_values() {
        if spooled.entry.path.is_empty() {
            continue;
        }
        spool.seek(io::SeekFrom::Start(spooled.start))?;
        writer.append(&spooled.entry, (&mut spool).take(spooled.size)).map_err(io::Error::other)?;
    }
    let (mut out, summary) = writer.finish().map_err(io::Error::other)?;
    out.flush()?;
    Ok(NewLayer { summary, content: LayerContent::File(path) })
}
