//! Mirrors of remote repositories, kept on the host from job to job.

use std::fs::File;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use rustix::fs::FlockOperation;
use serde::Deserialize;
use serde::Serialize;

use crate::backends::git::HostGit;
use crate::backends::git::Repository;
use crate::backends::git::host::user_info;
use crate::model::digest::Digest;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::secret::Secret;
use crate::model::tree::ObjectId;

/// How long between two looks at a lock that somebody else holds: the kernel offers no wait that can be given up.
const LOCK_PAUSE: Duration = Duration::from_millis(50);
const EVERYTHING: [&str; 2] = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];

/// What is wanted of a remote repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wanted {
    /// The tip of the default branch.
    Default,
    /// The tip of a branch.
    Branch(String),
    /// A tag.
    Tag(String),
    /// A commit.
    Commit(ObjectId),
}

/// A remote repository as it is mirrored here.
#[derive(Debug)]
pub struct RemoteRepository {
    /// The mirror.
    pub repository: Repository,
    /// The commit that was wanted.
    pub commit: ObjectId,
}

/// A directory of mirrors, one for each address (without user and password). Several processes may share it.
#[derive(Debug, Clone)]
pub struct RemoteCache {
    /// Where the mirrors are.
    pub dir: PathBuf,
    /// What fetches.
    pub git: HostGit,
    /// How long to wait for another process that fetches the same mirror.
    pub lock_limit: Duration,
}

impl RemoteCache {
    /// The mirror of `url`, brought up to date. A commit that the mirror has costs no network.
    ///
    /// Fails with [`Cause::GitInvalid`] when it cannot be fetched or has not what is wanted.
    pub async fn mirror(&self, url: &Secret, wanted: &Wanted) -> Result<RemoteRepository, Failure> {
        let shown = shown(url.reveal());
        let dir = self.dir.join(format!("{}.git", Digest::of(shown.as_bytes()).hex()));
        let doing = || format!("mirror the git repository `{shown}`");
        let _lock = self.lock(&dir).await.map_err(|failure| failure.context(doing()))?;
        if let Some(ready) = already(&dir, wanted) {
            return Ok(ready);
        }
        self.update(&dir, url, wanted).await.map_err(|failure| failure.context(doing()))?;
        let repository = Repository::open(&dir)?;
        let commit = repository.commit(&wanted.revision()).map_err(|failure| failure.context(doing()))?;
        Ok(RemoteRepository { repository, commit })
    }

    async fn update(&self, dir: &Path, url: &Secret, wanted: &Wanted) -> Result<(), Failure> {
        if !dir.join("HEAD").exists() {
            self.git.init(dir).await?;
        }
        self.git.fetch(dir, url, &EVERYTHING).await?;
        if *wanted == Wanted::Default {
            self.git.fetch(dir, url, &["+HEAD:refs/mirror/HEAD"]).await?;
        }
        Ok(())
    }

    /// Holds the lock of a mirror until the answer is dropped.
    async fn lock(&self, dir: &Path) -> Result<File, Failure> {
        let path = dir.with_extension("lock");
        let failure =
            |error: std::io::Error| Failure::new(Cause::HostFiles, format!("lock `{}`", path.display())).because(error);
        std::fs::create_dir_all(&self.dir).map_err(failure)?;
        let file = File::options().create(true).append(true).open(&path).map_err(failure)?;
        let wait = async {
            while let Err(error) = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                if error != rustix::io::Errno::WOULDBLOCK {
                    return Err(failure(error.into()));
                }
                tokio::time::sleep(LOCK_PAUSE).await;
            }
            Ok(())
        };
        let waited = tokio::time::timeout(self.lock_limit, wait).await;
        waited.map_err(|_| failure(std::io::ErrorKind::TimedOut.into()))??;
        Ok(file)
    }
}

impl Wanted {
    fn revision(&self) -> String {
        match self {
            Self::Default => "refs/mirror/HEAD".to_owned(),
            Self::Branch(name) => format!("refs/heads/{name}"),
            Self::Tag(name) => format!("refs/tags/{name}"),
            Self::Commit(id) => id.to_string(),
        }
    }
}

/// The mirror as it is, when it holds the commit that is wanted; branches and tags move.
fn already(dir: &Path, wanted: &Wanted) -> Option<RemoteRepository> {
    let Wanted::Commit(commit) = wanted else { return None };
    let repository = Repository::open(dir).ok()?;
    repository.has_commit(*commit).then_some(RemoteRepository { repository, commit: *commit })
}

/// The address without user and password.
fn shown(url: &str) -> String {
    user_info(url).map_or_else(|| url.to_owned(), |user_info| url.replacen(&format!("{user_info}@"), "", 1))
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn an_address_is_shown_without_its_password() {
        assert_eq!(shown("https://bot:x@example.com/a.git"), "https://example.com/a.git");
        assert_eq!(shown("git@example.com:a.git"), "git@example.com:a.git");
    }
}
