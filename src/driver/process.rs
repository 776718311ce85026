//! Processes of this host: who is meant after a number was used again, and ending those of a job.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;
use std::time::Instant;

use rustix::process::Pid;
use rustix::process::Signal;
use serde::Deserialize;
use serde::Serialize;

use crate::job::identity::JOB_VARIABLE;
use crate::job::identity::JobKey;

/// How often a process that has been killed is looked at until it is gone.
const LOOK: Duration = Duration::from_millis(5);

/// One process, told apart from a later one with the same number, also after a restart of the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessId {
    pid: i32,
    /// Clock ticks from the host's start to the process's.
    started: u64,
    boot: String,
}

impl ProcessId {
    /// This process.
    pub fn current() -> Option<Self> {
        Self::of(rustix::process::getpid())
    }

    /// The process that started this one.
    pub fn parent() -> Option<Self> {
        Self::of(rustix::process::getppid()?)
    }

    /// The process that has this number now.
    pub fn of(pid: Pid) -> Option<Self> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let stat = Stat::of(pid.as_raw_nonzero().get())?;
        Some(Self { pid: pid.as_raw_nonzero().get(), started: stat.started, boot: boot.trim().to_owned() })
    }

    /// Whether it still runs; a zombie does not.
    pub fn is_alive(&self) -> bool {
        let now = self.handle().and_then(Self::of);
        now.as_ref() == Some(self) && Stat::of(self.pid).is_some_and(|stat| stat.state != b'Z')
    }

    /// Sends `signal`, if it still runs.
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = self.handle().filter(|_| self.is_alive()) {
            // It may end between the two: then there is nothing to signal.
            let _ = rustix::process::kill_process(pid, signal);
        }
    }

    /// Waits for its end, at most `limit`; says whether it came.
    pub fn wait(&self, limit: Duration) -> bool {
        let start = Instant::now();
        while self.is_alive() {
            if start.elapsed() >= limit {
                return false;
            }
            std::thread::sleep(LOOK);
        }
        true
    }

    /// Asks it to end, and after `grace` makes it.
    pub fn end(&self, grace: Duration) {
        self.signal(Signal::TERM);
        if !self.wait(grace) {
            self.signal(Signal::KILL);
            self.wait(grace);
        }
    }

    fn handle(&self) -> Option<Pid> {
        Pid::from_raw(self.pid)
    }
}

/// What is used of `/proc/PID/stat`.
struct Stat {
    state: u8,
    parent: i32,
    started: u64,
}

impl Stat {
    fn of(pid: i32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name in parentheses may hold anything, also parentheses and spaces.
        let mut fields = text.get(text.rfind(')')? + 1..)?.split_ascii_whitespace();
        let state = *fields.next()?.as_bytes().first()?;
        let parent = fields.next()?.parse().ok()?;
        let started = fields.nth(17)?.parse().ok()?;
        Some(Self { state, parent, started })
    }
}

/// Every process number of this host now.
fn all() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The living processes below `ancestor`.
pub fn descendants(ancestor: Pid) -> Vec<Pid> {
    let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for pid in all() {
        if let Some(stat) = Stat::of(pid).filter(|stat| stat.state != b'Z') {
            children.entry(stat.parent).or_default().push(pid);
        }
    }
    let mut found = Vec::new();
    let mut open = vec![ancestor.as_raw_nonzero().get()];
    while let Some(pid) = open.pop() {
        let below = children.remove(&pid).unwrap_or_default();
        found.extend(below.iter().copied().filter_map(Pid::from_raw));
        open.extend(below);
    }
    found
}

/// The living processes that carry the job's mark in their environment.
pub fn marked(key: &JobKey) -> Vec<ProcessId> {
    let mark = format!("{JOB_VARIABLE}={}", key.owner());
    let carries = |pid: &i32| {
        fs::read(format!("/proc/{pid}/environ"))
            .is_ok_and(|environ| environ.split(|&byte| byte == 0).any(|entry| entry == mark.as_bytes()))
    };
    all().filter(carries).filter_map(|pid| ProcessId::of(Pid::from_raw(pid)?)).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::ProcessId;

    #[test]
    fn t13_a_number_that_was_used_again_is_another_process() {
        let me = ProcessId::current().unwrap();
        assert!(me.is_alive());
        assert!(!ProcessId { started: me.started + 1, ..me.clone() }.is_alive());
        assert!(!ProcessId { boot: "another".to_owned(), ..me.clone() }.is_alive());
        assert!(!ProcessId { pid: 0, ..me.clone() }.is_alive());
        assert!(!me.wait(Duration::ZERO));
    }
}
