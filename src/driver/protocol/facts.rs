//! What the driver knows about the job, from the best source that this Runner gives.

use std::path::PathBuf;
use std::time::Duration;

use crate::driver::protocol::Contract;
use crate::driver::protocol::JobResponse;
use crate::job::environment::EnvironmentFacts;
use crate::job::identity::JobKey;
use crate::job::identity::host_of;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::secret::Secret;

/// GitLab's default time limit of a job, where the Runner does not tell it.
const DEFAULT_TIMEOUT: Duration = Duration::from_hours(2);

/// The job, as far as the driver has to know it.
#[derive(Debug, Clone)]
pub struct JobFacts {
    /// Which job it is.
    pub key: JobKey,
    /// Its job stage.
    pub stage: Option<String>,
    /// `WERF_ACTION` of the job.
    pub wish: Option<String>,
    /// Its environment. GitLab's own words where the Runner tells them, what the script sees otherwise.
    pub environment: EnvironmentFacts,
    /// The lines of the user's scripts, where the Runner tells them.
    pub script: Option<Vec<String>>,
    /// Its checkout; known from `prepare` on.
    pub project_dir: Option<PathBuf>,
    /// Whether the job log folds sections.
    pub sections: bool,
    /// Its time limit.
    pub timeout: Duration,
    /// Whether the job has credentials for a cluster of its own.
    pub brings_cluster: bool,
    /// Values that GitLab hides in the log.
    pub masked: Vec<Secret>,
    /// The version of the Runner, for the log only.
    pub runner_version: Option<String>,
}

impl JobFacts {
    /// Puts together what the Runner told.
    pub fn gather(contract: &Contract, response: Option<&JobResponse>) -> Result<Self, Failure> {
        let seen = |name: &str| contract.variables.get(name).map(str::to_owned);
        let script = response.map(script_lines);
        Ok(Self {
            key: key(contract, response)?,
            stage: response.map(|job| job.job_info.stage.clone()).or_else(|| seen("CI_JOB_STAGE")),
            wish: seen("WERF_ACTION"),
            environment: environment(contract, response, script.clone().unwrap_or_default()),
            script,
            project_dir: seen("CI_PROJECT_DIR").map(PathBuf::from),
            // A Runner that does not tell the job makes sections itself, unasked.
            sections: response.is_none_or(|job| job.features.trace_sections),
            timeout: timeout(contract, response),
            brings_cluster: ["KUBECONFIG", "WERF_KUBE_CONFIG", "WERF_KUBECONFIG", "WERF_KUBE_CONFIG_BASE64"]
                .iter()
                .any(|name| contract.variables.get(name).is_some()),
            masked: masked(response),
            runner_version: seen("CI_RUNNER_VERSION"),
        })
    }
}

fn key(contract: &Contract, response: Option<&JobResponse>) -> Result<JobKey, Failure> {
    let number = |told: Option<u64>, name: &str| {
        told.or_else(|| contract.variables.get(name)?.parse().ok()).ok_or_else(|| {
            Failure::new(Cause::ContractBroken, format!("find out which job this is: `{name}` of the job is no number"))
                .hint("the four calls are for GitLab Runner; a person uses `gitlab-werf-executor werf`")
        })
    };
    let project = number(response.map(|job| job.job_info.project_id), "CI_PROJECT_ID")?;
    let job = number(response.map(|job| job.id), "CI_JOB_ID")?;
    let server = server(contract, response)
        .ok_or_else(|| Failure::new(Cause::ContractBroken, "find out which GitLab server the job is of"))?;
    JobKey::new(&server, project, job)
        .map_err(|error| Failure::new(Cause::ContractBroken, "find out which job this is").because(error))
}

/// The repository's address cannot be set by a branch; the variables can.
fn server(contract: &Contract, response: Option<&JobResponse>) -> Option<String> {
    let told = response.and_then(|job| host_of(job.git_info.repo_url.reveal()));
    let seen = |name: &str| contract.variables.get(name);
    told.or_else(|| host_of(seen("CI_SERVER_URL")?)).or_else(|| seen("CI_SERVER_HOST")).map(str::to_owned)
}

