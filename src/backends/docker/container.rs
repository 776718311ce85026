//! Containers in which a stage's commands run.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use bollard::container::AttachContainerResults;
use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::exec::CreateExecOptions;
use bollard::exec::StartExecOptions;
use bollard::exec::StartExecResults;
use bollard::models::ContainerCreateBody;
use bollard::models::HealthConfig;
use bollard::models::HostConfig;
use bollard::models::Mount;
use bollard::models::MountType;
use bollard::query_parameters::AttachContainerOptionsBuilder;
use bollard::query_parameters::CreateContainerOptionsBuilder;
use bollard::query_parameters::RemoveContainerOptionsBuilder;
use bollard::query_parameters::WaitContainerOptionsBuilder;
use futures_util::Stream;
use futures_util::StreamExt;
use serde::Deserialize;
use serde::Serialize;

use crate::backends::docker::engine::Engine;
use crate::backends::docker::failures;
use crate::backends::docker::output::LineCutter;
use crate::backends::docker::output::Lines;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::image::StoredImage;
use crate::model::ownership::Owner;

/// A directory or file of the host in a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BindMount {
    /// On the host, absolute; it must exist.
    pub source: PathBuf,
    /// In the container, absolute.
    pub target: String,
    /// Whether the container may only read it.
    pub read_only: bool,
}

/// What a stage's container is made of.
///
/// The container carries its owner in its name and no label, for an engine copies a container's labels into the image
/// that is committed from it. For the same reason environment belongs into the script or an [`ExecSpec`], not here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerSpec {
    /// The job it is for.
    pub owner: Owner,
    /// The whole command: program and arguments. It takes the place of the image's entrypoint and command.
    pub command: Vec<String>,
    /// What of the host it sees.
    pub mounts: Vec<BindMount>,
    /// Further entries of its `/etc/hosts`, `NAME:ADDRESS`.
    pub add_hosts: Vec<String>,
    /// Its network, such as `host`, `none` or a network's name; `None` for the engine's default.
    pub network: Option<String>,
    /// Whether the engine runs an init process in it that reaps children.
    pub init: bool,
}

/// A command in a running container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecSpec {
    /// Program and arguments.
    pub command: Vec<String>,
    /// `NAME=VALUE`; known to the command only.
    pub env: Vec<String>,
    /// Where it runs; `None` for the image's working directory.
    pub working_dir: Option<String>,
    /// How long it may run.
    pub limit: Duration,
}

/// A container of a stage. Removed when it is dropped, if [`StageContainer::remove`] did not before.
#[derive(Debug)]
pub struct StageContainer<'a> {
    pub(super) engine: &'a Engine,
    pub(super) id: String,
    gone: bool,
}

impl Engine {
    /// Makes a container of `image` that runs as root in `/` when it is started. Its health is not checked.
    pub async fn create_container(
        &self,
        image: &StoredImage,
        spec: &ContainerSpec,
    ) -> Result<StageContainer<'_>, Failure> {
        let doing = format!("make a container of `{}`", image.tags.first().unwrap_or(&image.id));
        let name = format!("{}{}", spec.owner.name_prefix(), uuid::Uuid::new_v4().simple());
        let options = CreateContainerOptionsBuilder::default().name(&name).build();
        // The guard stands before the call: a call that is cancelled while the engine works may still make the container.
        let mut container = StageContainer { engine: self, id: name, gone: false };
        let created = self.answer(&doing, self.client.create_container(Some(options), body(image, spec))).await;
        container.id = created?.id;
        Ok(container)
    }
}

