//! `docker run` in the foreground, or in the background with `-d`.

mod apply;
mod flags;
mod value;

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::path::PathBuf;

use bollard::container::AttachContainerResults;
use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::models::ContainerCreateBody;
use bollard::query_parameters::AttachContainerOptionsBuilder;
use bollard::query_parameters::CreateContainerOptionsBuilder;
use bollard::query_parameters::KillContainerOptionsBuilder;
use bollard::query_parameters::ResizeContainerTTYOptionsBuilder;
use bollard::query_parameters::WaitContainerOptionsBuilder;
use futures_util::StreamExt;
use serde::Deserialize;
use serde::Serialize;
use tokio::io::AsyncRead;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

pub use crate::backends::docker::run::apply::RunOptions;
pub use crate::backends::docker::run::flags::FlagError;

use crate::backends::docker::engine::Engine;
use crate::backends::docker::failures;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::ownership::Owner;

/// A container to be run as `docker run` would.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRequest {
    /// The image, by name or id; it must be in the engine.
    pub image: String,
    /// The command in place of the image's; empty for the image's.
    pub command: Vec<String>,
    /// What the flags say.
    pub options: RunOptions,
    /// Where `-e NAME` without a value takes it from.
    pub environment: BTreeMap<String, String>,
    /// Where relative paths of `-v` and `--env-file` begin.
    pub dir: PathBuf,
    /// The job it is for: a label says so, and the name unless `--name` gives another.
    pub owner: Owner,
}

/// The streams of a container in the foreground.
pub struct RunStreams<'a> {
    /// What is passed to its input with `-i`; `None` for nothing.
    pub input: Option<Box<dyn AsyncRead + Send + Unpin + 'a>>,
    /// Takes its output as it comes, uncut; `true` for its error stream.
    pub output: &'a mut (dyn FnMut(bool, &[u8]) + Send),
    /// What happens meanwhile.
    pub events: mpsc::Receiver<RunEvent>,
}

/// Something that a container in the foreground is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunEvent {
    /// A signal, such as `SIGTERM`.
    Signal(String),
    /// The terminal has another size.
    Resize {
        /// Lines.
        rows: u16,
        /// Characters in a line.
        columns: u16,
    },
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunOutcome {
    /// It goes on in the background under that id.
    Detached(String),
    /// It ended with that exit code.
    Ended(i32),
}

impl Engine {
    /// Runs a container as `docker run` does.
    ///
    /// In the foreground it is attached before it starts, signals are passed on, its exit code is the answer, and with
    /// `--rm` it is removed, also when this call is cancelled. Its run time has no limit but the caller's.
    pub async fn run(&self, request: &RunRequest, streams: RunStreams<'_>) -> Result<RunOutcome, Failure> {
        let doing = format!("run the image `{}`", request.image);
        let body = request.body(&doing)?;
        let default_name = || format!("{}{}", request.owner.name_prefix(), uuid::Uuid::new_v4().simple());
        let name = request.options.name.clone().unwrap_or_else(default_name);
        let options = CreateContainerOptionsBuilder::default().name(&name).platform(&request.options.platform).build();
        let created = self.client.create_container(Some(options), body);
        let created = tokio::time::timeout(self.options.answer_limit, created).await;
        let created = created.map_err(|_| failures::too_slow(&doing, self.options.answer_limit))?;
        let id = created.map_err(|error| not_run(&doing, error))?.id;
        let running = Running { engine: self, id, doing, remove: request.options.remove, ended: false };
        let outcome = running.go(&request.options, streams).await;
        running.close(&outcome).await?;
        outcome
    }
}

/// A container that was made for a run.
struct Running<'a> {
    engine: &'a Engine,
    id: String,
    doing: String,
    remove: bool,
    ended: bool,
}

