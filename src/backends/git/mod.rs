//! Git repositories, read from their objects: the only place that names git2.
//!
//! Nothing here looks at a work tree or an index; a commit's files are its tree. Calls block and a [`Repository`] belongs
//! to one thread at a time: a task reads through `spawn_blocking`, each with its own [`Repository::again`].
//! What git must fetch, the host's `git` fetches ([`HostGit`]): libgit2 is built without https here.

mod diff;
mod host;
mod remote;
mod submodule;
mod walk;

use std::fmt;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use git2::ErrorCode;
use git2::ObjectType;
use git2::Oid;

pub use crate::backends::git::host::HostGit;
pub use crate::backends::git::remote::RemoteCache;
pub use crate::backends::git::remote::RemoteRepository;
pub use crate::backends::git::remote::Wanted;
pub use crate::backends::git::submodule::Submodule;

use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::tree::EntryKind;
use crate::model::tree::ObjectId;
use crate::model::tree::TreeEntry;

/// A git repository: the project's checkout, a worktree of it, a submodule or a bare mirror.
pub struct Repository {
    objects: git2::Repository,
    git_dir: PathBuf,
    work_dir: Option<PathBuf>,
}

impl fmt::Debug for Repository {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Repository").field("git_dir", &self.git_dir).finish_non_exhaustive()
    }
}

impl Repository {
    /// Opens the repository whose checkout (with `.git` as directory or as file) or bare directory is `dir`.
    ///
    /// Parents are not searched. Who owns the files does not matter: only objects are read, no configuration is obeyed.
    pub fn open(dir: &Path) -> Result<Self, Failure> {
        let doing = format!("open the git repository `{}`", dir.display());
        let (git_dir, work_dir) =
            locate(dir).map_err(|error| Failure::new(Cause::GitInvalid, &*doing).because(error))?;
        let objects = git2::Repository::open_bare(&git_dir).map_err(|error| {
            let failure = Failure::new(Cause::GitInvalid, doing).because(Said(error));
            failure.hint("A job needs a checkout: is `GIT_STRATEGY` set to `none`?")
        })?;
        Ok(Self { objects, git_dir, work_dir })
    }

    /// Opens the same repository once more, for another thread.
    pub fn again(&self) -> Result<Self, Failure> {
        Self::open(self.work_dir.as_deref().unwrap_or(&self.git_dir))
    }

    /// The checkout; `None` for a bare repository.
    pub fn work_dir(&self) -> Option<&Path> {
        self.work_dir.as_deref()
    }

    /// The directory with this checkout's `HEAD`.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The commit that is checked out.
    pub fn head(&self) -> Result<ObjectId, Failure> {
        self.commit("HEAD")
    }

    /// The commit that `name` (a branch, tag, commit id or other revision) names; annotated tags are followed.
    pub fn commit(&self, name: &str) -> Result<ObjectId, Failure> {
        let found = self.objects.revparse_single(name).and_then(|object| object.peel_to_commit());
        match found {
            Ok(commit) => object_id(commit.id()),
            Err(error) => Err(self.failure(&format!("find the commit `{name}`"), error)),
        }
    }

    /// Whether the commit is there.
    pub fn has_commit(&self, commit: ObjectId) -> bool {
        self.objects.find_commit(oid(commit)).is_ok()
    }

    /// Whether `ancestor` is `commit` or in its history, as far as the history is here.
    pub fn is_ancestor(&self, ancestor: ObjectId, commit: ObjectId) -> Result<bool, Failure> {
        if ancestor == commit {
            return Ok(true);
        }
        if !self.has_commit(ancestor) {
            return Ok(false);
        }
        let answer = self.objects.graph_descendant_of(oid(commit), oid(ancestor));
        answer.map_err(|error| self.failure(&format!("read the history of `{commit}`"), error))
    }

    /// When the commit was committed, seconds since 1970.
    pub fn commit_time(&self, commit: ObjectId) -> Result<i64, Failure> {
        let found = self.objects.find_commit(oid(commit));
        found.map(|commit| commit.time().seconds()).map_err(|error| self.failure(&format!("read `{commit}`"), error))
    }

    /// Whether history is cut off (`git clone --depth`).
    pub fn is_shallow(&self) -> bool {
        self.objects.is_shallow()
    }

    /// The root tree of a commit.
    pub fn tree(&self, commit: ObjectId) -> Result<ObjectId, Failure> {
        let found = self.objects.find_commit(oid(commit));
        let found = found.map_err(|error| self.failure(&format!("read the commit `{commit}`"), error))?;
        object_id(found.tree_id())
    }

