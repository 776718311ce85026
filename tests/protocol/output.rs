//! What of a script's output reaches the job log, and in which form.

use std::collections::BTreeMap;

use crate::support::runner::Era;
use crate::support::runner::FakeRunner;

#[test]
fn t08_nothing_of_the_job_keeps_the_pipes() {
    for era in [Era::Twelve, Era::Seventeen] {
        let mut runner = FakeRunner::new(era).begun();
        let left = runner.root().join("left");
        let script = format!(
            "sleep 100 &\nsetsid -f bash -c 'trap \"\" TERM; echo $$ > {0}; sleep 100'\nwhile [ ! -s {0} ]; do :; done; echo done",
            left.display()
        );
        let outcome = runner.run("build_script", &script);
        assert_eq!(outcome.code, 0, "{outcome}");
        assert!(outcome.stdout.contains("left behind by the script ended"), "{outcome}");
        assert!(outcome.took.as_secs() < 20, "{:?}", outcome.took);
        let pid = std::fs::read_to_string(left).unwrap();
        assert!(!std::path::Path::new("/proc").join(pid.trim()).exists());
    }
}

#[test]
fn t09_both_outputs_keep_their_order() {
    let mut runner = FakeRunner::new(Era::Seventeen).begun();
    let outcome = runner.run("build_script", "for i in {1..5000}; do echo o$i; echo e$i >&2; done");
    let expected: String = (1..=5000).flat_map(|i| [format!("o{i}\n"), format!("e{i}\n")]).collect();
    assert_eq!(outcome.stdout, expected);
    assert_eq!(outcome.stderr, "");
}

#[test]
fn t09_any_bytes_pass() {
    let mut runner = FakeRunner::new(Era::Seventeen).begun();
    let outcome = runner.run("build_script", r"printf 'a\r\nb\rc\n\xff\x00\x1b[31mx\x1b[0m\n'; printf 'no end'");
    assert_eq!(outcome.stdout, "a\r\nb\rc\n\u{fffd}\0\x1b[31mx\x1b[0m\nno end\n");
    let long = runner.run("build_script", "head -c 1000000 /dev/zero | tr '\\0' x");
    assert_eq!(long.stdout.len(), 1_000_001);
}

#[test]
fn t09_an_unfinished_line_is_shown_while_the_script_goes_on() {
    let mut runner = FakeRunner::new(Era::Seventeen).begun();
    let gate = runner.root().join("gate");
    let call =
        runner.start("build_script", &format!("printf '50%%'; while [ ! -e {} ]; do sleep 0.05; done", gate.display()));
    call.wait_for("50%");
    std::fs::write(gate, "").unwrap();
    assert_eq!(call.finish().code, 0);
}

/// The names of the sections that begin and of those that end, with how often.
fn sections(log: &str) -> (BTreeMap<String, usize>, BTreeMap<String, usize>) {
    let marker =
        regex::Regex::new(r"section_(start|end):\d+:([a-zA-Z0-9_.-]+)(\[[a-z_]+=(true|false)\])?\r\x1b\[0K").unwrap();
    let (mut begun, mut ended) = (BTreeMap::new(), BTreeMap::new());
    for found in marker.captures_iter(log) {
        let names = if &found[1] == "start" { &mut begun } else { &mut ended };
        *names.entry(found[2].to_owned()).or_insert(0) += 1;
    }
    (begun, ended)
}

#[test]
fn t10_sections_begin_once_and_end() {
    let mut runner = FakeRunner::new(Era::Nineteen);
    let mut log = String::new();
    for _ in 0..3 {
        // The Runner tries three times: the names of one job log are all different.
        runner.response["steps"][0]["script"] = serde_json::json!(["docker build ."]);
        runner.settings("[engine]\nhost = 'unix:///nonexistent/docker.sock'\n");
        let calls = runner.begin().unwrap_err();
        log.extend(calls.iter().map(|call| runner.shown(call)));
    }
    let (begun, ended) = sections(&log);
    assert_eq!(begun.len(), 9);
    assert_eq!(begun, ended);
    assert!(begun.values().all(|&times| times == 1));
    assert!(log.lines().all(|line| line.matches("section_").count() <= 1), "a marker stands on one line");
}

#[test]
fn t10_a_job_without_sections_has_no_marker() {
    let mut runner = FakeRunner::new(Era::Seventeen);
    runner.response["features"]["trace_sections"] = false.into();
    let calls = runner.begin().unwrap();
    assert!(calls.iter().all(|call| !call.stdout.contains("section_")));
    assert!(calls[1].stdout.contains("Prepare the job"));
}

#[test]
fn t23_secrets_are_hidden_in_every_form() {
    let mut runner = FakeRunner::new(Era::Seventeen);
    let auth = runner.root().join("auth.json");
    std::fs::write(&auth, r#"{"auths": {"r": {"auth": "dTpyZWdpc3RyeS1wYXNzd29yZA=="}}}"#).unwrap();
    runner.settings(&format!("[registry]\nauth_file = {auth:?}\n"));
    runner.variable("DB_PASSWORD", "db\"pass/word+1");
    let mut runner = runner.begun();
    let outcome = runner.run(
        "build_script",
        r#"set -x
        cat $DOCKER_CONFIG/config.json
        echo registry-password
        { set +x; } 2>/dev/null; printf 'registry-pass'; sleep 0.6; echo 'word'; set -x
        printf 'u:registry-password' | base64; printf 'xy{"a":"registry-password"}' | base64
        echo 'https://u:db%22pass%2Fword%2B1@h/' '{"p": "db\"pass/word+1"}' 'db"pass/word+1'"#,
    );
    assert_eq!(outcome.code, 0, "{outcome}");
    for shown in ["registry-pass", "dTpyZWdpc3RyeS1", "db\"pass", "db%22", "db\\\"pass", "cmVnaXN0cnktcGFzc3dvcm"] {
        assert!(!outcome.stdout.contains(shown), "{shown}: {outcome}");
    }
}
