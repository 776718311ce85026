//! The meta document: the project's name, how it is deployed, which images are kept.

use serde::Deserialize;
use serde::Serialize;

use crate::project::error::ProjectError;
use crate::project::policy;
use crate::project::policy::KeepPolicy;
use crate::project::section::Reader;
use crate::yaml::Value;

/// What the meta document says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// The project's name.
    pub project: String,
    /// How it is deployed.
    pub deploy: DeployNames,
    /// Which images are kept; nothing where the defaults hold.
    pub keep_policies: Option<Vec<KeepPolicy>>,
}

/// How release and namespace are named: templates with `[[ project ]]`, `[[ env ]]` and sprig's functions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployNames {
    /// The release's template, if it is not the default.
    pub helm_release: Option<String>,
    /// Whether the release's name is slugged.
    pub helm_release_slug: bool,
    /// The namespace's template, if it is not the default.
    pub namespace: Option<String>,
    /// Whether the namespace's name is slugged.
    pub namespace_slug: bool,
}

impl Default for DeployNames {
    fn default() -> Self {
        Self { helm_release: None, helm_release_slug: true, namespace: None, namespace_slug: true }
    }
}

/// Reads the meta document; `name` takes the place of its `project`.
pub(super) fn read(reader: Reader<'_>, name: Option<&str>) -> Result<Meta, ProjectError> {
    let section = reader.section("the meta section", &["configVersion", "project", "deploy", "cleanup"])?;
    let version = section.get("configVersion").map(|field| field.node.value.clone());
    if version != Some(Value::Int(1)) {
        return Err(section.error("`configVersion: 1` is required"));
    }
    let project = match name {
        Some(name) => name.to_owned(),
        None => section.text("project")?.unwrap_or_default(),
    };
    check_name(&project).map_err(|message| match section.get("project") {
        Some(field) => field.error(message),
        None => section.error(message),
    })?;
    Ok(Meta { project, deploy: deploy(&section)?, keep_policies: policy::read(&section)? })
}

fn deploy(section: &crate::project::section::Section<'_>) -> Result<DeployNames, ProjectError> {
    let known = &["helmRelease", "helmReleaseSlug", "namespace", "namespaceSlug"];
    let Some(section) = section.section("deploy", known)? else { return Ok(DeployNames::default()) };
    let flag = |key| section.get(key).map_or(Ok(true), |field| field.flag());
    Ok(DeployNames {
        helm_release: section.text("helmRelease")?,
        helm_release_slug: flag("helmReleaseSlug")?,
        namespace: section.text("namespace")?,
        namespace_slug: flag("namespaceSlug")?,
    })
}

/// Whether `name` can be a project's.
fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("`project: NAME` is required".to_owned());
    }
    let inner = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if name.len() <= 50 && name.chars().all(inner) && !name.starts_with('-') && !name.ends_with('-') {
        return Ok(());
    }
    Err(format!("`{name}` is not a project name: at most 50 of a-z, 0-9 and `-`, with no `-` at either end"))
}
