//! Files to be sourced.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::cli::ci_env::docker_config::write_private;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// More files than this are too many …
const MOST: usize = 100;
/// … and the youngest of them, so many, are kept.
const KEPT: usize = 50;

/// Writes `text` to the file at `path`.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    write_private(path, text.as_bytes())
        .map_err(|error| Failure::new(Cause::HostFiles, format!("write `{}`", path.display())).because(error))
}

/// Writes `text` to a new file below werf's own directory `home`. Old ones are removed when there are many.
pub(super) fn create(home: &Path, text: &str) -> Result<PathBuf, Failure> {
    let folder = home.join("service").join("tmp").join("ci_env");
    let created = fs::create_dir_all(&folder).and_then(|()| {
        remove_old(&folder)?;
        let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let prefix = format!("source_{seconds}_");
        let file = tempfile::Builder::new().prefix(&prefix).rand_bytes(10).tempfile_in(&folder)?;
        io::Write::write_all(&mut file.as_file(), text.as_bytes())?;
        Ok(file.into_temp_path().keep()?)
    });
    created.map_err(|error| {
        Failure::new(Cause::HostFiles, format!("write a file to source in `{}`", folder.display())).because(error)
    })
}

/// Others may remove the same files at the same time, so a file that is gone is not an error.
fn remove_old(folder: &Path) -> io::Result<()> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    if files.len() <= MOST {
        return Ok(());
    }
    // Names begin with the time.
    files.sort();
    let old = files.len() - KEPT;
    for file in files.into_iter().take(old) {
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::create;

    #[test]
    fn many_files_become_fewer() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("service/tmp/ci_env");
        std::fs::create_dir_all(&folder).unwrap();
        for at in 0..101 {
            std::fs::write(folder.join(format!("source_1000000{at:03}_x")), "").unwrap();
        }
        let path = create(home.path(), "export A=1\n").unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), "export A=1\n");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 51);
        assert!(!folder.join("source_1000000050_x").exists() && folder.join("source_1000000051_x").exists());
    }
}
