//! A stand-in for GitLab: serves the runner API and repositories to the real gitlab-runner, makes pipelines of pushes.
//!
//! It takes a repository with a real `.gitlab-ci.yml`, creates the jobs that GitLab would create, hands them out with
//! GitLab's variables, keeps logs and artifacts, starts manual jobs, cancels, and stops the environments of a deleted
//! branch. Not GitLab's: one job token a project for the registry (an htpasswd file knows one password), no users.

mod ci_file;
mod git_http;
mod payload;
mod repository;
mod rules;
mod runner_api;
mod slug;
mod state;
mod variables;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

use tokio::sync::watch;

pub(crate) use repository::git;
pub(crate) use state::Cancel;
pub(crate) use state::Status;
pub(crate) use variables::Variable;

use rules::Pushed;
use state::Deployed;
use state::Job;
use state::Pipeline;
use state::Project;
use state::State;

/// What the API's handlers share.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) runner_token: String,
    pub(crate) state: Mutex<State>,
    changes: watch::Sender<u64>,
}

impl Server {
    pub(crate) fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// A finished job moves its pipeline on and may deploy or stop an environment.
    pub(crate) fn after_job(&self, id: u64) {
        let mut state = self.state.lock().unwrap();
        let Some(job) = state.jobs.get(&id).cloned() else { return };
        if job.status == Status::Success {
            self.note_environment(&mut state, &job);
        }
        state.advance(job.pipeline);
        drop(state);
        self.changed();
    }

    fn note_environment(&self, state: &mut State, job: &Job) {
        let Some(environment) = &job.spec.environment else { return };
        let variables = payload::job_variables(state, job, &self.url);
        let pipeline = &state.pipelines[&job.pipeline];
        let key = (pipeline.project, variables::expand(&environment.name, &variables));
        let stopper = environment
            .on_stop
            .as_ref()
            .and_then(|name| pipeline.jobs.iter().copied().find(|id| &state.jobs[id].spec.name == name));
        let branch = pipeline.pushed.name.clone();
        match environment.action.as_str() {
            "start" => drop(state.environments.insert(key, Deployed { branch, on_stop: stopper })),
            "stop" => drop(state.environments.remove(&key)),
            _ => {}
        }
    }

    pub(crate) fn readable_repository(&self, path: &str, token: &str) -> Option<PathBuf> {
        let state = self.state.lock().unwrap();
        let project = state.projects.values().find(|project| project.path == path)?;
        let reads = |job: &Job| {
            job.token == token && !job.status.is_final() && state.pipelines[&job.pipeline].project == project.id
        };
        state.jobs.values().any(reads).then(|| project.repository.clone())
    }
}

/// How a project is set up in the stand-in.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProjectSettings {
    /// The project's CI variables.
    pub(crate) variables: Vec<Variable>,
    /// Branches and tags that are protected.
    pub(crate) protected: Vec<String>,
    /// The registry's address, when there is one.
    pub(crate) registry: Option<String>,
    /// The password of `gitlab-ci-token` at the registry.
    pub(crate) job_token: Option<String>,
}

/// What a job did, for looking at.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// The job's id.
    pub(crate) id: u64,
    /// Its name.
    pub(crate) name: String,
    /// Its job stage.
    pub(crate) stage: String,
    /// How it ended.
    pub(crate) status: Status,
    /// Its log.
    pub(crate) log: String,
    /// `script_failure`, `runner_system_failure` …
    pub(crate) failure_reason: Option<String>,
    /// The exit code that the Runner reported (newer Runners only).
    pub(crate) exit_code: Option<i64>,
    /// How long it ran.
    pub(crate) seconds: f64,
    /// The environment's name, when it has one.
    pub(crate) environment: Option<String>,
    /// Where the Runner broke the protocol.
    pub(crate) complaints: Vec<String>,
}

/// A running stand-in.
pub(crate) struct GitLab {
    server: Arc<Server>,
    directory: PathBuf,
    expander: PathBuf,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for GitLab {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl GitLab {
    /// Starts on a free port of 127.0.0.1; `directory` holds the repositories, `expander` is gitlab-ci-local's program.
    pub(crate) async fn start(directory: &Path, expander: &Path) -> Self {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Mutex::new(State::default());
        let server = Arc::new(Server { url, runner_token: fresh_token("glrt"), state, changes: watch::channel(0).0 });
        let router = runner_api::router(Arc::clone(&server));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("serve the runner API") });
        Self { server, directory: directory.to_owned(), expander: expander.to_owned(), task }
    }

