//! A call that is asked to end.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;

use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// Whether SIGTERM or SIGINT has come to a call that works in short steps.
#[derive(Debug, Clone, Default)]
pub(super) struct Cancellation(Arc<AtomicBool>);

impl Cancellation {
    /// Notes signals from now on, instead of ending the process in the middle of a line or a section.
    pub(super) fn listen() -> Result<Self, Failure> {
        let cancellation = Self::default();
        let noted = cancellation.clone();
        let (ready, listening) = std::sync::mpsc::channel();
        std::thread::spawn(move || noted.note_signals(&ready));
        let started = listening.recv().unwrap_or_else(|_| Err(std::io::Error::other("the listener ended")));
        started.map_err(|error| Failure::new(Cause::HostIncomplete, "listen for signals").because(error))?;
        Ok(cancellation)
    }

    /// Fails when the call is asked to end.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.0.load(Ordering::Relaxed) {
            let message = "the call was ended: the job was cancelled, is out of time, or the Runner stops";
            return Err(Failure::new(Cause::Cancelled, message).exit_code(143));
        }
        Ok(())
    }

    fn note_signals(&self, ready: &std::sync::mpsc::Sender<std::io::Result<()>>) {
        let run = || -> std::io::Result<()> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let (mut terminate, mut interrupt) =
                    (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
                // The call waits for it.
                let _ = ready.send(Ok(()));
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                Ok(())
            })
        };
        match run() {
            Ok(()) => self.0.store(true, Ordering::Relaxed),
            Err(error) => drop(ready.send(Err(error))),
        }
    }
}
