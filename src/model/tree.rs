//! A commit's files: path, kind, content id.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;

/// The id of a git object (SHA-1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ObjectId([u8; 20]);

/// What is not a git object id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a git object id: expected 40 hexadecimal digits")]
pub struct NotAnObjectId(String);

impl ObjectId {
    /// The id of these 20 bytes.
    pub fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// Its 20 bytes.
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// The first eight hexadecimal digits, as a person reads them in a log.
    pub fn short(&self) -> String {
        hex::encode(self.0.get(..4).unwrap_or_default())
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for ObjectId {
    type Err = NotAnObjectId;

    fn from_str(text: &str) -> Result<Self, NotAnObjectId> {
        let mut bytes = [0; 20];
        let refuse = |_| NotAnObjectId(text.chars().take(80).collect());
        hex::decode_to_slice(text, &mut bytes).map_err(refuse)?;
        Ok(Self(bytes))
    }
}

impl From<ObjectId> for String {
    fn from(id: ObjectId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for ObjectId {
    type Error = NotAnObjectId;

    fn try_from(text: String) -> Result<Self, NotAnObjectId> {
        text.parse()
    }
}

/// What an entry of a git tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EntryKind {
    /// A file, mode 100644.
    File,
    /// A file that can be run, mode 100755.
    Executable,
    /// A symbolic link, mode 120000; its content is the target.
    Symlink,
    /// A directory, mode 040000; its id is the tree's.
    Directory,
    /// A submodule, mode 160000; its id is a commit of another repository.
    Submodule,
}

impl EntryKind {
    /// Git's mode, such as `0o100_644`.
    pub fn git_mode(self) -> u32 {
        match self {
            Self::File => 0o100_644,
            Self::Executable => 0o100_755,
            Self::Symlink => 0o120_000,
            Self::Directory => 0o040_000,
            Self::Submodule => 0o160_000,
        }
    }

    /// Whether its id names a blob.
    pub fn has_content(self) -> bool {
        matches!(self, Self::File | Self::Executable | Self::Symlink)
    }
}

/// One entry of a tree, with its path below the tree that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeEntry {
    /// Bytes, parts joined by `/`, no leading or trailing `/`; never empty, and no part is `.`, `..` or `.git`.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
    /// Its content: blob, tree or commit.
    pub id: ObjectId,
}

/// What a visitor of a tree wants next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// Go on; into the directory, if the entry is one.
    Enter,
    /// Go on, but not into this directory: nothing below it is read.
    Skip,
    /// End the walk.
    Stop,
}

/// A difference between two trees at one path. Directories themselves are never reported, only what is in them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeChange {
    /// Bytes, parts joined by `/`.
    pub path: Vec<u8>,
    /// Kind and id in the old tree; `None` for added.
    pub old: Option<(EntryKind, ObjectId)>,
    /// Kind and id in the new tree; `None` for deleted.
    pub new: Option<(EntryKind, ObjectId)>,
}

/// Git's order of two names in one tree: bytewise, a directory as if its name ended with `/`.
pub fn git_order(left: (&[u8], EntryKind), right: (&[u8], EntryKind)) -> Ordering {
    let end = |kind| if kind == EntryKind::Directory { b"/".as_slice() } else { b"".as_slice() };
    left.0.iter().chain(end(left.1)).cmp(right.0.iter().chain(end(right.1)))
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::EntryKind;
    use super::ObjectId;
    use super::git_order;

    #[test]
    fn an_id_reads_and_prints_itself() {
        let text = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        let id: ObjectId = text.parse().unwrap();
        assert_eq!((id.to_string().as_str(), id.short().as_str()), (text, "4b825dc6"));
        assert!("4b825dc6".parse::<ObjectId>().is_err());
    }

    #[test]
    fn a_directory_sorts_as_if_its_name_ended_with_a_slash() {
        let file = |name: &'static str| (name.as_bytes(), EntryKind::File);
        let directory = |name: &'static str| (name.as_bytes(), EntryKind::Directory);
        assert_eq!(git_order(file("a.b"), directory("a")), Ordering::Less);
        assert_eq!(git_order(file("a0"), directory("a")), Ordering::Greater);
        assert_eq!(git_order(file("a"), directory("a")), Ordering::Less);
    }
}
