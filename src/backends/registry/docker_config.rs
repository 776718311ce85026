//! Docker's `config.json` and the credential helpers that it may name.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::backends::registry::keychain::Credentials;
use crate::backends::registry::keychain::HelperEnvironment;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::secret::Secret;

/// How long a credential helper may take: some ask a cloud.
const HELPER_LIMIT: Duration = Duration::from_secs(30);
/// What a helper answers for a user when the secret is a token.
const TOKEN_USER: &str = "<token>";

/// The parts of the file that we need; everything else is passed over.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DockerConfig {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
    #[serde(default)]
    creds_store: String,
    #[serde(default)]
    cred_helpers: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
struct Entry {
    #[serde(default)]
    auth: Secretive,
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: Secretive,
    #[serde(default)]
    identitytoken: Secretive,
    #[serde(default)]
    registrytoken: Secretive,
}

/// A text of the file that becomes a secret at once.
#[derive(Default, Deserialize)]
#[serde(from = "String")]
struct Secretive(Secret);

impl From<String> for Secretive {
    fn from(text: String) -> Self {
        Self(Secret::new(text))
    }
}

/// Programs of the operator that know credentials.
#[derive(Debug, Clone)]
pub struct Helpers {
    by_host: BTreeMap<String, String>,
    /// For every other registry; empty for none.
    store: String,
    environment: HelperEnvironment,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HelperAnswer {
    username: String,
    secret: String,
}

/// Reads the file; one that is not there is an empty one.
pub(super) fn read(path: &Path) -> Result<DockerConfig, Failure> {
    let doing = || format!("read the Docker config `{}`", path.display());
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(DockerConfig::default()),
        Err(error) => return Err(Failure::new(Cause::HostFiles, doing()).because(error)),
    };
    // Only the place of the error is repeated: the text around it may be a secret.
    serde_json::from_slice(&text).map_err(|error| {
        let place = format!("{}: it is wrong at line {}, column {}", doing(), error.line(), error.column());
        Failure::new(Cause::SettingsInvalid, place)
    })
}

impl DockerConfig {
    /// The credentials that stand in the file, by host. Entries without any are passed over.
    pub(super) fn entries(&self, path: &Path) -> Result<BTreeMap<String, Credentials>, Failure> {
        let mut entries = BTreeMap::new();
        for (key, entry) in &self.auths {
            let found = entry.credentials().map_err(|BadAuth| {
                let message = format!("read the Docker config `{}`: the `auth` of `{key}` is wrong", path.display());
                Failure::new(Cause::SettingsInvalid, message).hint("It must be `USER:PASSWORD` in base64")
            })?;
            entries.extend(found.map(|credentials| (host_of(key), credentials)));
        }
        Ok(entries)
    }

    /// The programs that the file names.
    pub(super) fn helpers(&self, environment: HelperEnvironment) -> Helpers {
        let by_host = self.cred_helpers.iter().map(|(key, name)| (host_of(key), name.clone())).collect();
        Helpers { by_host, store: self.creds_store.clone(), environment }
    }
}

impl Entry {
    /// `None` for an empty entry.
    fn credentials(&self) -> Result<Option<Credentials>, BadAuth> {
        if !self.registrytoken.0.is_empty() {
            return Ok(Some(Credentials::RegistryToken(self.registrytoken.0.clone())));
        }
        if !self.identitytoken.0.is_empty() {
            return Ok(Some(Credentials::IdentityToken(self.identitytoken.0.clone())));
        }
        if self.auth.0.is_empty() {
            let given = !self.username.is_empty();
            let password = self.password.0.clone();
            return Ok(given.then(|| Credentials::Password { user: self.username.clone(), password }));
        }
        let decoded = STANDARD.decode(self.auth.0.reveal().trim()).map_err(|_| BadAuth)?;
        let text = Secret::new(String::from_utf8(decoded).map_err(|_| BadAuth)?);
        let (user, password) = text.reveal().split_once(':').ok_or(BadAuth)?;
        let password = Secret::new(password.trim_end_matches('\0'));
        Ok(Some(Credentials::Password { user: user.to_owned(), password }))
    }
}

/// An `auth` that is not `USER:PASSWORD` in base64. It says no more: the text may be a secret.
struct BadAuth;

