//! The environment of this process, read once.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use crate::model::secret::Secret;

/// Variables whose values are hidden, whatever they are.
const SECRETS: &[&str] = &[
    "CI_BUILD_TOKEN",
    "CI_DEPLOY_PASSWORD",
    "CI_JOB_TOKEN",
    "CI_REGISTRY_PASSWORD",
    "GITHUB_TOKEN",
    "WERF_IMAGES_CLEANUP_PASSWORD",
    "WERF_KUBE_CONFIG_BASE64",
    "WERF_OLD_SECRET_KEY",
    "WERF_SECRET_KEY",
];

/// How the names of other variables end that hold a secret.
const SECRET_ENDINGS: &[&str] = &["_PASSWORD", "_TOKEN", "_SECRET", "_SECRET_KEY", "_PRIVATE_KEY"];

/// Shorter values of variables that only look secret are not hidden: `DB_PASSWORD=test` would hide every `test`.
/// GitLab masks no shorter ones either.
const SHORTEST_SECRET: usize = 8;

/// Names and values of the environment. Nothing below `cli` and `driver` sees it; it does not print its values.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The environment of this process. What is not UTF-8 in it is replaced.
    #[expect(clippy::disallowed_methods, reason = "the one place where a command reads the environment")]
    pub fn of_this_process() -> Self {
        let text = |value: std::ffi::OsString| value.to_string_lossy().into_owned();
        std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect()
    }

    /// The value of `name`; `None` when it is not set or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether `name` is `1`, `true` or `yes`.
    pub fn is_on(&self, name: &str) -> bool {
        matches!(self.get(name), Some("1" | "true" | "yes"))
    }

    /// The variables whose names go on after `prefix`, by name; without empty ones.
    pub fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let all = self.0.range(prefix.to_owned()..).take_while(move |(name, _)| name.starts_with(prefix));
        all.filter(move |(name, value)| name.len() > prefix.len() && !value.is_empty())
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The home directory.
    pub fn home(&self) -> Option<PathBuf> {
        self.get("HOME").map(PathBuf::from)
    }

    /// Every variable.
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// The values that a log must not show.
    pub fn secrets(&self) -> Vec<Secret> {
        let looks_secret = |name: &str| SECRET_ENDINGS.iter().any(|ending| name.ends_with(ending));
        let is_secret =
            |name: &str, value: &str| SECRETS.contains(&name) || (looks_secret(name) && value.len() >= SHORTEST_SECRET);
        self.0.iter().filter(|(name, value)| is_secret(name, value)).map(|(_, value)| Secret::new(value)).collect()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Environment;

    #[test]
    fn an_empty_value_is_no_value() {
        let environment = Environment::from_iter([("A", ""), ("B", "yes"), ("P_", "x"), ("P_1", "one")]);
        assert_eq!(environment.get("A"), None);
        assert!(environment.is_on("B"));
        assert_eq!(environment.with_prefix("P_").collect::<Vec<_>>(), [("P_1", "one")]);
    }

    #[test]
    fn secrets_are_known_by_name_and_do_not_print() {
        let environment =
            Environment::from_iter([("CI_JOB_TOKEN", "tok"), ("DB_PASSWORD", "correct horse"), ("MY_TOKEN", "test")]);
        let secrets: Vec<_> = environment.secrets().iter().map(|it| it.reveal().to_owned()).collect();
        assert_eq!(secrets, ["tok", "correct horse"]);
        assert_eq!(format!("{environment:?}"), r#"{"CI_JOB_TOKEN", "DB_PASSWORD", "MY_TOKEN"}"#);
    }
}
