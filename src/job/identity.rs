//! Which job something belongs to: the mark of everything that is made for it.

use std::fmt;

use serde::Deserialize;
use serde::Serialize;

use crate::model::ownership::Owner;

/// The variable of the script's environment that holds [`JobKey::owner`]: a job's `werf` marks what it makes with it, and
/// the processes of the job are known by it.
pub const JOB_VARIABLE: &str = "GITLAB_WERF_EXECUTOR_JOB";

/// Longest server name that is accepted; with two numbers it still fits a file name of 255 bytes.
const LONGEST_SERVER: usize = 200;

/// One job of one GitLab server. Equal keys are the same job, and nothing else is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobKey {
    server: String,
    project: u64,
    job: u64,
}

/// Why a text or a server's name makes no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The server is empty, too long, or has a character that no host name has.
    #[error("`{0}` is not the host of a GitLab server")]
    Server(String),
    /// The text is not `SERVER/PROJECT/JOB`.
    #[error("`{0}` is not the mark of a job (`SERVER/PROJECT/JOB`)")]
    Mark(String),
}

impl JobKey {
    /// The key of job `job` of project `project` on `server` (a host, with its port where it has one).
    pub fn new(server: &str, project: u64, job: u64) -> Result<Self, KeyError> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        if server.is_empty() || server.len() > LONGEST_SERVER || server.starts_with('.') || !server.bytes().all(fits) {
            return Err(KeyError::Server(server.chars().take(LONGEST_SERVER).collect()));
        }
        Ok(Self { server: server.to_ascii_lowercase(), project, job })
    }

    /// `SERVER/PROJECT/JOB`, for people and records.
    pub fn mark(&self) -> String {
        format!("{}/{}/{}", self.server, self.project, self.job)
    }

    /// The mark as one file name; different keys have different names.
    pub fn file_name(&self) -> String {
        let server: String =
            self.server.chars().map(|c| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '+' }).collect();
        format!("{server}-{}-{}", self.project, self.job)
    }

    /// The mark of what is made outside for the job.
    pub fn owner(&self) -> Owner {
        Owner::of_job(&self.server, self.project, self.job)
    }

    /// The number of the job on its server.
    pub fn job(&self) -> u64 {
        self.job
    }

    /// The number of the project on its server.
    pub fn project(&self) -> u64 {
        self.project
    }

    /// The server's host, with its port where it has one.
    pub fn server(&self) -> &str {
        &self.server
    }
}

impl fmt::Display for JobKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.mark())
    }
}

impl TryFrom<String> for JobKey {
    type Error = KeyError;

    fn try_from(mark: String) -> Result<Self, KeyError> {
        let mut parts = mark.rsplitn(3, '/');
        let numbers = (parts.next().and_then(|job| job.parse().ok()), parts.next().and_then(|id| id.parse().ok()));
        match (numbers, parts.next()) {
            ((Some(job), Some(project)), Some(server)) => Self::new(server, project, job),
            _ => Err(KeyError::Mark(mark)),
        }
    }
}

impl From<JobKey> for String {
    fn from(key: JobKey) -> Self {
        key.mark()
    }
}

/// The host (with its port) of an address such as `https://user@gitlab.example.com:8443/group/app.git`.
pub fn host_of(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::proptest;

    use super::JobKey;
    use super::host_of;

    #[test]
    fn a_key_survives_its_mark() {
        let key = JobKey::new("GitLab.example.com:8443", 12, 345).unwrap();
        assert_eq!(key.mark(), "gitlab.example.com:8443/12/345");
        assert_eq!(key.file_name(), "gitlab.example.com+8443-12-345");
        assert_eq!(JobKey::try_from(key.mark()).unwrap(), key);
    }

    #[test]
    fn t19_a_server_cannot_point_elsewhere() {
        for server in ["", "../etc", "a/b", "-rf\n", "$(id)", "пример", ".", ".."] {
            assert!(JobKey::new(server, 1, 2).is_err(), "{server}");
        }
        assert!(JobKey::new(&"a".repeat(300), 1, 2).is_err());
        assert!(JobKey::try_from("gitlab.example.com/1".to_owned()).is_err());
        assert!(JobKey::try_from("gitlab.example.com/x/1".to_owned()).is_err());
    }

    #[test]
    fn the_host_of_an_address() {
        assert_eq!(
            host_of("https://gitlab-ci-token:t@gitlab.example.com:8443/a/b.git"),
            Some("gitlab.example.com:8443")
        );
        assert_eq!(host_of("http://localhost"), Some("localhost"));
        assert_eq!(host_of("gitlab.example.com"), None);
        assert_eq!(host_of("file:///srv/git"), None);
    }

    proptest! {
        #[test]
        fn t19_a_file_name_is_one_plain_name(server in "\\PC{0,40}", project: u64, job: u64) {
            if let Ok(key) = JobKey::new(&server, project, job) {
                let name = key.file_name();
                assert!(!name.contains('/') && !name.starts_with('.') && name.len() <= 255);
            }
        }
    }
}
