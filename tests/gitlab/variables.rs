//! The variables of a job, in GitLab's order of precedence, and their expansion.

use serde_json::Value;
use serde_json::json;

use super::ci_file::Environment;
use super::ci_file::JobSpec;
use super::slug;
use super::state::Pipeline;
use super::state::Project;

/// A variable as the runner API carries it.
#[derive(Debug, Clone)]
pub(crate) struct Variable {
    /// Its name.
    pub(crate) key: String,
    /// Its value, references to other variables unexpanded.
    pub(crate) value: String,
    /// Whether it may be shown in a job's log; masked otherwise.
    pub(crate) masked: bool,
    /// Whether the job sees a file's path in place of the value.
    pub(crate) file: bool,
}

impl Variable {
    /// A variable that anybody may see.
    pub(crate) fn plain(key: &str, value: impl Into<String>) -> Self {
        Self { key: key.to_owned(), value: value.into(), masked: false, file: false }
    }

    /// A variable whose value the Runner hides.
    pub(crate) fn masked(key: &str, value: impl Into<String>) -> Self {
        Self { masked: true, ..Self::plain(key, value) }
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({"key": self.key, "value": self.value, "public": !self.masked, "masked": self.masked, "file": self.file})
    }
}

/// The job that variables are made for.
pub(crate) struct Subject<'a> {
    pub(crate) id: u64,
    pub(crate) token: &'a str,
    pub(crate) spec: &'a JobSpec,
    pub(crate) url: &'a str,
    pub(crate) manual: bool,
}

/// All variables of a job: predefined first, then the project's, the file's, the job's own: the later wins.
pub(crate) fn of_job(
    project: &Project,
    pipeline: &Pipeline,
    subject: &Subject<'_>,
    file: &[(String, String)],
) -> Vec<Variable> {
    let mut variables = server(subject.url);
    variables.extend(of_project(project, subject.url));
    variables.extend(of_commit(project, pipeline, subject.url));
    variables.extend(of_this_job(project, subject));
    variables.extend(registry(project));
    if let Some(environment) = &subject.spec.environment {
        let known = variables.clone();
        variables.extend(of_environment(environment, &known));
    }
    variables.extend(project.variables.iter().cloned());
    variables.extend(file.iter().chain(&subject.spec.variables).map(|(key, value)| Variable::plain(key, value)));
    variables
}

/// Replaces `$NAME` and `${NAME}`; a name that nobody set becomes nothing.
pub(crate) fn expand(text: &str, variables: &[Variable]) -> String {
    let reference = regex::Regex::new(r"\$(?:\{(\w+)\}|(\w+))").expect("a pattern");
    reference
        .replace_all(text, |found: &regex::Captures<'_>| {
            let name = found.get(1).or(found.get(2)).map_or("", |name| name.as_str());
            lookup(variables, name).unwrap_or_default()
        })
        .into_owned()
}

/// The value that wins.
pub(crate) fn lookup(variables: &[Variable], name: &str) -> Option<String> {
    variables.iter().rev().find(|variable| variable.key == name).map(|variable| variable.value.clone())
}

fn server(url: &str) -> Vec<Variable> {
    let host = url.trim_start_matches("http://");
    [
        ("CI", "true"),
        ("GITLAB_CI", "true"),
        ("CI_SERVER", "yes"),
        ("CI_SERVER_NAME", "GitLab"),
        ("CI_SERVER_VERSION", "13.12.0"),
        ("CI_SERVER_URL", url),
        ("CI_SERVER_HOST", host.split(':').next().unwrap_or(host)),
        ("CI_API_V4_URL", &format!("{url}/api/v4")),
        ("GITLAB_USER_LOGIN", "dev"),
        ("GITLAB_USER_NAME", "A Developer"),
    ]
    .map(|(key, value)| Variable::plain(key, value))
    .into()
}

fn of_project(project: &Project, url: &str) -> Vec<Variable> {
    let name = project.path.rsplit('/').next().unwrap_or(&project.path);
    [
        ("CI_PROJECT_ID", project.id.to_string()),
        ("CI_PROJECT_NAME", name.to_owned()),
        ("CI_PROJECT_TITLE", name.to_owned()),
        ("CI_PROJECT_PATH", project.path.clone()),
        ("CI_PROJECT_PATH_SLUG", slug::ref_slug(&project.path)),
        ("CI_PROJECT_NAMESPACE", project.path.rsplit_once('/').map_or("", |(group, _)| group).to_owned()),
        ("CI_PROJECT_URL", format!("{url}/{}", project.path)),
        ("CI_DEFAULT_BRANCH", "master".to_owned()),
    ]
    .map(|(key, value)| Variable::plain(key, value))
    .into()
}

