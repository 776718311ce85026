//! The files of git mappings, read from git's objects: their digests, what stages depend on, archive and difference.

use std::collections::BTreeMap;

use crate::actions::stages::chain::FilesState;
use crate::actions::stages::chain::MappingFacts;
use crate::backends::git::Repository;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::signature::Input;
use crate::model::signature::digest;
use crate::model::tree::EntryKind;
use crate::model::tree::ObjectId;
use crate::model::tree::TreeEntry;
use crate::model::tree::Visit;
use crate::project::GitMapping;
use crate::project::PathFilter;
use crate::project::UserStage;
use crate::project::Verdict;

/// More entries than this are told as one, so that a stage's label stays small.
const TOLD_ENTRIES: usize = 200;

/// A git mapping with the repository and commit that it takes files of.
#[derive(Debug)]
pub struct MappingSource<'a> {
    /// The repository.
    pub repository: &'a Repository,
    /// The root tree of the commit.
    pub root: ObjectId,
    /// What is taken.
    pub mapping: &'a GitMapping,
}

/// A file, link or submodule that a mapping takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// The path below `add`; empty when `add` is the file itself.
    pub path: Vec<u8>,
    /// What it is; never a directory.
    pub kind: EntryKind,
    /// Its content.
    pub id: ObjectId,
}

/// What changed between two states of a mapping's files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Files that are new or other than before, by path below `add`.
    pub written: BTreeMap<Vec<u8>, FileEntry>,
    /// Paths of files that are gone.
    pub deleted: Vec<Vec<u8>>,
}

