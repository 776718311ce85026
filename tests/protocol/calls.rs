//! What every call does in a healthy job, and what it says in an unhealthy one.

use std::fs;

use crate::support::runner::Era;
use crate::support::runner::FakeRunner;

const ALL: [Era; 3] = [Era::Twelve, Era::Seventeen, Era::Nineteen];

#[test]
fn a_whole_job_leaves_nothing() {
    for era in ALL {
        let mut runner = FakeRunner::new(era).begun();
        for stage in ["prepare_script", "get_sources", "build_script", "after_script", "upload_artifacts_on_success"] {
            let outcome = runner.run(stage, "echo in $PWD");
            assert_eq!(outcome.code, 0, "{era:?} {stage} {outcome}");
        }
        let outcome = runner.cleanup();
        assert_eq!((outcome.code, outcome.stdout.as_str(), outcome.stderr.as_str()), (0, "", ""));
        assert_eq!(runner.kept(), [""; 0], "{era:?}");
    }
}

#[test]
fn t01_config_prints_one_json_document_and_nothing_else() {
    let mut runner = FakeRunner::new(Era::Seventeen);
    runner.host.insert("RUST_LOG".to_owned(), "trace".to_owned());
    runner.variable("CI_DEBUG_TRACE", "true");
    let outcome = runner.config();
    let answer: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(outcome.stderr, "");
    assert_eq!(answer["driver"]["name"], "gitlab-werf-executor");
    assert_eq!((answer["shell"].as_str(), answer["builds_dir_is_shared"].as_bool()), (Some("bash"), Some(true)));
    assert!(answer["builds_dir"].as_str().unwrap().starts_with('/'));
    let job_env = answer["job_env"].as_object().unwrap();
    assert!(job_env.iter().all(|(name, value)| name.starts_with("GITLAB_WERF_EXECUTOR_") && value.is_string()));
}

#[test]
fn t01_a_config_that_fails_prints_no_document() {
    let mut runner = FakeRunner::new(Era::Seventeen);
    runner.settings("bilds_dir = '/srv'\n");
    let calls = runner.begin().unwrap_err();
    assert_eq!(calls.iter().map(|call| call.code).collect::<Vec<_>>(), [2, 0, 2, 0, 2, 0]);
    assert_eq!(calls[0].stdout, "");
    assert!(calls[0].stderr.contains("line 3, column 1: there is no setting `bilds_dir`; did you mean `builds_dir`?"));
    assert!(calls[0].stderr.ends_with("cause: settings-invalid (system)\n"), "{}", calls[0]);
}

#[test]
fn t02_cleanup_is_quick_and_content_with_nothing() {
    for era in ALL {
        let mut runner = FakeRunner::new(era);
        for _ in 0..2 {
            let outcome = runner.cleanup();
            assert_eq!(outcome.code, 0, "{outcome}");
            assert!(outcome.took.as_millis() < 1000, "{:?}", outcome.took);
        }
        assert_eq!(runner.config().code, 0);
        runner.variables.remove("CI_JOB_ID");
        runner.response["id"] = serde_json::Value::Null;
        assert_eq!(runner.cleanup().code, 0);
    }
}

#[test]
fn t04_an_unknown_run_stage_is_executed() {
    let mut runner = FakeRunner::new(Era::Seventeen).begun();
    for stage in ["step_foo", "clear_worktree", "step_script", "step_release"] {
        let outcome = runner.run(stage, "echo $((6 * 7))");
        assert_eq!((outcome.code, outcome.stdout.as_str()), (0, "42\n"), "{stage}");
    }
}

#[test]
fn t05_the_scripts_exit_code_is_told() {
    for era in ALL {
        let mut runner = FakeRunner::new(era).begun();
        for code in [1, 2, 7, 77, 126, 127, 143, 255] {
            let outcome = runner.run("build_script", &format!("exit {code}"));
            let told = (era != Era::Twelve).then(|| format!("{code}\n"));
            assert_eq!((outcome.code, &outcome.exit_code), (1, &told), "{era:?} {code} {outcome}");
        }
        let outcome = runner.run("build_script", "exit 0");
        assert_eq!((outcome.code, outcome.exit_code), (0, None));
    }
}

