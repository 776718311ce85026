//! The operator's settings: an embedded default file and, over it, a file of the operator's.
//!
//! The default file is the schema: a key that is not in it is refused with the nearest one that is.

mod overlay;
mod value;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use toml::de::DeTable;
use toml::de::DeValue;
use toml::de::ValueDeserializer;

use crate::job::needs::Check;
use crate::job::plan::Verb;

/// The default settings, with comments, as `settings` prints them.
pub const DEFAULTS: &str = include_str!("../default-settings.toml");

/// What the operator has settled. Every key stands in the default file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where everything of the executor's own is; absolute.
    #[serde(deserialize_with = "value::absolute")]
    pub state_dir: PathBuf,
    #[serde(deserialize_with = "value::optional_absolute")]
    builds_dir: Option<PathBuf>,
    #[serde(deserialize_with = "value::optional_absolute")]
    cache_dir: Option<PathBuf>,
    /// From SIGTERM to SIGKILL.
    #[serde(deserialize_with = "value::duration")]
    pub grace: Duration,
    /// Names of the Runner's own variables that scripts may see.
    pub pass_environment: Vec<String>,
    /// Free bytes below which no job starts.
    #[serde(deserialize_with = "value::bytes")]
    pub minimum_free: u64,
    /// The limit of the collection that `prepare` does.
    #[serde(deserialize_with = "value::duration")]
    pub gc_limit: Duration,
    /// How long beyond a job's time limit its record counts as alive.
    #[serde(deserialize_with = "value::duration")]
    pub gc_after: Duration,
    /// The container engine.
    pub engine: Engine,
    /// Registries.
    pub registry: Registry,
    /// The cluster.
    pub cluster: Cluster,
    /// What a native job does, by job stage.
    pub stages: BTreeMap<String, Verb>,
    /// How stop jobs are known on an old GitLab.
    pub stop: Stop,
    /// What the log hides.
    pub mask: Masked,
}

/// The container engine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Engine {
    /// `unix://PATH` or `tcp://HOST:PORT`.
    #[serde(deserialize_with = "value::engine_host")]
    pub host: String,
    /// When `prepare` checks it.
    pub check: Check,
}

/// Registries.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    /// A file in the form of Docker's `config.json`; each job gets a copy.
    #[serde(deserialize_with = "value::optional_absolute")]
    pub auth_file: Option<PathBuf>,
}

/// The cluster.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// The kubeconfig of jobs that bring none.
    #[serde(deserialize_with = "value::optional_absolute")]
    pub kubeconfig: Option<PathBuf>,
    /// When `prepare` checks that credentials are there.
    pub check: Check,
}

/// How stop jobs are known where GitLab does not say.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// Patterns of job names.
    #[serde(deserialize_with = "value::patterns")]
    pub job_names: Vec<String>,
}

/// What the log hides.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Masked {
    /// Patterns of the names of job variables.
    #[serde(deserialize_with = "value::patterns")]
    pub variables: Vec<String>,
}

/// What is wrong in a settings file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct SettingsError {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// One sentence.
    pub message: String,
}

impl Settings {
    /// Where jobs are checked out; absolute.
    pub fn builds_dir(&self) -> PathBuf {
        self.builds_dir.clone().unwrap_or_else(|| self.state_dir.join("builds"))
    }

    /// Where the Runner keeps local caches; absolute.
    pub fn cache_dir(&self) -> PathBuf {
        self.cache_dir.clone().unwrap_or_else(|| self.state_dir.join("cache"))
    }

    /// Where the records of jobs are.
    pub fn records_dir(&self) -> PathBuf {
        self.state_dir.join("records")
    }

    /// Where the private directories of jobs are.
    pub fn jobs_dir(&self) -> PathBuf {
        self.state_dir.join("jobs")
    }

    /// The defaults, with what `file` (the text of a settings file; may be empty) says differently.
    pub fn parse(file: &str) -> Result<Self, SettingsError> {
        let mut merged = DeTable::parse(DEFAULTS).map_err(|error| located(DEFAULTS, &error))?;
        let over = DeTable::parse(file).map_err(|error| located(file, &error))?;
        overlay::overlay(merged.get_mut(), over.into_inner(), &mut Vec::new())
            .map_err(|(at, message)| at_offset(file, at, message))?;
        let span = merged.span();
        let value = toml::Spanned::new(span, DeValue::Table(merged.into_inner()));
        Self::deserialize(ValueDeserializer::from(value)).map_err(|error| located(file, &error))
    }
}

fn located(text: &str, error: &toml::de::Error) -> SettingsError {
    let message = error.message().lines().next().unwrap_or_default().to_owned();
    at_offset(text, error.span().map_or(0, |span| span.start), message)
}

fn at_offset(text: &str, offset: usize, message: String) -> SettingsError {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    SettingsError { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1, message }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::Settings;
    use crate::job::plan::Verb;

    #[test]
    fn the_default_file_is_complete() {
        let settings = Settings::parse("").unwrap();
        assert_eq!(settings.grace, Duration::from_secs(20));
        assert_eq!(settings.minimum_free, 512 << 20);
        assert_eq!(settings.stages["build"], Verb::BuildAndPublish);
        assert_eq!(settings.registry.auth_file, None);
    }

    #[test]
    fn a_file_says_only_what_differs() {
        let file = "builds_dir = '/srv/builds'\n[cluster]\nkubeconfig = '/etc/kube'\n[stages]\nship = 'deploy'\n";
        let settings = Settings::parse(file).unwrap();
        assert_eq!(settings.builds_dir(), Path::new("/srv/builds"));
        assert_eq!(settings.cache_dir(), Path::new("/var/lib/gitlab-werf-executor/cache"));
        assert_eq!(settings.cluster.kubeconfig.as_deref(), Some(Path::new("/etc/kube")));
        assert_eq!(settings.stages.keys().collect::<Vec<_>>(), ["ship"]);
        assert_eq!(settings.engine, Settings::parse("").unwrap().engine);
    }
}
