//! What every command has at hand.

use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use tokio::signal::unix::Signal;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio_util::sync::CancellationToken;

use crate::cli::environment::Environment;
use crate::cli::options::log::LogArgs;
use crate::cli::outcome::INTERRUPTED;
use crate::cli::version::VERSION;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::report::JobLog;
use crate::report::Style;

/// How long a command may take to end properly after SIGINT or SIGTERM; a second signal ends it at once.
const GRACE: Duration = Duration::from_mins(1);

/// One call of a command: the world around it, read once.
#[derive(Debug)]
pub struct Call {
    /// The environment.
    pub environment: Environment,
    /// The working directory.
    pub directory: PathBuf,
    /// Where the command says what it does. Standard output; standard error for commands whose output is data.
    pub log: JobLog,
    /// The log's options as they were given.
    pub log_args: LogArgs,
}

impl Call {
    /// Writes data to standard output, as it is.
    pub fn print(&self, data: impl AsRef<[u8]>) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        let written = out.write_all(data.as_ref()).and_then(|()| out.flush());
        written.map_err(|error| Failure::new(Cause::HostFiles, "write to standard output").because(error))
    }

    /// `path` as it is meant: relative to the working directory.
    pub fn resolve(&self, path: impl AsRef<Path>) -> PathBuf {
        self.directory.join(path)
    }

    /// Runs `work` with a runtime of its own, made only now: a command that needs none starts faster.
    ///
    /// SIGINT and SIGTERM cancel the token that `work` was given; it has a minute to end properly. The result is then a
    /// failure of [`Cause::Cancelled`], whatever `work` says.
    pub fn block_on<T>(&self, work: impl AsyncFnOnce(CancellationToken) -> Result<T, Failure>) -> Result<T, Failure> {
        block_on(work)
    }

    /// The same for work that is a program on this terminal: Ctrl-C is for that program, not for us.
    pub fn block_on_editor<T>(
        &self,
        work: impl AsyncFnOnce(CancellationToken) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        run(until_signalled(work, Interrupt::IsIgnored))
    }

    /// The same between the lines that frame work on a project: version, directory, and the time that it took.
    pub fn work<T>(
        &self,
        project_directory: &Path,
        work: impl AsyncFnOnce(CancellationToken) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let begun = Instant::now();
        self.log.line(format!("Version: {VERSION}"));
        if self.log_args.log_project_dir {
            self.log.line(format!("Using project dir: {}", project_directory.display()));
        }
        self.log.blank();
        let result = self.block_on(work);
        self.log.blank();
        self.log.styled(Style::Highlight, format!("Running time {:.2} seconds", begun.elapsed().as_secs_f64()));
        result
    }
}

/// What SIGINT does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interrupt {
    Cancels,
    IsIgnored,
}

/// [`Call::block_on`] for what is no command of a person.
pub(super) fn block_on<T>(work: impl AsyncFnOnce(CancellationToken) -> Result<T, Failure>) -> Result<T, Failure> {
    run(until_signalled(work, Interrupt::Cancels))
}

fn run<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Cause::HostFiles, "start the runtime").because(error))?;
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}

async fn until_signalled<T>(
    work: impl AsyncFnOnce(CancellationToken) -> Result<T, Failure>,
    interrupt: Interrupt,
) -> Result<T, Failure> {
    let mut signals = Signals::listen(interrupt)?;
    let cancellation = CancellationToken::new();
    let mut work = std::pin::pin!(work(cancellation.clone()));
    tokio::select! {
        result = &mut work => return result,
        () = signals.next() => cancellation.cancel(),
    }
    let how = tokio::select! {
        result = tokio::time::timeout(GRACE, work) => match result {
            Ok(Err(failure)) => failure.to_string(),
            Ok(Ok(_)) => "the work had just ended".to_owned(),
            Err(_) => format!("the work did not end within {} seconds", GRACE.as_secs()),
        },
        () = signals.next() => "a second signal came".to_owned(),
    };
    Err(Failure::new(Cause::Cancelled, format!("stopped by a signal: {how}")).exit_code(INTERRUPTED))
}

/// The signals that end a command. While it lives, they do not end the process by themselves.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    on_interrupt: Interrupt,
}

impl Signals {
    fn listen(on_interrupt: Interrupt) -> Result<Self, Failure> {
        let failure = |error| Failure::new(Cause::HostFiles, "listen for signals").because(error);
        let interrupt = signal(SignalKind::interrupt()).map_err(failure)?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate()).map_err(failure)?, on_interrupt })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv(), if self.on_interrupt == Interrupt::Cancels => {}
            _ = self.terminate.recv() => {}
        }
    }
}
