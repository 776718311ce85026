//! YAML against what the real libraries (sigs.k8s.io/yaml over go-yaml v2) made of the same inputs.

use gitlab_werf_executor::yaml;
use gitlab_werf_executor::yaml::Duplicates;
use proptest::prelude::*;
use serde_json::Value;
use std::fmt::Write as _;

/// Each line: what was given, and what the real library gave for it, both as JSON; errors begin with `ERR `.
const READ: &str = include_str!("goldens/yaml/read.jsonl");
const WRITTEN: &str = include_str!("goldens/yaml/written.jsonl");

fn cases(lines: &str) -> impl Iterator<Item = (Value, Value)> + '_ {
    lines.lines().map(|line| serde_json::from_str(line).unwrap())
}

fn read(text: &str) -> Value {
    yaml::from_text(text).unwrap_or_else(|error| Value::String(format!("ERR {error}")))
}

#[test]
fn texts_read_as_with_the_real_library() {
    for (text, expected) in cases(READ) {
        let text = text.as_str().unwrap();
        assert_eq!(read(text), expected, "{text:?}");
    }
}

#[test]
fn values_print_as_with_the_real_library() {
    for (value, expected) in cases(WRITTEN) {
        let text = yaml::emit::to_string(&value);
        match expected.as_str().unwrap() {
            error if error.starts_with("ERR ") => assert!(text.is_err(), "{value}"),
            expected => assert_eq!(text.as_deref(), Ok(expected), "{value}"),
        }
    }
}

#[test]
fn errors_know_their_place() {
    let at = |text: &str| yaml::parse(text).unwrap_err().at().map(|at| (at.line, at.column));
    assert_eq!(at("a: 1\nb: [1\nc: 2\n"), Some((3, 2)));
    assert_eq!(at("a: 1\nb: *x\n"), Some((2, 4)));
    assert_eq!(at("a:\n  - !!int x\n"), Some((2, 5)));
}

#[test]
fn a_key_given_twice_is_refused_where_asked() {
    let error = yaml::parse_strict("a: 1\nb:\n  c: 1\n  c: 2\n").unwrap_err();
    assert_eq!(error.to_string(), "yaml: line 4: key `c` is given twice, first on line 3");
    assert!(yaml::parse_strict("x: &x {a: 1}\ny: {<<: *x, a: 2}\n").is_ok());
    assert!(yaml::parse("a: 1\na: 2\n").is_ok());
}

#[test]
fn every_document_of_a_stream_is_read() {
    let documents = yaml::parse_documents("a: 1\n---\n# nothing\n---\n- b\n", Duplicates::LastWins).unwrap();
    let json: Vec<Value> = documents.iter().map(|document| yaml::to_json(document).unwrap()).collect();
    assert_eq!(serde_json::json!(json), serde_json::json!([{"a": 1}, null, ["b"]]));
}

#[test]
fn hostile_texts_end_with_an_error() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let inner = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(bomb, "a{level}: &a{level} [{inner}]").unwrap();
    }
    let error = |text: &[u8]| yaml::parse(text).unwrap_err().to_string();
    assert_eq!(error(bomb.as_bytes()), "yaml: document contains excessive aliasing");
    assert!(error(&b"[".repeat(100_000)).contains("exceeded max depth of 256"));
    assert!(error(&b"- ".repeat(100_000)).contains("exceeded max depth of 256"));
    assert_eq!(error(b"a: &a [*a]"), "yaml: anchor 'a' value contains itself");
    assert_eq!(error(b"a: \xff\n"), "yaml: invalid leading UTF-8 octet");
    assert_eq!(error(b"a: \xc3"), "yaml: incomplete UTF-8 octet sequence");
    assert_eq!(error(b"a: \x01"), "yaml: control characters are not allowed");
}

#[test]
fn the_pretty_emitter_indents_lists_and_does_not_fold() {
    let value =
        serde_json::json!({"l": [1, {"a": [1.0e6, "on"]}], "t": "x ".repeat(60).trim(), "e": [], "tab": "a\tb"});
    let expected = format!(
        "e: []\nl:\n  - 1\n  - a:\n      - 1e+06\n      - \"on\"\nt: {}\ntab: \"a\\tb\"\n",
        "x ".repeat(60).trim()
    );
    assert_eq!(yaml::emit::to_string_pretty(&value), expected);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        "[ -~\u{e9}\u{2028}\u{1f600}\n]{0,100}".prop_map(Value::from),
        "(yes|no|null|~|0x1|1e3|12:30|2020-01-01|- |: |# |'|\"|\\n| ){0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[ -~\n]{0,30}", inner, 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_as_it_was(value in any_json()) {
        let text = yaml::emit::to_string(&value).unwrap();
        prop_assert_eq!(yaml::from_text(&text).unwrap(), value.clone(), "{}", text);
        let text = yaml::emit::to_string_pretty(&value);
        prop_assert_eq!(yaml::from_text(&text).unwrap(), value, "{}", text);
    }

    #[test]
    fn no_bytes_bring_the_reader_down(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = yaml::from_text(&bytes);
    }

    #[test]
    fn no_text_of_indicators_brings_the_reader_down(text in "[-:?,\\[\\]{}&*!|>'\"%@`#~<= \n\ta1.]{0,80}") {
        let _ = yaml::from_text(&text);
    }
}
