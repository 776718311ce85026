//! `werf run`.

use std::io::IsTerminal;

use clap::Args;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::actions::script;
use crate::backends::docker::RunEvent;
use crate::backends::docker::RunOptions;
use crate::backends::docker::RunRequest;
use crate::backends::docker::RunStreams;
use crate::cli::build;
use crate::cli::call::Call;
use crate::cli::options::git::GitArgs;
use crate::cli::options::log::LogArgs;
use crate::cli::options::project::ProjectArgs;
use crate::cli::options::registry::StagesStorageArgs;
use crate::cli::project;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// Run container for specified project image
///
/// The image is the last stage, as `werf build` left it. The command's exit code is the exit code.
///
/// Examples:
///   # Run specified image
///   $ werf run --stages-storage :local application
///
///   # Run image with predefined docker run options and command for debug
///   $ werf run --stages-storage :local --shell
///
///   # Run image with specified docker run options and command
///   $ werf run --stages-storage :local --docker-options="-d -p 5000:5000 --restart=always" -- /app/run.sh
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct RunArgs {
    /// The image, by its name in werf.yaml; may be left out where there is only one
    #[arg(value_name = "IMAGE_NAME")]
    image: Option<String>,
    /// The command, behind --
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
    /// Options of docker run, parted by blanks [env: WERF_DOCKER_OPTIONS]
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true)]
    docker_options: Option<String>,
    /// Use predefined docker options and /bin/sh for debug
    #[arg(long, conflicts_with_all = ["bash", "docker_options"])]
    shell: bool,
    /// Use predefined docker options and /bin/bash for debug
    #[arg(long, conflicts_with = "docker_options")]
    bash: bool,
    /// Print the docker run command instead of running it [env: WERF_DRY_RUN]
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    storage: StagesStorageArgs,
    #[command(flatten)]
    git: GitArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// Runs.
pub(super) fn run(arguments: &RunArgs, call: &Call) -> Result<(), Failure> {
    call.block_on(async |cancellation| carry_out(arguments, call, cancellation).await)
}

async fn carry_out(arguments: &RunArgs, call: &Call, cancellation: CancellationToken) -> Result<(), Failure> {
    let prepared = build::prepare(&arguments.project, &arguments.git, &arguments.storage, &call.log, call).await?;
    let image = build::last_stage(&prepared, arguments.image.as_deref()).await?;
    let (words, command) = asked(arguments);
    if arguments.dry_run {
        let parts = ["docker".to_owned(), "run".to_owned()].into_iter().chain(words).chain([image]).chain(command);
        return call.print(format!("{}\n", parts.collect::<Vec<_>>().join(" ")));
    }
    let options = RunOptions::parse(&words)
        .map_err(|error| Failure::new(Cause::Usage, "read `--docker-options`").because(error))?;
    let interactive = options.interactive;
    let request = RunRequest {
        image,
        command,
        options,
        environment: call.environment.variables().clone(),
        dir: call.directory.clone(),
        owner: project::owner(call),
    };
    let (events, received) = mpsc::channel(1);
    let mut output = |_, bytes: &[u8]| call.log.raw(bytes);
    let streams = RunStreams {
        input: (interactive && !std::io::stdin().is_terminal()).then(|| Box::new(tokio::io::stdin()) as Box<_>),
        output: &mut output,
        events: received,
    };
    let ended = async {
        cancellation.cancelled().await;
        // The container may be gone already.
        let _ = events.send(RunEvent::Signal("SIGTERM".to_owned())).await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        done = script::run(&prepared.engine, &request, streams) => match done? {
            Some(id) => call.print(format!("{id}\n")),
            None => Ok(()),
        },
        () = ended => Ok(()),
    }
}

/// The options of docker run and the command.
fn asked(arguments: &RunArgs) -> (Vec<String>, Vec<String>) {
    let debug = ["-ti".to_owned(), "--rm".to_owned()].to_vec();
    let shell = if arguments.bash { "/bin/bash" } else { "/bin/sh" };
    if arguments.bash || arguments.shell {
        return (debug, vec![shell.to_owned()]);
    }
    // Blanks alone part the words, as in werf 1.1: there is no quoting.
    let options = arguments.docker_options.as_deref().unwrap_or_default();
    let mut words: Vec<String> = options.split_whitespace().map(str::to_owned).collect();
    let stays = words.iter().any(|word| word == "--rm" || word == "--detach" || word.starts_with("--name"))
        || words.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains('d'));
    if !stays {
        words.push("--rm".to_owned());
    }
    (words, arguments.command.clone())
}
