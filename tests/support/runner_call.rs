//! One call of a driver, as a Runner makes it.

use std::fmt;
use std::io::Read;
use std::path::PathBuf;
use std::process::Child;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

use rustix::process::Pid;
use rustix::process::Signal;

/// No call of a test takes longer; one that does hangs.
const LIMIT: Duration = Duration::from_mins(1);

/// A call under way.
pub(crate) struct Call {
    child: Child,
    started: Instant,
    own_group: bool,
    streams: Vec<Stream>,
    exit_code_file: Option<PathBuf>,
}

/// One of its outputs, and who reads it.
type Stream = (Arc<Mutex<Vec<u8>>>, std::thread::JoinHandle<()>);

/// How a call ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit code; -1 for a call that a signal ended.
    pub(crate) code: i32,
    /// What stands in the exit-code file, if there is one.
    pub(crate) exit_code: Option<String>,
    /// Standard output; with a single pipe also standard error.
    pub(crate) stdout: String,
    /// Standard error, where it has a pipe of its own.
    pub(crate) stderr: String,
    /// From the start to the moment at which nobody held a pipe any more.
    pub(crate) took: Duration,
}

impl Call {
    pub(crate) fn new(
        child: Child,
        own_group: bool,
        pipes: Vec<Box<dyn Read + Send>>,
        exit_code_file: Option<PathBuf>,
    ) -> Self {
        let streams = pipes.into_iter().map(collect).collect();
        Self { child, started: Instant::now(), own_group, streams, exit_code_file }
    }

    /// The driver's process number.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Signals as this Runner does: the driver's group since 13.1, the driver alone before.
    pub(crate) fn signal(&self, signal: Signal) {
        let sent = if self.own_group {
            rustix::process::kill_process_group(self.pid(), signal)
        } else {
            rustix::process::kill_process(self.pid(), signal)
        };
        sent.ok();
    }

    /// What has come so far.
    pub(crate) fn so_far(&self) -> String {
        self.streams.iter().map(|(text, _)| String::from_utf8_lossy(&text.lock().unwrap()).into_owned()).collect()
    }

    /// Waits until the call has written `text`.
    pub(crate) fn wait_for(&self, text: &str) {
        eventually(&format!("`{text}` in the log"), || self.so_far().contains(text));
    }

    /// Whether the driver still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for the end of the driver, then, as a Runner does, for the end of its pipes.
    pub(crate) fn finish(mut self) -> Outcome {
        let status = self.wait();
        let mut texts = Vec::new();
        for (text, thread) in self.streams {
            eventually("the end of the pipes", || thread.is_finished());
            texts.push(String::from_utf8_lossy(&text.lock().unwrap()).into_owned());
        }
        let mut texts = texts.into_iter();
        Outcome {
            code: status.code().unwrap_or(-1),
            exit_code: self.exit_code_file.and_then(|file| std::fs::read_to_string(file).ok()),
            stdout: texts.next().unwrap_or_default(),
            stderr: texts.next().unwrap_or_default(),
            took: self.started.elapsed(),
        }
    }

    fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        eventually("the end of the driver", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }
}

fn collect(mut pipe: Box<dyn Read + Send>) -> Stream {
    let text = Arc::new(Mutex::new(Vec::new()));
    let filled = Arc::clone(&text);
    let thread = std::thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = pipe.read(&mut buffer) {
            filled.lock().unwrap().extend_from_slice(&buffer[..read]);
        }
    });
    (text, thread)
}

/// Waits until something is so.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LIMIT, "{what} did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "exit {} (script {:?})", self.code, self.exit_code)?;
        write!(formatter, "{}---\n{}", self.stdout, self.stderr)
    }
}
