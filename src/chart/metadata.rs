//! `Chart.yaml` and lock files.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::chart::compatible;
use crate::chart::error::Error;

/// What `Chart.yaml` says, by its keys.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    /// The chart's name, or the alias under which a parent takes it.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "text")]
    pub name: String,
    /// The project's page.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "text")]
    pub home: String,
    /// Where the source is.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "texts")]
    pub sources: Vec<String>,
    /// The chart's version, `SemVer` 2.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "text")]
    pub version: String,
    /// One sentence about it.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "text")]
    pub description: String,
    /// Words to find it by.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "texts")]
    pub keywords: Vec<String>,
    /// Who looks after it.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub maintainers: Vec<Maintainer>,
    /// An image's address.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "text")]
    pub icon: String,
    /// `v1` or `v2`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "text")]
    pub api_version: String,
    /// Not used by Helm 3.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "text")]
    pub condition: String,
    /// Not used by Helm 3.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "text")]
    pub tags: String,
    /// The version of what is deployed.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "text")]
    pub app_version: String,
    /// Whether it should no longer be used.
    #[serde(skip_serializing_if = "std::ops::Not::not", deserialize_with = "nullable")]
    pub deprecated: bool,
    /// What others note about the chart.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "text_map")]
    pub annotations: BTreeMap<String, String>,
    /// Which versions of Kubernetes it takes, a range of versions.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "text")]
    pub kube_version: String,
    /// The charts it needs.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub dependencies: Vec<Dependency>,
    /// `application` (also when empty) or `library`.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty", deserialize_with = "text")]
    pub kind: String,
}

/// Who looks after a chart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Maintainer {
    /// The name.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "text")]
    pub name: String,
    /// The address.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "text")]
    pub email: String,
    /// The page.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "text")]
    pub url: String,
}

/// A chart that a chart needs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Dependency {
    /// Its name.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// The range of versions that will do; in a lock, the version.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "text")]
    pub version: String,
    /// The repository's address, `file://…`, `oci://…`, `@alias`; empty for one that lies in `charts/`.
    #[serde(deserialize_with = "text")]
    pub repository: String,
    /// Paths of values, separated by commas: the first that is a boolean decides whether it is taken.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "text")]
    pub condition: String,
    /// Keys below `tags` that can switch it on or off.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "texts")]
    pub tags: Vec<String>,
    /// Whether it is taken; set while dependencies are processed.
    #[serde(skip_serializing_if = "std::ops::Not::not", deserialize_with = "nullable")]
    pub enabled: bool,
    /// What the parent takes from its values: names of exports, or `{child, parent}`.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub import_values: Vec<Value>,
    /// Another name for it here.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "text")]
    pub alias: String,
}

/// `Chart.lock` or `requirements.lock`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lock {
    /// When it was made, RFC 3339.
    #[serde(deserialize_with = "text")]
    pub generated: String,
    /// The digest of the dependencies that it was made for.
    #[serde(deserialize_with = "text")]
    pub digest: String,
    /// What was chosen.
    #[serde(deserialize_with = "nullable")]
    pub dependencies: Vec<Dependency>,
}

impl Metadata {
    /// What werf 1.1 gives a chart without `Chart.yaml`.
    pub fn synthesised(project: &str) -> Self {
        Self { name: project.to_owned(), version: "0.1.0".to_owned(), api_version: "v1".to_owned(), ..Self::default() }
    }

    /// Whether it only lends templates to others.
    pub fn is_library(&self) -> bool {
        self.kind.eq_ignore_ascii_case("library")
    }

    /// Drops what cannot be printed and checks what Helm checks.
    pub fn validate(&mut self) -> Result<(), Error> {
        self.sanitise();
        let name = &self.name;
        if name.is_empty() {
            return refuse("chart.metadata.name is required");
        }
        if name == "." || name == ".." {
            return refuse(format!("chart.metadata.name {name:?} is not allowed"));
        }
        if name.contains('/') {
            return refuse(format!("chart.metadata.name {name:?} is invalid"));
        }
        if self.version.is_empty() {
            return refuse("chart.metadata.version is required");
        }
        if !compatible::is_version(&self.version) {
            return refuse(format!("chart.metadata.version {:?} is invalid", self.version));
        }
        if !matches!(self.kind.as_str(), "" | "application" | "library") {
            return refuse("chart.metadata.type must be application or library");
        }
        self.validate_dependencies()
    }

    fn validate_dependencies(&mut self) -> Result<(), Error> {
        let mut known = std::collections::BTreeSet::new();
        for dependency in &mut self.dependencies {
            dependency.sanitise();
            if !dependency.alias.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-')) {
                return refuse(format!("dependency {:?} has disallowed characters in the alias", dependency.name));
            }
            let key = dependency.local_name();
            if !known.insert(key.to_owned()) {
                return refuse(format!("more than one dependency with name or alias {key:?}"));
            }
        }
        Ok(())
    }

    fn sanitise(&mut self) {
        let single = [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ];
        let people = self.maintainers.iter_mut().flat_map(|who| [&mut who.name, &mut who.email, &mut who.url]);
        for text in single.into_iter().chain(&mut self.sources).chain(&mut self.keywords).chain(people) {
            *text = sanitised(text);
        }
    }
}

impl Dependency {
    /// The name under which the parent knows it: the alias if it has one.
    pub fn local_name(&self) -> &str {
        if self.alias.is_empty() { &self.name } else { &self.alias }
    }

    fn sanitise(&mut self) {
        let single = [&mut self.name, &mut self.version, &mut self.repository, &mut self.condition];
        for text in single.into_iter().chain(&mut self.tags) {
            *text = sanitised(text);
        }
    }
}

fn refuse<T>(text: impl std::fmt::Display) -> Result<T, Error> {
    Err(Error::new(format!("validation: {text}")))
}

/// White space becomes spaces, what does not print goes.
fn sanitised(text: &str) -> String {
    text.chars()
        .filter_map(|character| match character {
            space if space.is_whitespace() => Some(' '),
            control if control.is_control() => None,
            '\u{200b}'..='\u{200f}' | '\u{feff}' => None,
            other => Some(other),
        })
        .collect()
}

/// Go takes null for the zero value wherever it stands.
fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Text; sigs.k8s.io/yaml turns numbers and booleans into text where text is wanted (`appVersion: 1.10`).
fn text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    coerced(Value::deserialize(deserializer)?)
}

fn texts<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    nullable::<D, Vec<Value>>(deserializer)?.into_iter().map(coerced).collect()
}

fn text_map<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let map = nullable::<D, BTreeMap<String, Value>>(deserializer)?;
    map.into_iter().map(|(key, value)| Ok((key, coerced(value)?))).collect()
}

fn coerced<E: serde::de::Error>(value: Value) -> Result<String, E> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text),
        Value::Bool(truth) => Ok(truth.to_string()),
        #[expect(clippy::cast_possible_truncation, reason = "sigs.k8s.io/yaml prints with 32 bits here")]
        Value::Number(number) => Ok(match number.as_f64() {
            Some(float) if number.is_f64() => crate::yaml::format_float(f64::from(float as f32)),
            _ => number.to_string(),
        }),
        Value::Array(_) => Err(E::custom("json: cannot unmarshal array into Go value of type string")),
        Value::Object(_) => Err(E::custom("json: cannot unmarshal object into Go value of type string")),
    }
}