fn environment(contract: &Contract, response: Option<&JobResponse>, script: Vec<String>) -> EnvironmentFacts {
    let known = |name: &str| {
        let told = response.and_then(|job| job.first(name));
        told.or_else(|| contract.variables.get(name)).map(str::to_owned)
    };
    EnvironmentFacts {
        name: known("CI_ENVIRONMENT_NAME"),
        slug: known("CI_ENVIRONMENT_SLUG"),
        url: known("CI_ENVIRONMENT_URL"),
        tier: known("CI_ENVIRONMENT_TIER"),
        action: known("CI_ENVIRONMENT_ACTION"),
        job_name: response.map(|job| job.job_info.name.clone()).or_else(|| known("CI_JOB_NAME")),
        script,
    }
}

fn script_lines(response: &JobResponse) -> Vec<String> {
    let steps = response.steps.iter().filter(|step| step.name != "after_script");
    steps.flat_map(|step| step.script.iter().flat_map(|entry| entry.lines().map(str::to_owned))).collect()
}

fn timeout(contract: &Contract, response: Option<&JobResponse>) -> Duration {
    let told = response.map(|job| job.runner_info.timeout);
    let seconds = told.or_else(|| contract.variables.get("CI_JOB_TIMEOUT")?.parse().ok());
    seconds.filter(|&seconds| seconds > 0).map_or(DEFAULT_TIMEOUT, Duration::from_secs)
}

fn masked(response: Option<&JobResponse>) -> Vec<Secret> {
    let variables = response.map(|job| job.variables.as_slice()).unwrap_or_default();
    variables.iter().filter(|variable| variable.masked).map(|variable| variable.value.clone()).collect()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::JobFacts;
    use crate::driver::protocol::Contract;
    use crate::driver::protocol::JobResponse;
    use crate::model::failure::Cause;

    fn contract(pairs: &[(&str, &str)]) -> Contract {
        let pairs = pairs.iter().map(|(name, value)| (OsString::from(format!("CUSTOM_ENV_{name}")), value.into()));
        Contract::read(pairs).unwrap()
    }

    const OLD: &[(&str, &str)] = &[
        ("CI_JOB_ID", "7"),
        ("CI_PROJECT_ID", "3"),
        ("CI_SERVER_URL", "https://gitlab.example.com"),
        ("CI_ENVIRONMENT_NAME", "production"),
        ("CI_ENVIRONMENT_SLUG", "production"),
    ];

    #[test]
    fn an_old_runner_is_understood_by_the_jobs_variables() {
        let facts = JobFacts::gather(&contract(OLD), None).unwrap();
        assert_eq!(facts.key.mark(), "gitlab.example.com/3/7");
        assert_eq!(facts.environment.name.as_deref(), Some("production"));
        assert_eq!(facts.script, None);
    }

    #[test]
    fn t20_what_gitlab_says_itself_outweighs_what_a_branch_sets() {
        let response: JobResponse = serde_json::from_value(serde_json::json!({
            "id": 8, "job_info": {"name": "n", "stage": "s", "project_id": 4},
            "git_info": {"repo_url": "http://gitlab-ci-token:t@git.example.com/a.git"},
            "variables": [{"key": "CI_ENVIRONMENT_NAME", "value": "review/x"},
                          {"key": "CI_ENVIRONMENT_SLUG", "value": "review-x"},
                          {"key": "CI_ENVIRONMENT_NAME", "value": "production"},
                          {"key": "CI_ENVIRONMENT_SLUG", "value": "production"}],
            "steps": [{"name": "script", "script": ["a\nb"]}, {"name": "after_script", "script": ["c"]}],
            "features": {"trace_sections": false},
        }))
        .unwrap();
        let facts = JobFacts::gather(&contract(OLD), Some(&response)).unwrap();
        assert_eq!(facts.key.mark(), "git.example.com/4/8");
        assert_eq!(facts.environment.slug.as_deref(), Some("review-x"));
        assert_eq!(facts.script.unwrap(), ["a", "b"]);
        assert!(!facts.sections);
    }

    #[test]
    fn t19_a_job_that_cannot_be_known_is_refused() {
        for wrong in [&OLD[1..], &[&[("CI_JOB_ID", "../7")], &OLD[1..]].concat(), &OLD[..2]] {
            assert_eq!(JobFacts::gather(&contract(wrong), None).unwrap_err().cause, Cause::ContractBroken);
        }
    }
}