impl Helpers {
    /// Asks the helper for that registry; `None` when there is no helper or it knows nothing.
    pub(super) async fn ask(&self, host: &str) -> Result<Option<Credentials>, Failure> {
        let name = self.by_host.get(host).unwrap_or(&self.store);
        if name.is_empty() {
            return Ok(None);
        }
        let doing = format!("ask the credential helper `docker-credential-{name}` for `{host}`");
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        if !plain {
            return Err(Failure::new(Cause::SettingsInvalid, format!("{doing}: that is no program's name")));
        }
        let failure = |error: io::Error| Failure::new(Cause::HostIncomplete, &*doing).because(error);
        let output = tokio::time::timeout(HELPER_LIMIT, self.run(name, host)).await;
        let output = output.map_err(|_| failure(io::ErrorKind::TimedOut.into()))?.map_err(failure)?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stdout);
            // The one error that the helpers' protocol gives a meaning.
            if said.contains("credentials not found") {
                return Ok(None);
            }
            return Err(Failure::new(Cause::RegistryDenied, doing).hint("Run it by hand, with the host on its input"));
        }
        let answer: HelperAnswer = serde_json::from_slice(&output.stdout)
            .map_err(|_| Failure::new(Cause::RegistryDenied, format!("{doing}: it answers no credentials")))?;
        Ok(Some(answer.into()))
    }

    async fn run(&self, name: &str, host: &str) -> io::Result<std::process::Output> {
        // Docker's protocol for credentials is a program.
        let mut command = Command::new(format!("docker-credential-{name}"));
        command.arg("get").env_clear().envs(&self.environment).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(server_of(host).as_bytes()).await?;
        }
        child.wait_with_output().await
    }
}

impl From<HelperAnswer> for Credentials {
    fn from(answer: HelperAnswer) -> Self {
        let secret = Secret::new(answer.secret);
        if answer.username == TOKEN_USER {
            return Self::IdentityToken(secret);
        }
        Self::Password { user: answer.username, password: secret }
    }
}

/// The registry that a key of the file means: `https://index.docker.io/v1/` is `docker.io`.
pub(super) fn host_of(key: &str) -> String {
    let host = key.split_once("://").map_or(key, |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or_default();
    match host {
        "index.docker.io" | "registry-1.docker.io" => "docker.io".to_owned(),
        other => other.to_owned(),
    }
}

/// The key that Docker uses for a registry.
fn server_of(host: &str) -> &str {
    if host == "docker.io" { "https://index.docker.io/v1/" } else { host }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::DockerConfig;
    use super::host_of;
    use crate::backends::registry::keychain::Credentials;
    use crate::model::secret::Secret;

    fn config(text: &str) -> DockerConfig {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_forms_of_an_entry_are_read() {
        let config = config(
            r#"{"auths": {"https://index.docker.io/v1/": {"auth": "dTpwOng="}, "r.io": {"username": "a", "password": "b"},
                "t.io": {"identitytoken": "i"}, "w.io": {"registrytoken": "r"}, "empty.io": {}}, "HttpHeaders": {}}"#,
        );
        let entries = config.entries(Path::new("config.json")).unwrap();
        let password = |user: &str, password: &str| Credentials::Password {
            user: user.to_owned(),
            password: Secret::new(password),
        };
        assert_eq!(entries.get("docker.io"), Some(&password("u", "p:x")));
        assert_eq!(entries.get("r.io"), Some(&password("a", "b")));
        assert_eq!(entries.get("t.io"), Some(&Credentials::IdentityToken(Secret::new("i"))));
        assert_eq!(entries.get("w.io"), Some(&Credentials::RegistryToken(Secret::new("r"))));
        assert_eq!(entries.get("empty.io"), None);
    }

    #[test]
    fn a_wrong_entry_is_named_and_its_content_is_not() {
        let failure = config(r#"{"auths": {"r.io": {"auth": "c2VjcmV0"}}}"#).entries(Path::new("c.json")).unwrap_err();
        assert_eq!(failure.to_string(), "read the Docker config `c.json`: the `auth` of `r.io` is wrong");
    }

    #[test]
    fn keys_are_hosts_whatever_stands_around_them() {
        for (key, host) in [
            ("https://index.docker.io/v1/", "docker.io"),
            ("http://localhost:5000", "localhost:5000"),
            ("r.io/v2/", "r.io"),
            ("r.io", "r.io"),
        ] {
            assert_eq!(host_of(key), host, "{key}");
        }
    }
}
