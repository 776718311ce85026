//! What is shown while objects are followed: their pods' lines, errors, the table.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::board::Board;
use super::board::Process;
use super::table::Table;
use crate::backends::cluster::logs::LogLine;
use crate::report::Block;
use crate::report::JobLog;
use crate::report::Style;

/// Shows what happens, in order; lines of one container stand together in one block.
pub(super) struct Printer<'log> {
    log: &'log JobLog,
    open: Option<(String, Block)>,
    table: Table,
    period: Option<Duration>,
    shown_at: Duration,
    pods: BTreeSet<(usize, String)>,
}

impl<'log> Printer<'log> {
    /// Shows on `log`, a table every `period` at most.
    pub(super) fn new(log: &'log JobLog, period: Option<Duration>) -> Self {
        Self { log, open: None, table: Table::default(), period, shown_at: Duration::ZERO, pods: BTreeSet::new() }
    }

    /// The log that is shown on, with no block of ours open.
    pub(super) fn log(&self) -> &'log JobLog {
        self.log
    }

    /// Shows a line of a container, if it is to be shown.
    pub(super) fn line(&mut self, board: &Board, process: &Process, line: &LogLine) {
        if !self.shows(board, process, line) {
            return;
        }
        let owner = board.targets()[process.target].object.short();
        let title = format!("{owner} po/{} container/{} logs", process.pod, process.container);
        self.open(&title).line(&line.text);
    }

    fn shows(&mut self, board: &Board, process: &Process, line: &LogLine) -> bool {
        let target = &board.targets()[process.target];
        let logs = &target.settings.logs;
        if !logs.shows(&process.container, &line.text) {
            return false;
        }
        let facts = board.pod(&process.namespace, &process.pod).map(|pod| &pod.facts);
        let ready_since = facts.and_then(|facts| facts.ready_since);
        let after_ready = ready_since.is_some_and(|since| line.time.is_some_and(|time| time.as_second() > since));
        if after_ready && !logs.until_end && target.object.kind != "Job" {
            return false;
        }
        let pod = (process.target, process.pod.clone());
        let others = self.pods.iter().filter(|(owner, _)| *owner == process.target).count();
        if !self.pods.contains(&pod) && logs.replicas.is_some_and(|most| others >= most) {
            return false;
        }
        self.pods.insert(pod);
        true
    }

    /// Shows an error.
    pub(super) fn error(&mut self, text: &str) {
        self.close();
        self.log.styled(Style::Failure, text);
    }

    /// Shows something that happened around `object`.
    pub(super) fn message(&mut self, object: &str, text: &str) {
        self.open(&format!("{object} service messages")).line(text);
    }

    /// Shows the table if it is time and something changed.
    pub(super) fn progress(&mut self, board: &Board, now: Duration) {
        let Some(period) = self.period else { return };
        if now.saturating_sub(self.shown_at) >= period {
            self.shown_at = now;
            self.draw(board);
        }
    }

    /// Shows the table for the last time.
    pub(super) fn end(&mut self, board: &Board) {
        if self.period.is_some() {
            self.draw(board);
        }
        self.close();
    }

    fn draw(&mut self, board: &Board) {
        let width = self.log.content_width().saturating_sub(2);
        let lines = self.table.draw(board, width, Timestamp::now().as_second());
        if lines.is_empty() {
            return;
        }
        self.close();
        let block = self.log.note("Status progress", Style::Highlight);
        for line in &lines {
            block.line(line);
        }
        block.done();
    }

    fn open(&mut self, title: &str) -> &Block {
        if self.open.as_ref().is_some_and(|(open, _)| open != title) {
            self.close();
        }
        let log = self.log;
        let (_, block) = self.open.get_or_insert_with(|| (title.to_owned(), log.note(title, Style::Details)));
        block
    }

    fn close(&mut self) {
        if let Some((_, block)) = self.open.take() {
            block.done();
        }
    }
}
