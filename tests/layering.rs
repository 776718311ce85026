//! The layers of `src/lib.rs`, held by reading the sources: imports point down, each outside word has one home, pure
//! files stay pure, no file grows past 600 lines.

use std::path::Path;
use std::path::PathBuf;

/// A layer and what it may import beside itself.
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("yaml", &["model"]),
    ("template", &["model", "yaml"]),
    ("chart", &["model", "yaml", "template"]),
    ("project", &["model", "yaml", "template"]),
    ("job", &["model", "yaml", "project"]),
    ("report", &["model"]),
    ("backends", &["model"]),
    ("actions", &["model", "yaml", "template", "chart", "project", "job", "report", "backends"]),
    ("driver", &["model", "yaml", "template", "chart", "project", "job", "report", "backends", "actions", "cli"]),
    ("cli", &["model", "yaml", "template", "chart", "project", "job", "report", "backends", "actions", "driver"]),
];

/// Words of the outside world and the one place where they stand.
const HOMES: &[(&str, &str)] = &[
    ("bollard::", "backends/docker"),
    ("kube::", "backends/cluster"),
    ("git2::", "backends/git"),
    ("reqwest::", "backends"),
    ("CUSTOM_ENV_", "driver/protocol"),
];

/// What pure files must not contain.
const IMPURE: &[&str] = &[
    "async fn",
    "tokio::",
    "std::fs",
    "std::env",
    "::now()",
    "std::net::Tcp",
    "std::net::Udp",
    "ToSocketAddrs",
    "std::process",
];

const PURE_FOLDERS: &[&str] = &["model/", "yaml/", "template/", "chart/", "project/", "job/"];

const LONGEST_FILE: usize = 600;

struct Source {
    /// Relative to `src`, with `/`.
    path: String,
    /// Everything above the unit tests, comments left out.
    code: String,
    lines: usize,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    rust_files(&root).into_iter().map(|file| read(&root, &file)).collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn read(root: &Path, file: &Path) -> Source {
    let text = std::fs::read_to_string(file).unwrap();
    let above_tests = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let code = above_tests.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let path = file.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
    Source { path, code, lines: text.lines().count() }
}

fn layer_of(path: &str) -> Option<&str> {
    path.split_once('/').map(|(layer, _)| layer)
}

fn is_pure(path: &str) -> bool {
    PURE_FOLDERS.iter().any(|folder| path.starts_with(folder))
        || path.ends_with("/steps.rs")
        || path.contains("/steps/")
        || path.contains("/readiness/")
}

fn complain(found: &[String]) {
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn imports_point_down() {
    let import = regex::Regex::new(r"crate::(\{|\w+)").unwrap();
    let mut found = Vec::new();
    for source in sources() {
        let Some(layer) = layer_of(&source.path) else { continue };
        let allowed = LAYERS.iter().find(|(name, _)| *name == layer);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("src/{layer} is in no layer"));
        for word in import.captures_iter(&source.code).map(|captures| captures.get(1).unwrap().as_str()) {
            if word != layer && !allowed.contains(&word) {
                found.push(format!("src/{}: `{layer}` must not use `crate::{word}`", source.path));
            }
        }
        if source.code.contains("super::super") {
            found.push(format!("src/{}: `super::super` hides where it points; write `crate::…`", source.path));
        }
    }
    complain(&found);
}

/// Folders of `actions` that are no verbs: what several verbs do with the same thing.
const NOUNS: &[&str] = &["release", "rollout", "stages"];

#[test]
fn verbs_do_not_import_each_other() {
    let import = regex::Regex::new(r"crate::actions::(\w+)").unwrap();
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| source.path.starts_with("actions/")) {
        let own = source.path.split('/').nth(1).unwrap_or_default().trim_end_matches(".rs");
        for captures in import.captures_iter(&source.code) {
            if own != "mod" && &captures[1] != own && !NOUNS.contains(&&captures[1]) {
                found.push(format!(
                    "src/{}: imports the verb `{}`; what two verbs need is a noun",
                    source.path, &captures[1]
                ));
            }
        }
    }
    complain(&found);
}

#[test]
fn outside_words_have_one_home() {
    let mut found = Vec::new();
    for source in sources() {
        for (word, home) in HOMES {
            let stands = regex::Regex::new(&format!(r"(^|[^\w:]){}", regex::escape(word))).unwrap();
            if stands.is_match(&source.code) && !source.path.starts_with(home) {
                found.push(format!("src/{}: `{word}` belongs to src/{home}", source.path));
            }
        }
    }
    complain(&found);
}

#[test]
fn pure_files_are_pure() {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| is_pure(&source.path)) {
        for word in IMPURE.iter().filter(|word| source.code.contains(**word)) {
            found.push(format!("src/{}: pure, but contains `{word}`", source.path));
        }
    }
    complain(&found);
}

#[test]
fn no_file_is_too_long() {
    let long = |source: &Source| source.lines > LONGEST_FILE;
    let found: Vec<String> = sources()
        .iter()
        .filter(|source| long(source))
        .map(|it| format!("src/{}: {} lines", it.path, it.lines))
        .collect();
    complain(&found);
}

#[test]
fn no_test_file_is_forgotten() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let main = std::fs::read_to_string(folder.join("main.rs")).unwrap();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_module = path.extension().is_some_and(|it| it == "rs") || path.join("mod.rs").exists();
        if is_module && name != "main" && !main.contains(&format!("mod {name};")) {
            found.push(format!("tests/{name}: no `mod {name};` in tests/main.rs"));
        }
    }
    complain(&found);
}
