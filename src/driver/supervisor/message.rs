//! What a driver and its supervisor say to each other: one JSON document a line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;

/// From the driver.
#[derive(Debug, Serialize, Deserialize)]
pub enum Order {
    /// Start this script; the first order, once.
    Run(ScriptRequest),
    /// End it: SIGTERM, and SIGKILL after the grace period. A second one changes nothing.
    Terminate,
}

/// A script, and how it is to be run.
#[derive(Debug, Serialize, Deserialize)]
pub struct ScriptRequest {
    /// The program; a bare name is looked for on the `PATH` of `environment`.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Where it starts.
    pub directory: PathBuf,
    /// Its whole environment.
    pub environment: Vec<(OsString, OsString)>,
    /// From SIGTERM to SIGKILL.
    pub grace: Duration,
}

/// To the driver.
#[derive(Debug, Serialize, Deserialize)]
pub enum Report {
    /// The script runs.
    Started,
    /// The script could not be started, and why.
    NotStarted(String),
    /// The script has ended and so has everything that it left behind.
    Ended(Ended),
}

/// The end of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Its exit code, if it had one.
    pub code: Option<i32>,
    /// The signal that ended it, if one did.
    pub signal: Option<i32>,
    /// How many processes it left behind, which were ended.
    pub left: usize,
    /// How many of them could not be ended.
    pub stuck: usize,
}

impl Ended {
    /// The exit code as a shell counts it: 128 and the signal's number for a script that a signal ended.
    pub fn shell_code(&self) -> i32 {
        self.code.or_else(|| self.signal.map(|signal| 128 + signal)).unwrap_or(1)
    }
}
