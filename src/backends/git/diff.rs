//! The difference of two trees, by walking both and passing over what is equal.

use std::cmp::Ordering;

use git2::Tree;

use crate::backends::git::Repository;
use crate::backends::git::object_id;
use crate::backends::git::walk;
use crate::model::failure::Failure;
use crate::model::tree::EntryKind;
use crate::model::tree::ObjectId;
use crate::model::tree::TreeChange;
use crate::model::tree::git_order;

/// An entry of a directory, with its name.
type Named = (Vec<u8>, EntryKind, ObjectId);

impl Repository {
    /// Shows every file, link and submodule that differs between two trees to `visit`, in git's order; `None` is the
    /// empty tree.
    ///
    /// Equal subtrees are not read. A directory in place of a file is the file deleted and the directory's files added.
    /// Renames are not looked for.
    pub fn diff(
        &self,
        old: Option<ObjectId>,
        new: Option<ObjectId>,
        mut visit: impl FnMut(TreeChange) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if old == new {
            return Ok(());
        }
        let mut open = vec![self.pair(Vec::new(), old, new)?];
        while let Some(pair) = open.last_mut() {
            let Some((name, old, new)) = pair.next()? else {
                open.pop();
                continue;
            };
            if old == new {
                continue;
            }
            let mut path = pair.path.clone();
            walk::push_name(&mut path, &name)?;
            let old_tree = old.filter(|it| it.0 == EntryKind::Directory);
            let new_tree = new.filter(|it| it.0 == EntryKind::Directory);
            if old_tree.is_some() || new_tree.is_some() {
                let below = self.pair(path, old_tree.map(|it| it.1), new_tree.map(|it| it.1))?;
                open.push(below);
            } else {
                visit(TreeChange { path, old, new })?;
            }
        }
        Ok(())
    }

    fn pair(&self, path: Vec<u8>, old: Option<ObjectId>, new: Option<ObjectId>) -> Result<Pair<'_>, Failure> {
        let side = |tree: Option<ObjectId>| tree.map(|tree| self.find_tree(tree)).transpose();
        Ok(Pair { path, old: Side { tree: side(old)?, next: 0 }, new: Side { tree: side(new)?, next: 0 } })
    }
}

/// The same directory in both trees.
struct Pair<'repo> {
    path: Vec<u8>,
    old: Side<'repo>,
    new: Side<'repo>,
}

struct Side<'repo> {
    tree: Option<Tree<'repo>>,
    next: usize,
}

type Found = Option<(EntryKind, ObjectId)>;

impl Pair<'_> {
    /// The next name in git's order, and what either side has there.
    fn next(&mut self) -> Result<Option<(Vec<u8>, Found, Found)>, Failure> {
        let (old, new) = (self.old.peek()?, self.new.peek()?);
        let order = match (&old, &new) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => git_order((&old.0, old.1), (&new.0, new.1)),
        };
        let old = old.filter(|_| order.is_le());
        let new = new.filter(|_| order.is_ge());
        self.old.next += usize::from(old.is_some());
        self.new.next += usize::from(new.is_some());
        let found = |named: &Option<Named>| named.as_ref().map(|(_, kind, id)| (*kind, *id));
        let (was, is) = (found(&old), found(&new));
        Ok(old.or(new).map(|(name, _, _)| (name, was, is)))
    }
}

impl Side<'_> {
    fn peek(&self) -> Result<Option<Named>, Failure> {
        let Some(entry) = self.tree.as_ref().and_then(|tree| tree.get(self.next)) else { return Ok(None) };
        Ok(Some((entry.name_bytes().to_vec(), walk::kind(&entry)?, object_id(entry.id())?)))
    }
}
