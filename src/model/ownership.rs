//! Labels and names by which we know what is ours, and whose job it was made for.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;

use crate::model::digest::Digest;

/// The label that everything created outside carries; its value is an [`Owner`].
pub const OWNER_LABEL: &str = "gitlab-werf-executor.owner";

/// What the names of our containers, networks and volumes begin with.
pub const NAME_PREFIX: &str = "gwe";

/// The job something was made for: a GitLab server, a project and a job of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Owner {
    server: String,
    project_id: u64,
    job_id: u64,
}

/// What is not an owner.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not an owner: expected `SERVER.PROJECT.JOB`")]
pub struct NotAnOwner(String);

impl Owner {
    /// The owner of what is made for job `job_id` of project `project_id` of the server at `server_url`.
    ///
    /// Of the address only a hash is kept: two servers on one host must not take each other's job 7 for their own.
    pub fn of_job(server_url: &str, project_id: u64, job_id: u64) -> Self {
        let server = Digest::of(server_url.trim_end_matches('/').as_bytes()).short();
        Self { server, project_id, job_id }
    }

    /// The job's number.
    pub fn job_id(&self) -> u64 {
        self.job_id
    }

    /// The labels of what is made for the job.
    pub fn labels(&self) -> BTreeMap<String, String> {
        BTreeMap::from([(OWNER_LABEL.to_owned(), self.to_string())])
    }

    /// What the names of the job's containers begin with; no other job's names do.
    pub fn name_prefix(&self) -> String {
        format!("{NAME_PREFIX}.{self}.")
    }

    /// The owner that a container's name tells, if it is one of our names.
    pub fn of_name(name: &str) -> Option<Self> {
        let rest = name.strip_prefix('/').unwrap_or(name).strip_prefix(NAME_PREFIX)?.strip_prefix('.')?;
        rest.rsplit_once('.')?.0.parse().ok()
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.server, self.project_id, self.job_id)
    }
}

impl FromStr for Owner {
    type Err = NotAnOwner;

    fn from_str(text: &str) -> Result<Self, NotAnOwner> {
        let refuse = || NotAnOwner(text.chars().take(100).collect());
        let mut parts = text.split('.');
        let (Some(server), Some(project), Some(job), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(refuse());
        };
        let is_hash = server.len() == 12 && server.bytes().all(|byte| byte.is_ascii_hexdigit());
        let project_id = project.parse().map_err(|_| refuse())?;
        let job_id = job.parse().map_err(|_| refuse())?;
        is_hash.then(|| Self { server: server.to_owned(), project_id, job_id }).ok_or_else(refuse)
    }
}

impl From<Owner> for String {
    fn from(owner: Owner) -> Self {
        owner.to_string()
    }
}

impl TryFrom<String> for Owner {
    type Error = NotAnOwner;

    fn try_from(text: String) -> Result<Self, NotAnOwner> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::Owner;

    #[test]
    fn an_owner_is_told_by_label_and_by_name() {
        let owner = Owner::of_job("https://gitlab.example.com/", 12, 345);
        assert_eq!(owner, Owner::of_job("https://gitlab.example.com", 12, 345));
        assert_eq!(owner.to_string().parse(), Ok(owner.clone()));
        assert_eq!(Owner::of_name(&format!("/{}stage-1", owner.name_prefix())), Some(owner));
    }

    #[test]
    fn jobs_are_kept_apart() {
        let prefix = |job| Owner::of_job("https://a", 1, job).name_prefix();
        assert!(!prefix(11).starts_with(&prefix(1)));
        assert_ne!(prefix(1), Owner::of_job("https://b", 1, 1).name_prefix());
    }

    #[test]
    fn foreign_names_are_nobodys() {
        for name in ["", "/", "/web", "/gwe", "/gwe.x.1.2.y", "/gwe.0123456789ab.1.y", "/gwe.0123456789ab.1.-2.y"] {
            assert_eq!(Owner::of_name(name), None, "{name}");
        }
    }
}
