//! What a stop job asks for when its own script is done.

use serde::Deserialize;
use serde::Serialize;

use crate::job::environment::Action;
use crate::job::environment::Environment;
use crate::job::identity::JobKey;

/// Asks that whatever is left of an environment's release be dismissed.
///
/// The release is found from the deploy record in the cluster, by server, project and slug; no checkout is needed. An
/// environment that never existed, or is stopped already, is no failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopRequest {
    /// The host of the GitLab server.
    pub server: String,
    /// The project's number on that server.
    pub project: u64,
    /// The environment's name, for the log.
    pub environment: String,
    /// The environment's slug, by which the record is found.
    pub slug: String,
}

impl StopRequest {
    /// The request of a job that stops `environment`; `None` when it does something else, or GitLab gave no slug.
    pub fn of(key: &JobKey, environment: Option<&Environment>) -> Option<Self> {
        let environment = environment.filter(|environment| environment.action == Action::Stop)?;
        Some(Self {
            server: key.server().to_owned(),
            project: key.project(),
            environment: environment.name.clone(),
            slug: environment.slug.clone()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::StopRequest;
    use crate::job::environment::EnvironmentFacts;
    use crate::job::environment::environment;
    use crate::job::identity::JobKey;

    fn request(action: &str) -> Option<StopRequest> {
        let facts = EnvironmentFacts {
            name: Some("review/x".to_owned()),
            slug: Some("review-x".to_owned()),
            action: Some(action.to_owned()),
            ..EnvironmentFacts::default()
        };
        let key = JobKey::new("gitlab.example.com", 12, 345).unwrap();
        StopRequest::of(&key, environment(&facts, &[]).unwrap().as_ref())
    }

    #[test]
    fn t29_only_a_stop_job_asks() {
        assert_eq!(request("start"), None);
        let stop = request("stop").unwrap();
        assert_eq!((stop.project, stop.slug.as_str()), (12, "review-x"));
    }
}
