//! Following objects until all are ready, one fails, or the time is over.
//!
//! One loop owns everything: changes and log lines come in as one stream, [`board`] decides, [`printer`] shows.

mod board;
mod ending;
mod pods;
mod printer;
mod proof;
pub mod settings;
mod sources;
mod table;
mod target;

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::SelectAll;
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use crate::backends::cluster::Change;
use crate::backends::cluster::Cluster;
use crate::backends::cluster::ErrorKind;
use crate::backends::cluster::watch::OUTAGE_LIMIT;
use crate::model::failure::Failure;
use crate::model::object::ObjectRef;
use crate::report::JobLog;
use board::Board;
use board::Effect;
use board::Verdict;
use printer::Printer;
use sources::Incoming;
use sources::Source;
use target::Target;

/// How long log lines of what has ended may still come in.
const LAST_LINES: Duration = Duration::from_secs(2);
/// The pause before a log that ended is taken up again, if its process is thought to run.
const RESUME_AFTER: Duration = Duration::from_millis(500);
/// How often time alone is looked at: what lasts, and what has been silent for too long.
const TICK: Duration = Duration::from_secs(1);
/// The same while something has to prove that it runs.
const SHORT_TICK: Duration = Duration::from_millis(20);

/// How objects are followed.
#[derive(Debug, Clone, Copy)]
pub struct TrackOptions {
    /// How long all may take.
    pub limit: Duration,
    /// How often the table is shown at most; `None` for never.
    pub progress: Option<Duration>,
    /// When the work began, by the API server's clock: events and log lines before are of earlier work.
    pub since: Timestamp,
}

/// Follows `objects`, as the cluster answered when they were applied, until all are ready.
///
/// # Errors
/// `NotReady` with every failed object's reason, as soon as one fails beyond what its annotations allow, or the limit is
/// over. The log says everything about it then.
pub async fn track(cluster: &Cluster, objects: Vec<Value>, options: TrackOptions, log: &JobLog) -> Result<(), Failure> {
    let mut targets = Vec::new();
    for object in objects {
        let Some(named) = ObjectRef::of(&object) else { continue };
        let (settings, warnings) = settings::read(&object);
        for warning in &warnings {
            log.warn(warning);
        }
        targets.push(Target::new(named, object, settings));
    }
    let mut tracker = Tracker::new(cluster, targets, options, log);
    tracker.run().await
}

struct Tracker<'work> {
    cluster: &'work Cluster,
    board: Board,
    options: TrackOptions,
    printer: Printer<'work>,
    streams: SelectAll<Source>,
    open_logs: usize,
    began: Instant,
    interrupted: Option<Instant>,
}

impl<'work> Tracker<'work> {
    fn new(cluster: &'work Cluster, targets: Vec<Target>, options: TrackOptions, log: &'work JobLog) -> Self {
        Self {
            cluster,
            board: Board::new(targets, options.since),
            options,
            printer: Printer::new(log, options.progress),
            streams: SelectAll::new(),
            open_logs: 0,
            began: Instant::now(),
            interrupted: None,
        }
    }

    async fn run(&mut self) -> Result<(), Failure> {
        self.settle(Vec::new());
        if self.board.verdict() == Verdict::Done && !self.has_unseen_pods() {
            return Ok(());
        }
        for source in sources::watches(self.cluster, self.board.targets()).await? {
            self.streams.push(source);
        }
        self.board.begin_to_watch();
        while self.board.verdict() == Verdict::Waiting {
            let pause = if self.board.has_doubts(self.now()) { SHORT_TICK } else { TICK };
            let incoming = tokio::select! {
                incoming = self.streams.next() => incoming,
                () = tokio::time::sleep(pause) => None,
            };
            self.take(incoming)?;
            self.take_what_is_there()?;
            self.settle(Vec::new());
            self.watch_the_time();
            self.printer.progress(&self.board, self.now());
        }
        self.last_lines().await?;
        self.printer.end(&self.board);
        match self.board.verdict() {
            Verdict::Failed => Err(ending::explain(self.cluster, &self.board, &self.printer).await),
            Verdict::Waiting | Verdict::Done => Ok(()),
        }
    }

