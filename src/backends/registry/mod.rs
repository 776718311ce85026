//! Registries: the distribution protocol, in our nouns. The only place that speaks it.
//!
//! What passes by itself (429, 5xx, a broken connection) is tried again with growing waits; a refusal is a failure at
//! once and names the scope that is missing. Bodies of errors are read up to a limit. At most ten requests are under way
//! at a time. Plain http is spoken to this machine, and elsewhere only where the options say so.

mod answer;
mod auth;
mod blobs;
mod challenge;
mod credentials;
mod manifests;
mod send;
mod tags;

pub use credentials::Credentials;
pub use manifests::FetchedManifest;
pub use manifests::RemoteImage;

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;
use tokio::sync::Semaphore;

use crate::backends::retry::RetryPolicy;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::reference::Repository;
use crate::model::secret::Secret;

/// Requests under way at a time: enough to hide latency, few enough not to be throttled.
const CONCURRENCY: usize = 10;
const CONNECT_LIMIT: Duration = Duration::from_secs(15);
/// Longest silence in the middle of an answer.
const READ_LIMIT: Duration = Duration::from_mins(2);

/// How registries are spoken to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RegistryOptions {
    /// Whether http is spoken to registries elsewhere too.
    pub plain_http: bool,
    /// Whether certificates go unchecked.
    pub skip_tls_verify: bool,
}

/// A client for any number of registries. Keeps connections and tokens; cheap to share behind a reference.
pub struct Registry {
    http: reqwest::Client,
    options: RegistryOptions,
    credentials: Credentials,
    /// What was accepted last, by host and scope.
    authorizations: Mutex<HashMap<(String, String), Secret>>,
    permits: Semaphore,
    retry: RetryPolicy,
}

impl Registry {
    /// A client that logs in with `credentials`. Does not connect.
    pub fn new(options: RegistryOptions, credentials: Credentials) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_LIMIT)
            .read_timeout(READ_LIMIT)
            .tls_danger_accept_invalid_certs(options.skip_tls_verify)
            .user_agent(concat!("gitlab-werf-executor/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Failure::new(Cause::Defect, "set up the registry client").because(error))?;
        Ok(Self {
            http,
            options,
            credentials,
            authorizations: Mutex::new(HashMap::new()),
            permits: Semaphore::new(CONCURRENCY),
            retry: RetryPolicy::NETWORK,
        })
    }

    /// The same client with another patience, for tests and for probing.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// The address of something below a repository, such as `blobs/sha256:…`.
    fn url(&self, repository: &Repository, rest: &str) -> String {
        let scheme = if repository.is_local() || self.options.plain_http { "http" } else { "https" };
        format!("{scheme}://{}/v2/{}/{rest}", api_host(repository.host()), repository.path())
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Registry").field("options", &self.options).finish_non_exhaustive()
    }
}

/// Docker Hub is called `docker.io` and answers elsewhere.
fn api_host(host: &str) -> &str {
    if host == "docker.io" { "registry-1.docker.io" } else { host }
}
