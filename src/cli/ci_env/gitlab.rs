//! What GitLab's variables mean for werf. Pure.

use crate::cli::ci_env::Facts;
use crate::cli::ci_env::Tagging;
use crate::cli::ci_env::docker_config::Login;
use crate::cli::ci_env::script::Section;
use crate::cli::environment::Environment;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::secret::Secret;
use crate::model::slug;

/// Reads GitLab's variables. With the registry off there are no repositories to name, so none is.
pub(super) fn facts(environment: &Environment, tagging: Tagging) -> Result<Facts, Failure> {
    let image = environment.get("CI_REGISTRY_IMAGE");
    let login = image.zip(environment.get("CI_JOB_TOKEN")).map(|(image, token)| Login {
        repository: image.to_owned(),
        user: "gitlab-ci-token".to_owned(),
        password: Secret::new(token),
    });
    let sections = vec![
        stages_storage(environment),
        images_repo(environment),
        tags(environment, tagging)?,
        deploy(environment),
        cleanup_policies(),
        other(environment),
    ];
    Ok(Facts { sections, login })
}

fn stages_storage(environment: &Environment) -> Section {
    let stages = environment.get("CI_REGISTRY_IMAGE").map(|image| format!("{image}/stages")).unwrap_or_default();
    Section::new("STAGES_STORAGE").with("WERF_STAGES_STORAGE", stages).with_if(
        is_gitlabs(environment, "WERF_STAGES_STORAGE"),
        "WERF_STAGES_STORAGE_REPO_IMPLEMENTATION",
        "gitlab",
    )
}

fn images_repo(environment: &Environment) -> Section {
    let image = environment.get("CI_REGISTRY_IMAGE").unwrap_or_default();
    Section::new("IMAGES REPO").with("WERF_IMAGES_REPO", image).with_if(
        is_gitlabs(environment, "WERF_IMAGES_REPO"),
        "WERF_IMAGES_REPO_IMPLEMENTATION",
        "gitlab",
    )
}

/// Whether the repository that `variable` will name is in GitLab's registry.
fn is_gitlabs(environment: &Environment, variable: &str) -> bool {
    let registry = environment.get("CI_REGISTRY").unwrap_or_default();
    let in_registry = |repository: &str| !registry.is_empty() && repository.starts_with(registry);
    environment.get("CI_REGISTRY_IMAGE").is_some() && environment.get(variable).is_none_or(in_registry)
}

fn tags(environment: &Environment, tagging: Tagging) -> Result<Section, Failure> {
    let first = |names: [&str; 2]| names.iter().find_map(|name| environment.get(name)).map(slug::docker_tag);
    let section = Section::new("TAGGING");
    if tagging == Tagging::StagesSignature {
        return Ok(section.with("WERF_TAG_BY_STAGES_SIGNATURE", "true"));
    }
    if let Some(tag) = first(["CI_BUILD_TAG", "CI_COMMIT_TAG"]) {
        return Ok(section.with("WERF_TAG_GIT_TAG", tag));
    }
    let branch = first(["CI_BUILD_REF_NAME", "CI_COMMIT_REF_NAME"]).ok_or_else(|| {
        Failure::new(
            Cause::Usage,
            "find the git tag or branch of the job: neither CI_COMMIT_TAG nor CI_COMMIT_REF_NAME is set",
        )
        .hint("`--tagging-strategy stages-signature` needs neither")
    })?;
    Ok(section.with("WERF_TAG_GIT_BRANCH", branch))
}

