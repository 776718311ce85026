//! A job as the runner API hands it out.

use serde_json::Value;
use serde_json::json;

use super::state::Job;
use super::state::Pipeline;
use super::state::Project;
use super::state::State;
use super::variables;
use super::variables::Subject;
use super::variables::Variable;

/// The job's variables.
pub(crate) fn job_variables(state: &State, job: &Job, url: &str) -> Vec<Variable> {
    let pipeline = &state.pipelines[&job.pipeline];
    let project = &state.projects[&pipeline.project];
    let subject = Subject { id: job.id, token: &job.token, spec: &job.spec, url, manual: job.manual };
    variables::of_job(project, pipeline, &subject, &pipeline.file.variables)
}

/// The answer to `POST jobs/request`.
pub(crate) fn job(state: &State, job: &Job, url: &str) -> Value {
    let pipeline = &state.pipelines[&job.pipeline];
    let project = &state.projects[&pipeline.project];
    let variables = job_variables(state, job, url);
    let image = job.spec.image.as_ref().map_or(json!({}), |image| named(image, &variables));
    json!({
        "id": job.id,
        "token": job.token,
        "allow_git_fetch": true,
        "job_info": {
            "name": job.spec.name, "stage": job.spec.stage,
            "project_id": project.id, "project_name": project.path,
            "pipeline_id": pipeline.id, "project_full_path": project.path,
        },
        "git_info": git_info(project, pipeline, job, url, &variables),
        "runner_info": {"timeout": job.spec.timeout.unwrap_or(3600)},
        "variables": variables.iter().map(Variable::to_json).collect::<Vec<_>>(),
        "steps": steps(job),
        "image": image,
        "services": job.spec.services.iter().map(|service| named(service, &variables)).collect::<Vec<_>>(),
        "artifacts": artifacts(job, &variables),
        "cache": cache(job),
        "credentials": credentials(project),
        "dependencies": state.dependencies(pipeline, job).iter().map(|other| dependency(other)).collect::<Vec<_>>(),
        "features": {"trace_sections": true, "failure_reasons": ["script_failure", "runner_system_failure", "job_execution_timeout"]},
    })
}

fn git_info(project: &Project, pipeline: &Pipeline, job: &Job, url: &str, variables: &[Variable]) -> Value {
    let host = url.trim_start_matches("http://");
    let depth: u64 = variables::lookup(variables, "GIT_DEPTH").and_then(|depth| depth.parse().ok()).unwrap_or(50);
    let pushed = &pipeline.pushed;
    let own = if pushed.tag {
        format!("+refs/tags/{0}:refs/tags/{0}", pushed.name)
    } else {
        format!("+refs/heads/{0}:refs/remotes/origin/{0}", pushed.name)
    };
    json!({
        "repo_url": format!("http://gitlab-ci-token:{}@{host}/{}.git", job.token, project.path),
        "ref": pushed.name, "sha": pipeline.sha, "before_sha": pipeline.before_sha,
        "ref_type": if pushed.tag { "tag" } else { "branch" },
        "refspecs": [format!("+refs/pipelines/{0}:refs/pipelines/{0}", pipeline.id), own],
        "depth": depth,
        "protected": project.protected.contains(&pushed.name),
    })
}

fn steps(job: &Job) -> Value {
    let script: Vec<&String> = job.spec.before_script.iter().chain(&job.spec.script).collect();
    let step = |name: &str, script: &[&String], when: &str, allow_failure: bool| json!({"name": name, "script": script, "timeout": job.spec.timeout.unwrap_or(3600), "when": when, "allow_failure": allow_failure});
    let mut steps = vec![step("script", &script, "on_success", false)];
    if !job.spec.after_script.is_empty() {
        steps.push(step("after_script", &job.spec.after_script.iter().collect::<Vec<_>>(), "always", true));
    }
    Value::Array(steps)
}

fn artifacts(job: &Job, variables: &[Variable]) -> Value {
    let Some(artifacts) = &job.spec.artifacts else { return json!([]) };
    let name = artifacts["name"].as_str().map(|name| variables::expand(name, variables)).unwrap_or_default();
    json!([{
        "name": name, "untracked": artifacts["untracked"].as_bool().unwrap_or(false), "paths": artifacts["paths"],
        "when": artifacts["when"].as_str().unwrap_or("on_success"), "expire_in": artifacts["expire_in"],
        "artifact_type": "archive", "artifact_format": "zip",
    }])
}

fn cache(job: &Job) -> Value {
    let Some(cache) = &job.spec.cache else { return json!([]) };
    let key = cache["key"].as_str().unwrap_or("default");
    json!([{"key": key, "untracked": cache["untracked"].as_bool().unwrap_or(false), "paths": cache["paths"], "policy": cache["policy"].as_str().unwrap_or("pull-push")}])
}

fn credentials(project: &Project) -> Value {
    let (Some(registry), Some(password)) = (&project.registry, &project.job_token) else { return json!([]) };
    json!([{"type": "registry", "url": registry, "username": "gitlab-ci-token", "password": password}])
}

fn dependency(job: &Job) -> Value {
    let size = job.artifacts.as_ref().map_or(0, |(_, bytes)| bytes.len());
    json!({"id": job.id, "token": job.token, "name": job.spec.name, "artifacts_file": {"filename": "artifacts.zip", "size": size}})
}

/// `image:` and `services:` come as a name or as a mapping.
fn named(value: &Value, variables: &[Variable]) -> Value {
    match value.as_str() {
        Some(name) => json!({"name": variables::expand(name, variables)}),
        None => value.clone(),
    }
}
