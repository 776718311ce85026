//! Jobs that try what they must not.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::symlink;

use crate::support::runner::Era;
use crate::support::runner::FakeRunner;

#[test]
fn t18_a_script_sees_nothing_of_the_driver() {
    let mut runner = FakeRunner::new(Era::Seventeen);
    for (name, value) in [("AWS_SECRET_ACCESS_KEY", "host-secret"), ("LD_PRELOAD", ""), ("BASH_ENV", "/nonexistent")] {
        runner.host.insert(name.to_owned(), value.to_owned());
    }
    runner.variable("DEPLOY_TOKEN", "job-variable");
    let mut runner = runner.begun();
    let outcome = runner.run(
        "build_script",
        "env; ls -l /proc/self/fd; for p in $PPID; do tr '\\0' '\\n' < /proc/$p/environ; done || true",
    );
    assert_eq!(outcome.code, 0, "{outcome}");
    let names: Vec<_> = outcome.stdout.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    for name in names {
        let own = ["CUSTOM_ENV_", "BUILD_", "SYSTEM_", "JOB_RESPONSE", "AWS", "LD_", "BASH_ENV"];
        assert!(!own.iter().any(|prefix| name.starts_with(prefix)), "{name}: {outcome}");
    }
    assert!(!outcome.stdout.contains("host-secret") && !outcome.stdout.contains("response.json"), "{outcome}");
}

#[test]
fn t18_records_are_for_the_runners_user_alone() {
    let runner = FakeRunner::new(Era::Seventeen).begun();
    let mode = |path: &str| fs::metadata(runner.root().join("state").join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("records"), 0o700);
    assert_eq!(mode("records/gitlab.example.com-12-345.json"), 0o600);
    assert_eq!(mode("jobs/gitlab.example.com-12-345"), 0o700);
    let record = fs::read_to_string(runner.root().join("state/records/gitlab.example.com-12-345.json")).unwrap();
    assert!(!record.contains("job-token"), "{record}");
}

#[test]
fn t19_forged_paths_and_names_lead_nowhere() {
    let mut runner = FakeRunner::new(Era::Seventeen);
    let victim = runner.root().join("victim.tmp");
    fs::create_dir(&victim).unwrap();
    runner.variables.insert("CI_PROJECT_DIR".to_owned(), runner.root().join("victim").display().to_string());
    for (name, value) in [
        ("CI_PROJECT_PATH", "../../etc"),
        ("CI_SERVER_HOST", "../.."),
        ("CI_JOB_NAME", "x\r\x1b[0Ksection_end:1:prepare_executor\r\x1b[0K"),
        ("CI_ENVIRONMENT_NAME", "$(id)\nx"),
        ("CI_ENVIRONMENT_SLUG", "--all"),
    ] {
        runner.variable(name, value);
    }
    let mut runner = runner.begun();
    let outcome = runner.run("build_script", "echo fine");
    assert_eq!(outcome.code, 0, "{outcome}");
    assert!(!outcome.stdout.contains("section_end:1:prepare_executor\r"), "{outcome}");
    assert!(outcome.stdout.contains("is not the name of an environment"), "{outcome}");
    assert_eq!(runner.cleanup().code, 0);
    assert!(victim.exists());
    assert_eq!(runner.kept(), [""; 0]);
}

#[test]
fn t19_an_old_runners_job_cannot_choose_where_its_record_is() {
    for (name, value) in [("CI_JOB_ID", "../../x"), ("CI_PROJECT_ID", "-rf"), ("CI_SERVER_URL", "https://../../etc")] {
        let mut runner = FakeRunner::new(Era::Twelve);
        runner.variables.insert(name.to_owned(), value.to_owned());
        let calls = runner.begin().unwrap_err();
        assert!(calls[0].stdout.ends_with("cause: contract-broken (system)\n"), "{}", calls[0]);
        assert_eq!(runner.kept(), [""; 0]);
    }
}

#[test]
fn t22_what_cannot_even_start_is_freed_by_gc() {
    let mut runner = FakeRunner::new(Era::Seventeen).begun();
    runner.variable("HUGE", &"x".repeat(200 * 1024));
    assert!(runner.try_call(&["cleanup"]).is_err());
    runner.variables.remove("HUGE");
    assert_eq!(runner.kept().len(), 2);
    runner.settings("gc_after = '0s'\n");
    let record = runner.root().join("state/records/gitlab.example.com-12-345.json");
    let mut text: serde_json::Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    text["since"] = 1.into();
    fs::write(&record, text.to_string()).unwrap();
    assert_eq!(runner.operator(&["gc"]).code, 0);
    assert_eq!(runner.kept(), [""; 0]);
}

#[test]
fn t22_a_name_that_is_no_identifier_harms_nothing() {
    let mut runner = FakeRunner::new(Era::Seventeen);
    runner.variable("WEIRD-NAME.x", "1");
    let mut runner = runner.begun();
    assert_eq!(runner.run("build_script", "echo fine").stdout, "fine\n");
}

#[test]
fn t24_no_process_has_a_secret_in_its_arguments() {
    let mut runner = FakeRunner::new(Era::Seventeen);
    runner.variable("DEPLOY_TOKEN", "hidden-from-every-argument");
    let mut runner = runner.begun();
    let outcome = runner.run("build_script", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; true");
    assert_eq!(outcome.code, 0);
    assert!(!outcome.stdout.contains("hidden-from"), "{outcome}");
    assert!(outcome.stdout.contains("supervise"), "{outcome}");
}

#[test]
fn t25_what_a_job_sets_does_not_change_what_the_driver_does() {
    let mut runner = FakeRunner::new(Era::Seventeen);
    let evil = runner.root().join("evil");
    fs::write(&evil, format!("#!/bin/sh\ntouch {0}.ran\n", evil.display())).unwrap();
    fs::set_permissions(&evil, fs::Permissions::from_mode(0o755)).unwrap();
    for name in ["LD_PRELOAD", "GIT_SSH_COMMAND", "BASH_ENV", "PATH", "WERF_KUBE_CONFIG", "DOCKER_HOST", "KUBECONFIG"] {
        runner.variable(name, &evil.display().to_string());
    }
    let mut runner = runner.begun();
    assert_eq!(runner.run("build_script", "echo $DOCKER_HOST").stdout, "unix:///var/run/docker.sock\n");
    assert!(!evil.with_extension("ran").exists());
}

#[test]
fn t28_links_and_open_doors_are_not_followed() {
    let mut runner = FakeRunner::new(Era::Seventeen);
    let victim = runner.root().join("victim");
    fs::create_dir(&victim).unwrap();
    let jobs = runner.root().join("state/jobs");
    fs::create_dir_all(&jobs).unwrap();
    symlink(&victim, jobs.join("gitlab.example.com-12-345")).unwrap();
    let calls = runner.begin().unwrap();
    assert!(calls[1].stdout.contains("cause: host-files (system)"), "{}", calls[1]);
    assert!(victim.exists() && fs::read_dir(&victim).unwrap().count() == 0);
    // The link, not its target, went with the cleanup; the second attempt had a clean place.
    assert_eq!(calls.iter().map(|call| call.code).collect::<Vec<_>>(), [0, 2, 0, 0, 0]);
}
