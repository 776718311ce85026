//! Logging in: a password with each request, or a token from the registry's token server.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::RequestBuilder;
use reqwest::StatusCode;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::backends::registry::challenge::Challenge;
use crate::backends::registry::client::Broken;
use crate::backends::registry::client::Registry;
use crate::backends::registry::failures;
use crate::backends::registry::keychain::Credentials;
use crate::backends::registry::request::Ask;
use crate::backends::retry;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::secret::Secret;

/// How long a token holds when its server does not say: so the token protocol.
const DEFAULT_LIFE: u64 = 60;
/// A token is not used in its last seconds: the registry's clock may be ahead.
const MARGIN: u64 = 10;
/// The largest answer of a token server, in bytes.
const LARGEST_TOKEN: usize = 64 * 1024;

type Key = (String, Vec<String>);

/// Tokens that we have, by host and scopes.
#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<HashMap<Key, (Secret, Instant)>>);

#[derive(Deserialize)]
struct TokenAnswer {
    #[serde(default)]
    token: String,
    #[serde(default)]
    access_token: String,
    expires_in: Option<u64>,
}

impl Tokens {
    /// Drops a token that the registry does not take any more.
    pub(super) async fn forget(&self, host: &str, scopes: &[String]) {
        self.0.lock().await.remove(&(host.to_owned(), scopes.to_vec()));
    }

    async fn get(&self, key: &Key) -> Option<Secret> {
        let tokens = self.0.lock().await;
        tokens.get(key).filter(|(_, until)| *until > Instant::now()).map(|(token, _)| token.clone())
    }

    async fn keep(&self, key: Key, token: Secret, seconds: u64) {
        let until = Instant::now() + Duration::from_secs(seconds.saturating_sub(MARGIN));
        self.0.lock().await.insert(key, (token, until));
    }
}

impl Registry {
    /// The `Authorization` header that meets the challenge; `None` to go as nobody.
    pub(super) async fn authorization(
        &self,
        ask: &Ask<'_>,
        challenge: &Challenge,
    ) -> Result<Option<HeaderValue>, Broken> {
        let host = ask.repository.host();
        let credentials = self.options.keychain.find(host).await?;
        match (challenge, credentials) {
            (_, Some(Credentials::RegistryToken(token))) => Ok(Some(bearer(&token)?)),
            (Challenge::Basic, Some(Credentials::Password { user, password })) => Ok(Some(basic(&user, &password)?)),
            (Challenge::Basic, _) => Ok(None),
            (Challenge::Bearer { realm, service }, credentials) => {
                let key = (host.to_owned(), ask.scopes.clone());
                if let Some(token) = self.tokens.get(&key).await {
                    return Ok(Some(bearer(&token)?));
                }
                let request = self.token_request(ask, (realm, service), credentials.as_ref())?;
                let (token, seconds) = self.ask_token(ask, request).await?;
                self.tokens.keep(key, token.clone(), seconds).await;
                Ok(Some(bearer(&token)?))
            }
        }
    }

    fn token_request(
        &self,
        ask: &Ask<'_>,
        (realm, service): (&str, &str),
        credentials: Option<&Credentials>,
    ) -> Result<RequestBuilder, Failure> {
        let host = ask.repository.host();
        if ask.url.starts_with("https:") && !realm.starts_with("https:") {
            let message = format!("{}: `{host}` sends us to `{realm}` with our password in clear text", ask.doing);
            return Err(Failure::new(Cause::RegistryDenied, message));
        }
        let client = self.client(host);
        let mut query: Vec<(&str, &str)> = ask.scopes.iter().map(|scope| ("scope", scope.as_str())).collect();
        if !service.is_empty() {
            query.push(("service", service));
        }
        let request = match credentials {
            Some(Credentials::IdentityToken(token)) => {
                let scopes = ask.scopes.join(" ");
                let fields = [
                    ("grant_type", "refresh_token"),
                    ("client_id", "gitlab-werf-executor"),
                    ("refresh_token", token.reveal()),
                    ("scope", &scopes),
                    ("service", service),
                ];
                client.post(realm).form(&fields)
            }
            Some(Credentials::Password { user, password }) => {
                client.get(realm).query(&query).basic_auth(user, Some(password.reveal()))
            }
            _ => client.get(realm).query(&query),
        };
        Ok(request.timeout(self.options.answer_limit))
    }

    async fn ask_token(&self, ask: &Ask<'_>, request: RequestBuilder) -> Result<(Secret, u64), Broken> {
        let response = request.send().await.map_err(|error| failures::of_transport(ask, error))?;
        let status = response.status();
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST) {
            let message = format!("{}: the token server of `{}` refuses us", ask.doing, ask.repository.host());
            return Err(failures::denied(ask, message).into());
        }
        let failure = || {
            let host = ask.repository.host();
            let message = format!("{}: the token server of `{host}` answers {}", ask.doing, status.as_u16());
            Failure::new(Cause::RegistryUnavailable, message)
        };
        if !status.is_success() {
            let passes = retry::status_passes(status.as_u16());
            return Err(if passes { Broken::Passing(failure()) } else { Broken::Final(failure()) });
        }
        let body = failures::bounded(response, LARGEST_TOKEN).await;
        let answer: TokenAnswer = serde_json::from_slice(&body).map_err(|_| failure())?;
        let token = if answer.token.is_empty() { answer.access_token } else { answer.token };
        if token.is_empty() {
            return Err(failure().into());
        }
        Ok((Secret::new(token), answer.expires_in.unwrap_or(DEFAULT_LIFE)))
    }
}

fn basic(user: &str, password: &Secret) -> Result<HeaderValue, Failure> {
    sensitive(&format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.reveal()))))
}

fn bearer(token: &Secret) -> Result<HeaderValue, Failure> {
    sensitive(&format!("Bearer {}", token.reveal()))
}

fn sensitive(value: &str) -> Result<HeaderValue, Failure> {
    let mut header = HeaderValue::from_str(value).map_err(|_| {
        Failure::new(Cause::RegistryDenied, "the credentials for the registry hold characters that a header cannot")
    })?;
    header.set_sensitive(true);
    Ok(header)
}
