//! A `.gitlab-ci.yml`, expanded by the library `gitlab-ci-local` and read into job descriptions.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The jobs of a pipeline file, in the order of the text.
#[derive(Debug, Clone)]
pub(crate) struct CiFile {
    pub(crate) stages: Vec<String>,
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) jobs: Vec<JobSpec>,
}

/// One job as written, extends and anchors resolved.
#[derive(Debug, Clone)]
pub(crate) struct JobSpec {
    pub(crate) name: String,
    pub(crate) stage: String,
    pub(crate) tags: Vec<String>,
    pub(crate) before_script: Vec<String>,
    pub(crate) script: Vec<String>,
    pub(crate) after_script: Vec<String>,
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) environment: Option<Environment>,
    pub(crate) when: String,
    pub(crate) allow_failure: Option<bool>,
    pub(crate) needs: Option<Vec<String>>,
    pub(crate) dependencies: Option<Vec<String>>,
    pub(crate) only: Option<Vec<String>>,
    pub(crate) except: Vec<String>,
    pub(crate) rules: Option<Vec<Rule>>,
    pub(crate) artifacts: Option<Value>,
    pub(crate) cache: Option<Value>,
    pub(crate) image: Option<Value>,
    pub(crate) services: Vec<Value>,
    pub(crate) timeout: Option<u64>,
}

/// `environment:` of a job.
#[derive(Debug, Clone)]
pub(crate) struct Environment {
    pub(crate) name: String,
    pub(crate) url: Option<String>,
    pub(crate) on_stop: Option<String>,
    pub(crate) action: String,
}

/// One entry of `rules:`.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) condition: Option<String>,
    pub(crate) when: Option<String>,
    pub(crate) allow_failure: Option<bool>,
}

const KEYWORDS: &[&str] = &[
    "stages",
    "variables",
    "default",
    "include",
    "workflow",
    "image",
    "services",
    "cache",
    "before_script",
    "after_script",
];

/// Expands the file of a work tree.
pub(crate) fn read(expander: &Path, work_tree: &Path) -> CiFile {
    let output = Command::new(expander).arg("--preview").current_dir(work_tree).output().expect("run gitlab-ci-local");
    assert!(
        output.status.success(),
        "gitlab-ci-local refuses the file: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    parse(&String::from_utf8(output.stdout).expect("the preview is text"))
}

/// Reads an expanded file.
pub(crate) fn parse(expanded: &str) -> CiFile {
    let mut file: serde_yaml::Value = serde_yaml::from_str(expanded).expect("the preview is YAML");
    file.apply_merge().expect("merge keys");
    let order: Vec<String> = file
        .as_mapping()
        .expect("a mapping")
        .keys()
        .filter_map(|key| key.as_str())
        .filter(|key| !KEYWORDS.contains(key) && !key.starts_with('.'))
        .map(str::to_owned)
        .collect();
    let file: Value = serde_json::to_value(&file).expect("YAML as JSON");
    CiFile {
        stages: strings(&file["stages"]),
        variables: pairs(&file["variables"]),
        jobs: order.iter().map(|name| job(name, &file[name])).collect(),
    }
}

fn job(name: &str, value: &Value) -> JobSpec {
    let list = |key: &str| strings(&value[key]);
    let refs = |value: &Value| strings(if value.is_object() { &value["refs"] } else { value });
    let present = |key: &str| Some(value[key].clone()).filter(|value| !value.is_null());
    JobSpec {
        name: name.to_owned(),
        stage: value["stage"].as_str().unwrap_or("test").to_owned(),
        tags: list("tags"),
        before_script: list("before_script"),
        script: list("script"),
        after_script: list("after_script"),
        variables: pairs(&value["variables"]),
        environment: environment(&value["environment"]),
        when: value["when"].as_str().unwrap_or("on_success").to_owned(),
        allow_failure: value["allow_failure"].as_bool(),
        needs: value["needs"].as_array().map(|needs| needs.iter().map(need).collect()),
        dependencies: value["dependencies"].as_array().map(|_| list("dependencies")),
        only: present("only").map(|only| refs(&only)),
        except: refs(&value["except"]),
        rules: value["rules"].as_array().map(|rules| rules.iter().map(rule).collect()),
        artifacts: present("artifacts"),
        cache: present("cache"),
        image: present("image"),
        services: value["services"].as_array().cloned().unwrap_or_default(),
        timeout: value["timeout"].as_str().and_then(seconds),
    }
}

fn need(value: &Value) -> String {
    value.as_str().or_else(|| value["job"].as_str()).expect("a needed job's name").to_owned()
}

fn rule(value: &Value) -> Rule {
    Rule {
        condition: value["if"].as_str().map(str::to_owned),
        when: value["when"].as_str().map(str::to_owned),
        allow_failure: value["allow_failure"].as_bool(),
    }
}

fn environment(value: &Value) -> Option<Environment> {
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    let name = value.as_str().map(str::to_owned).or_else(|| text("name"))?;
    Some(Environment {
        name,
        url: text("url"),
        on_stop: text("on_stop"),
        action: text("action").unwrap_or_else(|| "start".to_owned()),
    })
}

fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().map(scalar).collect(),
        _ => Vec::new(),
    }
}

fn pairs(value: &Value) -> Vec<(String, String)> {
    let entries: BTreeMap<String, Value> = serde_json::from_value(value.clone()).unwrap_or_default();
    entries
        .into_iter()
        .map(|(key, value)| (key, scalar(if value.is_object() { &value["value"] } else { &value })))
        .collect()
}

fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `10m`, `1h 30m`, `90 seconds` and the like.
fn seconds(text: &str) -> Option<u64> {
    let span: jiff::Span = text.parse().ok()?;
    u64::try_from(i64::from(span.get_hours()) * 3600 + span.get_minutes() * 60 + span.get_seconds()).ok()
}
