//! A script on this host: started through a supervisor, its output passed on in order, its end reported.

use std::io;
use std::os::fd::AsFd;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::Child;
use std::process::Command;
use std::time::Duration;

use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::pipe::PipeFlags;
use rustix::process::PidfdFlags;
use rustix::process::Signal;
use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::BufReader;
use tokio::io::Lines;
use tokio::net::UnixStream;
use tokio::net::unix::OwnedReadHalf;
use tokio::net::unix::OwnedWriteHalf;
use tokio::signal::unix::SignalKind;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::driver::process::ProcessId;
use crate::driver::process::descendants;
use crate::driver::run::copy::Copy;
use crate::driver::supervisor::Ended;
use crate::driver::supervisor::Order;
use crate::driver::supervisor::Report;
use crate::driver::supervisor::ScriptRequest;

/// What the supervisor has beyond the grace period to end by force and report.
const MARGIN: Duration = Duration::from_secs(8);

/// After a cancelled script has ended, its last output has this long to reach a Runner that may not read any more.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How a script ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Finished {
    /// The script's own end.
    pub(super) ended: Ended,
    /// Why it was made to end, if it was.
    pub(super) cancelled: Option<Cancelled>,
}

/// Why a script was made to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cancelled {
    /// The Runner sent a signal: cancelled, out of time, or the Runner itself ends.
    Signalled,
    /// The Runner is dead.
    CallerGone,
    /// Nobody reads the job log any more.
    LogClosed,
}

/// Why there is no end of a script to report.
#[derive(Debug, thiserror::Error)]
pub(super) enum ShellError {
    /// The script could not be started.
    #[error("start the script: {0}")]
    NotStarted(String),
    /// The process that held the script was killed from outside.
    #[error("the process that holds the script was killed")]
    SupervisorLost,
    /// The system refused something that every script needs.
    #[error(transparent)]
    System(#[from] io::Error),
}

/// The processes of a `run` that are not the driver itself.
struct Supervisor {
    child: Child,
    reports: Lines<BufReader<OwnedReadHalf>>,
    orders: OwnedWriteHalf,
}

/// Runs a script to its end. `started` is told the supervisor before the script begins.
pub(super) async fn run(
    request: ScriptRequest,
    copy: Copy,
    started: impl FnOnce(Option<ProcessId>),
) -> Result<Finished, ShellError> {
    let mut signals = Signals::listen()?;
    let grace = request.grace;
    let (output, input) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC).map_err(io::Error::from)?;
    // Should the supervisor be killed, its processes come to this one.
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).map_err(io::Error::from)?;
    let mut supervisor = Supervisor::start(input)?;
    started(supervisor.id());
    let mut copy = copy.start(output);
    supervisor.order(&Order::Run(request)).await?;
    let mut cancelled = None;
    let mut limit: Option<Instant> = None;
    let ended = loop {
        let reason = tokio::select! {
            report = supervisor.report() => match report {
                Some(Report::Started) => continue,
                Some(Report::NotStarted(error)) => break Err(ShellError::NotStarted(error)),
                Some(Report::Ended(ended)) => break Ok(ended),
                None => break Err(ShellError::SupervisorLost),
            },
            reason = signals.next() => reason,
            () = copy.closed(), if cancelled.is_none() => Cancelled::LogClosed,
            () = sleep_until(limit) => break Err(ShellError::SupervisorLost),
        };
        cancelled.get_or_insert(reason);
        limit.get_or_insert(Instant::now() + grace + MARGIN);
        supervisor.order(&Order::Terminate).await.ok();
    };
    supervisor.finish(ended.is_err());
    copy.finish(cancelled.map(|_| LAST_WORDS)).await;
    Ok(Finished { ended: ended?, cancelled })
}

async fn sleep_until(limit: Option<Instant>) {
    match limit {
        Some(limit) => tokio::time::sleep_until(limit).await,
        None => std::future::pending().await,
    }
}

impl Supervisor {
    /// Starts this program once more. Its output is the script's; it has nothing of the Runner's.
    #[expect(clippy::disallowed_methods, reason = "the process that outlives a killed driver is one of its own")]
    fn start(output: OwnedFd) -> io::Result<Self> {
        let (own, others) = std::os::unix::net::UnixStream::pair()?;
        own.set_nonblocking(true)?;
        let child = Command::new("/proc/self/exe")
            .arg0("gitlab-werf-executor")
            .arg("supervise")
            .env_clear()
            .stdin(OwnedFd::from(others))
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0)
            .spawn()?;
        let (reports, orders) = UnixStream::from_std(own)?.into_split();
        Ok(Self { child, reports: BufReader::new(reports).lines(), orders })
    }

    fn id(&self) -> Option<ProcessId> {
        ProcessId::of(rustix::process::Pid::from_raw(i32::try_from(self.child.id()).ok()?)?)
    }

    async fn order(&mut self, order: &Order) -> io::Result<()> {
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        self.orders.write_all(&line).await
    }

    /// The next report; `None` when the supervisor has gone.
    async fn report(&mut self) -> Option<Report> {
        let line = self.reports.next_line().await.ok().flatten()?;
        serde_json::from_str(&line).ok()
    }

    /// Lets the supervisor go, which ends after its report; one that did not report is ended with all that it held.
    fn finish(mut self, silent: bool) {
        drop(self.orders);
        drop(self.reports);
        let left = if silent { descendants(rustix::process::getpid()) } else { Vec::new() };
        for pid in left {
            // One that has ended in the meantime needs no signal.
            let _ = rustix::process::kill_process(pid, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

/// Everything that ends a script from outside.
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    caller: oneshot::Receiver<()>,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: tokio::signal::unix::signal(SignalKind::terminate())?,
            interrupt: tokio::signal::unix::signal(SignalKind::interrupt())?,
            caller: watch_caller(),
        })
    }

    /// Waits for a reason to end; the death of the caller is told once.
    async fn next(&mut self) -> Cancelled {
        let gone = async {
            // Closed without a word: the caller's end was told before, or cannot be watched.
            if self.caller.is_terminated() || (&mut self.caller).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => Cancelled::Signalled,
            _ = self.interrupt.recv() => Cancelled::Signalled,
            () = gone => Cancelled::CallerGone,
        }
    }
}

/// Tells the death of the Runner, once. An old kernel has no handle on it; then the closed log tells.
fn watch_caller() -> oneshot::Receiver<()> {
    let (sender, gone) = oneshot::channel();
    let caller = rustix::process::getppid();
    let handle = caller.and_then(|caller| rustix::process::pidfd_open(caller, PidfdFlags::empty()).ok());
    if let Some(handle) = handle {
        std::thread::spawn(move || {
            let mut watched = [PollFd::from_borrowed_fd(handle.as_fd(), PollFlags::IN)];
            while rustix::event::poll(&mut watched, None) == Err(rustix::io::Errno::INTR) {}
            // The script may have ended in the meantime.
            let _ = sender.send(());
        });
    }
    gone
}
