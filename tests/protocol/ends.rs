//! How calls end when somebody wants them to, and when nobody asked.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

use rustix::process::Pid;
use rustix::process::Signal;

use crate::support::runner::Cancel;
use crate::support::runner::Era;
use crate::support::runner::FakeRunner;
use crate::support::runner::PROGRAM;
use crate::support::runner_call::eventually;

/// A script that does not want to end, in a session of its own too; the number of its stubborn process is in `FILE`.
const STUBBORN: &str = "setsid -f bash -c 'trap \"\" TERM; echo $$ > FILE; while :; do sleep 0.1; done'
trap '' TERM; while [ ! -s FILE ]; do sleep 0.01; done; echo ready; while :; do sleep 0.1; done";

fn stubborn(runner: &FakeRunner) -> (String, std::path::PathBuf) {
    let file = runner.root().join("stubborn");
    (STUBBORN.replace("FILE", &file.display().to_string()), file)
}

fn runs(file: &Path) -> bool {
    let pid = fs::read_to_string(file).unwrap();
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

/// The process numbers of a `run` under way: the driver's and the supervisor's.
fn recorded(runner: &FakeRunner) -> Vec<Pid> {
    let record = runner.root().join("state/records/gitlab.example.com-12-345.json");
    let record: serde_json::Value = serde_json::from_slice(&fs::read(record).unwrap()).unwrap();
    let pid = |which: &str| i32::try_from(record["running"][which]["pid"].as_i64().unwrap()).unwrap();
    ["driver", "supervisor"].map(|which| Pid::from_raw(pid(which)).unwrap()).into()
}

#[test]
fn t03_a_prepare_that_was_killed_leaves_nothing_after_cleanup() {
    for signal in [Signal::TERM, Signal::KILL] {
        for delay in [0, 1, 2, 4, 8, 16] {
            let mut runner = FakeRunner::new(Era::Seventeen);
            assert_eq!(runner.config().code, 0);
            let call = runner.call(&["prepare"]);
            std::thread::sleep(std::time::Duration::from_millis(delay));
            call.signal(signal);
            let outcome = call.finish();
            let starts = outcome.stdout.matches("section_start").count();
            assert!(signal == Signal::KILL || outcome.stdout.matches("section_end").count() == starts, "{outcome}");
            assert_eq!(runner.cleanup().code, 0);
            assert_eq!(runner.kept(), [""; 0]);
        }
    }
}

#[test]
fn t11_a_script_gets_its_grace_and_then_its_end() {
    for era in [Era::Twelve, Era::Seventeen] {
        let mut runner = FakeRunner::new(era).begun();
        let (script, file) = stubborn(&runner);
        let call = runner.start("build_script", &script);
        call.wait_for("ready");
        call.signal(Signal::TERM);
        std::thread::sleep(std::time::Duration::from_millis(200));
        call.signal(Signal::TERM);
        let outcome = call.finish();
        assert_eq!(outcome.code, 1, "{outcome}");
        assert!(outcome.stdout.ends_with("cause: cancelled (user)\n"), "{outcome}");
        assert!(outcome.took.as_secs() < 15, "{:?}", outcome.took);
        assert!(!runs(&file));
        assert_eq!(runner.cleanup().code, 0);
        assert_eq!(runner.kept(), [""; 0]);
    }
}

#[test]
fn t15_a_script_that_is_told_to_end_finishes_its_writing() {
    let mut runner = FakeRunner::new(Era::Seventeen).begun();
    let record = runner.root().join("release");
    let script = format!(
        "bash -c \"trap 'sleep 0.5; echo consistent > {0}; exit 0' TERM; echo ready; while :; do sleep 0.05; done\"",
        record.display()
    );
    let call = runner.start("build_script", &script);
    call.wait_for("ready");
    call.signal(Signal::TERM);
    let outcome = call.finish();
    assert_eq!((outcome.code, outcome.exit_code.is_some()), (1, true), "{outcome}");
    assert_eq!(fs::read_to_string(record).unwrap(), "consistent\n");
}

#[test]
fn t12_cleanup_ends_a_run_that_is_still_ending() {
    let mut runner = FakeRunner::new(Era::Seventeen).begun();
    let (script, file) = stubborn(&runner);
    let mut call = runner.start("build_script", &script);
    call.wait_for("ready");
    call.signal(Signal::TERM);
    assert!(call.runs());
    let outcome = runner.cleanup();
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    assert!(!runs(&file));
    assert_eq!(call.finish().code, 1);
    assert_eq!(runner.kept(), [""; 0]);
}

#[test]
fn t13_a_killed_driver_takes_its_script_along() {
    let mut runner = FakeRunner::new(Era::Seventeen).begun();
    let (script, file) = stubborn(&runner);
    let call = runner.start("build_script", &script);
    call.wait_for("ready");
    call.signal(Signal::KILL);
    let outcome = call.finish();
    assert_eq!(outcome.code, -1);
    eventually("the end of the script", || !runs(&file));
    assert_eq!(runner.cleanup().code, 0);
    assert_eq!(runner.kept(), [""; 0]);
}

#[test]
fn t13_cleanup_finds_what_is_left_when_driver_and_supervisor_are_killed() {
    let mut runner = FakeRunner::new(Era::Seventeen).begun();
    let (script, file) = stubborn(&runner);
    let call = runner.start("build_script", &script);
    call.wait_for("ready");
    for pid in recorded(&runner) {
        rustix::process::kill_process(pid, Signal::STOP).unwrap();
    }
    for pid in recorded(&runner) {
        rustix::process::kill_process(pid, Signal::KILL).unwrap();
    }
    drop(call);
    assert!(runs(&file));
    assert_eq!(runner.cleanup().code, 0);
    assert!(!runs(&file));
    assert_eq!(runner.kept(), [""; 0]);
}

#[test]
fn t13_a_supervisor_that_is_killed_is_the_systems_fault() {
    let mut runner = FakeRunner::new(Era::Seventeen).begun();
    let (script, file) = stubborn(&runner);
    let call = runner.start("build_script", &script);
    call.wait_for("ready");
    rustix::process::kill_process(recorded(&runner)[1], Signal::KILL).unwrap();
    let outcome = call.finish();
    assert_eq!(outcome.code, 2, "{outcome}");
    assert!(outcome.stdout.contains("the process that holds the script was killed"), "{outcome}");
    assert!(!runs(&file));
}

#[test]
fn t13_gc_frees_the_jobs_of_a_dead_runner_and_no_others() {
    let living = FakeRunner::new(Era::Seventeen).begun();
    let dead = FakeRunner::new(Era::Seventeen);
    let settings = living.root().join("settings.toml");
    let call = |name: &str| format!("{PROGRAM} {name} --settings {}", settings.display());
    // A Runner that calls twice and dies before it cleans up.
    let status = Command::new("bash")
        .args(["-c", &format!("{} && {}; exit 0", call("config"), call("prepare"))])
        .env_clear()
        .envs(dead.environment().into_iter().filter(|(name, _)| name != "JOB_RESPONSE_FILE"))
        .env("CUSTOM_ENV_CI_JOB_ID", "999")
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(living.kept().len(), 4);
    let outcome = living.operator(&["gc"]);
    assert_eq!(
        outcome.stdout, "freed what job gitlab.example.com/12/999 left\n1 job freed, 1 job alive\n",
        "{outcome}"
    );
    assert_eq!(living.kept().len(), 2);
    assert!(living.kept().iter().all(|name| name.contains("-12-345")));
}

#[test]
fn t13_a_run_whose_runner_dies_ends() {
    let mut runner = FakeRunner::new(Era::Seventeen).begun();
    let file = runner.root().join("pid");
    let script = runner.root().join("job");
    fs::write(&script, format!("echo $$ > {}; while :; do sleep 0.1; done", file.display())).unwrap();
    runner.variable("UNUSED", "");
    let mut caller = Command::new("bash")
        .args([
            "-c",
            &format!(
                "{PROGRAM} run --settings {}/settings.toml {} build_script; :",
                runner.root().display(),
                script.display()
            ),
        ])
        .env_clear()
        .envs(runner.environment())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    eventually("the script", || fs::read_to_string(&file).is_ok_and(|pid| !pid.trim().is_empty()));
    caller.kill().unwrap();
    caller.wait().unwrap();
    eventually("the end of the script", || !runs(&file));
}

#[test]
fn t14_both_cancels_in_the_runners_order() {
    for (era, cancel, expected) in [
        (Era::Seventeen, Cancel::Canceling, 5),
        (Era::Nineteen, Cancel::Canceled, 2),
        (Era::Twelve, Cancel::Canceling, 2),
    ] {
        let mut runner = FakeRunner::new(era).begun();
        let stages = runner.cancelled_job("echo ready; sleep 100", cancel);
        assert_eq!(stages.len(), expected, "{era:?}");
        assert_eq!(stages[0].1.code, 1, "{}", stages[0].1);
        assert!(stages[1..].iter().all(|(_, outcome)| outcome.code == 0));
        assert_eq!(runner.kept(), [""; 0]);
    }
}

#[test]
fn t13_an_engine_that_is_down_is_told_and_left_to_gc() {
    let runner = FakeRunner::new(Era::Seventeen);
    let socket = runner.root().join("engine");
    runner.settings(&format!("[engine]\nhost = 'unix://{}'\n", socket.display()));
    let mut runner = runner.begun();
    // Nobody listens any more at a socket that stays.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    assert_eq!(runner.run("build_script", "true").code, 0);
    let outcome = runner.cleanup();
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, ""), "{outcome}");
    assert!(outcome.stderr.contains("connect to the container engine at `unix://"), "{outcome}");
    assert_eq!(runner.kept(), ["gitlab.example.com-12-345.json"]);
    let outcome = runner.operator(&["gc"]);
    assert!(outcome.stdout.starts_with("not freed: connect to the container engine at `unix://"), "{outcome}");
    assert!(outcome.stdout.ends_with("\n0 jobs freed, 0 jobs alive\n") && outcome.code != 0, "{outcome}");
    // The Runner's caller is the test itself; the same job begins anew.
    assert!(runner.begin().is_ok());
}
