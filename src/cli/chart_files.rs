//! The files of a chart.

use std::path::Path;
use std::path::PathBuf;

use crate::model::failure::Cause;
use crate::model::failure::Failure;

fn unreadable(path: &Path, error: std::io::Error) -> Failure {
    Failure::new(Cause::ChartInvalid, format!("read `{}`", path.display())).because(error)
}

/// Every file below `directory` by its path there, with `/`, sorted; links are followed. Nothing if there is no such directory.
pub(super) fn files_below(directory: &Path) -> Result<Vec<(String, PathBuf)>, Failure> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), directory.to_owned())];
    while let Some((prefix, folder)) = open.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && prefix.is_empty() => return Ok(found),
            Err(error) => return Err(unreadable(&folder, error)),
        };
        for entry in entries {
            let path = entry.map_err(|error| unreadable(&folder, error))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let name = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            if path.is_dir() { open.push((name, path)) } else { found.push((name, path)) }
        }
    }
    found.sort();
    Ok(found)
}
