//! Pulls images, with progress.

use std::collections::BTreeMap;

use bollard::auth::DockerCredentials;
use bollard::errors::Error;
use bollard::models::CreateImageInfo;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::StreamExt;

use crate::backends::docker::engine::Engine;
use crate::backends::docker::failures;
use crate::backends::registry::Credentials;
use crate::backends::retry::RetryPolicy;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::image::StoredImage;
use crate::model::reference::Reference;

/// How far a pull is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PullProgress {
    /// How many layers the engine has said it needs.
    pub layers: usize,
    /// How many of them are there.
    pub done: usize,
    /// Bytes that have come of layers under way.
    pub current: u64,
    /// Bytes of layers under way, as far as known.
    pub total: u64,
}

impl Engine {
    /// Pulls an image and answers with it. `progress` is called whenever something moved.
    ///
    /// Fails with [`Cause::BaseImageMissing`] when the registry has no such image or shows it to nobody, with
    /// [`Cause::RegistryDenied`] when it refuses the credentials, else, after some attempts, with
    /// [`Cause::RegistryUnavailable`].
    pub async fn pull(
        &self,
        reference: &Reference,
        credentials: Option<&Credentials>,
        progress: &mut (dyn FnMut(PullProgress) + Send),
    ) -> Result<StoredImage, Failure> {
        let doing = format!("pull the image `{}`", reference.familiar());
        let mut attempt = 0;
        loop {
            attempt += 1;
            let failure = match self.transfer(&doing, self.pull_once(reference, credentials, progress)).await {
                Ok(()) => break,
                Err(failure) => failure,
            };
            let passes = failure.cause == Cause::RegistryUnavailable;
            let wait = RetryPolicy::NETWORK.wait_after(attempt, None, rand::random()).filter(|_| passes);
            let Some(wait) = wait else { return Err(failure) };
            tokio::time::sleep(wait).await;
        }
        let pulled = self.image(&reference.familiar()).await?;
        pulled.ok_or_else(|| Failure::new(Cause::EngineUnavailable, format!("{doing}: the engine has not got it")))
    }

    async fn pull_once(
        &self,
        reference: &Reference,
        credentials: Option<&Credentials>,
        progress: &mut (dyn FnMut(PullProgress) + Send),
    ) -> Result<(), Failure> {
        let options = CreateImageOptionsBuilder::default()
            .from_image(&reference.repository.to_string())
            .tag(&reference.manifest_name())
            .build();
        let credentials = credentials.map(|credentials| wire(reference, credentials));
        let mut answers = self.client.create_image(Some(options), None, credentials).boxed();
        let mut layers = Layers::default();
        loop {
            let answer = tokio::time::timeout(self.options.answer_limit, answers.next()).await;
            let Ok(answer) = answer else {
                let message = format!("pull the image `{}`: nothing comes any more", reference.familiar());
                return Err(Failure::new(Cause::RegistryUnavailable, message));
            };
            match answer {
                None => return Ok(()),
                Some(Ok(info)) => layers.take(info).into_iter().for_each(&mut *progress),
                Some(Err(error)) => return Err(not_pulled(reference, &error)),
            }
        }
    }
}

/// What the engine says of each layer.
#[derive(Default)]
struct Layers(BTreeMap<String, Layer>);

#[derive(Default)]
struct Layer {
    done: bool,
    current: u64,
    total: u64,
}

impl Layers {
    /// Notes what the engine says; how far the pull is, if it says something of a layer.
    fn take(&mut self, info: CreateImageInfo) -> Option<PullProgress> {
        let status = info.status.unwrap_or_default();
        let id = info.id.filter(|_| !status.starts_with("Pulling from"))?;
        let layer = self.0.entry(id).or_default();
        layer.done = matches!(status.as_str(), "Pull complete" | "Already exists" | "Download complete") || layer.done;
        let number = |number: Option<i64>| u64::try_from(number.unwrap_or_default()).unwrap_or_default();
        if let Some(detail) = info.progress_detail.filter(|_| status == "Downloading") {
            (layer.current, layer.total) = (number(detail.current), number(detail.total));
        }
        let under_way = || self.0.values().filter(|layer| !layer.done);
        Some(PullProgress {
            layers: self.0.len(),
            done: self.0.values().filter(|layer| layer.done).count(),
            current: under_way().map(|layer| layer.current).sum(),
            total: under_way().map(|layer| layer.total).sum(),
        })
    }
}

