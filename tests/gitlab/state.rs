//! Projects, pipelines and jobs, and how a pipeline moves on.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::PathBuf;

use super::ci_file::CiFile;
use super::ci_file::JobSpec;
use super::rules::Pushed;
use super::variables::Variable;

/// A project of the stand-in.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    pub(crate) id: u64,
    /// Group and name, such as `group/chat`.
    pub(crate) path: String,
    /// The bare repository.
    pub(crate) repository: PathBuf,
    pub(crate) variables: Vec<Variable>,
    pub(crate) protected: BTreeSet<String>,
    /// The registry's address, when the project has one.
    pub(crate) registry: Option<String>,
    /// What jobs log in to the registry with. GitLab gives each job a token of its own; a registry with htpasswd knows one.
    pub(crate) job_token: Option<String>,
}

/// One pipeline: a push and the jobs that it created.
#[derive(Debug, Clone)]
pub(crate) struct Pipeline {
    pub(crate) id: u64,
    pub(crate) project: u64,
    pub(crate) sha: String,
    pub(crate) before_sha: String,
    pub(crate) title: String,
    pub(crate) pushed: Pushed,
    pub(crate) file: CiFile,
    pub(crate) jobs: Vec<u64>,
}

/// One job.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) id: u64,
    pub(crate) pipeline: u64,
    pub(crate) spec: JobSpec,
    pub(crate) when: String,
    pub(crate) allow_failure: bool,
    pub(crate) status: Status,
    pub(crate) token: String,
    pub(crate) trace: Vec<u8>,
    pub(crate) artifacts: Option<(String, Vec<u8>)>,
    pub(crate) failure_reason: Option<String>,
    pub(crate) exit_code: Option<i64>,
    /// What `Job-Status` answers while somebody cancels it.
    pub(crate) cancel: Option<Cancel>,
    pub(crate) started: Option<std::time::Instant>,
    pub(crate) seconds: f64,
    pub(crate) manual: bool,
    /// Where the Runner broke the protocol: a wrong checksum or range.
    pub(crate) complaints: Vec<String>,
}

/// The two ways in which GitLab tells a Runner to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cancel {
    /// `canceling`: newer Runners end the script and run `after_script`.
    Gracefully,
    /// `canceled`: stop at once.
    AtOnce,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Waits for earlier jobs.
    Created,
    /// Waits for somebody to start it.
    Manual,
    /// Waits for a Runner.
    Pending,
    /// A Runner has it.
    Running,
    /// It succeeded.
    Success,
    /// It failed.
    Failed,
    /// It was cancelled.
    Canceled,
    /// It never ran, because an earlier job failed.
    Skipped,
}

impl Status {
    /// Whether it will not change by itself any more.
    pub(crate) fn is_final(self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::Canceled | Self::Skipped)
    }
}

/// A deployed environment, as GitLab remembers it.
#[derive(Debug, Clone)]
pub(crate) struct Deployed {
    pub(crate) branch: String,
    /// The job that stops it.
    pub(crate) on_stop: Option<u64>,
}

/// All that the stand-in knows.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) projects: BTreeMap<u64, Project>,
    pub(crate) pipelines: BTreeMap<u64, Pipeline>,
    pub(crate) jobs: BTreeMap<u64, Job>,
    /// Key: project and environment name.
    pub(crate) environments: BTreeMap<(u64, String), Deployed>,
    pub(crate) last_id: u64,
}

impl State {
    pub(crate) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Moves the jobs of a pipeline on as far as the finished ones allow.
    pub(crate) fn advance(&mut self, pipeline: u64) {
        let Some(pipeline) = self.pipelines.get(&pipeline).cloned() else { return };
        loop {
            let changes: Vec<(u64, Status)> = pipeline
                .jobs
                .iter()
                .filter(|id| self.jobs[id].status == Status::Created)
                .filter_map(|id| self.next_status(&pipeline, &self.jobs[id]).map(|status| (*id, status)))
                .collect();
            if changes.is_empty() {
                return;
            }
            for (id, status) in changes {
                self.jobs.get_mut(&id).expect("a job of the pipeline").status = status;
            }
        }
    }

    /// What becomes of a job that waits; nothing yet when earlier ones still run.
    fn next_status(&self, pipeline: &Pipeline, job: &Job) -> Option<Status> {
        let before = self.earlier(pipeline, job);
        let waiting = before.iter().any(|earlier| !earlier.status.is_final() && !is_optional(earlier));
        if waiting {
            return None;
        }
        let failed = before.iter().any(|earlier| {
            !earlier.allow_failure && matches!(earlier.status, Status::Failed | Status::Canceled | Status::Skipped)
        });
        Some(match (job.when.as_str(), failed) {
            ("manual", false) => Status::Manual,
            ("always", _) | ("on_failure", true) | ("on_success" | "delayed", false) => Status::Pending,
            _ => Status::Skipped,
        })
    }

    /// The jobs that must end before this one begins.
    pub(crate) fn earlier(&self, pipeline: &Pipeline, job: &Job) -> Vec<&Job> {
        let stage_of = |name: &str| pipeline.file.stages.iter().position(|stage| stage == name);
        let before: Box<dyn Fn(&Job) -> bool> = match &job.spec.needs {
            Some(needs) => Box::new(move |other| needs.contains(&other.spec.name)),
            None => Box::new(move |other| stage_of(&other.spec.stage) < stage_of(&job.spec.stage)),
        };
        pipeline.jobs.iter().map(|id| &self.jobs[id]).filter(|other| before(other)).collect()
    }

    /// The jobs whose artifacts this one receives.
    pub(crate) fn dependencies(&self, pipeline: &Pipeline, job: &Job) -> Vec<&Job> {
        let named = |other: &&Job| match &job.spec.dependencies {
            Some(names) => names.contains(&other.spec.name),
            None => true,
        };
        self.earlier(pipeline, job).into_iter().filter(named).filter(|other| other.artifacts.is_some()).collect()
    }
}

/// A manual job that may fail does not hold the later ones back.
fn is_optional(job: &Job) -> bool {
    job.status == Status::Manual && job.allow_failure
}
