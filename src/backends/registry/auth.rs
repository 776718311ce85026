//! Answering a registry's challenge.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::Registry;
use super::challenge::Challenge;
use super::credentials::Login;
use super::send::Access;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::reference::Repository;
use crate::model::secret::Secret;

#[derive(Deserialize)]
struct TokenAnswer {
    #[serde(default)]
    token: String,
    #[serde(default)]
    access_token: String,
}

impl Registry {
    /// What was accepted last for that kind of access.
    pub(super) fn known_authorization(&self, repository: &Repository, access: Access) -> Option<Secret> {
        let known = self.authorizations.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.get(&key(repository, access)).cloned()
    }

    /// Gets what the registry demands and remembers it.
    pub(super) async fn authorize(
        &self,
        repository: &Repository,
        access: Access,
        challenge: &Challenge,
    ) -> Result<Secret, Failure> {
        let login = self.credentials.login(repository).await;
        let authorization = match challenge {
            Challenge::Basic => basic(&login.ok_or_else(|| no_login(repository))?),
            Challenge::Bearer { .. } => self.token(repository, access, challenge, login.as_ref()).await?,
        };
        let mut known = self.authorizations.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.insert(key(repository, access), authorization.clone());
        Ok(authorization)
    }

    async fn token(
        &self,
        repository: &Repository,
        access: Access,
        challenge: &Challenge,
        login: Option<&Login>,
    ) -> Result<Secret, Failure> {
        let Challenge::Bearer { realm, service, scope } = challenge else { return Err(no_login(repository)) };
        let scope = scope.clone().unwrap_or_else(|| access.scope(repository));
        let mut url = reqwest::Url::parse(realm).map_err(|error| {
            let doing = format!("log in to registry `{}`: its token server is `{realm}`", repository.host());
            Failure::new(Cause::RegistryUnavailable, doing).because(error)
        })?;
        url.query_pairs_mut().append_pair("scope", &scope).extend_pairs(service.iter().map(|it| ("service", it)));
        let mut request = self.http.get(url);
        if let Some(login) = login {
            request = request.header("authorization", basic(login).reveal());
        }
        let doing = format!("log in to registry `{}` for `{scope}`", repository.host());
        let answer = request.send().await.map_err(|error| super::answer::broken(&doing, error))?;
        if !answer.status().is_success() {
            return Err(super::answer::refused(&doing, &scope, answer).await);
        }
        let answer: TokenAnswer = answer.json().await.map_err(|error| super::answer::broken(&doing, error))?;
        let token = if answer.token.is_empty() { answer.access_token } else { answer.token };
        Ok(Secret::new(format!("Bearer {token}")))
    }
}

fn key(repository: &Repository, access: Access) -> (String, String) {
    (repository.host().to_owned(), access.scope(repository))
}

fn basic(login: &Login) -> Secret {
    Secret::new(format!("Basic {}", STANDARD.encode(format!("{}:{}", login.user, login.password.reveal()))))
}

fn no_login(repository: &Repository) -> Failure {
    let doing = format!("log in to registry `{}`: it asks for a user and there is none", repository.host());
    Failure::new(Cause::RegistryDenied, doing)
        .hint("In a job, `source <(werf ci-env gitlab)` logs in; elsewhere `docker login` does, or set DOCKER_CONFIG")
}
