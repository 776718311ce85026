//! The README says what is true: its tables are made of the code's own.

use std::fmt::Write;
use std::path::Path;

use gitlab_werf_executor::model::failure::Cause;

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// The part of the README between two markers.
fn part(name: &str) -> String {
    let text = readme();
    let begin = format!("<!-- {name}: begin (tests/readme.rs compares) -->\n");
    let (_, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("no part `{name}` in README.md"));
    rest.split_once(&format!("<!-- {name}: end -->")).expect("an end marker").0.to_owned()
}

#[test]
fn every_cause_is_in_the_table() {
    let mut table = String::from("| cause | blame | what |\n|---|---|---|\n");
    for cause in Cause::ALL {
        writeln!(table, "| `{}` | {} | {} |", cause.id(), cause.blame(), cause.meaning()).unwrap();
    }
    assert_eq!(part("causes"), table, "the README's table of causes; it should be:\n{table}");
}

#[test]
fn the_settings_are_the_embedded_ones() {
    let defaults = include_str!("../src/job/default-settings.toml");
    let block = format!("```toml\n{defaults}```\n");
    assert_eq!(part("settings"), block, "the README's settings are not src/job/default-settings.toml");
}
