//! What is known of jobs between calls: one small file a job, written before every effect that it tells of.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;

use crate::driver::process::ProcessId;
use crate::job::identity::JobKey;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// What a job has, or is about to have, outside of the calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRecord {
    /// Which job.
    pub key: JobKey,
    /// When the first call came; seconds since 1970.
    pub since: u64,
    /// The job's time limit.
    pub timeout: Duration,
    /// Who called.
    pub caller: Option<ProcessId>,
    /// Whether a second call came from the same process: only then does its end tell that nobody will call again (a
    /// wrapper around the driver is a new process each time).
    pub caller_proven: bool,
    /// The private directory of the job.
    pub job_dir: PathBuf,
    /// Its checkout, once known; what lies beside it under the same name and `.tmp` holds secrets.
    pub project_dir: Option<PathBuf>,
    /// The engine in which containers of the job may be; `None` as long as no script of it began beside one.
    pub engine_host: Option<String>,
    /// Whether the Runner has called `cleanup`, which could not remove everything: the rest is anybody's to free.
    pub over: bool,
    /// The `run` that is under way.
    pub running: Option<Running>,
}

/// The processes of a `run` under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// The driver.
    pub driver: ProcessId,
    /// The process that holds the script's.
    pub supervisor: Option<ProcessId>,
}

/// The directory of all records; only the Runner's user can look into it.
#[derive(Debug, Clone)]
pub struct Records {
    directory: PathBuf,
}

impl Records {
    /// The records in `directory`, which is made (0700) where it is missing.
    pub fn open(directory: &Path) -> Result<Self, Failure> {
        let unusable = |error: io::Error| {
            Failure::new(Cause::HostFiles, format!("use `{}` for the records of jobs", directory.display()))
                .because(error)
                .hint(format!(
                    "give the Runner's user a directory there (`install -d -o USER -m 700 {}`), or set `state_dir`",
                    directory.display()
                ))
        };
        private_directory(directory).map_err(unusable)?;
        Ok(Self { directory: directory.to_path_buf() })
    }

    /// The record of a job, if there is one. One that cannot be understood counts as none.
    pub fn load(&self, key: &JobKey) -> Option<JobRecord> {
        read(&self.path(key)).filter(|record| record.key == *key)
    }

    /// Writes the record: afterwards the old or the new one is there, whole.
    pub fn save(&self, record: &JobRecord) -> Result<(), Failure> {
        let path = self.path(&record.key);
        write_private(&path, &serde_json::to_vec(record).unwrap_or_default())
            .map_err(|error| Failure::new(Cause::HostFiles, format!("write `{}`", path.display())).because(error))
    }

    /// Forgets a job.
    pub fn remove(&self, key: &JobKey) -> io::Result<()> {
        match fs::remove_file(self.path(key)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Every record there is.
    pub fn all(&self) -> Vec<JobRecord> {
        let entries = fs::read_dir(&self.directory).into_iter().flatten().flatten();
        entries.filter_map(|entry| read(&entry.path())).collect()
    }

    /// Takes the job for itself alone until the guard is dropped, waiting at most `limit`; `None` when somebody else
    /// keeps it. The operating system gives it back when its holder dies.
    pub fn lock(&self, key: &JobKey, limit: Duration) -> io::Result<Option<JobLock>> {
        let path = self.directory.join(format!("{}.lock", key.file_name()));
        let file = fs::OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path)?;
        let start = std::time::Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(JobLock { _file: file, path })),
                Err(fs::TryLockError::Error(error)) => return Err(error),
                Err(fs::TryLockError::WouldBlock) if start.elapsed() >= limit => return Ok(None),
                Err(fs::TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    fn path(&self, key: &JobKey) -> PathBuf {
        self.directory.join(format!("{}.json", key.file_name()))
    }
}

/// A job taken for one process.
#[derive(Debug)]
pub struct JobLock {
    _file: File,
    path: PathBuf,
}

impl Drop for JobLock {
    fn drop(&mut self) {
        // Whoever waits on the removed file works on a job that is done with; that is harmless.
        let _ = fs::remove_file(&self.path);
    }
}

fn read(path: &Path) -> Option<JobRecord> {
    if path.extension()? != "json" {
        return None;
    }
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Makes a directory that only this user enters, with its parents; refuses one that is somebody else's.
pub fn private_directory(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => own_directory(path),
        other => other,
    }
}

/// A symbolic link or another user's directory under a name that can be guessed is not ours.
fn own_directory(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::fs::PermissionsExt;
    let found = fs::symlink_metadata(path)?;
    if !found.is_dir() || found.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is not a directory of this user"));
    }
    if found.mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Writes a file that only this user reads: afterwards the old or the new content is there, whole.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    let mut part = tempfile::Builder::new().prefix(".part").tempfile_in(directory)?;
    part.write_all(content)?;
    part.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    use super::JobRecord;
    use super::Records;
    use super::private_directory;
    use crate::job::identity::JobKey;

    fn record() -> JobRecord {
        JobRecord {
            key: JobKey::new("gitlab.example.com", 3, 7).unwrap(),
            since: 1,
            timeout: Duration::from_secs(2),
            caller: None,
            caller_proven: false,
            job_dir: "/jobs/x".into(),
            project_dir: None,
            engine_host: Some("unix:///var/run/docker.sock".to_owned()),
            over: false,
            running: None,
        }
    }

    #[test]
    fn a_record_is_kept_for_this_user_alone() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("a/state");
        let records = Records::open(&directory).unwrap();
        records.save(&record()).unwrap();
        assert_eq!(records.load(&record().key), Some(record()));
        assert_eq!(records.all(), [record()]);
        assert_eq!(fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
        let file = fs::read_dir(&directory).unwrap().next().unwrap().unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        records.remove(&record().key).unwrap();
        records.remove(&record().key).unwrap();
        assert_eq!(records.load(&record().key), None);
    }

    #[test]
    fn t28_a_link_in_our_place_is_refused() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("elsewhere")).unwrap();
        let link = root.path().join("state");
        std::os::unix::fs::symlink(root.path().join("elsewhere"), &link).unwrap();
        assert!(Records::open(&link).is_err());
    }

    #[test]
    fn t28_an_open_directory_is_closed() {
        let root = tempfile::tempdir().unwrap();
        let open = root.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        private_directory(&open).unwrap();
        assert_eq!(fs::metadata(&open).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_lock_is_for_one() {
        let root = tempfile::tempdir().unwrap();
        let records = Records::open(&root.path().join("state")).unwrap();
        let first = records.lock(&record().key, Duration::ZERO).unwrap();
        assert!(first.is_some());
        assert!(records.lock(&record().key, Duration::from_millis(20)).unwrap().is_none());
        drop(first);
        assert!(records.lock(&record().key, Duration::ZERO).unwrap().is_some());
    }
}
