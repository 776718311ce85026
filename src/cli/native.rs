//! The bare `werf` of a job: finds out what the job's place in the pipeline asks for.

use std::collections::BTreeMap;
use std::path::Path;

use crate::driver::SETTINGS_VARIABLE;
use crate::driver::settings_file;
use crate::job::environment::EnvironmentFacts;
use crate::job::environment::environment;
use crate::job::plan::JobPlace;
use crate::job::plan::Plan;
use crate::job::plan::plan;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// What the bare `werf` does in a job whose script has this environment: a verb, and why it. The caller says it
/// (`Plan` displays as one line) and goes on as if the verb had been written.
///
/// The stage map is that of the settings that `run` named to the script; elsewhere the default one holds.
pub fn choose(variables: &BTreeMap<String, String>) -> Result<Plan, Failure> {
    let settings = settings_file::read(variables.get(SETTINGS_VARIABLE).map(Path::new))?;
    let value = |name: &str| variables.get(name).filter(|value| !value.is_empty()).cloned();
    if value("CI_JOB_ID").is_none() && value("WERF_ACTION").is_none() {
        return Err(Failure::new(Cause::Usage, "`werf` without a verb means something only in a GitLab job")
            .hint("`werf --help` lists the verbs"));
    }
    let facts = EnvironmentFacts {
        name: value("CI_ENVIRONMENT_NAME"),
        slug: value("CI_ENVIRONMENT_SLUG"),
        url: value("CI_ENVIRONMENT_URL"),
        tier: value("CI_ENVIRONMENT_TIER"),
        action: value("CI_ENVIRONMENT_ACTION"),
        job_name: value("CI_JOB_NAME"),
        script: Vec::new(),
    };
    let environment = environment(&facts, &settings.stop.job_names)
        .map_err(|error| Failure::new(Cause::Usage, "read the job's environment").because(error))?;
    let place = JobPlace { wish: value("WERF_ACTION"), stage: value("CI_JOB_STAGE") };
    plan(&place, environment.as_ref(), &settings.stages)
        .map_err(|error| Failure::new(Cause::Usage, error.to_string()).hint(error.hint()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::choose;
    use crate::model::failure::Cause;

    fn said(variables: &[(&str, &str)]) -> String {
        let variables: BTreeMap<_, _> =
            variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        choose(&variables).map_or_else(|failure| failure.to_string(), |plan| plan.to_string())
    }

    #[test]
    fn the_jobs_variables_decide() {
        let build = [("CI_JOB_ID", "1"), ("CI_JOB_STAGE", "build")];
        assert_eq!(said(&build), "werf build-and-publish: the job's stage is `build`");
        let stop = [("CI_JOB_ID", "1"), ("CI_ENVIRONMENT_NAME", "review/x"), ("CI_JOB_NAME", "Stop Review")];
        assert!(said(&stop).starts_with("werf dismiss: the job stops environment `review/x`"), "{}", said(&stop));
        let forged = [("CI_JOB_ID", "1"), ("CI_ENVIRONMENT_NAME", "x"), ("CI_ENVIRONMENT_SLUG", "--all")];
        assert!(said(&forged).contains("is not the slug"), "{}", said(&forged));
    }

    #[test]
    fn outside_of_a_job_it_is_a_mistake() {
        let failure = choose(&BTreeMap::new()).unwrap_err();
        assert_eq!((failure.cause, failure.hints.len()), (Cause::Usage, 1));
    }
}
