//! The client: what it is made with, and one exchange with a registry.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::time::Duration;

use reqwest::Client;
use reqwest::Response;
use reqwest::StatusCode;
use tokio::sync::Mutex;
use tokio::sync::Semaphore;

use crate::backends::registry::challenge::Challenge;
use crate::backends::registry::failures;
use crate::backends::registry::keychain::Keychain;
use crate::backends::registry::request::Ask;
use crate::backends::registry::token::Tokens;
use crate::backends::retry;
use crate::backends::retry::RetryPolicy;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::reference::Repository;

/// How long it may take to reach a registry's address.
const CONNECT_LIMIT: Duration = Duration::from_secs(15);
/// Where the registry of `docker.io` answers.
const DOCKER_HUB: &str = "registry-1.docker.io";

/// How to speak with registries.
#[derive(Debug, Clone)]
pub struct RegistryOptions {
    /// Who we are, for each registry.
    pub keychain: Keychain,
    /// How many requests may be under way at once.
    pub concurrency: usize,
    /// How often what can pass is tried again.
    pub retry: RetryPolicy,
    /// How long one request may take that moves no blob, and how long a blob may stand still.
    pub answer_limit: Duration,
    /// How long one blob may take, one attempt.
    pub transfer_limit: Duration,
    /// Registries (`host:port`) that speak plain http, beside those of this machine.
    pub plain_http: BTreeSet<String>,
    /// Registries (`host:port`) whose certificates are not verified. Empty is the only safe choice.
    pub unverified_tls: BTreeSet<String>,
}

impl RegistryOptions {
    /// Usual limits: 8 requests at once, five attempts, a minute to answer, half an hour for a blob, TLS verified.
    pub fn new(keychain: Keychain) -> Self {
        Self {
            keychain,
            concurrency: 8,
            retry: RetryPolicy::NETWORK,
            answer_limit: Duration::from_mins(1),
            transfer_limit: Duration::from_mins(30),
            plain_http: BTreeSet::new(),
            unverified_tls: BTreeSet::new(),
        }
    }
}

/// A client for registries.
#[derive(Debug)]
pub struct Registry {
    pub(super) options: RegistryOptions,
    pub(super) tokens: Tokens,
    /// How each host wants to be told who we are, as far as it said.
    challenges: Mutex<HashMap<String, Challenge>>,
    http: Client,
    unverified: Client,
    permits: Semaphore,
}

impl Registry {
    /// Makes a client; nothing is sent.
    pub fn new(options: RegistryOptions) -> Result<Self, Failure> {
        let client = |verify: bool| {
            Client::builder()
                .connect_timeout(CONNECT_LIMIT)
                .user_agent(concat!("gitlab-werf-executor/", env!("CARGO_PKG_VERSION")))
                .tls_danger_accept_invalid_certs(!verify)
                .build()
                .map_err(|error| Failure::new(Cause::RegistryUnavailable, "set up TLS for registries").because(error))
        };
        Ok(Self {
            permits: Semaphore::new(options.concurrency.max(1)),
            tokens: Tokens::default(),
            challenges: Mutex::default(),
            http: client(true)?,
            unverified: client(false)?,
            options,
        })
    }

    /// The address of the API of a repository's registry, without `/` at its end.
    pub(super) fn api(&self, repository: &Repository) -> String {
        let host = repository.host();
        let plain = repository.is_local() || self.options.plain_http.contains(host);
        let host = if host == "docker.io" { DOCKER_HUB } else { host };
        format!("{}://{host}/v2", if plain { "http" } else { "https" })
    }

    pub(super) fn client(&self, host: &str) -> &Client {
        if self.options.unverified_tls.contains(host) { &self.unverified } else { &self.http }
    }

    /// Sends what is asked until there is an answer: any status that is in `ask.expected`.
    ///
    /// Logs in when the registry wants it, and tries again what can pass.
    pub(super) async fn exchange(&self, ask: &Ask<'_>) -> Result<Response, Failure> {
        self.exchange_with(ask, self.options.retry).await
    }

    /// The same with another patience.
    pub(super) async fn exchange_with(&self, ask: &Ask<'_>, policy: RetryPolicy) -> Result<Response, Failure> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let (failure, asked) = match self.attempt(ask).await {
                Ok(response) if ask.expects(response.status()) => return Ok(response),
                Ok(response) if retry::status_passes(response.status().as_u16()) => {
                    let asked = failures::retry_after(response.headers());
                    (failures::of_response(ask, response).await, asked)
                }
                Ok(response) => return Err(failures::of_response(ask, response).await),
                Err(Broken::Final(failure)) => return Err(failure),
                Err(Broken::Passing(failure)) => (failure, None),
            };
            let Some(wait) = policy.wait_after(attempt, asked, rand::random()) else { return Err(failure) };
            tracing::debug!(%failure, attempt, ?wait, "the registry is asked again");
            tokio::time::sleep(wait).await;
        }
    }

    /// One attempt, with a login if the registry answers 401.
    async fn attempt(&self, ask: &Ask<'_>) -> Result<Response, Broken> {
        let known = self.challenges.lock().await.get(ask.repository.host()).cloned();
        let response = self.send(ask, known.as_ref()).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let Some(challenge) = Challenge::of(response.headers()) else { return Ok(response) };
        self.tokens.forget(ask.repository.host(), &ask.scopes).await;
        self.challenges.lock().await.insert(ask.repository.host().to_owned(), challenge.clone());
        self.send(ask, Some(&challenge)).await
    }

    async fn send(&self, ask: &Ask<'_>, challenge: Option<&Challenge>) -> Result<Response, Broken> {
        let authorization = match challenge {
            Some(challenge) => self.authorization(ask, challenge).await?,
            None => None,
        };
        let request = ask.build(self.client(ask.repository.host()), authorization).await?;
        let closed = |_| Failure::new(Cause::Defect, "the registry client is closed");
        let _permit = self.permits.acquire().await.map_err(closed)?;
        request.send().await.map_err(|error| failures::of_transport(ask, error))
    }
}

/// Why there is no answer.
pub(super) enum Broken {
    /// It may pass by itself.
    Passing(Failure),
    /// It does not.
    Final(Failure),
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Self::Final(failure)
    }
}
