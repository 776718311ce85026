//! Waits for a script and ends what it leaves behind.

use std::sync::mpsc;
use std::time::Duration;
use std::time::Instant;

use rustix::process::Pid;
use rustix::process::Signal;
use rustix::process::WaitOptions;
use rustix::process::WaitStatus;

use crate::driver::process::descendants;
use crate::driver::supervisor::Ended;

/// What a script left behind has this long after SIGTERM.
const LEFTOVER_GRACE: Duration = Duration::from_secs(1);

/// With the driver dead nobody waits for a tidy end.
const ORPHAN_GRACE: Duration = Duration::from_secs(2);

/// Pause between two rounds of SIGKILL: a process may have had a child in between.
const ROUND: Duration = Duration::from_millis(20);

/// A process that SIGKILL does not end within this (it hangs in the kernel) is given up.
const KILL_LIMIT: Duration = Duration::from_secs(5);

/// What can happen while a script runs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event {
    /// The driver wants the end.
    Terminate,
    /// The driver is dead.
    DriverGone,
    /// A process of the script has ended.
    Child(Pid, WaitStatus),
    /// No process of the script is left.
    NoChildren,
}

/// Reports the end of every child, own or adopted, until there is none.
pub(super) fn watch_children(events: &mpsc::Sender<Event>) {
    loop {
        let event = match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) => Event::Child(pid, status),
            Ok(None) | Err(rustix::io::Errno::INTR) => continue,
            Err(_) => Event::NoChildren,
        };
        if events.send(event).is_err() || matches!(event, Event::NoChildren) {
            return;
        }
    }
}

/// A script whose processes are held.
struct Held {
    script: Pid,
    status: Option<WaitStatus>,
    left: usize,
    /// When SIGKILL comes.
    deadline: Option<Instant>,
    /// When even SIGKILL has had long enough.
    surrender: Option<Instant>,
}

/// Waits until no process of `script` is left, and ends them when they are to be ended.
pub(super) fn hold(script: Pid, grace: Duration, events: &mpsc::Receiver<Event>) -> Ended {
    let mut held = Held { script, status: None, left: 0, deadline: None, surrender: None };
    loop {
        match held.next(events) {
            Some(Event::Terminate) => held.terminate(grace),
            Some(Event::DriverGone) => held.terminate(grace.min(ORPHAN_GRACE)),
            Some(Event::Child(pid, status)) if pid == script => held.script_ended(status),
            Some(Event::Child(..)) => {}
            Some(Event::NoChildren) => return held.ended(0),
            None if held.gives_up() => return held.ended(survivors().len()),
            None => held.kill(),
        }
    }
}

impl Held {
    /// The next event, or `None` when it is time for SIGKILL.
    fn next(&self, events: &mpsc::Receiver<Event>) -> Option<Event> {
        let wait = match (self.deadline, self.surrender) {
            (_, Some(_)) => ROUND,
            (Some(deadline), None) => deadline.saturating_duration_since(Instant::now()),
            (None, None) => return events.recv().ok(),
        };
        events.recv_timeout(wait).ok()
    }

    /// Asks everything to end; the first to ask sets the deadline.
    fn terminate(&mut self, grace: Duration) {
        let deadline = Instant::now() + grace;
        let first = self.deadline.is_none();
        self.deadline = Some(self.deadline.map_or(deadline, |set| set.min(deadline)));
        if first {
            // The group at once, so that a shell and its command learn of it together.
            let _ = rustix::process::kill_process_group(self.script, Signal::TERM);
            signal(&outside(self.script), Signal::TERM);
        }
    }

    fn script_ended(&mut self, status: WaitStatus) {
        self.status = Some(status);
        let left = survivors();
        self.left = left.len();
        if self.deadline.is_none() && !left.is_empty() {
            self.deadline = Some(Instant::now() + LEFTOVER_GRACE);
            signal(&left, Signal::TERM);
        }
    }

    fn kill(&mut self) {
        self.surrender.get_or_insert_with(|| Instant::now() + KILL_LIMIT);
        signal(&survivors(), Signal::KILL);
    }

    fn gives_up(&self) -> bool {
        self.surrender.is_some_and(|surrender| Instant::now() >= surrender)
    }

    fn ended(&self, stuck: usize) -> Ended {
        let code = self.status.and_then(WaitStatus::exit_status);
        let signal = self.status.and_then(WaitStatus::terminating_signal);
        Ended { code, signal, left: self.left, stuck }
    }
}

fn survivors() -> Vec<Pid> {
    descendants(rustix::process::getpid())
}

/// The processes that have left the script's group.
fn outside(group: Pid) -> Vec<Pid> {
    let mut found = survivors();
    found.retain(|&pid| rustix::process::getpgid(Some(pid)) != Ok(group));
    found
}

fn signal(processes: &[Pid], signal: Signal) {
    for &pid in processes {
        // One that has ended in the meantime needs no signal.
        let _ = rustix::process::kill_process(pid, signal);
    }
}
