//! The job log of a call: where it goes, what it hides, how a failure ends it.

use std::io;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use crate::cli::outcome;
use crate::driver::protocol::Outcome;
use crate::model::failure::Failure;
use crate::model::secret::Secret;
use crate::report::JobLog;
use crate::report::LogOptions;
use crate::report::Mask;

/// Whether somebody still reads the job log.
#[derive(Debug, Clone, Default)]
pub(super) struct Readers(Arc<AtomicBool>);

impl Readers {
    /// Whether a write has failed: the Runner is gone, or does not want more.
    pub(super) fn are_gone(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Standard output, which remembers that nobody reads it any more.
struct Watched {
    out: io::Stdout,
    readers: Readers,
}

impl Write for Watched {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        self.note(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        self.note(flushed)
    }
}

impl Watched {
    fn note<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if result.is_err() {
            self.readers.0.store(true, Ordering::Relaxed);
        }
        result
    }
}

/// The job log on standard output, in which `secrets` are hidden; with `sections`, GitLab's side folds them.
pub(super) fn job_log(sections: bool, secrets: Vec<Secret>) -> (JobLog, Readers) {
    let readers = Readers::default();
    let mut mask = Mask::default();
    mask.add(secrets);
    let out = Watched { out: io::stdout(), readers: readers.clone() };
    (JobLog::new(Box::new(out), options(sections), mask), readers)
}

/// A log for a call that does not know its job.
pub(super) fn bare_log() -> JobLog {
    job_log(false, Vec::new()).0
}

/// The log of calls whose standard output is not the job log.
pub(super) fn error_log() -> JobLog {
    JobLog::new(Box::new(io::stderr()), options(false), Mask::default())
}

fn options(sections: bool) -> LogOptions {
    LogOptions { color: true, sections, ..LogOptions::default() }
}

/// Says what failed, what to do about it, and the cause's name in the last line; gives what the Runner is to be told.
pub(super) fn conclude(log: &JobLog, result: Result<(), Failure>) -> Outcome {
    match result {
        Ok(()) => Outcome::Success,
        Err(failure) => {
            outcome::show(log, &failure);
            Outcome::of(&failure)
        }
    }
}
