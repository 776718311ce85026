//! Who works on a release.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

/// The label of a release's Secrets that names the GitLab project, see [`Environment::project`].
pub const PROJECT_LABEL: &str = "project.werf.io/id";
/// The label of a release's Secrets that names the GitLab environment by its slug.
pub const ENVIRONMENT_LABEL: &str = "project.werf.io/environment";
/// The label that tells our records from those of other tools, with the value [`MANAGER`].
pub const MANAGER_LABEL: &str = "app.kubernetes.io/managed-by";
/// What [`MANAGER_LABEL`] says.
pub const MANAGER: &str = "gitlab-werf-executor";

/// A job, as another job that waits for it describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Unlike that of any other process: job, host, process.
    pub id: String,
    /// Where the job can be seen, if it is a job.
    pub job_url: Option<String>,
}

impl Holder {
    /// The job's address, else its id.
    pub fn describe(&self) -> String {
        match &self.job_url {
            Some(url) => format!("`{}` ({url})", self.id),
            None => format!("`{}`", self.id),
        }
    }
}

/// The GitLab environment that a release belongs to: by it the release is found again when werf.yaml is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Server and project in a form that a label can hold, such as `gitlab.example.com-42`.
    pub project: String,
    /// The environment's slug.
    pub slug: String,
}

impl Environment {
    /// The environment of a project on a GitLab server. Characters that a label cannot hold become `-`.
    pub fn new(server: &str, project_id: &str, slug: &str) -> Self {
        Self { project: label_value(&format!("{server}-{project_id}")), slug: label_value(slug) }
    }

    /// The labels that mark a release's Secrets.
    pub fn labels(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            (PROJECT_LABEL.to_owned(), self.project.clone()),
            (ENVIRONMENT_LABEL.to_owned(), self.slug.clone()),
        ])
    }

    /// The label selector that finds the releases of this environment.
    pub fn selector(&self) -> String {
        format!("owner=helm,{PROJECT_LABEL}={},{ENVIRONMENT_LABEL}={}", self.project, self.slug)
    }
}

/// The last 63 characters of `text` in a form that a label can hold.
fn label_value(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|found| if found.is_ascii_alphanumeric() || "-._".contains(found) { found } else { '-' })
        .collect();
    // The end tells values apart: it is the project's number.
    let start = plain.len().saturating_sub(63);
    plain[start..].trim_matches(|found: char| !found.is_ascii_alphanumeric()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::Environment;

    #[test]
    fn labels_hold_any_server() {
        let environment = Environment::new("gitlab.example.com:8443", "42", "review-x");
        assert_eq!(environment.project, "gitlab.example.com-8443-42");
        assert_eq!(
            environment.selector(),
            "owner=helm,project.werf.io/id=gitlab.example.com-8443-42,project.werf.io/environment=review-x"
        );
        let long = Environment::new(&"x".repeat(90), "7", "a").project;
        assert!(long.len() <= 63 && long.ends_with("-7"));
    }
}