impl MappingSource<'_> {
    /// What is known of the mapping's files; dependencies that match nothing are told to `warn`.
    ///
    /// # Errors
    ///
    /// When `add` is not in the commit, or a pattern is malformed.
    pub fn facts(&self, warn: &mut dyn FnMut(String)) -> Result<MappingFacts, Failure> {
        let object = self.object()?;
        let files = FilesState { digest: self.files_digest(&object)?, object: object.id.to_string() };
        let dependencies = &self.mapping.dependencies;
        let mut inputs = |stage: UserStage, patterns: &[String]| self.dependency_inputs(&object, stage, patterns, warn);
        let install = inputs(UserStage::Install, &dependencies.install)?;
        let before_setup = inputs(UserStage::BeforeSetup, &dependencies.before_setup)?;
        let setup = inputs(UserStage::Setup, &dependencies.setup)?;
        Ok(MappingFacts { files, dependencies: [Vec::new(), install, before_setup, setup] })
    }

    /// Shows every file that the mapping takes to `visit`, in git's order.
    pub fn files(&self, visit: &mut dyn FnMut(FileEntry) -> Result<(), Failure>) -> Result<(), Failure> {
        let object = self.object()?;
        self.select(&object, &[&self.filter()?], Depth::Files, visit)
    }

    /// What changed from the state whose object was `old` to now; nothing when that object is not in this clone.
    pub fn difference(&self, old: &str) -> Result<Option<Difference>, Failure> {
        let new = self.object()?;
        let Some(old) = self.old_object(old)? else { return Ok(None) };
        let filter = self.filter()?;
        let mut difference = Difference::default();
        if old.kind != EntryKind::Directory || new.kind != EntryKind::Directory {
            self.replaced(&old, &new, &filter, &mut difference)?;
            return Ok(Some(difference));
        }
        self.repository.diff(Some(old.id), Some(new.id), |change| {
            if filter.takes(&change.path) {
                match change.new {
                    Some((kind, id)) => {
                        let entry = FileEntry { path: change.path.clone(), kind, id };
                        difference.written.insert(change.path, entry);
                    }
                    None => difference.deleted.push(change.path),
                }
            }
            Ok(())
        })?;
        Ok(Some(difference))
    }

    /// How many bytes the files hold that `difference` writes.
    pub fn size(&self, difference: &Difference) -> Result<u64, Failure> {
        let content = difference.written.values().filter(|entry| entry.kind.has_content());
        content.map(|entry| self.repository.blob_size(entry.id)).sum()
    }

    /// The mapping's filter on paths below `add`.
    pub fn filter(&self) -> Result<PathFilter, Failure> {
        let copy = &self.mapping.copy;
        PathFilter::new(&copy.include, &copy.exclude)
            .map_err(|why| Failure::new(Cause::ProjectInvalid, format!("`git` of `{}`: {why}", copy.to)))
    }

    /// `add` as it is in the commit.
    fn object(&self) -> Result<TreeEntry, Failure> {
        let add = self.mapping.copy.add.trim_matches('/');
        let found = self.repository.entry(self.root, add.as_bytes())?;
        found.ok_or_else(|| {
            Failure::new(Cause::GitInvalid, format!("`add: /{add}` is not in the commit that is built"))
                .hint("is it committed? Files that are only in the work tree are not built")
        })
    }

    fn old_object(&self, old: &str) -> Result<Option<TreeEntry>, Failure> {
        let Ok(id) = old.parse::<ObjectId>() else { return Ok(None) };
        let entry = |kind| TreeEntry { path: Vec::new(), kind, id };
        if self.repository.entry(id, b"-").is_ok() {
            return Ok(Some(entry(EntryKind::Directory)));
        }
        Ok(self.repository.blob_size(id).is_ok().then(|| entry(EntryKind::File)))
    }

    /// `add` changed between file and directory, or is a file.
    fn replaced(
        &self,
        old: &TreeEntry,
        new: &TreeEntry,
        filter: &PathFilter,
        difference: &mut Difference,
    ) -> Result<(), Failure> {
        self.select(new, &[filter], Depth::Files, &mut |entry| {
            difference.written.insert(entry.path.clone(), entry);
            Ok(())
        })?;
        self.select(old, &[filter], Depth::Files, &mut |entry| {
            if !difference.written.contains_key(&entry.path) {
                difference.deleted.push(entry.path);
            }
            Ok(())
        })
    }

    fn files_digest(&self, object: &TreeEntry) -> Result<String, Failure> {
        let mut text = format!("{:o}\n", object.kind.git_mode());
        self.select(object, &[&self.filter()?], Depth::Trees, &mut |entry| {
            text.push_str(&line(&entry));
            Ok(())
        })?;
        Ok(digest(text))
    }

    fn dependency_inputs(
        &self,
        object: &TreeEntry,
        stage: UserStage,
        patterns: &[String],
        warn: &mut dyn FnMut(String),
    ) -> Result<Vec<Input>, Failure> {
        if patterns.is_empty() {
            return Ok(Vec::new());
        }
        let wrong =
            |why| Failure::new(Cause::ProjectInvalid, format!("`stageDependencies` of {}: {why}", stage.name()));
        let wanted = PathFilter::new(patterns, &[]).map_err(wrong)?;
        let mut entries = Vec::new();
        self.select(object, &[&self.filter()?, &wanted], Depth::Trees, &mut |entry| {
            entries.push(entry);
            Ok(())
        })?;
        for pattern in patterns {
            if let Some(message) = self.unmatched(object, pattern, &entries)? {
                warn(format!("stage {} {message}", stage.name()));
            }
        }
        Ok(told(&self.mapping.copy.add, &entries))
    }

    /// What to say of a pattern that matches nothing, as one does that is meant from the repository's root.
    fn unmatched(&self, object: &TreeEntry, pattern: &str, entries: &[FileEntry]) -> Result<Option<String>, Failure> {
        let filter =
            PathFilter::new(&[pattern.to_owned()], &[]).map_err(|why| Failure::new(Cause::ProjectInvalid, why))?;
        let inside = |entry: &FileEntry| {
            entry.kind == EntryKind::Directory && filter.verdict(&entry.path, Verdict::Inside) == Verdict::Inside
        };
        if entries.iter().any(|entry| entry.path.is_empty() || filter.takes(&entry.path) || inside(entry)) {
            return Ok(None);
        }
        let add = &self.mapping.copy.add;
        let mut message = format!("dependency path `{pattern}` has not been found below `{add}`");
        let shorter = pattern.match_indices('/').map(|(index, _)| &pattern[index + 1..]);
        for rest in shorter.filter(|rest| !rest.is_empty()) {
            if self.repository.entry(object.id, rest.as_bytes()).is_ok_and(|entry| entry.is_some()) {
                message.extend(["; paths are relative to `add`: did you mean `", rest, "`?"]);
                break;
            }
        }
        Ok(Some(message))
    }

    /// Shows to `visit` what all of `filters` take.
    fn select(
        &self,
        object: &TreeEntry,
        filters: &[&PathFilter],
        depth: Depth,
        visit: &mut dyn FnMut(FileEntry) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if object.kind != EntryKind::Directory {
            return visit(FileEntry { path: Vec::new(), kind: object.kind, id: object.id });
        }
        let roots: Vec<Verdict> = filters.iter().map(|filter| filter.root()).collect();
        if depth == Depth::Trees && roots.iter().all(|verdict| *verdict == Verdict::Whole) {
            return visit(FileEntry { path: Vec::new(), kind: EntryKind::Directory, id: object.id });
        }
        let mut above = vec![roots];
        self.repository.walk(object.id, |entry| {
            above.truncate(entry.path.split(|byte| *byte == b'/').count());
            let Some(verdicts) = above.last() else { return Ok(Visit::Stop) };
            let found = FileEntry { path: entry.path.clone(), kind: entry.kind, id: entry.id };
            if entry.kind != EntryKind::Directory {
                let taken = |(filter, verdict): (&&PathFilter, &Verdict)| {
                    *verdict == Verdict::Whole || filter.takes(&entry.path)
                };
                return if filters.iter().zip(verdicts).all(taken) {
                    visit(found).map(|()| Visit::Enter)
                } else {
                    Ok(Visit::Enter)
                };
            }
            let verdicts: Vec<Verdict> =
                filters.iter().zip(verdicts).map(|(filter, above)| filter.verdict(&entry.path, *above)).collect();
            if verdicts.contains(&Verdict::Nothing) {
                return Ok(Visit::Skip);
            }
            if depth == Depth::Trees && verdicts.iter().all(|verdict| *verdict == Verdict::Whole) {
                return visit(found).map(|()| Visit::Skip);
            }
            above.push(verdicts);
            Ok(Visit::Enter)
        })
    }
}

/// How far down a selection goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// A directory that is taken whole is shown itself, and not what is in it.
    Trees,
    /// Only what is no directory is shown.
    Files,
}

/// An entry as digests have it.
fn line(entry: &FileEntry) -> String {
    format!("{:o} {} {}\n", entry.kind.git_mode(), entry.id, hex::encode(&entry.path))
}

/// One input an entry, named by its path in the repository; very many entries are one.
fn told(add: &str, entries: &[FileEntry]) -> Vec<Input> {
    if entries.len() > TOLD_ENTRIES {
        let all: String = entries.iter().map(line).collect();
        return vec![Input::of(format!("one of {} files below {add}", entries.len()), all)];
    }
    let base = add.trim_matches('/');
    let name = |path: &[u8]| {
        let path = String::from_utf8_lossy(path);
        if base.is_empty() || path.is_empty() { format!("{base}{path}") } else { format!("{base}/{path}") }
    };
    let shown = |name: String| if name.is_empty() { "/".to_owned() } else { name };
    let value = |entry: &FileEntry| format!("{:o} {}", entry.kind.git_mode(), entry.id);
    entries.iter().map(|entry| Input::id(shown(name(&entry.path)), value(entry))).collect()
}
