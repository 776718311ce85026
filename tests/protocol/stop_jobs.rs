//! Jobs that stop an environment.

use crate::support::runner::Era;
use crate::support::runner::FakeRunner;

fn stop_job(era: Era, action: Option<&str>, job: &str) -> FakeRunner {
    let mut runner = FakeRunner::new(era);
    runner.variable("CI_ENVIRONMENT_NAME", "review/x");
    runner.variable("CI_ENVIRONMENT_SLUG", "review-x");
    if let Some(action) = action {
        runner.variable("CI_ENVIRONMENT_ACTION", action);
    }
    runner.variable("CI_JOB_NAME", job);
    runner.response["job_info"]["name"] = job.into();
    // An old Runner does not tell the script: a job with an environment is taken for one that needs a cluster.
    let kube = runner.root().join("home/.kube");
    std::fs::create_dir_all(&kube).unwrap();
    std::fs::write(kube.join("config"), "").unwrap();
    runner.begun()
}

const NO_REF: &str = "echo \"fatal: couldn't find remote ref refs/pipelines/99\" >&2; exit 1";

#[test]
fn t29_a_stop_job_needs_no_branch() {
    for era in [Era::Twelve, Era::Seventeen] {
        let mut runner = stop_job(era, Some("stop"), "Undo");
        let outcome = runner.run("get_sources", NO_REF);
        assert_eq!((outcome.code, &outcome.exit_code), (0, &None), "{outcome}");
        assert!(outcome.stdout.contains("the sources could not be fetched (exit code 1); this job stops"), "{outcome}");
        let project = runner.variables["CI_PROJECT_DIR"].clone();
        // There is no cluster here: what is left of the environment is looked for, and that is told.
        let outcome = runner.run("build_script", &format!("cd {project} && echo stopped"));
        assert!(outcome.stdout.starts_with("stopped\n"), "{outcome}");
        assert!(outcome.stdout.contains("Stop environment review/x"), "{outcome}");
        assert!(outcome.stdout.contains("cause: cluster-denied (system)"), "{outcome}");
    }
}

#[test]
fn t29_only_sources_may_fail_and_only_in_a_stop_job() {
    let mut stop = stop_job(Era::Seventeen, Some("stop"), "Undo");
    assert_eq!(stop.run("build_script", "exit 3").exit_code.as_deref(), Some("3\n"));
    assert_eq!(stop.run("download_artifacts", "exit 1").code, 1);
    let mut start = stop_job(Era::Seventeen, Some("start"), "Stop Review");
    assert_eq!(start.run("get_sources", NO_REF).code, 1);
}

#[test]
fn t29_a_cancelled_checkout_of_a_stop_job_is_cancelled() {
    let mut runner = stop_job(Era::Seventeen, Some("stop"), "Undo");
    let call = runner.start("get_sources", "echo ready; sleep 100");
    call.wait_for("ready");
    call.signal(rustix::process::Signal::TERM);
    assert_eq!(call.finish().code, 1);
}

#[test]
fn t30_without_the_action_the_rule_is_used_and_named() {
    let mut runner = stop_job(Era::Twelve, None, "Stop Review");
    let outcome = runner.run("get_sources", NO_REF);
    assert_eq!(outcome.code, 0, "{outcome}");
    let calls = stop_job(Era::Seventeen, None, "Stop Review").begin().unwrap();
    assert!(calls[1].stdout.contains("the job's name fits `stop[ _:-]*` of `stop.job_names`"), "{}", calls[1]);
}

#[test]
fn t20_a_forged_action_is_not_believed_where_gitlab_says_its_own() {
    let mut runner = stop_job(Era::Seventeen, Some("start"), "Deploy");
    runner.variable("CI_ENVIRONMENT_ACTION", "stop");
    assert_eq!(runner.run("get_sources", NO_REF).code, 1);
}
