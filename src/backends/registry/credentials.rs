//! Who we are at which registry: Docker's `config.json`.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use tokio::io::AsyncWriteExt;

use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::reference::Repository;
use crate::model::secret::Secret;

/// Credentials by registry. Those of the file come first, then those of helper programs where these are trusted.
#[derive(Clone, Default)]
pub struct Credentials {
    logins: BTreeMap<String, Login>,
    helpers: BTreeMap<String, String>,
    default_helper: Option<String>,
}

/// A user at a registry.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: Secret,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfigFile {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
    #[serde(default)]
    cred_helpers: BTreeMap<String, String>,
    #[serde(default)]
    creds_store: String,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    auth: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
}

/// What a helper program answers.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HelperAnswer {
    username: String,
    secret: String,
}

impl Credentials {
    /// Reads the text of a Docker `config.json`. Helper programs it names are never run.
    ///
    /// # Errors
    /// When the text is not such a file; the message does not quote it.
    pub fn from_docker_config(text: &str) -> Result<Self, Failure> {
        let file: ConfigFile = serde_json::from_str(text).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            Failure::new(Cause::SettingsInvalid, format!("read the registry credentials: no Docker config ({place})"))
                .hint("Log in again, or point DOCKER_CONFIG at a folder with a config.json of Docker's form")
        })?;
        let logins = file.auths.into_iter().filter_map(|(name, entry)| Some((normal(&name), entry.login()?))).collect();
        Ok(Self { logins, ..Self::default() })
    }

    /// The same, and the helper programs that the file names are run when a registry asks: only for a file that no job
    /// can write.
    pub fn from_trusted_docker_config(text: &str) -> Result<Self, Failure> {
        let mut credentials = Self::from_docker_config(text)?;
        if let Ok(file) = serde_json::from_str::<ConfigFile>(text) {
            credentials.helpers = file.cred_helpers;
            credentials.default_helper = Some(file.creds_store).filter(|name| !name.is_empty());
        }
        Ok(credentials)
    }

    /// Adds a login, in place of one of the same registry.
    #[must_use]
    pub fn with_login(mut self, registry: &str, user: &str, password: Secret) -> Self {
        self.logins.insert(normal(registry), Login { user: user.to_owned(), password });
        self
    }

    /// The login for a repository: the one whose name is the longest beginning of `HOST/PATH`.
    pub(super) async fn login(&self, repository: &Repository) -> Option<Login> {
        let full = repository.to_string();
        let fits = |name: &str| full == name || full.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'));
        let known = self.logins.iter().filter(|(name, _)| fits(name)).max_by_key(|(name, _)| name.len());
        match known {
            Some((_, login)) => Some(login.clone()),
            None => self.helper_login(repository.host()).await,
        }
    }

    async fn helper_login(&self, host: &str) -> Option<Login> {
        let helper = self.helpers.get(host).or(self.default_helper.as_ref())?;
        ask_helper(helper, host).await
    }

    /// All passwords, for the log's mask.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.logins.values().map(|login| &login.password)
    }
}

impl Entry {
    fn login(self) -> Option<Login> {
        if self.auth.is_empty() {
            let present = !self.username.is_empty();
            return present.then(|| Login { user: self.username, password: Secret::new(self.password) });
        }
        let decoded = STANDARD.decode(self.auth.trim()).ok()?;
        let text = String::from_utf8(decoded).ok()?;
        let (user, password) = text.split_once(':')?;
        Some(Login { user: user.to_owned(), password: Secret::new(password.trim_end_matches('\0')) })
    }
}

/// A registry's name as the file writes it (also as an address) as we write it.
fn normal(name: &str) -> String {
    let bare = name.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
    match bare {
        "index.docker.io/v1" | "index.docker.io" | "registry-1.docker.io" => "docker.io".to_owned(),
        _ => bare.to_owned(),
    }
}

/// Runs `docker-credential-NAME get` as Docker does; nothing when it has no credentials.
async fn ask_helper(name: &str, host: &str) -> Option<Login> {
    let mut child = tokio::process::Command::new(format!("docker-credential-{name}"))
        .arg("get")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(host.as_bytes()).await.ok()?;
    let limit = std::time::Duration::from_secs(10);
    let output = tokio::time::timeout(limit, child.wait_with_output()).await.ok()?.ok()?;
    let answer: HelperAnswer = serde_json::from_slice(&output.stdout).ok()?;
    Some(Login { user: answer.username, password: Secret::new(answer.secret) })
}

#[cfg(test)]
mod tests {
    use super::Credentials;

    async fn user(credentials: &Credentials, repository: &str) -> Option<String> {
        credentials.login(&repository.parse().unwrap()).await.map(|login| login.user)
    }

    #[tokio::test]
    async fn the_longest_fitting_name_wins() {
        let text = r#"{"auths": {"https://index.docker.io/v1/": {"auth": "aHViOng="},
            "reg.example:5000": {"username": "host", "password": "x"}, "reg.example:5000/group": {"auth": "Z3JvdXA6eA=="}}}"#;
        let credentials = Credentials::from_docker_config(text).unwrap();
        assert_eq!(user(&credentials, "reg.example:5000/group/app").await.as_deref(), Some("group"));
        assert_eq!(user(&credentials, "reg.example:5000/groups").await.as_deref(), Some("host"));
        assert_eq!(user(&credentials, "node").await.as_deref(), Some("hub"));
        assert_eq!(user(&credentials, "other.example/app").await, None);
    }

    #[tokio::test]
    async fn helpers_of_an_untrusted_file_are_not_run() {
        let text = r#"{"credsStore": "evil", "credHelpers": {"reg.example": "evil"}}"#;
        let credentials = Credentials::from_docker_config(text).unwrap();
        assert!(credentials.helpers.is_empty() && credentials.default_helper.is_none());
    }

    #[test]
    fn a_broken_file_is_not_quoted() {
        let failure = Credentials::from_docker_config(r#"{"auths": {"x": {"auth": hunter2}}}"#).err().unwrap();
        assert!(!failure.to_string().contains("hunter2"), "{failure}");
    }
}