    /// The entry of `tree` at `path` (bytes, parts joined by `/`, no `/` at the ends); `None` when there is none.
    ///
    /// For the empty path that is the tree itself. Symbolic links are not followed.
    pub fn entry(&self, tree: ObjectId, path: &[u8]) -> Result<Option<TreeEntry>, Failure> {
        let mut found = TreeEntry { path: Vec::new(), kind: EntryKind::Directory, id: tree };
        for part in path.split(|byte| *byte == b'/').filter(|part| !part.is_empty()) {
            if found.kind != EntryKind::Directory {
                return Ok(None);
            }
            let tree = self.find_tree(found.id)?;
            let Some(entry) = tree.get_name_bytes(part) else { return Ok(None) };
            (found.kind, found.id) = (walk::kind(&entry)?, object_id(entry.id())?);
        }
        found.path = path.to_vec();
        Ok(Some(found))
    }

    /// The length of a blob in bytes.
    pub fn blob_size(&self, blob: ObjectId) -> Result<u64, Failure> {
        let header = self.objects.odb().and_then(|odb| odb.read_header(oid(blob)));
        match header {
            Ok((size, ObjectType::Blob)) => Ok(size as u64),
            Ok(_) => Err(Failure::new(Cause::GitInvalid, format!("`{blob}` is not a file"))),
            Err(error) => Err(self.failure(&format!("read the file `{blob}`"), error)),
        }
    }

    /// Shows the content of a blob to `reader`. It is in memory for that time, once.
    pub fn with_blob<T>(&self, blob: ObjectId, reader: impl FnOnce(&[u8]) -> T) -> Result<T, Failure> {
        let odb = self.objects.odb().map_err(|error| self.failure("read objects", error))?;
        let object = odb.read(oid(blob)).map_err(|error| self.failure(&format!("read the file `{blob}`"), error))?;
        if object.kind() != ObjectType::Blob {
            return Err(Failure::new(Cause::GitInvalid, format!("`{blob}` is not a file")));
        }
        Ok(reader(object.data()))
    }

    /// The content of a blob.
    pub fn blob(&self, blob: ObjectId) -> Result<Vec<u8>, Failure> {
        self.with_blob(blob, <[u8]>::to_vec)
    }

    /// Writes the content of a blob to `out`; its length in bytes.
    pub fn copy_blob(&self, blob: ObjectId, out: &mut dyn Write) -> Result<u64, Failure> {
        self.with_blob(blob, |content| out.write_all(content).map(|()| content.len() as u64))?
            .map_err(|error| Failure::new(Cause::HostFiles, format!("write the content of `{blob}`")).because(error))
    }

    fn find_tree(&self, tree: ObjectId) -> Result<git2::Tree<'_>, Failure> {
        self.objects.find_tree(oid(tree)).map_err(|error| self.failure(&format!("read the directory `{tree}`"), error))
    }

    fn failure(&self, doing: &str, error: git2::Error) -> Failure {
        let missing = error.code() == ErrorCode::NotFound;
        let failure = Failure::new(Cause::GitInvalid, format!("{doing} in `{}`", self.git_dir.display()));
        let failure = failure.because(Said(error));
        if missing && self.is_shallow() {
            return failure.hint("The clone is shallow: set `GIT_DEPTH: 0` for the job, or pass `--git-unshallow`");
        }
        failure
    }
}

/// libgit2's message without its class and code.
#[derive(Debug)]
struct Said(git2::Error);

impl fmt::Display for Said {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.message())
    }
}

impl std::error::Error for Said {}

fn oid(id: ObjectId) -> Oid {
    Oid::from_bytes(id.as_bytes()).unwrap_or(Oid::ZERO_SHA1)
}

fn object_id(oid: Oid) -> Result<ObjectId, Failure> {
    let bytes = oid.as_bytes().try_into();
    bytes.map(ObjectId::from_bytes).map_err(|_| {
        Failure::new(Cause::GitInvalid, "read an object id").hint("Repositories with SHA-256 objects are not supported")
    })
}

/// The git directory and the checkout for a directory that is either.
fn locate(dir: &Path) -> std::io::Result<(PathBuf, Option<PathBuf>)> {
    let dot_git = dir.join(".git");
    let Ok(metadata) = std::fs::symlink_metadata(&dot_git) else { return Ok((dir.to_owned(), None)) };
    if !metadata.is_file() {
        return Ok((dot_git, Some(dir.to_owned())));
    }
    let text = std::fs::read_to_string(&dot_git)?;
    let target = text.strip_prefix("gitdir:").map(str::trim);
    let target = target.ok_or_else(|| std::io::Error::other(format!("`{}` names no directory", dot_git.display())))?;
    Ok((dir.join(target), Some(dir.to_owned())))
}
