//! Every secret of a chart under a new key.

mod execute;
mod steps;
mod survey;

use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;

use crate::actions::secret::values::Vectors;
use crate::model::failure::Failure;
use crate::model::secret_text::SecretKey;
use crate::report::JobLog;

/// What is to be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotateRequest {
    /// The chart: its secret-values.yaml and the files in its secret directory, as far as there are any.
    pub chart: PathBuf,
    /// More files of secret values.
    pub extra_values: Vec<PathBuf>,
    /// Paths in the log are shown relative to this directory.
    pub project: PathBuf,
}

/// The key that secrets have, and the one that they get.
#[derive(Debug, Clone, Copy)]
pub struct Keys<'a> {
    /// The key until now.
    pub old: &'a SecretKey,
    /// The key from now on.
    pub new: &'a SecretKey,
}

/// Brings every secret under the new key. Nothing is written before everything has been read; a file is replaced in
/// one step, so that it is never half of each.
pub fn rotate(request: &RotateRequest, keys: Keys<'_>, vectors: Vectors<'_>, log: &JobLog) -> Result<(), Failure> {
    let survey = survey::look(request)?;
    let steps = steps::decide(&survey, keys, vectors)?;
    execute::carry_out(&steps, &request.project, log)
}

#[cfg(test)]
mod tests {
    use super::Keys;
    use super::RotateRequest;
    use super::rotate;
    use crate::actions::secret::values;
    use crate::model::secret_text::SecretKey;
    use crate::report::JobLog;
    use crate::report::LogOptions;

    fn key(text: &str) -> SecretKey {
        SecretKey::parse(text).unwrap()
    }

    #[test]
    fn all_files_or_none() {
        let (old, new) = (key(&"11".repeat(16)), key(&"22".repeat(16)));
        let project = tempfile::tempdir().unwrap();
        let chart = project.path().join(".helm");
        std::fs::create_dir_all(chart.join("secret/deep")).unwrap();
        let file = chart.join("secret/deep/config.txt");
        let values_file = chart.join("secret-values.yaml");
        std::fs::write(&file, old.encrypt(b"content\n", [7; 16]) + "\n").unwrap();
        let values_text = format!("a: {} # note\n", old.encrypt(b"1", [8; 16]));
        std::fs::write(&values_file, &values_text).unwrap();
        let request = RotateRequest { chart, extra_values: Vec::new(), project: project.path().to_path_buf() };
        let (log, captured) = JobLog::to_memory(LogOptions::default());

        let wrong = Keys { old: &new, new: &old };
        assert!(rotate(&request, wrong, &mut || [9; 16], &log).is_err());
        assert_eq!(std::fs::read_to_string(&values_file).unwrap(), values_text);

        rotate(&request, Keys { old: &old, new: &new }, &mut || [9; 16], &log).unwrap();
        let (plain, _) = values::decrypt(&std::fs::read_to_string(&values_file).unwrap(), &new).unwrap();
        assert_eq!(plain, "a: \"1\" # note\n");
        assert_eq!(new.decrypt(&std::fs::read_to_string(&file).unwrap()).unwrap().as_slice(), b"content\n");
        assert!(captured.text().contains("Saving file '.helm/secret/deep/config.txt'"), "{}", captured.text());
    }
}