    /// Whether something ended before it was looked at, so that its log was not shown.
    fn has_unseen_pods(&self) -> bool {
        self.board.targets().iter().any(|target| matches!(target.object.kind.as_str(), "Job" | "Pod"))
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn watch_the_time(&mut self) {
        if self.now() >= self.options.limit {
            for index in 0..self.board.targets().len() {
                self.board.target_mut(index).run_out(self.options.limit);
            }
        }
    }

    /// Takes everything in that has come already, so that what it means is judged once.
    fn take_what_is_there(&mut self) -> Result<(), Failure> {
        while let Some(Some(incoming)) = futures_util::FutureExt::now_or_never(self.streams.next()) {
            self.take(Some(incoming))?;
        }
        Ok(())
    }

    fn take(&mut self, incoming: Option<Incoming>) -> Result<(), Failure> {
        let now = self.now();
        match incoming {
            None => {}
            Some(Incoming::Change(change)) => return self.take_change(change),
            Some(Incoming::Line(process, line)) => {
                let target = self.board.target_mut(process.target);
                target.keep_line(&process.pod, &process.container, &line.text, now);
                self.printer.line(&self.board, &process, &line);
            }
            Some(Incoming::LogOpen(process)) => self.board.log_opened(&process, now),
            Some(Incoming::LogEnd(end)) => {
                self.open_logs -= 1;
                if let Some(last) = end.resume {
                    self.board.log_ended(&end.process, now);
                    if self.board.runs(&end.process) {
                        self.follow(end.process, last, Some(RESUME_AFTER));
                    }
                }
            }
        }
        Ok(())
    }

    fn take_change(&mut self, change: Change) -> Result<(), Failure> {
        let now = self.now();
        let effects = match change {
            Change::Present(object) => self.board.present(object, now),
            Change::Gone(object) => self.board.gone(&object),
            Change::Restarted => Vec::new(),
            Change::Synced => {
                self.interrupted = None;
                Vec::new()
            }
            Change::Interrupted(error) => {
                let since = *self.interrupted.get_or_insert_with(Instant::now);
                let hopeless = matches!(error.kind, ErrorKind::Denied | ErrorKind::Unauthorized);
                if hopeless || since.elapsed() > OUTAGE_LIMIT {
                    return Err(error.into());
                }
                Vec::new()
            }
        };
        self.settle(effects);
        Ok(())
    }

    /// Does what follows from what was observed.
    fn settle(&mut self, effects: Vec<Effect>) {
        let mut effects = effects;
        effects.extend(self.board.evaluate(self.now()));
        for effect in effects {
            match effect {
                Effect::Error(text) => self.printer.error(&text),
                Effect::Message { object, text } => self.printer.message(&object, &text),
                Effect::Follow(process) => self.follow(process, self.options.since, None),
            }
        }
    }

    fn follow(&mut self, process: board::Process, since: Timestamp, after: Option<Duration>) {
        self.open_logs += 1;
        self.streams.push(sources::log(self.cluster, process, since, after));
    }

    /// Lets the last lines of what has ended come in, for a moment.
    async fn last_lines(&mut self) -> Result<(), Failure> {
        let ended = self.board.targets().iter().any(|target| matches!(target.object.kind.as_str(), "Job" | "Pod"))
            || self.board.verdict() == Verdict::Failed;
        let limit = Instant::now() + LAST_LINES;
        while ended && Instant::now() < limit {
            if self.open_logs == 0 && !self.awaits_pods() {
                break;
            }
            let Ok(incoming) = tokio::time::timeout_at(limit, self.streams.next()).await else { break };
            self.take(incoming)?;
        }
        Ok(())
    }

    /// Whether a Job has ended and none of its pods was seen yet.
    fn awaits_pods(&self) -> bool {
        let jobs = self.board.targets().iter().enumerate().filter(|(_, target)| target.object.kind == "Job");
        jobs.into_iter().any(|(index, target)| {
            let ran = ["succeeded", "failed"]
                .iter()
                .any(|field| target.latest.pointer(&format!("/status/{field}")).is_some());
            ran && self.board.pods_of(index).is_empty()
        })
    }
}
