//! Writes the files.

use std::fs;
use std::io;
use std::io::Write;
use std::path::Path;

use crate::actions::secret::rotate::steps::Replace;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::report::JobLog;
use crate::report::Style;

/// Replaces each file in one step and says so.
pub(super) fn carry_out(steps: &[Replace], project: &Path, log: &JobLog) -> Result<(), Failure> {
    for step in steps {
        let shown = step.path.strip_prefix(project).unwrap_or(&step.path).display();
        let block = log.block(format!("Saving file '{shown}'"), Style::Plain);
        replace(step).map_err(|error| {
            Failure::new(Cause::HostFiles, format!("replace `{shown}`"))
                .because(error)
                .hint("files before it have the new key already, those after it the old one")
        })?;
        block.done();
    }
    Ok(())
}

fn replace(step: &Replace) -> io::Result<()> {
    let folder = step.path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(step.text.as_bytes())?;
    file.as_file().set_permissions(fs::metadata(&step.path)?.permissions())?;
    file.persist(&step.path)?;
    Ok(())
}
