//! `config.toml.example` is true: it parses, our own command line takes its calls, and `doctor` has no complaint.

use clap::Parser;
use gitlab_werf_executor::driver::Call;

use crate::support::runner::Era;
use crate::support::runner::FakeRunner;

const EXAMPLE: &str = include_str!("../config.toml.example");

#[derive(Debug, Parser)]
enum Door {
    #[command(flatten)]
    Call(Call),
}

#[test]
fn every_call_of_the_example_is_one_of_ours() {
    let example: toml::Table = toml::from_str(EXAMPLE).unwrap();
    let custom = &example["runners"][0]["custom"];
    for name in ["config", "prepare", "run", "cleanup"] {
        let mut arguments = vec!["gitlab-werf-executor"];
        arguments.extend(custom[&format!("{name}_args")].as_array().unwrap().iter().map(|word| word.as_str().unwrap()));
        if name == "run" {
            // What the Runner adds.
            arguments.extend(["/tmp/custom-executor1/script1/script", "build_script"]);
        }
        let Door::Call(call) = Door::try_parse_from(arguments).unwrap();
        assert!(format!("{call:?}").to_lowercase().starts_with(name), "{call:?}");
    }
}

#[test]
fn doctor_finds_nothing_wrong_with_the_example() {
    let runner = FakeRunner::new(Era::Seventeen);
    let config = runner.root().join("config.toml");
    let program = crate::support::runner::PROGRAM;
    std::fs::write(&config, EXAMPLE.replace("/usr/local/bin/gitlab-werf-executor", program)).unwrap();
    let outcome = runner.operator(&["doctor", "--json", "--config", config.to_str().unwrap()]);
    let document = outcome.stdout.split("\n]").next().unwrap().to_owned() + "\n]";
    let findings: Vec<serde_json::Value> = serde_json::from_str(&document).unwrap();
    let about_config = findings.iter().filter(|found| found["check"].as_str().unwrap().starts_with("runner `werf`"));
    let states: Vec<_> = about_config.map(|found| found["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["ok"; 6], "{outcome}");
}
