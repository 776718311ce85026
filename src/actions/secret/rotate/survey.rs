//! Which secrets a chart has.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use crate::actions::secret::rotate::RotateRequest;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// The secrets of a chart, as they are now.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Files that are one secret each.
    pub(super) files: Vec<SecretFile>,
    /// Files of values.
    pub(super) values: Vec<SecretFile>,
}

/// A file and its content.
#[derive(Debug)]
pub(super) struct SecretFile {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// Reads every secret that `request` names. The chart need not have any; files named one by one must be there.
pub(super) fn look(request: &RotateRequest) -> Result<Survey, Failure> {
    let mut paths = Vec::new();
    let folder = request.chart.join("secret");
    find_files(&folder, &mut paths).map_err(|error| unreadable(&folder, error))?;
    paths.sort();
    let own_values = request.chart.join("secret-values.yaml");
    let own_values = own_values.exists().then_some(own_values);
    let values = own_values.iter().chain(&request.extra_values).map(|path| read(path)).collect::<Result<_, _>>()?;
    Ok(Survey { files: paths.iter().map(|path| read(path)).collect::<Result<_, _>>()?, values })
}

fn find_files(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            find_files(&entry.path(), found)?;
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<SecretFile, Failure> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, error))?;
    Ok(SecretFile { path: path.to_path_buf(), text })
}

fn unreadable(path: &Path, error: io::Error) -> Failure {
    Failure::new(Cause::SecretUnreadable, format!("read `{}`", path.display())).because(error)
}
