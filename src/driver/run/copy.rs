//! Passes a script's output on to the job log.

use std::fs::File;
use std::io;
use std::io::Read;
use std::os::fd::AsFd;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::Timespec;
use tokio::sync::oneshot;

use crate::driver::log::Readers;
use crate::driver::run::lines::Lines;
use crate::report::JobLog;

/// An unfinished line is shown when nothing has been added to it for this long.
const SETTLED: Duration = Duration::from_millis(250);

/// Where a script's output goes.
pub(super) struct Copy {
    log: JobLog,
    readers: Readers,
}

/// A thread that reads the pipe and writes the log: a Runner that reads slowly holds back the script, not the driver.
pub(super) struct Copying {
    script_ended: Arc<AtomicBool>,
    done: oneshot::Receiver<bool>,
    closed: bool,
}

impl Copy {
    pub(super) fn new(log: &JobLog, readers: &Readers) -> Self {
        Self { log: log.clone(), readers: readers.clone() }
    }

    /// Begins to copy from `pipe`.
    pub(super) fn start(self, pipe: OwnedFd) -> Copying {
        let script_ended = Arc::new(AtomicBool::new(false));
        let (sender, done) = oneshot::channel();
        let ended = Arc::clone(&script_ended);
        std::thread::spawn(move || {
            let whole = self.copy(File::from(pipe), &ended).is_ok();
            // The driver may not care any more.
            let _ = sender.send(whole);
        });
        Copying { script_ended, done, closed: false }
    }

    /// Copies until the pipe has no writer, or, after the script's end, nothing more to give.
    fn copy(&self, mut pipe: File, script_ended: &AtomicBool) -> io::Result<()> {
        let mut lines = Lines::default();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            if readable(&pipe)? {
                match pipe.read(&mut buffer)? {
                    0 => break,
                    read => self.pass(&lines.take(&buffer[..read]))?,
                }
            } else if script_ended.load(Ordering::Relaxed) {
                break;
            } else {
                self.pass(&lines.finish())?;
            }
        }
        self.pass(&lines.end())
    }

    fn pass(&self, shown: &[u8]) -> io::Result<()> {
        if !shown.is_empty() {
            self.log.raw(shown);
        }
        if self.readers.are_gone() { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
    }
}

impl Copying {
    /// Waits until nobody reads the log any more; for ever, if somebody does.
    pub(super) async fn closed(&mut self) {
        if self.closed || (&mut self.done).await.unwrap_or(true) {
            self.closed = true;
            std::future::pending::<()>().await;
        }
        self.closed = true;
    }

    /// Waits until everything that the script wrote is in the log, at most `limit` where there is one.
    pub(super) async fn finish(self, limit: Option<Duration>) {
        self.script_ended.store(true, Ordering::Relaxed);
        if self.closed {
            return;
        }
        match limit {
            Some(limit) => drop(tokio::time::timeout(limit, self.done).await),
            None => drop(self.done.await),
        }
    }
}

/// Whether there is something to read, or the end of it, within the time in which a line settles.
fn readable(pipe: &File) -> io::Result<bool> {
    let limit = Timespec { tv_sec: 0, tv_nsec: SETTLED.subsec_nanos().into() };
    match rustix::event::poll(&mut [PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN)], Some(&limit)) {
        Err(rustix::io::Errno::INTR) => Ok(false),
        ready => Ok(ready? > 0),
    }
}
