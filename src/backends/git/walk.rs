//! A walk over a tree that does not read what the visitor does not want.

use git2::Tree;

use crate::backends::git::Repository;
use crate::backends::git::object_id;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::tree::EntryKind;
use crate::model::tree::ObjectId;
use crate::model::tree::TreeEntry;
use crate::model::tree::Visit;

/// Deeper trees are refused: no file system could hold them.
const DEEPEST: usize = 2048;

impl Repository {
    /// Shows every entry below `tree` to `visit`, in git's order, a directory before what is in it.
    ///
    /// Paths are relative to `tree`. Directories that `visit` answers with [`Visit::Skip`] are not read. In memory are
    /// the trees from the root to the entry, nothing else. Fails at an entry whose name could leave the tree (`..`,
    /// `.git`, a `/` in it), and with whatever `visit` fails.
    pub fn walk(
        &self,
        tree: ObjectId,
        mut visit: impl FnMut(&TreeEntry) -> Result<Visit, Failure>,
    ) -> Result<(), Failure> {
        let mut entry = TreeEntry { path: Vec::new(), kind: EntryKind::Directory, id: tree };
        let mut open = vec![Level { tree: self.find_tree(tree)?, next: 0, prefix: 0 }];
        while let Some(level) = open.last_mut() {
            if !level.step(&mut entry)? {
                open.pop();
                continue;
            }
            match visit(&entry)? {
                Visit::Stop => return Ok(()),
                Visit::Enter if entry.kind == EntryKind::Directory => {
                    let tree = self.find_tree(entry.id)?;
                    open.push(Level { tree, next: 0, prefix: entry.path.len() });
                }
                Visit::Enter | Visit::Skip => {}
            }
            if open.len() > DEEPEST {
                return Err(Failure::new(Cause::GitInvalid, format!("directories are nested deeper than {DEEPEST}")));
            }
        }
        Ok(())
    }
}

struct Level<'repo> {
    tree: Tree<'repo>,
    next: usize,
    /// The length of this directory's path.
    prefix: usize,
}

impl Level<'_> {
    /// Turns `entry` into the next one of this directory; `false` when there is none.
    fn step(&mut self, entry: &mut TreeEntry) -> Result<bool, Failure> {
        entry.path.truncate(self.prefix);
        let Some(found) = self.tree.get(self.next) else { return Ok(false) };
        self.next += 1;
        push_name(&mut entry.path, found.name_bytes())?;
        (entry.kind, entry.id) = (kind(&found)?, object_id(found.id())?);
        Ok(true)
    }
}

/// Appends `/name`, if the name can stand in a path.
pub(super) fn push_name(path: &mut Vec<u8>, name: &[u8]) -> Result<(), Failure> {
    let leaves = matches!(name, b"" | b"." | b"..") || name.eq_ignore_ascii_case(b".git") || name.contains(&b'/');
    if leaves {
        let place = String::from_utf8_lossy(path);
        let name = String::from_utf8_lossy(name);
        return Err(Failure::new(Cause::GitInvalid, format!("the directory `{place}` has an entry called `{name}`"))
            .hint("Check the repository with `git fsck`"));
    }
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    Ok(())
}

/// What an entry is, by its mode; old repositories know more file modes than git writes today.
pub(super) fn kind(entry: &git2::TreeEntry<'_>) -> Result<EntryKind, Failure> {
    let mode = entry.filemode_raw();
    match mode & 0o170_000 {
        0o040_000 => Ok(EntryKind::Directory),
        0o120_000 => Ok(EntryKind::Symlink),
        0o160_000 => Ok(EntryKind::Submodule),
        0o100_000 if mode & 0o100 != 0 => Ok(EntryKind::Executable),
        0o100_000 => Ok(EntryKind::File),
        _ => {
            let name = String::from_utf8_lossy(entry.name_bytes());
            Err(Failure::new(Cause::GitInvalid, format!("the entry `{name}` has the unknown mode `{mode:o}`")))
        }
    }
}
