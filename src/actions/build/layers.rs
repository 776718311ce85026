//! The layers that are computed: which entries they have (pure).
//!
//! A layer must name every directory above what it changes with the metadata that the image below has: engines make a
//! directory of their own for one that is not named. [`Ground`] is what is known of the image below.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::actions::stages::files::Difference;
use crate::actions::stages::files::FileEntry;
use crate::model::layer::DEFAULT_MTIME;
use crate::model::layer::FileOwner;
use crate::model::layer::LayerEntry;
use crate::model::layer::LayerKind;
use crate::model::layer::content_mtime;
use crate::model::tree::EntryKind;
use crate::model::tree::ObjectId;

/// What is known of the directories of the image below a layer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ground {
    /// Directories that exist, by path without a slash at either end, with what a layer says of them.
    pub directories: BTreeMap<Vec<u8>, Metadata>,
}

/// Mode, owner and time of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// Permission bits.
    pub mode: u32,
    /// Whose it is.
    pub owner: FileOwner,
    /// Modification time, seconds since 1970.
    pub mtime: u64,
}

/// Where the content of a file comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// It has none.
    Nothing,
    /// A blob of the repository of the mapping with that index.
    Blob(usize, ObjectId),
    /// These bytes.
    Bytes(Vec<u8>),
}

/// The entries of a layer, in the order of an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LayerPlan {
    entries: BTreeMap<Vec<u8>, (LayerEntry, Content)>,
}

/// The place of a mapping's files in an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The index of the mapping.
    pub mapping: usize,
    /// The real path in the image, symbolic links above it followed; no slash at either end.
    pub path: Vec<u8>,
    /// Whose the files are.
    pub owner: FileOwner,
}

impl Destination {
    /// The place in the image of the file at `path` below `add`.
    pub fn place(&self, path: &[u8]) -> Vec<u8> {
        match (self.path.is_empty(), path.is_empty()) {
            (true, _) => path.to_vec(),
            (_, true) => self.path.clone(),
            _ => [&self.path, b"/".as_slice(), path].concat(),
        }
    }
}

impl LayerPlan {
    /// The entries with where their content comes from.
    pub fn entries(&self) -> impl Iterator<Item = &(LayerEntry, Content)> {
        self.entries.values()
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Puts an entry in; an earlier one of the same name gives way.
    pub fn put(&mut self, entry: LayerEntry, content: Content) {
        self.entries.insert(entry.archive_name(), (entry, content));
    }

    /// Puts a file of git in, and the directories above it; `size` is the length of its content.
    pub fn file(&mut self, ground: &Ground, to: &Destination, entry: &FileEntry, content: GitContent) {
        let path = to.place(&entry.path);
        self.directories_above(ground, to, &path);
        let mode = if entry.kind == EntryKind::Executable { 0o755 } else { 0o644 };
        let (kind, mode, content) = match content {
            GitContent::Target(target) => (LayerKind::Symlink { target }, 0o777, Content::Nothing),
            GitContent::Size(size) => (LayerKind::File { size }, mode, Content::Blob(to.mapping, entry.id)),
        };
        let mtime = content_mtime(entry.id.as_bytes());
        self.put(LayerEntry { path, kind, mode, owner: to.owner.clone(), mtime }, content);
    }

    /// Puts an empty directory of a mapping in.
    pub fn directory(&mut self, ground: &Ground, to: &Destination, path: &[u8]) {
        self.directories_above(ground, to, path);
        let owner = to.owner.clone();
        self.put(
            LayerEntry { path: path.to_vec(), kind: LayerKind::Directory, mode: 0o755, owner, mtime: DEFAULT_MTIME },
            Content::Nothing,
        );
    }

    /// Puts the directories above `path` in, as the ground has them; new ones at or below the destination are its
    /// owner's, new ones above it root's.
    fn directories_above(&mut self, ground: &Ground, to: &Destination, path: &[u8]) {
        let ends = path.iter().enumerate().rev().filter(|(_, byte)| **byte == b'/').map(|(index, _)| index);
        for end in ends {
            let dir = &path[..end];
            if self.entries.contains_key(&[dir, b"/"].concat()) {
                return;
            }
            let below_to = dir.len() >= to.path.len();
            let fresh = || Metadata {
                mode: 0o755,
                owner: if below_to { to.owner.clone() } else { FileOwner::default() },
                mtime: DEFAULT_MTIME,
            };
            let known = ground.directories.get(dir).cloned().unwrap_or_else(fresh);
            let entry = LayerEntry {
                path: dir.to_vec(),
                kind: LayerKind::Directory,
                mode: known.mode,
                owner: known.owner,
                mtime: known.mtime,
            };
            self.put(entry, Content::Nothing);
        }
    }

    /// Puts the difference of a mapping's files in. `content` answers for files that are written; a directory of
    /// `emptied` goes with all that is in it.
    ///
    /// # Errors
    ///
    /// Those of `content`.
    pub fn difference<E>(
        &mut self,
        ground: &Ground,
        to: &Destination,
        change: (&Difference, &BTreeSet<Vec<u8>>),
        mut content: impl FnMut(&FileEntry) -> Result<GitContent, E>,
    ) -> Result<(), E> {
        let (difference, emptied) = change;
        for entry in difference.written.values() {
            let content = content(entry)?;
            self.file(ground, to, entry, content);
        }
        let gone = difference.deleted.iter().map(|path| top_of(path, emptied)).collect::<BTreeSet<_>>();
        for path in gone {
            if !self.covers(&to.place(path)) {
                let path = to.place(path);
                self.directories_above(ground, to, &path);
                let owner = FileOwner::default();
                self.put(
                    LayerEntry { path, kind: LayerKind::Whiteout, mode: 0, owner, mtime: DEFAULT_MTIME },
                    Content::Nothing,
                );
            }
        }
        Ok(())
    }

    /// Whether the layer already puts something over `path`: a directory there, or something above it that is none.
    fn covers(&self, path: &[u8]) -> bool {
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(index, _)| index);
        let above = ends.map(|end| &path[..end]).any(|path| self.entries.contains_key(path));
        above || self.entries.contains_key(&[path, b"/"].concat())
    }
}

/// What a file of git holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GitContent {
    /// So many bytes.
    Size(u64),
    /// A symbolic link's target.
    Target(Vec<u8>),
}

/// The highest of the directories `emptied` that holds `path`, or `path`.
fn top_of<'a>(path: &'a [u8], emptied: &BTreeSet<Vec<u8>>) -> &'a [u8] {
    let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(index, _)| index);
    ends.map(|end| &path[..end]).find(|dir| emptied.contains(*dir)).unwrap_or(path)
}

/// The directories above `paths`, each once: what a ground must be asked for.
pub fn directories_above<'a>(paths: impl IntoIterator<Item = &'a [u8]>) -> BTreeSet<Vec<u8>> {
    let mut all = BTreeSet::new();
    for path in paths {
        for (end, _) in path.iter().enumerate().rev().filter(|(_, byte)| **byte == b'/') {
            if !all.insert(path[..end].to_vec()) {
                break;
            }
        }
    }
    all
}