#[test]
fn t05_without_a_place_for_the_code_a_script_failure_stays_one() {
    let mut runner = FakeRunner::new(Era::Seventeen).begun();
    let file = runner.exit_code_file();
    fs::create_dir(&file).unwrap();
    let outcome = runner.run("build_script", "exit 7");
    assert_eq!(outcome.code, 1, "{outcome}");
    assert!(outcome.stdout.contains("the script's exit code could not be told"), "{outcome}");
    assert_eq!(fs::read_dir(file).unwrap().count(), 0);
}

#[test]
fn t06_prepare_says_what_is_missing_and_how_to_mend_it() {
    for (name, fix) in [("gitlab-runner", "GitLab Runner's own program"), ("git", "apt-get install git")] {
        let mut runner = FakeRunner::new(Era::Seventeen);
        let tools = runner.root().join("tools");
        fs::create_dir(&tools).unwrap();
        for tool in ["bash", "git", "gitlab-runner"].iter().filter(|tool| **tool != name) {
            std::os::unix::fs::symlink(
                format!("/usr/bin/{}", if *tool == "gitlab-runner" { "true" } else { tool }),
                tools.join(tool),
            )
            .unwrap();
        }
        runner.host.insert("PATH".to_owned(), tools.display().to_string());
        let calls = runner.begin().unwrap_err();
        let prepare = &calls[1];
        assert_eq!((prepare.code, calls.len()), (2, 9), "{prepare}");
        assert!(prepare.stdout.contains(&format!("Error: `{name}` is not on the PATH of jobs")), "{prepare}");
        assert!(prepare.stdout.contains(fix), "{prepare}");
        assert!(prepare.stdout.ends_with("cause: host-incomplete (system)\n"), "{prepare}");
        assert_eq!(runner.kept(), [""; 0]);
    }
}

#[test]
fn t06_prepare_checks_engine_and_cluster_for_the_jobs_that_need_them() {
    for (script, cause) in [("werf build", "engine-unavailable"), ("werf deploy", "cluster-denied")] {
        let mut runner = FakeRunner::new(Era::Seventeen);
        runner.settings("[engine]\nhost = 'unix:///nonexistent/docker.sock'\n");
        assert!(runner.begin().is_ok());
        runner.response["steps"][0]["script"] = serde_json::json!([script]);
        let calls = runner.begin().unwrap_err();
        assert!(calls[1].stdout.ends_with(&format!("cause: {cause} (system)\n")), "{}", calls[1]);
    }
}

#[test]
fn t06_a_werf_that_failed_for_the_system_makes_the_script_the_systems() {
    let mut runner = FakeRunner::new(Era::Seventeen).begun();
    let note = r#"echo '{"cause":"registry-unavailable","exit_code":75}' > $GITLAB_WERF_EXECUTOR_VERDICT"#;
    let outcome = runner.run("build_script", &format!("{note}\nexit 75"));
    assert_eq!((outcome.code, &outcome.exit_code), (2, &None), "{outcome}");
    assert!(outcome.stdout.ends_with("cause: registry-unavailable (system)\n"), "{outcome}");
    assert_eq!(runner.run("after_script", "exit 75").code, 1);
}

#[test]
fn t07_the_codes_of_the_environment_are_used() {
    let mut runner = FakeRunner::new(Era::Twelve);
    runner.host.insert("BUILD_FAILURE_EXIT_CODE".to_owned(), "41".to_owned());
    runner.host.insert("SYSTEM_FAILURE_EXIT_CODE".to_owned(), "42".to_owned());
    let mut runner = runner.begun();
    assert_eq!(runner.run("build_script", "exit 7").code, 41);
    runner.settings("nonsense = 1\n");
    assert_eq!(runner.run("build_script", "exit 7").code, 42);
}

#[test]
fn a_job_finds_werf_and_a_temporary_directory_of_its_own() {
    let mut runner = FakeRunner::new(Era::Seventeen).begun();
    let outcome = runner.run("build_script", "command -v werf multiwerf; echo $TMPDIR; touch $TMPDIR/left");
    let jobs = runner.root().join("state/jobs/gitlab.example.com-12-345");
    let expected = format!("{0}/bin/werf\n{0}/bin/multiwerf\n{0}/tmp\n", jobs.display());
    assert_eq!(outcome.stdout, expected);
    runner.cleanup();
    assert!(!jobs.exists());
}
