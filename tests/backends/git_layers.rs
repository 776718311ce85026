//! Property: for any edits, the layer of the difference laid over the old tree gives the new tree.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io::Read;

use gitlab_werf_executor::backends::git::Repository;
use gitlab_werf_executor::model::failure::Cause;
use gitlab_werf_executor::model::failure::Failure;
use gitlab_werf_executor::model::layer::FileOwner;
use gitlab_werf_executor::model::layer::LayerEntry;
use gitlab_werf_executor::model::layer::LayerKind;
use gitlab_werf_executor::model::layer::LayerWriter;
use gitlab_werf_executor::model::layer::content_mtime;
use gitlab_werf_executor::model::tree::EntryKind;
use gitlab_werf_executor::model::tree::ObjectId;
use gitlab_werf_executor::model::tree::Visit;
use proptest::prelude::ProptestConfig;
use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::prelude::prop_oneof;
use proptest::prop_assert_eq;
use proptest::proptest;
use tempfile::TempDir;

/// A file, program or link with its content.
type Content = (EntryKind, Vec<u8>);
type Files = BTreeMap<Vec<u8>, Content>;
/// The files below a directory, by the rest of their paths.
type Below<'a> = Vec<(&'a [u8], &'a Content)>;

/// A git repository that is only objects.
struct Objects {
    _dir: TempDir,
    git: git2::Repository,
    repository: Repository,
}

impl Objects {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let git = git2::Repository::init_bare(dir.path()).unwrap();
        let repository = Repository::open(dir.path()).unwrap();
        Self { _dir: dir, git, repository }
    }

    fn tree(&self, files: &Files) -> ObjectId {
        let below: Below<'_> = files.iter().map(|(path, file)| (path.as_slice(), file)).collect();
        ObjectId::from_bytes(self.write(&below).as_bytes().try_into().unwrap())
    }

    fn write(&self, files: &Below<'_>) -> git2::Oid {
        let mut builder = self.git.treebuilder(None).unwrap();
        let mut folders: BTreeMap<&[u8], Below<'_>> = BTreeMap::new();
        for (path, file) in files {
            if let Some(slash) = path.iter().position(|byte| *byte == b'/') {
                folders.entry(&path[..slash]).or_default().push((&path[slash + 1..], file));
            } else {
                let blob = self.git.blob(&file.1).unwrap();
                builder.insert(*path, blob, i32::try_from(file.0.git_mode()).unwrap()).unwrap();
            }
        }
        for (name, below) in folders {
            builder.insert(name, self.write(&below), 0o040_000).unwrap();
        }
        builder.write().unwrap()
    }

    fn read(&self, tree: ObjectId) -> Result<Files, Failure> {
        let mut files = Files::new();
        self.repository.walk(tree, |entry| {
            if entry.kind.has_content() {
                files.insert(entry.path.clone(), (entry.kind, self.repository.blob(entry.id)?));
            }
            Ok(Visit::Enter)
        })?;
        Ok(files)
    }

    /// The difference of two trees as a layer.
    fn layer(&self, old: ObjectId, new: ObjectId) -> Result<Vec<u8>, Failure> {
        let mut entries = BTreeMap::new();
        self.repository.diff(Some(old), Some(new), |change| {
            let (entry, content) = match change.new {
                Some((kind, id)) => self.entry(change.path, kind, id)?,
                None => (plain(change.path, LayerKind::Whiteout, 0, 0), Vec::new()),
            };
            entries.insert(entry.archive_name(), (entry, content));
            Ok(())
        })?;
        // What the layer itself puts over a path needs no deletion: a directory there, or a file above it.
        let put = entries.values().filter(|(entry, _)| entry.kind != LayerKind::Whiteout);
        let put: Vec<_> = put.map(|(entry, _)| [entry.path.as_slice(), b"/"].concat()).collect();
        let hidden = |entry: &LayerEntry| {
            let path = [entry.path.as_slice(), b"/"].concat();
            entry.kind == LayerKind::Whiteout && put.iter().any(|put| put.starts_with(&path) || path.starts_with(put))
        };
        let mut writer = LayerWriter::new(Vec::new());
        for (entry, content) in entries.values().filter(|(entry, _)| !hidden(entry)) {
            let failure = |error| Failure::new(Cause::Defect, "write a layer").because(error);
            writer.append(entry, content.as_slice()).map_err(failure)?;
        }
        Ok(writer.finish().unwrap().0)
    }

    fn entry(&self, path: Vec<u8>, kind: EntryKind, id: ObjectId) -> Result<(LayerEntry, Vec<u8>), Failure> {
        let content = self.repository.blob(id)?;
        let mtime = content_mtime(id.as_bytes());
        Ok(match kind {
            EntryKind::Symlink => (plain(path, LayerKind::Symlink { target: content }, 0o777, mtime), Vec::new()),
            kind => {
                let mode = if kind == EntryKind::Executable { 0o755 } else { 0o644 };
                (plain(path, LayerKind::File { size: content.len() as u64 }, mode, mtime), content)
            }
        })
    }
}

