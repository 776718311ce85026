//! One request, with everything that every request needs: log-in, patience, bounds.

use std::time::Duration;

use reqwest::Method;
use reqwest::RequestBuilder;
use reqwest::Response;
use reqwest::StatusCode;

use super::Registry;
use super::answer;
use super::challenge::Challenge;
use crate::backends::retry::status_passes;
use crate::model::failure::Failure;
use crate::model::reference::Repository;

/// What a request does to a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Pull,
    Push,
    Delete,
}

impl Access {
    /// The scope of a token for it.
    pub(super) fn scope(self, repository: &Repository) -> String {
        let actions = match self {
            Self::Pull => "pull",
            Self::Push => "pull,push",
            Self::Delete => "pull,push,delete",
        };
        format!("repository:{}:{actions}", repository.path())
    }
}

/// A request and what it is for.
pub(super) struct Call<'a> {
    pub(super) repository: &'a Repository,
    pub(super) access: Access,
    pub(super) method: Method,
    pub(super) url: String,
    /// What is being done, for messages.
    pub(super) doing: String,
}

/// Adds headers and body; called anew for each attempt.
pub(super) type Prepare<'a> = &'a (dyn Fn(RequestBuilder) -> RequestBuilder + Send + Sync);

/// Leaves the request as it is.
pub(super) fn plain(request: RequestBuilder) -> RequestBuilder {
    request
}

impl Registry {
    /// Sends the request until it is answered; what the answer's status means is the caller's to say, but a refusal
    /// (401, 403) is a failure here.
    pub(super) async fn send(&self, call: &Call<'_>, prepare: Prepare<'_>) -> Result<Response, Failure> {
        let mut attempt = 1;
        loop {
            let permit = self.permits.acquire().await.ok();
            let result = self.attempt(call, prepare).await;
            drop(permit);
            let asked = match &result {
                Ok(answer) if !status_passes(answer.status().as_u16()) => return self.checked(call, result).await,
                Ok(answer) => answer::retry_after(answer),
                Err(_) => None,
            };
            let Some(wait) = self.retry.wait_after(attempt, asked, rand::random()) else {
                return self.checked(call, result).await;
            };
            attempt += 1;
            tracing::debug!(call.doing, attempt, ?wait, "registry request is tried again");
            tokio::time::sleep(wait.max(Duration::from_millis(1))).await;
        }
    }

    async fn checked(&self, call: &Call<'_>, result: Result<Response, reqwest::Error>) -> Result<Response, Failure> {
        let answer = result.map_err(|error| answer::broken(&call.doing, error))?;
        match answer.status() {
            StatusCode::UNAUTHORIZED => self.explain_unauthorized(call, answer).await,
            StatusCode::FORBIDDEN => {
                Err(answer::refused(&call.doing, &call.access.scope(call.repository), answer).await)
            }
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                Err(answer::unavailable(&call.doing, answer).await)
            }
            _ => Ok(answer),
        }
    }

    /// Sends once, and once more with what the registry demands.
    async fn attempt(&self, call: &Call<'_>, prepare: Prepare<'_>) -> Result<Response, reqwest::Error> {
        let known = self.known_authorization(call.repository, call.access);
        let answer = self.once(call, prepare, known.as_ref().map(crate::model::secret::Secret::reveal)).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let Some(challenge) = challenge_of(&answer) else { return Ok(answer) };
        match self.authorize(call.repository, call.access, &challenge).await {
            Ok(authorization) => self.once(call, prepare, Some(authorization.reveal())).await,
            Err(_) => Ok(answer),
        }
    }

    /// A 401 that stayed: either logging in failed, which says more, or what we have is not accepted.
    async fn explain_unauthorized(&self, call: &Call<'_>, answer: Response) -> Result<Response, Failure> {
        if let Some(challenge) = challenge_of(&answer) {
            self.authorize(call.repository, call.access, &challenge).await?;
        }
        Err(answer::refused(&call.doing, &call.access.scope(call.repository), answer).await)
    }

    async fn once(
        &self,
        call: &Call<'_>,
        prepare: Prepare<'_>,
        authorization: Option<&str>,
    ) -> Result<Response, reqwest::Error> {
        let mut request = prepare(self.http.request(call.method.clone(), &call.url));
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        request.send().await
    }
}

fn challenge_of(answer: &Response) -> Option<Challenge> {
    let values = answer.headers().get_all("www-authenticate");
    values.iter().filter_map(|value| value.to_str().ok()).find_map(Challenge::parse)
}
