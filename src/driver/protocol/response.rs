//! The file that tells the job as GitLab sent it (`JOB_RESPONSE_FILE`). Only what is used is kept.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::Deserializer;

use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::secret::Secret;

/// The job as GitLab sent it. What a branch writes cannot change `job_info` and `git_info`.
#[derive(Debug, Clone, Deserialize)]
pub struct JobResponse {
    /// The job's number.
    pub id: u64,
    /// What the job is.
    pub job_info: JobInfo,
    /// What it works on.
    pub git_info: GitInfo,
    /// The limits of the Runner.
    #[serde(default, deserialize_with = "or_default")]
    pub runner_info: RunnerInfo,
    /// All variables, unexpanded, duplicates kept: GitLab's own come first.
    #[serde(default, deserialize_with = "or_default")]
    pub variables: Vec<Variable>,
    /// The user's scripts.
    #[serde(default, deserialize_with = "or_default")]
    pub steps: Vec<Step>,
    /// What GitLab's side can show.
    #[serde(default, deserialize_with = "or_default")]
    pub features: Features,
}

/// What the job is.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct JobInfo {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its job stage.
    #[serde(default)]
    pub stage: String,
    /// Its project's number.
    pub project_id: u64,
}

/// What the job works on.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct GitInfo {
    /// The address of the repository, with the job's token in it.
    #[serde(default, deserialize_with = "secret")]
    pub repo_url: Secret,
    /// The branch or tag.
    #[serde(default, rename = "ref")]
    pub reference: String,
    /// Whether the ref is protected; absent before 18.3.
    #[serde(default)]
    pub protected: Option<bool>,
}

/// The limits of the Runner.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct RunnerInfo {
    /// The job's time limit in seconds.
    #[serde(default)]
    pub timeout: u64,
}

/// One variable.
#[derive(Debug, Clone, Deserialize)]
pub struct Variable {
    /// Its name.
    pub key: String,
    /// Its value, which may be secret.
    #[serde(default, deserialize_with = "secret")]
    pub value: Secret,
    /// Whether GitLab asks to hide it in the log.
    #[serde(default)]
    pub masked: bool,
}

/// One of the user's scripts.
#[derive(Debug, Clone, Deserialize)]
pub struct Step {
    /// Its name, such as `script` or `after_script`.
    #[serde(default)]
    pub name: String,
    /// Its lines.
    #[serde(default, deserialize_with = "or_default")]
    pub script: Vec<String>,
}

/// What GitLab's side can show.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Features {
    /// Whether the job log folds sections.
    #[serde(default)]
    pub trace_sections: bool,
}

impl JobResponse {
    /// Reads the file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let broken = || Failure::new(Cause::ContractBroken, format!("read the job from `{}`", path.display()));
        let text = fs::read(path).map_err(|error| broken().because(error))?;
        // serde's message may quote a value of the file, which is full of secrets: only the place is told.
        serde_json::from_slice(&text).map_err(|error| {
            broken().because(format!("not the form of a job at line {}, column {}", error.line(), error.column()))
        })
    }

    /// The value that came first under `key`: GitLab's own, where a branch sets the same name again.
    pub fn first(&self, key: &str) -> Option<&str> {
        let found = self.variables.iter().find(|variable| variable.key == key)?;
        Some(found.value.reveal()).filter(|value| !value.is_empty())
    }
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    Ok(Secret::new(Option::<String>::deserialize(deserializer)?.unwrap_or_default()))
}

/// Go writes an empty list as `null`.
fn or_default<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::JobResponse;

    fn read(text: &str) -> Result<JobResponse, crate::model::failure::Failure> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("response.json");
        fs::write(&path, text).unwrap();
        JobResponse::read(&path)
    }

    #[test]
    fn the_first_of_a_name_is_gitlabs_own() {
        let response = read(
            r#"{"id": 7, "token": "t", "job_info": {"name": "a", "stage": "b", "project_id": 3},
                "git_info": {"repo_url": "https://gitlab-ci-token:t@h/a.git", "ref": "x"}, "steps": null,
                "variables": [{"key": "CI_ENVIRONMENT_SLUG", "value": "review-x", "public": true},
                              {"key": "CI_ENVIRONMENT_SLUG", "value": "production"}],
                "features": {"trace_sections": true, "failure_reasons": []}}"#,
        )
        .unwrap();
        assert_eq!(response.first("CI_ENVIRONMENT_SLUG"), Some("review-x"));
        assert_eq!(response.git_info.protected, None);
        assert!(response.features.trace_sections);
        assert!(!format!("{response:?}").contains("gitlab-ci-token"));
    }

    #[test]
    fn a_broken_file_is_refused_without_a_word_of_it() {
        let message = read(r#"{"id": "glpat-secret"}"#).unwrap_err().to_string();
        assert!(message.contains("line 1") && !message.contains("glpat"), "{message}");
    }
}
