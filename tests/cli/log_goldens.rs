//! Logs of werf 1.1, taken apart and written again: blocks, borders, wrapping, colours and empty lines must be the
//! same. Durations are not compared.

use std::sync::LazyLock;

use gitlab_werf_executor::report::Block;
use gitlab_werf_executor::report::JobLog;
use gitlab_werf_executor::report::LogOptions;
use gitlab_werf_executor::report::Style;
use regex::Regex;

use super::golden;

const WIDTH: usize = 95;

/// A line of a log without its borders.
struct Line {
    depth: usize,
    kind: Kind,
    style: Style,
    text: String,
}

#[derive(Debug, PartialEq)]
enum Kind {
    Open,
    Close,
    Info,
    Text,
}

static COLOR: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\x1b\[[\d;]*m").unwrap());
static COLORED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\x1b\[([\d;]+)m[^┌│├└]").unwrap());
static TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[a-z]+/[a-zA-Z]+  ").unwrap());

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap()
}

fn without_durations(text: &str) -> String {
    pattern(r"\d+\.\d\d seconds").replace_all(text, "0.00 seconds").into_owned()
}

fn style(line: &str) -> Style {
    let code = COLORED.captures_iter(line).last().map(|found| found[1].to_owned());
    match code.as_deref() {
        Some("33;1") => Style::Image,
        Some("36;1") => Style::Artifact,
        Some("34;1") => Style::Details,
        Some("31;1") => Style::Failure,
        Some("1") => Style::Highlight,
        _ => Style::Plain,
    }
}

/// Takes a line apart that stands in `open` blocks; a table has borders of its own behind theirs.
fn parse(line: &str, open: usize) -> Line {
    let plain = COLOR.replace_all(line, "").into_owned();
    let (mut depth, mut rest) = (0, plain.as_str());
    while let Some(inside) = rest.strip_prefix("│ ").filter(|_| depth < open) {
        (depth, rest) = (depth + 1, inside);
    }
    let kind = match rest.chars().next() {
        Some('┌') => Kind::Open,
        Some('└') if !rest.starts_with("└─") => Kind::Close,
        Some('├') if rest == "├ Info" => Kind::Info,
        _ => return Line { depth, kind: Kind::Text, style: style(line), text: rest.to_owned() },
    };
    Line { depth, kind, style: style(line), text: rest.chars().skip(2).collect() }
}

fn parse_all(text: &str) -> Vec<Line> {
    let mut open = 0;
    let mut lines = Vec::new();
    for line in text.lines() {
        let line = parse(line, open);
        match line.kind {
            Kind::Open => open += 1,
            Kind::Close => open -= 1,
            Kind::Info | Kind::Text => {}
        }
        lines.push(line);
    }
    lines
}

/// Joins what was wrapped. A broken line that is full was broken within a word.
fn unwrapped(lines: Vec<Line>) -> Vec<Line> {
    let mut joined: Vec<Line> = Vec::new();
    let mut goes_on: Option<bool> = None;
    for mut line in lines {
        let tag = joined.last().map(|it| tag_of(&it.text)).unwrap_or_default();
        let wrapped = line.text.strip_suffix(" ↵").map(str::to_owned);
        let next = wrapped.as_ref().map(|text| text.ends_with(' '));
        line.text = wrapped.unwrap_or(line.text);
        match (goes_on, joined.last_mut()) {
            (Some(by_blank), Some(last)) => {
                let text = line.text.strip_prefix(&tag).unwrap_or(&line.text);
                let before = last.text.trim_end().to_owned();
                last.text = format!("{before}{}{text}", if by_blank { " " } else { "" });
            }
            _ => joined.push(line),
        }
        goes_on = next;
    }
    joined
}

/// The tag of a line of a command's output, with the blanks behind it.
fn tag_of(text: &str) -> String {
    TAG.find(text).map_or(String::new(), |found| found.as_str().to_owned())
}

/// Writes `lines` as an action would.
fn replay(lines: &[Line], options: LogOptions) -> String {
    let (log, captured) = JobLog::to_memory(options);
    let mut open: Vec<Block> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let here: &JobLog = open.last().map_or(&log, |block| block);
        match line.kind {
            Kind::Open => {
                let end = lines[at..].iter().find(|it| it.kind == Kind::Close && it.depth == line.depth).unwrap();
                let timed = end.text.contains(" seconds)");
                let block = if timed { here.block(&line.text, line.style) } else { here.note(&line.text, line.style) };
                open.push(block);
            }
            Kind::Close if line.text.ends_with(" FAILED") => open.pop().unwrap().failed(),
            Kind::Close => open.pop().unwrap().done(),
            Kind::Info => open.last().unwrap().info::<&str>(&[]),
            Kind::Text => write(here, line),
        }
    }
    captured.text()
}

fn write(log: &JobLog, line: &Line) {
    let tag = tag_of(&line.text);
    if line.text.starts_with("Error: ") {
        log.unwrapped(line.style, &line.text);
    } else if tag.is_empty() {
        log.styled(line.style, &line.text);
    } else {
        log.tagged(tag.trim_end(), Style::Image).line(&line.text[tag.len()..]);
    }
}

/// The log of a golden: without the command above, the exit code below, and what 1.1 says about itself.
fn log_of(name: &str) -> String {
    let text = golden(&format!("log/{name}.txt"));
    let lines: Vec<&str> = text
        .lines()
        .skip(1)
        .filter(|line| !line.starts_with("[exit code") && !line.contains("werf v1.1") && !line.contains("werf.io/inst"))
        .map(|line| line.trim_end_matches('\r'))
        .collect();
    // A style without colour is written by 1.1 as an empty colour.
    pattern(r"\x1b\[m(.*?)\x1b\[0m").replace_all(&(lines.join("\n") + "\n"), "$1").into_owned()
}

/// Empty lines are not replayed where the log makes them itself: between blocks.
fn is_separator(before: Option<&Line>, line: &Line) -> bool {
    line.kind == Kind::Text && line.text.is_empty() && before.is_some_and(|before| before.kind == Kind::Close)
}

fn check(name: &str, color: bool) {
    let expected = log_of(name);
    let mut lines = Vec::new();
    for line in unwrapped(parse_all(&expected)) {
        if !is_separator(lines.last(), &line) {
            lines.push(line);
        }
    }
    let written = replay(&lines, LogOptions { width: WIDTH, color, ..LogOptions::default() });
    let (written, expected) = (without_durations(&written), without_durations(&expected));
    for (at, (got, want)) in written.lines().zip(expected.lines()).enumerate() {
        assert_eq!(got, want, "{name}, line {}", at + 2);
    }
    assert_eq!(written.lines().count(), expected.lines().count(), "{name}");
}

#[test]
fn logs_are_those_of_1_1() {
    for name in [
        "build-first-color-off",
        "build-noop-color-off",
        "build-gitpatch-color-off",
        "build-failing-stage",
        "cleanup",
        "deploy-again-noop",
        "deploy-fail-crashloop",
        "deploy-fail-image",
    ] {
        check(name, false);
    }
}

#[test]
fn colours_are_those_of_1_1() {
    for name in ["build-noop-color-on", "build-failing-stage-color-on"] {
        check(name, true);
    }
}
