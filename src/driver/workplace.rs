//! The private directory of a job: the programs that it gets, its TMPDIR, its credentials of registries.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::path::PathBuf;

use crate::driver::record::private_directory;
use crate::driver::record::write_private;
use crate::job::identity::JobKey;
use crate::job::settings::Settings;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// The names under which a job finds this program.
const PROGRAMS: [&str; 2] = ["werf", "multiwerf"];

/// The private directory of one job.
#[derive(Debug, Clone)]
pub struct Workplace {
    root: PathBuf,
}

impl Workplace {
    /// Where the directory of a job is, whether it is there or not.
    pub fn of(settings: &Settings, key: &JobKey) -> Self {
        Self { root: settings.jobs_dir().join(key.file_name()) }
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// First on the job's PATH.
    pub fn bin(&self) -> PathBuf {
        self.root.join("bin")
    }

    /// The job's TMPDIR.
    pub fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// The job's `DOCKER_CONFIG`, where the settings give credentials.
    pub fn docker_config(&self) -> PathBuf {
        self.root.join("docker")
    }

    /// Where a `werf` of the job notes how it failed.
    pub fn verdict(&self) -> PathBuf {
        self.root.join("verdict.json")
    }

    /// Makes the directory with everything in it, as far as it is not there.
    pub fn furnish(&self, program: &Path, auth_file: Option<&Path>) -> Result<(), Failure> {
        let unusable = |error: io::Error| {
            Failure::new(Cause::HostFiles, format!("make the job's directory `{}`", self.root.display()))
                .because(error)
                .hint("the Runner's user must be able to write there; `state_dir` of the settings says where it is")
        };
        self.directories().map_err(unusable)?;
        PROGRAMS.iter().try_for_each(|name| link(program, &self.bin().join(name))).map_err(unusable)?;
        auth_file.map_or(Ok(()), |auth_file| self.lend(auth_file))
    }

    /// Removes the directory and what the job left in it.
    pub fn remove(&self) -> io::Result<()> {
        remove_tree(&self.root)
    }

    fn directories(&self) -> io::Result<()> {
        [self.root.clone(), self.bin(), self.temporary()].iter().try_for_each(|path| private_directory(path))
    }

    fn lend(&self, auth_file: &Path) -> Result<(), Failure> {
        let unreadable = |error: io::Error| {
            Failure::new(
                Cause::HostFiles,
                format!("give the job the registry credentials of `{}`", auth_file.display()),
            )
            .because(error)
            .hint("`registry.auth_file` of the settings names a file that the Runner's user can read")
        };
        let copy = self.docker_config().join("config.json");
        if copy.exists() {
            return Ok(());
        }
        let content = fs::read(auth_file).map_err(unreadable)?;
        private_directory(&self.docker_config()).map_err(unreadable)?;
        write_private(&copy, &content).map_err(unreadable)
    }
}

fn link(program: &Path, name: &Path) -> io::Result<()> {
    if fs::read_link(name).is_ok_and(|target| target == program) {
        return Ok(());
    }
    match fs::remove_file(name) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => symlink(program, name),
    }
}

/// Removes a directory with everything below it, without following links. What is not there is no error, and what a job
/// made unwritable is made writable.
pub fn remove_tree(root: &Path) -> io::Result<()> {
    match fs::remove_dir_all(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => fs::remove_file(root),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_up(root)?;
            fs::remove_dir_all(root)
        }
        other => other,
    }
}

/// Go's module cache, for one, is full of directories without the right to write.
fn open_up(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::Workplace;
    use super::remove_tree;
    use crate::job::identity::JobKey;
    use crate::job::settings::Settings;

    fn workplace(root: &Path) -> Workplace {
        let settings = Settings::parse(&format!("state_dir = {root:?}")).unwrap();
        Workplace::of(&settings, &JobKey::new("gitlab.example.com", 3, 7).unwrap())
    }

    #[test]
    fn a_job_finds_werf_and_its_own_credentials() {
        let root = tempfile::tempdir().unwrap();
        let auth = root.path().join("auth.json");
        fs::write(&auth, "{}").unwrap();
        let workplace = workplace(root.path());
        for _ in 0..2 {
            workplace.furnish(Path::new("/usr/bin/true"), Some(&auth)).unwrap();
        }
        assert_eq!(fs::read_link(workplace.bin().join("werf")).unwrap(), Path::new("/usr/bin/true"));
        assert_eq!(fs::read_link(workplace.bin().join("multiwerf")).unwrap(), Path::new("/usr/bin/true"));
        assert_eq!(fs::read_to_string(workplace.docker_config().join("config.json")).unwrap(), "{}");
        workplace.remove().unwrap();
        workplace.remove().unwrap();
        assert!(!workplace.root().exists());
    }

    #[test]
    fn t28_a_link_in_the_place_of_a_job_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let workplace = workplace(root.path());
        let victim = root.path().join("victim");
        fs::create_dir_all(workplace.root().parent().unwrap()).unwrap();
        fs::create_dir(&victim).unwrap();
        std::os::unix::fs::symlink(&victim, workplace.root()).unwrap();
        assert!(workplace.furnish(Path::new("/usr/bin/true"), None).is_err());
        workplace.remove().unwrap();
        assert!(victim.exists() && !workplace.root().exists());
    }

    #[test]
    fn a_missing_tree_is_removed() {
        remove_tree(Path::new("/nonexistent/tree")).unwrap();
    }
}