fn plain(path: Vec<u8>, kind: LayerKind, mode: u32, mtime: u64) -> LayerEntry {
    LayerEntry { path, kind, mode, owner: FileOwner::default(), mtime }
}

/// Lays a layer over files as an engine does.
fn lay_over(mut files: Files, layer: &[u8]) -> Files {
    let mut put = BTreeSet::new();
    for entry in tar::Archive::new(layer).entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path_bytes().into_owned();
        let above = parents(&path);
        assert!(above.iter().all(|parent| !put.contains(parent)), "an entry below a file of the same layer");
        if let Some(gone) = deleted(&path) {
            files.retain(|path, _| *path != gone && !is_below(path, &gone));
            continue;
        }
        // What stands in the way of a directory is hidden, and so is what was below a path that is now a file.
        files.retain(|other, _| !above.contains(other) && !is_below(other, &path));
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let file = match (entry.header().entry_type(), entry.header().mode().unwrap() & 0o100) {
            (tar::EntryType::Symlink, _) => (EntryKind::Symlink, entry.link_name_bytes().unwrap().into_owned()),
            (_, 0) => (EntryKind::File, content),
            _ => (EntryKind::Executable, content),
        };
        files.insert(path.clone(), file);
        put.insert(path);
    }
    files
}

/// The directories above a path.
fn parents(path: &[u8]) -> Vec<Vec<u8>> {
    path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(end, _)| path[..end].to_vec()).collect()
}

fn is_below(path: &[u8], folder: &[u8]) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with(b"/"))
}

/// The path that a whiteout deletes, if the entry is one.
fn deleted(path: &[u8]) -> Option<Vec<u8>> {
    let start = path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    path[start..].strip_prefix(b".wh.").map(|name| [&path[..start], name].concat())
}

/// No line breaks: the reader of this test takes them for the end of a PAX record (the rig's engines do not).
fn name() -> impl Strategy<Value = Vec<u8>> {
    let odd: &[&[u8]] = &[b"a", b"a.b", b"a0", b"b", b"x y", b"\xff\xfe", "\u{e4}".as_bytes(), b"quote\"'"];
    prop_oneof![
        proptest::sample::select(odd.to_vec()).prop_map(<[u8]>::to_vec),
        proptest::collection::vec(proptest::sample::select(b"abz".to_vec()), 100..130),
    ]
}

fn files() -> impl Strategy<Value = Files> {
    let path = proptest::collection::vec(name(), 1..4).prop_map(|parts| parts.join(&b'/'));
    let kind = prop_oneof![
        3 => proptest::strategy::Just(EntryKind::File),
        1 => proptest::strategy::Just(EntryKind::Executable),
        1 => proptest::strategy::Just(EntryKind::Symlink),
    ];
    let content = proptest::collection::vec(1..=u8::MAX, 1..20);
    proptest::collection::btree_map(path, (kind, content), 0..12).prop_map(without_conflicts)
}

/// A path cannot be a file and a directory at once.
fn without_conflicts(files: Files) -> Files {
    let paths: Vec<_> = files.keys().cloned().collect();
    let is_folder = |path: &[u8]| paths.iter().any(|other| other.starts_with(&[path, b"/"].concat()));
    files.into_iter().filter(|(path, _)| !is_folder(path)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_layer_of_a_difference_turns_the_old_tree_into_the_new_one(old in files(), new in files(), keep in any::<u8>()) {
        // Most edits keep most of a tree.
        let kept = old.iter().enumerate().filter(|(index, _)| keep >> (index % 8) & 1 == 1);
        let kept = kept.map(|(_, (path, file))| (path.clone(), file.clone()));
        let new = without_conflicts(kept.chain(new).collect());
        let objects = Objects::new();
        let (old_tree, new_tree) = (objects.tree(&old), objects.tree(&new));
        prop_assert_eq!(&objects.read(new_tree).unwrap(), &new);
        let layer = objects.layer(old_tree, new_tree).unwrap();
        prop_assert_eq!(&lay_over(old, &layer), &new);
        prop_assert_eq!(objects.layer(old_tree, new_tree).unwrap(), layer);
    }
}
