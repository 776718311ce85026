//! What GitHub's variables mean for werf. Pure.

use crate::cli::ci_env::Facts;
use crate::cli::ci_env::Tagging;
use crate::cli::ci_env::docker_config::Login;
use crate::cli::ci_env::gitlab::cleanup_policies;
use crate::cli::ci_env::script::Section;
use crate::cli::environment::Environment;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::secret::Secret;
use crate::model::slug;

/// GitHub's registry; the one that werf 1.1 named is gone.
const REGISTRY: &str = "ghcr.io";

/// Reads GitHub's variables.
pub(super) fn facts(environment: &Environment, tagging: Tagging) -> Result<Facts, Failure> {
    let get = |name: &str| environment.get(name);
    // A repository in a registry has no capital letters.
    let image = get("GITHUB_REPOSITORY").map(|name| format!("{REGISTRY}/{}", name.to_lowercase()));
    let login = image.clone().zip(get("GITHUB_ACTOR")).zip(get("GITHUB_TOKEN"));
    let login = login.map(|((repository, user), token)| Login {
        repository,
        user: user.to_owned(),
        password: Secret::new(token),
    });
    let stages = image.as_ref().map(|image| format!("{image}/stages")).unwrap_or_default();
    let sections = vec![
        Section::new("STAGES_STORAGE").with("WERF_STAGES_STORAGE", stages),
        Section::new("IMAGES REPO").with("WERF_IMAGES_REPO", image.unwrap_or_default()),
        tags(environment, tagging)?,
        deploy(environment),
        cleanup_policies(),
        Section::new("OTHER")
            .with("WERF_GIT_HISTORY_SYNCHRONIZATION", "1")
            .with("WERF_GIT_UNSHALLOW", "1")
            .with("WERF_LOG_COLOR_MODE", "on")
            .with("WERF_LOG_PROJECT_DIR", "1")
            .with("WERF_ENABLE_PROCESS_EXTERMINATOR", "1")
            .with("WERF_LOG_TERMINAL_WIDTH", "95"),
    ];
    Ok(Facts { sections, login })
}

fn tags(environment: &Environment, tagging: Tagging) -> Result<Section, Failure> {
    let section = Section::new("TAGGING");
    if tagging == Tagging::StagesSignature {
        return Ok(section.with("WERF_TAG_BY_STAGES_SIGNATURE", "true"));
    }
    let reference = environment.get("GITHUB_REF").unwrap_or_default();
    if let Some(tag) = reference.strip_prefix("refs/tags/") {
        return Ok(section.with("WERF_TAG_GIT_TAG", slug::docker_tag(tag)));
    }
    // Of a pull request, the branch it comes from.
    let branch = environment.get("GITHUB_HEAD_REF").or_else(|| reference.strip_prefix("refs/heads/"));
    let branch = branch.ok_or_else(|| {
        Failure::new(Cause::Usage, "find the git tag or branch of the job: GITHUB_REF names neither")
            .hint("`--tagging-strategy stages-signature` needs neither")
    })?;
    Ok(section.with("WERF_TAG_GIT_BRANCH", slug::docker_tag(branch)))
}

fn deploy(environment: &Environment) -> Section {
    let get = |name: &str| environment.get(name);
    let annotation = |name: &str, value: Option<String>| value.map(|it| format!("{name}={it}")).unwrap_or_default();
    let server = get("GITHUB_SERVER_URL").unwrap_or("https://github.com");
    let project = get("GITHUB_REPOSITORY").map(|repository| format!("{server}/{repository}"));
    let run = project.clone().zip(get("GITHUB_RUN_ID")).map(|(url, id)| format!("{url}/actions/runs/{id}"));
    Section::new("DEPLOY")
        .with("WERF_ADD_ANNOTATION_PROJECT_GIT", annotation("project.werf.io/git", project))
        .with("WERF_ADD_ANNOTATION_CI_COMMIT", annotation("ci.werf.io/commit", get("GITHUB_SHA").map(str::to_owned)))
        .with("WERF_ADD_ANNOTATION_GITHUB_ACTIONS_RUN_URL", annotation("github.ci.werf.io/workflow-run-url", run))
}

#[cfg(test)]
mod tests {
    use super::facts;
    use crate::cli::ci_env::Tagging;
    use crate::cli::ci_env::script::Dialect;
    use crate::cli::environment::Environment;

    #[test]
    fn a_branch_of_a_repository() {
        let environment = Environment::from_iter([
            ("GITHUB_REPOSITORY", "Org/App"),
            ("GITHUB_REF", "refs/heads/feature/x"),
            ("GITHUB_ACTOR", "me"),
            ("GITHUB_TOKEN", "tok"),
            ("GITHUB_SHA", "12f5dae7"),
            ("GITHUB_RUN_ID", "1"),
        ]);
        let facts = facts(&environment, Tagging::TagOrBranch).unwrap();
        assert_eq!(facts.login.unwrap().repository, "ghcr.io/org/app");
        let script = Dialect::EnvFile.script(&facts.sections, |_| None, false);
        insta::assert_snapshot!(script.split("# IMAGE CLEANUP").next().unwrap(), @r"
        # STAGES_STORAGE
        WERF_STAGES_STORAGE=ghcr.io/org/app/stages

        # IMAGES REPO
        WERF_IMAGES_REPO=ghcr.io/org/app

        # TAGGING
        WERF_TAG_GIT_BRANCH=feature-x-8339ecf4

        # DEPLOY
        WERF_ADD_ANNOTATION_PROJECT_GIT=project.werf.io/git=https://github.com/Org/App
        WERF_ADD_ANNOTATION_CI_COMMIT=ci.werf.io/commit=12f5dae7
        WERF_ADD_ANNOTATION_GITHUB_ACTIONS_RUN_URL=github.ci.werf.io/workflow-run-url=https://github.com/Org/App/actions/runs/1
        ");
    }
}
