//! Writes layers whose entries are known, with content from git.

use std::collections::BTreeSet;
use std::io;
use std::io::Write;
use std::path::Path;

use crate::actions::build::layers::Content;
use crate::actions::build::layers::Destination;
use crate::actions::build::layers::GitContent;
use crate::actions::build::layers::Ground;
use crate::actions::build::layers::LayerPlan;
use crate::actions::stages::content::Repositories;
use crate::actions::stages::files::Difference;
use crate::actions::stages::files::FileEntry;
use crate::actions::stages::files::MappingSource;
use crate::backends::docker::LayerContent;
use crate::backends::docker::NewLayer;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::layer::LayerWriter;
use crate::model::tree::EntryKind;
use crate::project::GitMapping;

/// The layer with all files of `mappings` at their places.
pub fn archive(
    mappings: &[GitMapping],
    repositories: &Repositories,
    places: &[Destination],
    ground: &Ground,
) -> Result<LayerPlan, Failure> {
    let mut plan = LayerPlan::default();
    for (mapping, place) in mappings.iter().zip(places) {
        let source = repositories.source(mapping)?;
        let mut files = false;
        source.files(&mut |entry| {
            files = true;
            let content = content_of(&source, &entry)?;
            plan.file(ground, place, &entry, content);
            Ok(())
        })?;
        if !files && !place.path.is_empty() {
            plan.directory(ground, place, &place.path);
        }
    }
    Ok(plan)
}

/// The layer that brings older files of `mappings` up to date. `changes` are in the mappings' order, each with the
/// directories that it leaves empty.
pub fn difference(
    mappings: &[GitMapping],
    repositories: &Repositories,
    places: &[Destination],
    ground: &Ground,
    changes: &[(Difference, BTreeSet<Vec<u8>>)],
) -> Result<LayerPlan, Failure> {
    let mut plan = LayerPlan::default();
    for ((mapping, place), (difference, emptied)) in mappings.iter().zip(places).zip(changes) {
        let source = repositories.source(mapping)?;
        plan.difference(ground, place, (difference, emptied), |entry| content_of(&source, entry))?;
    }
    Ok(plan)
}

fn content_of(source: &MappingSource<'_>, entry: &FileEntry) -> Result<GitContent, Failure> {
    match entry.kind {
        EntryKind::Symlink => Ok(GitContent::Target(source.repository.blob(entry.id)?)),
        EntryKind::Submodule => {
            let path = String::from_utf8_lossy(&entry.path).into_owned();
            Err(Failure::new(
                Cause::GitInvalid,
                format!("`{path}` is a submodule, and its files are not in this repository"),
            )
            .hint("leave it out with `excludePaths`, or add its repository as a remote `git` mapping with `url`"))
        }
        _ => Ok(GitContent::Size(source.repository.blob_size(entry.id)?)),
    }
}

/// Writes `plan` into a file in `tmp`.
pub fn write(
    plan: &LayerPlan,
    mappings: &[GitMapping],
    repositories: &Repositories,
    tmp: &Path,
) -> Result<NewLayer, Failure> {
    let doing = || "write a layer";
    let files = |error: io::Error| Failure::new(Cause::HostFiles, doing()).because(error);
    let (file, path) =
        tempfile::NamedTempFile::new_in(tmp).map_err(files)?.keep().map_err(|error| files(error.error))?;
    let mut writer = LayerWriter::new(io::BufWriter::with_capacity(256 * 1024, file));
    for (entry, content) in plan.entries() {
        let layer = |error| Failure::new(Cause::GitInvalid, doing()).because(error);
        match content {
            Content::Nothing => writer.append(entry, io::empty()).map_err(layer)?,
            Content::Bytes(bytes) => writer.append(entry, bytes.as_slice()).map_err(layer)?,
            Content::Blob(mapping, id) => {
                let mapping = mappings.get(*mapping).ok_or_else(|| Failure::new(Cause::Defect, doing()))?;
                let source = repositories.source(mapping)?;
                source.repository.with_blob(*id, |bytes| writer.append(entry, bytes))?.map_err(layer)?;
            }
        }
    }
    let (mut out, summary) = writer.finish().map_err(|error| Failure::new(Cause::HostFiles, doing()).because(error))?;
    out.flush().map_err(files)?;
    Ok(NewLayer { summary, content: LayerContent::File(path) })
}