    /// The address, such as `http://127.0.0.1:4711`.
    pub(crate) fn url(&self) -> &str {
        &self.server.url
    }

    /// The token that a Runner registers with.
    pub(crate) fn runner_token(&self) -> &str {
        &self.server.runner_token
    }

    /// Creates a project; `path` is group and name.
    pub(crate) fn create_project(&self, path: &str, settings: ProjectSettings) -> u64 {
        let mut state = self.server.state.lock().unwrap();
        let id = state.next_id();
        let repository = self.directory.join(format!("{id}.git"));
        repository::create(&repository);
        let project = Project {
            id,
            path: path.to_owned(),
            repository,
            variables: settings.variables,
            protected: settings.protected.into_iter().collect::<BTreeSet<_>>(),
            registry: settings.registry,
            job_token: settings.job_token,
        };
        state.projects.insert(id, project);
        id
    }

    /// Pushes the HEAD of a work tree as a branch or tag and makes the pipeline; returns its id.
    pub(crate) fn push(&self, project: u64, work_tree: &Path, reference: &str) -> u64 {
        let tag = reference.starts_with("refs/tags/");
        let name = reference.trim_start_matches("refs/tags/").to_owned();
        let target = if tag { reference.to_owned() } else { format!("refs/heads/{name}") };
        let mut state = self.server.state.lock().unwrap();
        let repository = state.projects[&project].repository.clone();
        let before = git(&repository, &["for-each-ref", "--format=%(objectname)", &target]);
        git(
            work_tree,
            &["push", "--quiet", "--force", repository.to_str().expect("a path"), &format!("HEAD:{target}")],
        );
        let sha = git(&repository, &["rev-parse", &format!("{target}^{{commit}}")]);
        let id = state.next_id();
        git(&repository, &["update-ref", &format!("refs/pipelines/{id}"), &sha]);
        let checkout = tempfile::tempdir().expect("a directory");
        let tree = checkout.path().join("tree");
        repository::check_out(&repository, &sha, &tree);
        let pipeline = Pipeline {
            id,
            project,
            title: git(&repository, &["log", "-1", "--format=%s", &sha]),
            sha,
            before_sha: if before.is_empty() { "0".repeat(40) } else { before },
            pushed: Pushed { name, tag, source: "push".to_owned() },
            file: ci_file::read(&self.expander, &tree),
            jobs: Vec::new(),
        };
        self.create_jobs(&mut state, pipeline);
        drop(state);
        self.server.changed();
        id
    }

    fn create_jobs(&self, state: &mut State, mut pipeline: Pipeline) {
        let project = state.projects[&pipeline.project].clone();
        let id = pipeline.id;
        for spec in pipeline.file.jobs.clone() {
            let job_id = state.next_id();
            let token = fresh_token("glcbt");
            let subject = variables::Subject { id: job_id, token: &token, spec: &spec, url: self.url(), manual: false };
            let known = variables::of_job(&project, &pipeline, &subject, &pipeline.file.variables);
            let Some(start) = rules::start(&spec, &pipeline.pushed, &|name| variables::lookup(&known, name)) else {
                continue;
            };
            state.jobs.insert(job_id, new_job(job_id, id, spec, start, token));
            pipeline.jobs.push(job_id);
        }
        state.pipelines.insert(id, pipeline);
        state.advance(id);
    }

    /// Starts a manual job, or a finished one again.
    pub(crate) fn play(&self, pipeline: u64, name: &str) -> u64 {
        let id = self.job(pipeline, name);
        self.play_id(id);
        id
    }

    /// The same as soon as the job may be started: earlier jobs may still run.
    pub(crate) async fn play_when_ready(&self, pipeline: u64, name: &str, limit: Duration) -> u64 {
        let id = self.job(pipeline, name);
        self.until(id, limit, |outcome| outcome.status == Status::Manual || outcome.status.is_final()).await;
        self.play(pipeline, name)
    }

    fn play_id(&self, id: u64) {
        let mut state = self.server.state.lock().unwrap();
        let job = state.jobs.get_mut(&id).expect("the job");
        assert!(job.status == Status::Manual || job.status.is_final(), "`{}` is {:?}", job.spec.name, job.status);
        job.status = Status::Pending;
        job.manual = true;
        job.cancel = None;
        job.trace.clear();
        job.token = fresh_token("glcbt");
        drop(state);
        self.server.changed();
    }