fn deploy(environment: &Environment) -> Section {
    let get = |name: &str| environment.get(name);
    let annotation = |name: &str, value: Option<String>| value.map(|it| format!("{name}={it}")).unwrap_or_default();
    let project = get("CI_PROJECT_URL");
    let below = |path: &str, id: &str| project.zip(get(id)).map(|(url, id)| format!("{url}/{path}/{id}"));
    let pipeline = annotation("gitlab.ci.werf.io/pipeline-url", below("pipelines", "CI_PIPELINE_ID"));
    let job = annotation("gitlab.ci.werf.io/job-url", below("-/jobs", "CI_JOB_ID"));
    let git = annotation("project.werf.io/git", project.map(str::to_owned));
    let commit = annotation("ci.werf.io/commit", get("CI_COMMIT_SHA").map(str::to_owned));
    Section::new("DEPLOY")
        .with("WERF_ENV", get("CI_ENVIRONMENT_SLUG").unwrap_or_default())
        .with("WERF_ADD_ANNOTATION_PROJECT_GIT", git)
        .with("WERF_ADD_ANNOTATION_CI_COMMIT", commit)
        .with("WERF_ADD_ANNOTATION_GITLAB_CI_PIPELINE_URL", pipeline)
        .with("WERF_ADD_ANNOTATION_GITLAB_CI_JOB_URL", job)
}

/// How many published images are kept, and for how long.
pub(super) fn cleanup_policies() -> Section {
    Section::new("IMAGE CLEANUP POLICIES")
        .with("WERF_GIT_TAG_STRATEGY_LIMIT", "10")
        .with("WERF_GIT_TAG_STRATEGY_EXPIRY_DAYS", "30")
        .with("WERF_GIT_COMMIT_STRATEGY_LIMIT", "50")
        .with("WERF_GIT_COMMIT_STRATEGY_EXPIRY_DAYS", "30")
        .with("WERF_STAGES_SIGNATURE_STRATEGY_LIMIT", "-1")
        .with("WERF_STAGES_SIGNATURE_STRATEGY_EXPIRY_DAYS", "-1")
}

fn other(environment: &Environment) -> Section {
    let color = if shows_colors(environment.get("CI_SERVER_VERSION").unwrap_or_default()) { "on" } else { "off" };
    Section::new("OTHER")
        .with("WERF_GIT_HISTORY_SYNCHRONIZATION", "1")
        .with("WERF_GIT_UNSHALLOW", "1")
        .with("WERF_LOG_COLOR_MODE", color)
        .with("WERF_LOG_PROJECT_DIR", "1")
        .with("WERF_ENABLE_PROCESS_EXTERMINATOR", "1")
        .with("WERF_LOG_TERMINAL_WIDTH", "95")
}

/// GitLab 12.1.4 to 12.1.x showed colours wrongly.
fn shows_colors(version: &str) -> bool {
    let mut numbers = version.split(['.', '-', '+']).map(|number| number.parse::<u32>().ok());
    let mut next = || numbers.next().flatten();
    match (next(), next(), next()) {
        (Some(major), Some(minor), Some(patch)) => !((12, 1, 4)..(12, 2, 0)).contains(&(major, minor, patch)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::facts;
    use super::shows_colors;
    use crate::cli::ci_env::Tagging;
    use crate::cli::environment::Environment;

    #[test]
    fn colours_are_off_only_where_gitlab_could_not_show_them() {
        let off: Vec<_> = ["12.1.3", "12.1.4", "12.1.17-ee", "12.2.0", "16.5.1-ee", "", "11.0.0"]
            .into_iter()
            .filter(|version| !shows_colors(version))
            .collect();
        assert_eq!(off, ["12.1.4", "12.1.17-ee"]);
    }

    #[test]
    fn tag_or_branch_needs_one_of_them() {
        let failure = facts(&Environment::default(), Tagging::TagOrBranch).err().unwrap();
        assert!(failure.to_string().contains("CI_COMMIT_TAG"), "{failure}");
    }

    #[test]
    fn the_login_is_the_jobs() {
        let environment = Environment::from_iter([("CI_REGISTRY_IMAGE", "r.example.org/a/b"), ("CI_JOB_TOKEN", "tok")]);
        let login = facts(&environment, Tagging::StagesSignature).unwrap().login.unwrap();
        assert_eq!((login.user.as_str(), login.password.reveal()), ("gitlab-ci-token", "tok"));
    }
}