impl StageContainer<'_> {
    /// The engine's id of it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Starts it and shows its output until it ends: its exit code.
    ///
    /// Output and errors come in the order in which the engine reads two pipes; a command that needs the exact order
    /// redirects one into the other itself (`exec 2>&1`). After `limit` the container is killed.
    pub async fn run(&self, limit: Duration, lines: &mut Lines<'_>) -> Result<i32, Failure> {
        let options = AttachContainerOptionsBuilder::default().stream(true).stdout(true).stderr(true).build();
        let attach = self.engine.client.attach_container(&self.id, Some(options));
        let attached = self.engine.answer(&self.doing("attach to"), attach).await?;
        self.start().await?;
        let AttachContainerResults { output, input } = attached;
        drop(input);
        self.within(limit, show(output, lines)).await?;
        self.wait().await
    }

    /// Starts it and does not wait.
    pub async fn start(&self) -> Result<(), Failure> {
        self.engine.answer(&self.doing("start"), self.engine.client.start_container(&self.id, None)).await
    }

    /// Runs a command as root in the running container and shows its output: its exit code. After its limit the whole
    /// container is killed.
    pub async fn exec(&self, spec: &ExecSpec, lines: &mut Lines<'_>) -> Result<i32, Failure> {
        let doing = self.doing("run a command in");
        let options = CreateExecOptions {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            env: Some(spec.env.clone()),
            cmd: Some(spec.command.clone()),
            user: Some("0:0".to_owned()),
            working_dir: spec.working_dir.clone(),
            ..CreateExecOptions::default()
        };
        let client = &self.engine.client;
        let id = self.engine.answer(&doing, client.create_exec(&self.id, options)).await?.id;
        let started = self.engine.answer(&doing, client.start_exec(&id, None::<StartExecOptions>)).await?;
        if let StartExecResults::Attached { output, input } = started {
            drop(input);
            self.within(spec.limit, show(output, lines)).await?;
        }
        let ended = self.engine.answer(&doing, client.inspect_exec(&id)).await?;
        Ok(exit_code(ended.exit_code.unwrap_or(-1)))
    }

    /// Removes it with its anonymous volumes, running or not. What is gone already is no failure.
    pub async fn remove(mut self) -> Result<(), Failure> {
        self.gone = true;
        self.engine.remove_container(&self.id).await
    }

    async fn wait(&self) -> Result<i32, Failure> {
        let options = WaitContainerOptionsBuilder::default().condition("not-running").build();
        let mut answers = self.engine.client.wait_container(&self.id, Some(options)).boxed();
        let doing = self.doing("wait for");
        let answer = self.engine.answer(&doing, async { Ok(answers.next().await) }).await?;
        match answer {
            Some(Ok(ended)) => Ok(exit_code(ended.status_code)),
            Some(Err(Error::DockerContainerWaitError { code, .. })) => Ok(exit_code(code)),
            Some(Err(error)) => Err(failures::refused(&doing, error)),
            None => Err(Failure::new(Cause::EngineUnavailable, doing)),
        }
    }

    async fn within(&self, limit: Duration, show: impl Future<Output = Result<(), Error>>) -> Result<(), Failure> {
        let doing = self.doing("read the output of");
        if let Ok(shown) = tokio::time::timeout(limit, show).await {
            return shown.map_err(|error| failures::refused(&doing, error));
        }
        self.engine.remove_container(&self.id).await?;
        let seconds = limit.as_secs();
        Err(Failure::new(Cause::StageFailed, format!("the commands did not end within {seconds} seconds")))
    }

    fn doing(&self, verb: &str) -> String {
        format!("{verb} the container `{}`", self.id.get(..12).unwrap_or(&self.id))
    }
}

impl Drop for StageContainer<'_> {
    fn drop(&mut self) {
        if !self.gone {
            self.engine.remove_later(self.id.clone());
        }
    }
}

impl Engine {
    /// Removes a container with its anonymous volumes, running or not. What is gone already is no failure.
    pub async fn remove_container(&self, id: &str) -> Result<(), Failure> {
        let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
        let removed = self.client.remove_container(id, Some(options));
        let doing = format!("remove the container `{id}`");
        match tokio::time::timeout(self.options.answer_limit, removed).await {
            Err(_) => Err(failures::too_slow(&doing, self.options.answer_limit)),
            // 409: somebody else is removing it.
            Ok(Err(error)) if matches!(failures::status(&error), Some(404 | 409)) => Ok(()),
            Ok(removed) => removed.map_err(|error| failures::refused(&doing, error)),
        }
    }

    /// Removes a container whose call was cancelled; [`Engine::settle`] waits for it.
    pub(super) fn remove_later(&self, id: String) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (client, limit) = (self.client.clone(), self.options.answer_limit);
        let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
        let removal = async move {
            // Nobody is left to tell; `cleanup` looks again.
            drop(tokio::time::timeout(limit, client.remove_container(&id, Some(options))).await);
        };
        self.removals.spawn_on(removal, &runtime);
    }
}

async fn show(
    mut output: impl Stream<Item = Result<LogOutput, Error>> + Unpin,
    lines: &mut Lines<'_>,
) -> Result<(), Error> {
    // Each stream keeps its own unfinished line: the two must not be glued together.
    let (mut out, mut err) = (LineCutter::default(), LineCutter::default());
    while let Some(piece) = output.next().await {
        match piece? {
            LogOutput::StdErr { message } => err.push(&message, lines),
            other => out.push(&other.into_bytes(), lines),
        }
    }
    out.finish(lines);
    err.finish(lines);
    Ok(())
}

fn body(image: &StoredImage, spec: &ContainerSpec) -> ContainerCreateBody {
    let config = &image.image.config;
    let checked = config.healthcheck.is_some();
    ContainerCreateBody {
        image: Some(image.id.clone()),
        // Where the image says nothing, nothing is said here either, as a commit would keep it.
        user: (!config.user.is_empty()).then(|| "0:0".to_owned()),
        working_dir: (!config.working_dir.is_empty()).then(|| "/".to_owned()),
        entrypoint: Some(spec.command.clone()),
        cmd: Some(Vec::new()),
        healthcheck: checked.then(|| HealthConfig { test: Some(vec!["NONE".to_owned()]), ..HealthConfig::default() }),
        host_config: Some(HostConfig {
            mounts: Some(spec.mounts.iter().map(mount).collect()),
            extra_hosts: Some(spec.add_hosts.clone()),
            network_mode: spec.network.clone(),
            init: spec.init.then_some(true),
            ..HostConfig::default()
        }),
        labels: Some(HashMap::new()),
        ..ContainerCreateBody::default()
    }
}

fn mount(mount: &BindMount) -> Mount {
    Mount {
        typ: Some(MountType::BIND),
        source: Some(mount.source.to_string_lossy().into_owned()),
        target: Some(mount.target.clone()),
        read_only: Some(mount.read_only),
        ..Mount::default()
    }
}

fn exit_code(code: i64) -> i32 {
    i32::try_from(code).unwrap_or(i32::MAX)
}