impl Running<'_> {
    async fn go(&self, options: &RunOptions, streams: RunStreams<'_>) -> Result<RunOutcome, Failure> {
        if options.detach {
            self.start().await?;
            return Ok(RunOutcome::Detached(self.id.clone()));
        }
        let attach = AttachContainerOptionsBuilder::default().stream(true).stdout(true).stderr(true);
        let attach = self.engine.client.attach_container(&self.id, Some(attach.stdin(options.interactive).build()));
        let attached = self.engine.answer(&self.doing, attach).await?;
        self.start().await?;
        self.pass(attached, streams).await?;
        self.wait().await.map(RunOutcome::Ended)
    }

    async fn start(&self) -> Result<(), Failure> {
        let started = self.engine.client.start_container(&self.id, None);
        let started = tokio::time::timeout(self.engine.options.answer_limit, started).await;
        let started = started.map_err(|_| failures::too_slow(&self.doing, self.engine.options.answer_limit))?;
        started.map_err(|error| not_run(&self.doing, error))
    }

    /// Passes input, output and events until the output ends.
    async fn pass(&self, attached: AttachContainerResults, streams: RunStreams<'_>) -> Result<(), Failure> {
        let AttachContainerResults { mut output, input: mut to_container } = attached;
        let RunStreams { input, output: show, mut events } = streams;
        let feed = async {
            if let Some(mut input) = input {
                // A container that does not read its input to the end is no failure of ours.
                drop(tokio::io::copy(&mut input, &mut to_container).await);
            }
            drop(to_container.shutdown().await);
            // The half that is fed must not end the loop: the output does.
            std::future::pending::<()>().await;
        };
        let mut feed = std::pin::pin!(feed);
        loop {
            tokio::select! {
                piece = output.next() => match piece {
                    None => return Ok(()),
                    Some(Ok(LogOutput::StdErr { message })) => show(true, &message),
                    Some(Ok(other)) => show(false, &other.into_bytes()),
                    Some(Err(error)) => return Err(failures::refused(&self.doing, error)),
                },
                () = &mut feed => {}
                Some(event) = events.recv() => self.tell(event).await?,
            }
        }
    }

    async fn tell(&self, event: RunEvent) -> Result<(), Failure> {
        let told = match &event {
            RunEvent::Signal(signal) => {
                let options = KillContainerOptionsBuilder::default().signal(signal).build();
                let kill = self.engine.client.kill_container(&self.id, Some(options));
                tokio::time::timeout(self.engine.options.answer_limit, kill).await
            }
            RunEvent::Resize { rows, columns } => {
                let options =
                    ResizeContainerTTYOptionsBuilder::default().h(i32::from(*rows)).w(i32::from(*columns)).build();
                let resize = self.engine.client.resize_container_tty(&self.id, options);
                tokio::time::timeout(self.engine.options.answer_limit, resize).await
            }
        };
        match told {
            Err(_) => Err(failures::too_slow(&self.doing, self.engine.options.answer_limit)),
            // It ended in this moment, or is not quite there yet.
            Ok(Err(Error::DockerResponseServerError { .. }) | Ok(())) => Ok(()),
            Ok(Err(error)) => Err(failures::refused(&self.doing, error)),
        }
    }

    async fn wait(&self) -> Result<i32, Failure> {
        let options = WaitContainerOptionsBuilder::default().condition("not-running").build();
        let mut answers = self.engine.client.wait_container(&self.id, Some(options)).boxed();
        // A container may close its output and run on: only the caller knows for how long.
        match answers.next().await {
            Some(Ok(ended)) => Ok(i32::try_from(ended.status_code).unwrap_or(i32::MAX)),
            Some(Err(Error::DockerContainerWaitError { code, .. })) => Ok(i32::try_from(code).unwrap_or(i32::MAX)),
            Some(Err(error)) => Err(failures::refused(&self.doing, error)),
            None => Err(Failure::new(Cause::EngineUnavailable, format!("{}: the engine lost it", self.doing))),
        }
    }

    /// Removes what is not to stay: with `--rm`, and what never ran.
    async fn close(mut self, outcome: &Result<RunOutcome, Failure>) -> Result<(), Failure> {
        let stays = match outcome {
            Ok(RunOutcome::Detached(_)) => true,
            Ok(RunOutcome::Ended(_)) => !self.remove,
            Err(_) => false,
        };
        self.ended = true;
        if stays { Ok(()) } else { self.engine.remove_container(&self.id).await }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.engine.remove_later(self.id.clone());
        }
    }
}

impl RunRequest {
    /// The engine's form of it.
    fn body(&self, doing: &str) -> Result<ContainerCreateBody, Failure> {
        let env = self.options.environment(&self.environment, &self.dir);
        let env = env.map_err(|error| Failure::new(Cause::HostFiles, doing).because(error))?;
        let mut labels: HashMap<_, _> = self.options.labels.clone().into_iter().collect();
        labels.extend(self.owner.labels());
        Ok(ContainerCreateBody {
            image: Some(self.image.clone()),
            cmd: (!self.command.is_empty()).then(|| self.command.clone()),
            env: Some(env),
            labels: Some(labels),
            ..self.options.body(&self.dir)
        })
    }
}

fn not_run(doing: &str, error: Error) -> Failure {
    match failures::status(&error) {
        Some(400 | 404 | 409) => Failure::new(Cause::Usage, format!("{doing}: {}", failures::said(&error))),
        _ => failures::refused(doing, error),
    }
}
