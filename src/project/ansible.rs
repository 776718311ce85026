//! Tasks of the ansible builder: which are allowed, and their text for ansible itself.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value as Json;

use crate::project::error::ProjectError;
use crate::project::error::nearest;
use crate::project::section::Field;
use crate::yaml::Node;
use crate::yaml::Value;

/// One task, or a block of tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The task as JSON, keys sorted: what ansible is given, and what a signature covers.
    pub json: String,
    /// Its first line in the rendered werf.yaml, for messages.
    pub line: usize,
}

/// Modules that can be used while an image is built.
const MODULES: &[&str] = &[
    "command",
    "shell",
    "raw",
    "script",
    "openssl_certificate",
    "openssl_csr",
    "openssl_dhparam",
    "openssl_pkcs12",
    "openssl_privatekey",
    "openssl_publickey",
    "acl",
    "archive",
    "assemble",
    "blockinfile",
    "copy",
    "file",
    "find",
    "ini_file",
    "iso_extract",
    "lineinfile",
    "replace",
    "stat",
    "tempfile",
    "unarchive",
    "xattr",
    "get_url",
    "slurp",
    "uri",
    "bower",
    "bundler",
    "composer",
    "cpanm",
    "easy_install",
    "gem",
    "maven_artifact",
    "npm",
    "pear",
    "pip",
    "yarn",
    "apk",
    "apt",
    "apt_key",
    "apt_repository",
    "apt_rpm",
    "dnf",
    "dpkg_selections",
    "debconf",
    "homebrew",
    "homebrew_cask",
    "homebrew_tap",
    "layman",
    "macports",
    "openbsd_pkg",
    "opkg",
    "package",
    "pacman",
    "pkg5",
    "pkg5_publisher",
    "pkgin",
    "pkgng",
    "pkgutil",
    "portage",
    "portinstall",
    "pulp_repo",
    "redhat_subscription",
    "rhn_channel",
    "rhn_register",
    "rpm_key",
    "slackpkg",
    "sorcery",
    "svr4pkg",
    "swdepot",
    "swupd",
    "urpmi",
    "xbps",
    "yum",
    "yum_repository",
    "zypper",
    "zypper_repository",
    "cron",
    "user",
    "group",
    "getent",
    "locale_gen",
    "timezone",
    "meta",
    "assert",
    "debug",
    "fail",
    "set_fact",
    "wait_for",
];

/// Keys of a task that say how its module is run.
const KEYWORDS: &[&str] = &[
    "action",
    "any_errors_fatal",
    "args",
    "async",
    "become",
    "become_exe",
    "become_flags",
    "become_method",
    "become_user",
    "changed_when",
    "check_mode",
    "collections",
    "connection",
    "debugger",
    "delay",
    "delegate_facts",
    "delegate_to",
    "diff",
    "environment",
    "failed_when",
    "ignore_errors",
    "ignore_unreachable",
    "local_action",
    "loop",
    "loop_control",
    "module_defaults",
    "name",
    "no_log",
    "notify",
    "poll",
    "port",
    "register",
    "remote_user",
    "retries",
    "run_once",
    "tags",
    "throttle",
    "timeout",
    "until",
    "vars",
    "when",
];

const BLOCK: &[&str] = &["block", "rescue", "always"];

/// Reads one item of a stage's task list.
pub(super) fn read(field: &Field<'_>) -> Result<Task, ProjectError> {
    check(field)?;
    Ok(Task { json: json(field.node).to_string(), line: field.reader.document.line_of(field.node) })
}

fn check(field: &Field<'_>) -> Result<(), ProjectError> {
    let Value::Mapping(entries) = &field.node.value else {
        return Err(field.error("a task must be a mapping with a module, such as `shell: make`"));
    };
    let names: Vec<(&str, &Node)> =
        entries.iter().filter_map(|entry| Some((name(&entry.key)?, &entry.value))).collect();
    if names.iter().any(|(name, _)| BLOCK.contains(name)) {
        return names.iter().filter(|(name, _)| BLOCK.contains(name)).try_for_each(|(name, tasks)| {
            let path = format!("`{name}` of {}", field.path);
            Field { reader: field.reader, node: tasks, path }.items()?.iter().try_for_each(check)
        });
    }
    let modules: Vec<&str> = names.iter().map(|(name, _)| *name).filter(|name| !is_keyword(name)).collect();
    match modules.as_slice() {
        [module] if MODULES.contains(module) => Ok(()),
        [] => Err(field.error("a task must name a module, such as `shell: make`")),
        [module] => Err(unsupported(field, module)),
        many => Err(field.error(format!(
            "a task must name exactly one module, not {}",
            crate::project::error::listed(many.iter().copied())
        ))),
    }
}

fn unsupported(field: &Field<'_>, module: &str) -> ProjectError {
    let error = field.error(format!("unsupported module `{module}`; allowed: {}", MODULES.join(", ")));
    match nearest(module, MODULES.iter().chain(KEYWORDS).copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("use `shell` or `command` to do the same"),
    }
}

fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name) || name.starts_with("with_")
}

fn name(node: &Node) -> Option<&str> {
    match &node.value {
        Value::String(name) => Some(name),
        _ => None,
    }
}

/// The node as JSON; `serde_json` keeps the keys of an object sorted.
fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Int(number) => (*number).into(),
        Value::Uint(number) => (*number).into(),
        Value::Float(number) => serde_json::Number::from_f64(*number).map_or(Json::Null, Json::Number),
        Value::String(text) => Json::String(text.clone()),
        Value::Sequence(items) => Json::Array(items.iter().map(json).collect()),
        Value::Mapping(entries) => {
            let mut object: Map<String, Json> = Map::new();
            for entry in entries {
                let key = name(&entry.key).map_or_else(|| json(&entry.key).to_string(), str::to_owned);
                object.insert(key, json(&entry.value));
            }
            object.sort_keys();
            Json::Object(object)
        }
    }
}
