//! Image layers: tar archives that are the same bytes for the same content, wherever and whenever they are made.
//!
//! A layer is written in one pass from entries in the order of their archive names ([`LayerEntry::archive_name`]): bytewise,
//! a directory with `/` at its end. That is also the order in which git walks a tree, so an archive of a commit needs
//! neither sorting nor memory.

mod error;
mod header;

use std::io;
use std::io::Read;
use std::io::Write;

use serde::Deserialize;
use serde::Serialize;

pub use crate::model::layer::error::LayerError;

use crate::model::digest::Digest;
use crate::model::digest::DigestWriter;

/// The modification time of what has none of its own: 1980-01-02, which a ZIP archive can still hold in every time zone.
pub const DEFAULT_MTIME: u64 = 315_619_200;

/// Whiteouts begin so; an ordinary file must not.
const WHITEOUT_PREFIX: &[u8] = b".wh.";
const OPAQUE_NAME: &[u8] = b".wh..wh..opq";
const BLOCK: usize = 512;

/// Whose a file is. Engines read the numbers only; the names are for people and other tools.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileOwner {
    /// User id.
    pub uid: u64,
    /// Group id.
    pub gid: u64,
    /// User name, at most 32 bytes; empty for none.
    #[serde(default)]
    pub user: String,
    /// Group name, at most 32 bytes; empty for none.
    #[serde(default)]
    pub group: String,
}

/// What an entry of a layer is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LayerKind {
    /// A file with that many bytes.
    File {
        /// Length in bytes.
        size: u64,
    },
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink {
        /// Where it points, as written.
        target: Vec<u8>,
    },
    /// A second name of a file that stands earlier in the same layer.
    Hardlink {
        /// The path of the first name.
        target: Vec<u8>,
    },
    /// What a lower layer has at this path is gone. Mode, owner and time do not count.
    Whiteout,
    /// What lower layers have in this directory is gone. Mode, owner and time do not count.
    Opaque,
}

/// One entry of a layer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LayerEntry {
    /// Where it goes: bytes, parts joined by `/`, relative to the image's root, without `/` at either end.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: LayerKind,
    /// Permission bits with setuid, setgid and sticky, at most `0o7777`.
    pub mode: u32,
    /// Whose it is.
    pub owner: FileOwner,
    /// Modification time, seconds since 1970. Programs compare it to know whether a file changed (Python's `.pyc` files,
    /// HTTP servers' `ETag`), so that changed content wants another time: see [`content_mtime`].
    pub mtime: u64,
}

/// A layer that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerSummary {
    /// The digest of the archive.
    pub diff_id: Digest,
    /// The length of the archive in bytes.
    pub size: u64,
    /// How many entries it has, whiteouts counted too.
    pub entries: u64,
}

/// A modification time that depends on content alone: some second of the years 1980 to 2014, by the content's hash.
pub fn content_mtime(hash: &[u8]) -> u64 {
    let seconds = hash.iter().take(4).fold(0, |number, byte| number << 8 | u64::from(*byte));
    DEFAULT_MTIME + seconds % (1 << 30)
}

impl LayerEntry {
    /// The name in the archive, by which entries are ordered: a directory ends with `/`, a whiteout has its marker.
    pub fn archive_name(&self) -> Vec<u8> {
        let (parent, name) = match self.path.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => self.path.split_at(slash + 1),
            None => (&[][..], self.path.as_slice()),
        };
        match self.kind {
            LayerKind::Directory => [&self.path, b"/".as_slice()].concat(),
            LayerKind::Whiteout => [parent, WHITEOUT_PREFIX, name].concat(),
            LayerKind::Opaque => [&self.path, b"/".as_slice(), OPAQUE_NAME].concat(),
            _ => self.path.clone(),
        }
    }
}

/// Writes a layer to any writer, in one pass and with bounded memory.
pub struct LayerWriter<W: Write> {
    out: DigestWriter<W>,
    last: Vec<u8>,
    entries: u64,
}

impl<W: Write> LayerWriter<W> {
    /// Starts a layer.
    pub fn new(out: W) -> Self {
        Self { out: DigestWriter::new(out), last: Vec::new(), entries: 0 }
    }

    /// Writes `entry`; `content` is read to its end for a file and not at all for anything else.
    ///
    /// Fails when the path could leave the image or would work as a whiteout, when entries come out of order or twice,
    /// and when `content` has not exactly the size that the entry says. After a failure the layer is worthless.
    pub fn append(&mut self, entry: &LayerEntry, content: impl Read) -> Result<(), LayerError> {
        check_path(&entry.path)?;
        let name = entry.archive_name();
        if name <= self.last {
            return Err(LayerError::OutOfOrder { path: lossy(&name), after: lossy(&self.last) });
        }
        header::write(&mut self.out, entry, &name)?;
        if let LayerKind::File { size } = entry.kind {
            self.content(&name, size, content)?;
        }
        self.last = name;
        self.entries += 1;
        Ok(())
    }

    /// Ends the archive and flushes: the writer below and what was written.
    pub fn finish(mut self) -> Result<(W, LayerSummary), LayerError> {
        self.out.write_all(&[0; 2 * BLOCK])?;
        self.out.flush()?;
        let (out, diff_id, size) = self.out.finish();
        Ok((out, LayerSummary { diff_id, size, entries: self.entries }))
    }

    fn content(&mut self, name: &[u8], size: u64, content: impl Read) -> Result<(), LayerError> {
        // One byte more than promised is asked for, so that longer content is noticed.
        let mut content = content.take(size.saturating_add(1));
        let mut room = Room { out: &mut self.out, left: size };
        let copied = io::copy(&mut content, &mut room);
        let missing = room.left;
        match copied {
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                return Err(LayerError::OtherSize { path: lossy(name), promised: size });
            }
            Err(error) => return Err(error.into()),
            Ok(_) if missing > 0 => return Err(LayerError::OtherSize { path: lossy(name), promised: size }),
            Ok(_) => {}
        }
        pad(&mut self.out, size)?;
        Ok(())
    }
}

/// Takes exactly as many bytes as there is room for.
struct Room<'a, W> {
    out: &'a mut W,
    left: u64,
}

impl<W: Write> Write for Room<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.left {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let count = self.out.write(bytes)?;
        self.left -= count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Fills the block that `size` bytes leave open.
fn pad(out: &mut impl Write, size: u64) -> io::Result<()> {
    let open = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
    io::copy(&mut io::repeat(0).take(open), out).map(drop)
}

fn check_path(path: &[u8]) -> Result<(), LayerError> {
    let refuse = |why| Err(LayerError::BadPath { path: lossy(path), why });
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" => return refuse("a part of it is empty"),
            b"." | b".." => return refuse("it must not hold `.` or `..`"),
            _ if part.starts_with(WHITEOUT_PREFIX) => return refuse("a name with `.wh.` in front would delete files"),
            _ if part.contains(&0) => return refuse("it holds a zero byte"),
            _ => {}
        }
    }
    Ok(())
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests;