pub(super) fn wire(reference: &Reference, credentials: &Credentials) -> DockerCredentials {
    let host = reference.repository.host();
    let server = if host == "docker.io" { "https://index.docker.io/v1/" } else { host };
    let mut wire = DockerCredentials { serveraddress: Some(server.to_owned()), ..DockerCredentials::default() };
    match credentials {
        Credentials::Password { user, password } => {
            (wire.username, wire.password) = (Some(user.clone()), Some(password.reveal().to_owned()));
        }
        Credentials::IdentityToken(token) => wire.identitytoken = Some(token.reveal().to_owned()),
        Credentials::RegistryToken(token) => wire.registrytoken = Some(token.reveal().to_owned()),
    }
    wire
}

/// The engine passes on what the registry said, as text only.
fn not_pulled(reference: &Reference, error: &Error) -> Failure {
    let said = failures::said(error).to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let cause = if says(&["not found", "manifest unknown", "does not exist", "no such", "name unknown"]) {
        Cause::BaseImageMissing
    } else if says(&["unauthorized", "denied", "authentication required", "no basic auth"]) {
        Cause::RegistryDenied
    } else if says(&["no space left"]) || !answered(error) {
        Cause::EngineUnavailable
    } else {
        Cause::RegistryUnavailable
    };
    let failure = Failure::new(cause, format!("pull the image `{}`: {}", reference.familiar(), failures::said(error)));
    match cause {
        Cause::BaseImageMissing => {
            failure.hint("Check the name and the tag; a private image looks missing without a login")
        }
        Cause::RegistryDenied => failure.hint("Check the credentials in the Docker config"),
        _ => failure,
    }
}

fn answered(error: &Error) -> bool {
    matches!(error, Error::DockerResponseServerError { .. } | Error::DockerStreamError { .. })
}

#[cfg(test)]
mod tests {
    use bollard::errors::Error;
    use bollard::models::CreateImageInfo;

    use super::Layers;
    use super::not_pulled;
    use crate::model::failure::Cause;

    #[test]
    fn progress_counts_layers_and_bytes_under_way() {
        let mut layers = Layers::default();
        let mut say = |id: &str, status: &str, current: i64| {
            let detail = serde_json::json!({"current": current, "total": 100});
            let info = serde_json::json!({"id": id, "status": status, "progressDetail": detail});
            layers.take(serde_json::from_value::<CreateImageInfo>(info).unwrap())
        };
        assert!(say("14", "Pulling from library/node", 0).is_none());
        say("a", "Already exists", 0);
        say("b", "Downloading", 30);
        let progress = say("c", "Downloading", 10).unwrap();
        assert_eq!((progress.layers, progress.done, progress.current, progress.total), (3, 1, 40, 200));
        let progress = say("b", "Pull complete", 0).unwrap();
        assert_eq!((progress.done, progress.current, progress.total), (2, 10, 100));
    }

    #[test]
    fn what_the_engine_says_decides_whose_fault_it_is() {
        let cause = |error: &str| {
            let error = Error::DockerStreamError { error: error.to_owned() };
            not_pulled(&"r.io/app:1".parse().unwrap(), &error).cause
        };
        assert_eq!(cause("manifest for r.io/app:1 not found: manifest unknown"), Cause::BaseImageMissing);
        assert_eq!(
            cause("pull access denied for app, repository does not exist or may require 'docker login'"),
            Cause::BaseImageMissing
        );
        assert_eq!(cause("unauthorized: authentication required"), Cause::RegistryDenied);
        assert_eq!(cause("write /var/lib/docker/tmp/x: no space left on device"), Cause::EngineUnavailable);
        assert_eq!(cause("received unexpected HTTP status: 503 Service Unavailable"), Cause::RegistryUnavailable);
    }
}