fn of_commit(project: &Project, pipeline: &Pipeline, url: &str) -> Vec<Variable> {
    let pushed = &pipeline.pushed;
    let protected = project.protected.contains(&pushed.name);
    let mut variables: Vec<Variable> = [
        ("CI_PIPELINE_ID", pipeline.id.to_string()),
        ("CI_PIPELINE_IID", pipeline.id.to_string()),
        ("CI_PIPELINE_SOURCE", pushed.source.clone()),
        ("CI_PIPELINE_URL", format!("{url}/{}/-/pipelines/{}", project.path, pipeline.id)),
        ("CI_COMMIT_SHA", pipeline.sha.clone()),
        ("CI_COMMIT_SHORT_SHA", pipeline.sha[..8].to_owned()),
        ("CI_COMMIT_BEFORE_SHA", pipeline.before_sha.clone()),
        ("CI_COMMIT_REF_NAME", pushed.name.clone()),
        ("CI_COMMIT_REF_SLUG", slug::ref_slug(&pushed.name)),
        ("CI_COMMIT_REF_PROTECTED", protected.to_string()),
        ("CI_COMMIT_TITLE", pipeline.title.clone()),
        ("CI_COMMIT_MESSAGE", pipeline.title.clone()),
        ("CI_BUILD_REF", pipeline.sha.clone()),
        ("CI_BUILD_REF_NAME", pushed.name.clone()),
        ("CI_BUILD_REF_SLUG", slug::ref_slug(&pushed.name)),
    ]
    .map(|(key, value)| Variable::plain(key, value))
    .into();
    let kind: &[&str] = if pushed.tag { &["CI_COMMIT_TAG", "CI_BUILD_TAG"] } else { &["CI_COMMIT_BRANCH"] };
    variables.extend(kind.iter().map(|key| Variable::plain(key, pushed.name.clone())));
    variables
}

fn of_this_job(project: &Project, subject: &Subject<'_>) -> Vec<Variable> {
    let mut variables: Vec<Variable> = [
        ("CI_JOB_ID", subject.id.to_string()),
        ("CI_JOB_NAME", subject.spec.name.clone()),
        ("CI_JOB_STAGE", subject.spec.stage.clone()),
        ("CI_JOB_URL", format!("{}/{}/-/jobs/{}", subject.url, project.path, subject.id)),
        ("CI_BUILD_ID", subject.id.to_string()),
        ("CI_NODE_TOTAL", "1".to_owned()),
    ]
    .map(|(key, value)| Variable::plain(key, value))
    .into();
    variables.push(Variable::masked("CI_JOB_TOKEN", project.job_token.as_deref().unwrap_or(subject.token)));
    if subject.manual {
        variables.push(Variable::plain("CI_JOB_MANUAL", "true"));
    }
    variables
}

fn registry(project: &Project) -> Vec<Variable> {
    let Some(registry) = &project.registry else { return Vec::new() };
    let password = project.job_token.clone().unwrap_or_default();
    vec![
        Variable::plain("CI_REGISTRY", registry.clone()),
        Variable::plain("CI_REGISTRY_IMAGE", format!("{registry}/{}", project.path)),
        Variable::plain("CI_REGISTRY_USER", "gitlab-ci-token"),
        Variable::masked("CI_REGISTRY_PASSWORD", password),
    ]
}

fn of_environment(environment: &Environment, known: &[Variable]) -> Vec<Variable> {
    let name = expand(&environment.name, known);
    let mut variables = vec![
        Variable::plain("CI_ENVIRONMENT_SLUG", slug::environment_slug(&name)),
        Variable::plain("CI_ENVIRONMENT_ACTION", environment.action.clone()),
        Variable::plain("CI_ENVIRONMENT_TIER", tier(&name)),
        Variable::plain("CI_ENVIRONMENT_NAME", name),
    ];
    if let Some(url) = &environment.url {
        let mut all = known.to_vec();
        all.extend(variables.iter().cloned());
        variables.push(Variable::plain("CI_ENVIRONMENT_URL", expand(url, &all)));
    }
    variables
}

fn tier(name: &str) -> &'static str {
    match name.split('/').next().unwrap_or(name) {
        "production" | "prod" | "live" => "production",
        "staging" | "stage" => "staging",
        "test" | "testing" | "qa" => "testing",
        "review" | "dev" | "development" => "development",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::Variable;
    use super::expand;

    #[test]
    fn references_are_replaced_and_unknown_ones_vanish() {
        let variables = [Variable::plain("A", "1"), Variable::plain("A", "2")];
        assert_eq!(expand("x-$A-${A}y-$B.", &variables), "x-2-2y-.");
    }
}
