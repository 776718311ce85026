//! Who we are, for each registry.

use std::collections::BTreeMap;
use std::path::Path;

use crate::backends::registry::docker_config;
use crate::backends::registry::docker_config::Helpers;
use crate::model::failure::Failure;
use crate::model::secret::Secret;

/// What proves who we are to one registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// A user with a password or an access token.
    Password {
        /// The user's name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// An OAuth refresh token, as `docker login` of some registries leaves it.
    IdentityToken(Secret),
    /// A bearer token that is sent as it is.
    RegistryToken(Secret),
}

/// Credentials by registry (`host:port`). Prints no secret.
#[derive(Debug, Clone, Default)]
pub struct Keychain {
    entries: BTreeMap<String, Credentials>,
    helpers: Option<Helpers>,
}

impl Keychain {
    /// Nobody anywhere.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The entries of a Docker `config.json`; a file that is not there is an empty one.
    ///
    /// Programs that the file names (`credsStore`, `credHelpers`) are run only with `helpers`, which a caller gives for
    /// a file of the operator and never for one that a job can write. Without, they are passed over.
    pub fn from_docker_config(path: &Path, helpers: Option<HelperEnvironment>) -> Result<Self, Failure> {
        let config = docker_config::read(path)?;
        let helpers = helpers.map(|environment| config.helpers(environment));
        Ok(Self { entries: config.entries(path)?, helpers })
    }

    /// The same keychain with these credentials for `host` before all others.
    #[must_use]
    pub fn with(mut self, host: &str, credentials: Credentials) -> Self {
        self.entries.insert(docker_config::host_of(host), credentials);
        self
    }

    /// The credentials for a registry (`host:port`); `None` for nobody. May run a helper.
    pub async fn find(&self, host: &str) -> Result<Option<Credentials>, Failure> {
        if let Some(found) = self.entries.get(host) {
            return Ok(Some(found.clone()));
        }
        match &self.helpers {
            Some(helpers) => helpers.ask(host).await,
            None => Ok(None),
        }
    }

    /// Every secret in it that is known without running a helper, for the mask of the log.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.entries.values().map(|credentials| match credentials {
            Credentials::Password { password, .. } => password,
            Credentials::IdentityToken(token) | Credentials::RegistryToken(token) => token,
        })
    }
}

/// The environment of credential helpers: `PATH`, `HOME` and what the operator's helper needs.
pub type HelperEnvironment = BTreeMap<String, String>;