    /// Asks the Runner to stop a job.
    pub(crate) fn cancel(&self, id: u64, cancel: Cancel) {
        self.server.state.lock().unwrap().jobs.get_mut(&id).expect("the job").cancel = Some(cancel);
    }

    /// Deletes a branch; as on GitLab, the environments that were deployed from it are stopped. Returns the stop jobs.
    pub(crate) fn delete_branch(&self, project: u64, branch: &str) -> Vec<u64> {
        let state = self.server.state.lock().unwrap();
        let repository = state.projects[&project].repository.clone();
        git(&repository, &["update-ref", "-d", &format!("refs/heads/{branch}")]);
        for pipeline in state.pipelines.values().filter(|it| it.project == project && it.pushed.name == branch) {
            git(&repository, &["update-ref", "-d", &format!("refs/pipelines/{}", pipeline.id)]);
        }
        let stopping: Vec<u64> = state
            .environments
            .iter()
            .filter(|((owner, _), deployed)| *owner == project && deployed.branch == branch)
            .filter_map(|(_, deployed)| deployed.on_stop)
            .collect();
        drop(state);
        for id in &stopping {
            self.play_id(*id);
        }
        stopping
    }

    /// The id of a pipeline's job.
    pub(crate) fn job(&self, pipeline: u64, name: &str) -> u64 {
        let state = self.server.state.lock().unwrap();
        let found = state.pipelines[&pipeline].jobs.iter().find(|id| state.jobs[id].spec.name == name);
        *found.unwrap_or_else(|| panic!("pipeline {pipeline} has no job `{name}`"))
    }

    /// The names of the jobs that the push created, with where they stand.
    pub(crate) fn jobs(&self, pipeline: u64) -> Vec<(String, Status)> {
        let state = self.server.state.lock().unwrap();
        let pipeline = &state.pipelines[&pipeline];
        pipeline.jobs.iter().map(|id| (state.jobs[id].spec.name.clone(), state.jobs[id].status)).collect()
    }

    /// What a job did so far.
    pub(crate) fn outcome(&self, id: u64) -> Outcome {
        let state = self.server.state.lock().unwrap();
        let job = &state.jobs[&id];
        let variables = payload::job_variables(&state, job, self.url());
        Outcome {
            id,
            name: job.spec.name.clone(),
            stage: job.spec.stage.clone(),
            status: job.status,
            log: String::from_utf8_lossy(&job.trace).into_owned(),
            failure_reason: job.failure_reason.clone(),
            exit_code: job.exit_code,
            seconds: job.seconds,
            environment: variables::lookup(&variables, "CI_ENVIRONMENT_NAME"),
            complaints: job.complaints.clone(),
        }
    }

    /// Waits until a job has ended.
    pub(crate) async fn finished(&self, id: u64, limit: Duration) -> Outcome {
        self.until(id, limit, |outcome| outcome.status.is_final()).await
    }

    /// Waits until a job looks as wanted; sees every change of its log.
    ///
    /// # Panics
    /// When the limit passes; the message shows the log.
    pub(crate) async fn until(&self, id: u64, limit: Duration, wanted: impl Fn(&Outcome) -> bool) -> Outcome {
        let mut changes = self.server.changes.subscribe();
        let deadline = Instant::now() + limit;
        loop {
            let outcome = self.outcome(id);
            if wanted(&outcome) {
                return outcome;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let in_time = tokio::time::timeout(left, changes.changed()).await;
            assert!(
                in_time.is_ok(),
                "job `{}` is {:?} after {limit:?}; its log:\n{}",
                outcome.name,
                outcome.status,
                outcome.log
            );
        }
    }
}

fn new_job(id: u64, pipeline: u64, spec: ci_file::JobSpec, start: rules::Start, token: String) -> Job {
    Job {
        id,
        pipeline,
        spec,
        when: start.when,
        allow_failure: start.allow_failure,
        status: Status::Created,
        token,
        trace: Vec::new(),
        artifacts: None,
        failure_reason: None,
        exit_code: None,
        cancel: None,
        started: None,
        seconds: 0.0,
        manual: false,
        complaints: Vec::new(),
    }
}

fn fresh_token(prefix: &str) -> String {
    format!("{prefix}-{}", uuid::Uuid::new_v4().simple())
}
