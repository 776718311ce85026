//! Images from Dockerfiles, by the engine's own builder.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::io;
use std::io::Write;

use bollard::auth::DockerCredentials;
use bollard::errors::Error;
use bollard::models::BuildInfo;
use bollard::query_parameters::BuildImageOptions;
use bollard::query_parameters::BuildImageOptionsBuilder;
use futures_util::StreamExt;
use serde::Deserialize;
use serde::Serialize;

use crate::backends::docker::archive;
use crate::backends::docker::engine::Engine;
use crate::backends::docker::failures;
use crate::backends::docker::output::LineCutter;
use crate::backends::docker::output::Lines;
use crate::backends::docker::pull;
use crate::backends::registry::Credentials;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::image::StoredImage;
use crate::model::reference::Reference;

/// What of a Dockerfile is to be built, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DockerfileBuild {
    /// The Dockerfile's path in the context.
    pub dockerfile: String,
    /// The stage to build; empty for the last one.
    pub target: String,
    /// Build arguments. The engine keeps them in the image's history: they are no place for secrets.
    pub args: BTreeMap<String, String>,
    /// Labels of the image.
    pub labels: BTreeMap<String, String>,
    /// Further entries of `/etc/hosts` while building, `NAME:ADDRESS`.
    pub add_hosts: Vec<String>,
    /// The network of `RUN`; `None` for the engine's default.
    pub network: Option<String>,
    /// The name that the image gets.
    pub name: Reference,
}

impl Engine {
    /// Builds an image and shows the builder's output line by line.
    ///
    /// `context` writes the context as a tar archive while it is sent. `logins` are the credentials for base images, by
    /// reference. A `RUN` that fails is [`Cause::StageFailed`] with its exit code.
    pub async fn build_dockerfile(
        &self,
        build: &DockerfileBuild,
        logins: HashMap<String, Login>,
        context: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static,
        lines: &mut Lines<'_>,
    ) -> Result<StoredImage, Failure> {
        let doing = format!("build `{}`", build.dockerfile);
        let body = bollard::body_try_stream(archive::written_by(context));
        let credentials = logins.into_iter().map(|(host, it)| (host, it.0)).collect();
        let mut answers = self.client.build_image(options(build), Some(credentials), Some(body)).boxed();
        let mut shown = Output { lines, cutter: LineCutter::default(), id: None };
        self.transfer(&doing, async {
            while let Some(answer) = answers.next().await {
                shown.take(answer.map_err(|error| not_built(&doing, error))?);
            }
            Ok(())
        })
        .await?;
        shown.cutter.finish(shown.lines);
        let name = shown.id.unwrap_or_else(|| build.name.familiar());
        let image = self.image(&name).await?;
        image.ok_or_else(|| Failure::new(Cause::EngineUnavailable, format!("{doing}: the engine has lost the image")))
    }
}

/// Credentials in the engine's form.
#[derive(Debug, Clone)]
pub struct Login(DockerCredentials);

impl Login {
    /// The credentials for the registry of `reference`.
    pub fn of(reference: &Reference, credentials: &Credentials) -> Self {
        Self(pull::wire(reference, credentials))
    }
}

struct Output<'a, 'b> {
    lines: &'a mut Lines<'b>,
    cutter: LineCutter,
    id: Option<String>,
}

impl Output<'_, '_> {
    fn take(&mut self, info: BuildInfo) {
        if let Some(text) = info.stream {
            self.cutter.push(text.as_bytes(), self.lines);
        }
        // The progress of a pulled layer is no line; that it begins and ends is.
        let quiet = info.progress_detail.is_some_and(|detail| detail.total.is_some());
        if let Some(status) = info.status.filter(|_| !quiet) {
            let id = info.id.map(|id| format!("{id}: ")).unwrap_or_default();
            (self.lines)(&format!("{id}{status}"));
        }
        self.id = info.aux.and_then(|image| image.id).or(self.id.take());
    }
}

fn options(build: &DockerfileBuild) -> BuildImageOptions {
    let map = |map: &BTreeMap<String, String>| map.clone().into_iter().collect::<HashMap<_, _>>();
    let mut options = BuildImageOptionsBuilder::default()
        .dockerfile(&build.dockerfile)
        .t(&build.name.familiar())
        .target(&build.target)
        .buildargs(&map(&build.args))
        .labels(&map(&build.labels))
        .rm(true)
        .forcerm(true);
    if !build.add_hosts.is_empty() {
        options = options.extrahosts(&build.add_hosts.join(","));
    }
    if let Some(network) = &build.network {
        options = options.networkmode(network);
    }
    options.build()
}

/// A build that fails is the user's; an engine that does not answer is not.
fn not_built(doing: &str, error: Error) -> Failure {
    let told = match &error {
        Error::DockerStreamError { .. } => true,
        Error::DockerResponseServerError { status_code, .. } => *status_code < 500,
        _ => false,
    };
    if !told {
        return failures::refused(doing, error);
    }
    let said = failures::said(&error);
    let failure = Failure::new(Cause::StageFailed, format!("{doing}: {said}"));
    let code = said.rsplit_once("returned a non-zero code: ").and_then(|(_, code)| code.trim().parse().ok());
    match code {
        Some(code) => failure.exit_code(code),
        None => failure,
    }
}

#[cfg(test)]
mod tests {
    use bollard::errors::Error;

    use super::not_built;
    use crate::model::failure::Cause;

    #[test]
    fn a_failing_run_keeps_its_exit_code() {
        let said = "The command '/bin/sh -c false' returned a non-zero code: 17";
        let failure = not_built("build `Dockerfile`", Error::DockerStreamError { error: said.to_owned() });
        assert_eq!((failure.cause, failure.exit_code), (Cause::StageFailed, Some(17)));
    }

    #[test]
    fn an_engine_in_trouble_is_not_the_users_fault() {
        let error = Error::DockerResponseServerError { status_code: 500, message: "driver failed".to_owned() };
        assert_eq!(not_built("build", error).cause, Cause::EngineUnavailable);
        let error = Error::DockerResponseServerError { status_code: 400, message: "unknown instruction".to_owned() };
        assert_eq!(not_built("build", error).cause, Cause::StageFailed);
    }
}
