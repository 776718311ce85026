//! Submodules: what `.gitmodules` says of them and where their objects are.

use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::path::PathBuf;

use crate::backends::git::Repository;
use crate::backends::git::Said;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::tree::EntryKind;
use crate::model::tree::ObjectId;

/// A submodule of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submodule {
    /// Where it stands in the tree.
    pub path: Vec<u8>,
    /// The commit of it that the tree asks for.
    pub commit: ObjectId,
    /// Where it comes from, as `.gitmodules` says it: an address, or a path relative to the repository's own.
    pub url: String,
}

impl Repository {
    /// The submodules of `tree` that `.gitmodules` names, in its order. A name without an entry in the tree is passed over.
    pub fn submodules(&self, tree: ObjectId) -> Result<Vec<Submodule>, Failure> {
        let Some(file) = self.entry(tree, b".gitmodules")? else { return Ok(Vec::new()) };
        if !file.kind.has_content() {
            return Ok(Vec::new());
        }
        let content = self.blob(file.id)?;
        let named =
            named(&content).map_err(|error| Failure::new(Cause::GitInvalid, "read `.gitmodules`").because(error))?;
        let mut submodules = Vec::new();
        for (path, url) in named {
            let path = path.trim_matches('/').as_bytes().to_vec();
            let entry = self.entry(tree, &path)?.filter(|entry| entry.kind == EntryKind::Submodule);
            submodules.extend(entry.map(|entry| Submodule { path, commit: entry.id, url }));
        }
        Ok(submodules)
    }

    /// The repository of the submodule at `path`, when it is initialised in this checkout; `None` when it is not.
    ///
    /// Only a repository inside this one is opened: a `.git` file cannot lead to another project's objects.
    pub fn submodule(&self, path: &[u8]) -> Result<Option<Self>, Failure> {
        let Some(work_dir) = self.work_dir() else { return Ok(None) };
        let dir = work_dir.join(std::ffi::OsStr::from_bytes(path));
        if std::fs::symlink_metadata(dir.join(".git")).is_err() {
            return Ok(None);
        }
        let repository = Self::open(&dir)?;
        let inside = self.homes().any(|home| lies_in(repository.git_dir(), &home));
        if !inside {
            let path = String::from_utf8_lossy(path);
            return Err(Failure::new(Cause::GitInvalid, format!("the submodule `{path}` lies outside of the project")));
        }
        Ok(Some(repository))
    }

    /// The directories in which this repository keeps its submodules.
    fn homes(&self) -> impl Iterator<Item = PathBuf> {
        [Some(self.objects.commondir()), self.work_dir()].into_iter().flatten().map(Path::to_owned)
    }
}

fn lies_in(path: &Path, home: &Path) -> bool {
    let (path, home) = (path.canonicalize(), home.canonicalize());
    path.ok().zip(home.ok()).is_some_and(|(path, home)| path.starts_with(home))
}

/// Path and url of each section of a `.gitmodules` file. libgit2 reads such files only from a disk.
fn named(content: &[u8]) -> Result<Vec<(String, String)>, Box<dyn std::error::Error + Send + Sync>> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(content)?;
    let config = git2::Config::open(file.path()).map_err(Said)?;
    let mut named = Vec::new();
    let mut entries = config.entries(Some(r"submodule\..*\.path")).map_err(Said)?;
    while let Some(entry) = entries.next() {
        let entry = entry.map_err(Said)?;
        let (name, path) = (entry.name().map_err(Said)?, entry.value().map_err(Said)?);
        let section = name.strip_suffix(".path").unwrap_or(name);
        let url = config.get_string(&format!("{section}.url")).unwrap_or_default();
        named.push((path.to_owned(), url));
    }
    Ok(named)
}
