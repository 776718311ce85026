//! The table of how far everything is, as werf draws it (pure).

use std::collections::HashMap;

use serde_json::Value;

use super::board::Board;
use super::board::Pod;
use super::target::State;
use super::target::Target;
use crate::actions::rollout::readiness::Readiness;
use crate::model::object::number;

/// Shares of the width that the first three columns take; the last takes the rest.
const COLUMNS: [f64; 3] = [0.58, 0.11, 0.12];
/// The same for the pods below an object, of the first column.
const POD_COLUMNS: [f64; 3] = [0.40, 0.15, 0.20];
/// What is drawn before a pod.
const BRANCH: usize = 4;

/// The kinds with a table of their own, in order, with the titles of their columns.
const KINDS: [(&str, [&str; 4]); 4] = [
    ("Deployment", ["DEPLOYMENT", "REPLICAS", "AVAILABLE", "UP-TO-DATE"]),
    ("DaemonSet", ["DAEMONSET", "REPLICAS", "AVAILABLE", "UP-TO-DATE"]),
    ("StatefulSet", ["STATEFULSET", "REPLICAS", "READY", "UP-TO-DATE"]),
    ("Job", ["JOB", "ACTIVE", "DURATION", "SUCCEEDED/FAILED"]),
];
const OTHER: [&str; 4] = ["RESOURCE", "STATE", "", ""];

/// Draws tables; remembers the last one to show what changed.
#[derive(Debug, Default)]
pub(super) struct Table {
    last: HashMap<String, String>,
    drawn: Vec<String>,
}

impl Table {
    /// The lines of the table, at most `width` columns wide; empty if nothing changed since the last one.
    /// `elapsed` is the time of day in seconds of the epoch, for durations of Jobs.
    pub(super) fn draw(&mut self, board: &Board, width: usize, now: i64) -> Vec<String> {
        let mut lines = Vec::new();
        let plain = self.lines(board, width, now, &mut lines);
        if plain == self.drawn {
            return Vec::new();
        }
        self.drawn = plain;
        lines
    }

    /// Fills `lines` with what to show and answers what to compare: the same without arrows and durations.
    fn lines(&mut self, board: &Board, width: usize, now: i64, lines: &mut Vec<String>) -> Vec<String> {
        let mut compared = Vec::new();
        let widths = widths(width.saturating_sub(1), COLUMNS);
        let known = |kind: &str| KINDS.iter().any(|(name, _)| *name == kind);
        for (kind, titles) in KINDS.iter().map(|(kind, titles)| (Some(*kind), titles)).chain([(None, &OTHER)]) {
            let mut group: Vec<(usize, &Target)> = board
                .targets()
                .iter()
                .enumerate()
                .filter(|(_, target)| match kind {
                    Some(kind) => target.object.kind == kind,
                    // Objects that are ready as soon as they exist tell nothing.
                    None => !known(&target.object.kind) && target.readiness != Readiness::Ready,
                })
                .collect();
            group.sort_by(|(_, a), (_, b)| a.object.name.cmp(&b.object.name));
            if !group.is_empty() {
                lines.extend(row(&titles.map(str::to_owned), &widths));
            }
            for (index, target) in group {
                self.target_lines(board, index, target, &widths, now, lines, &mut compared);
            }
        }
        compared
    }

    #[expect(clippy::too_many_arguments, reason = "two outputs of one walk")]
    fn target_lines(
        &mut self,
        board: &Board,
        index: usize,
        target: &Target,
        widths: &[usize; 4],
        now: i64,
        lines: &mut Vec<String>,
        compared: &mut Vec<String>,
    ) {
        let key = target.object.short();
        let cells = cells(target, now);
        compared.push(format!("{key} {:?} {:?}", cells.compared(), target.state));
        let shown: Vec<String> =
            (0..4).map(|column| self.change(&format!("{key} {column}"), &cells.0[column], column > 0)).collect();
        lines.extend(row(&[shown[0].clone(), shown[1].clone(), shown[2].clone(), shown[3].clone()], widths));
        let pods = board.pods_of(index);
        let waiting = waiting(target);
        if pods.is_empty() {
            lines.extend(waiting.iter().map(|text| format!("│   {text}")));
            compared.extend(waiting);
            return;
        }
        let mut left = self.pod_lines(target, &pods, widths[0], compared);
        if let Some(waiting) = waiting {
            let side = wrap(&waiting, widths[1] + widths[2] + widths[3] - 1);
            compared.push(waiting);
            beside(&mut left, &side, widths[0]);
        }
        lines.extend(left);
    }

    fn pod_lines(
        &mut self,
        target: &Target,
        pods: &[(&Pod, bool)],
        width: usize,
        compared: &mut Vec<String>,
    ) -> Vec<String> {
        let columns = widths(width.saturating_sub(BRANCH), POD_COLUMNS);
        let titles = ["POD", "READY", "RESTARTS", "STATUS"].map(str::to_owned);
        let mut lines: Vec<String> = row(&titles, &columns).into_iter().map(|line| format!("│   {line}")).collect();
        for (place, (pod, is_new)) in pods.iter().enumerate() {
            let is_last = place + 1 == pods.len();
            let facts = &pod.facts;
            let key = format!("{} {}", target.object.short(), pod.name);
            let status = self.change(&format!("{key} status"), &facts.status, true).replace("->", " -> ");
            let name = pod.name.strip_prefix(&format!("{}-", target.object.name)).unwrap_or(&pod.name);
            let cells =
                [name.to_owned(), format!("{}/{}", facts.ready, facts.containers), facts.restarts.to_string(), status];
            compared.push(format!("{key} {} {} {}", cells[1], cells[2], facts.status));
            for (line, text) in row(&cells, &columns).into_iter().enumerate() {
                let branch = match (line, is_last) {
                    (0, true) => "└── ",
                    (0, false) => "├── ",
                    (_, true) => "    ",
                    (_, false) => "│   ",
                };
                lines.push(format!("{branch}{text}"));
            }
            let trouble = facts.troubles.first().filter(|_| *is_new && target.state != State::Ready);
            if let Some(trouble) = trouble {
                // In short: the whole of it stands above.
                let text: Vec<&str> = trouble.text.splitn(3, ": ").take(2).collect();
                let text = format!("└── error: {}", text.join(": "));
                let indent = if is_last { "    " } else { "│   " };
                lines.extend(wrap(&text, width - BRANCH - 1).into_iter().map(|line| format!("{indent}{line}")));
            }
        }
        lines
    }

    /// `old->new` if the value changed since the last table.
    fn change(&mut self, key: &str, value: &str, arrows: bool) -> String {
        let before = self.last.insert(key.to_owned(), value.to_owned());
        match before {
            Some(before) if arrows && before != value && !value.ends_with('s') => format!("{before}->{value}"),
            _ => value.to_owned(),
        }
    }
}

struct Cells([String; 4]);

impl Cells {
    /// What makes a new table worth drawing: durations alone do not.
    fn compared(&self) -> Vec<&String> {
        self.0
            .iter()
            .filter(|cell| !cell.ends_with('s') || !cell.starts_with(|first: char| first.is_ascii_digit()))
            .collect()
    }
}

fn cells(target: &Target, now: i64) -> Cells {
    let status = |field: &str| number(&target.latest, &format!("/status/{field}")).unwrap_or(0);
    let wanted = number(&target.latest, "/spec/replicas").unwrap_or(1);
    let name = target.object.name.clone();
    Cells(match target.object.kind.as_str() {
        "Deployment" => [
            name,
            format!("{}/{wanted}", status("replicas")),
            status("availableReplicas").to_string(),
            status("updatedReplicas").to_string(),
        ],
        "StatefulSet" => [
            name,
            format!("{}/{wanted}", status("replicas")),
            status("readyReplicas").to_string(),
            status("updatedReplicas").to_string(),
        ],
        "DaemonSet" => [
            name,
            format!("{}/{}", status("currentNumberScheduled"), status("desiredNumberScheduled")),
            status("numberAvailable").to_string(),
            status("updatedNumberScheduled").to_string(),
        ],
        "Job" => [
            name,
            status("active").to_string(),
            duration(&target.latest, now),
            format!("{}/{}", status("succeeded"), status("failed")),
        ],
        kind => [format!("{}/{name}", kind.to_lowercase()), state_word(target), String::new(), String::new()],
    })
}

fn state_word(target: &Target) -> String {
    match &target.readiness {
        Readiness::Ready => "ready".to_owned(),
        Readiness::Progressing(_) => "waiting".to_owned(),
        Readiness::Failed(_) => "failed".to_owned(),
    }
}

fn duration(job: &Value, now: i64) -> String {
    let time = |pointer: &str| job.pointer(pointer)?.as_str()?.parse::<jiff::Timestamp>().ok();
    let Some(began) = time("/status/startTime") else { return "0s".to_owned() };
    let ended = time("/status/completionTime").map_or(now, jiff::Timestamp::as_second);
    format!("{}s", (ended - began.as_second()).max(0))
}

fn waiting(target: &Target) -> Option<String> {
    match &target.readiness {
        Readiness::Progressing(waiting) if target.is_active() => Some(format!("Waiting for: {}", waiting.join(", "))),
        Readiness::Failed(why) => Some(format!("error: {why}")),
        _ => None,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "columns of a terminal"
)]
fn widths(width: usize, shares: [f64; 3]) -> [usize; 4] {
    let [first, second, third] = shares.map(|share| (width as f64 * share) as usize);
    [first, second, third, width - first - second - third]
}

/// One row of cells, as many lines as the tallest of them needs; no line ends with blanks.
fn row(cells: &[String; 4], widths: &[usize; 4]) -> Vec<String> {
    let wrapped: Vec<Vec<String>> =
        cells.iter().zip(widths).map(|(cell, width)| wrap(cell, width.saturating_sub(1))).collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(0).max(1);
    (0..height)
        .map(|line| {
            let parts = wrapped.iter().zip(widths).map(|(cell, width)| {
                let text = cell.get(line).map_or("", String::as_str);
                format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
            });
            parts.collect::<String>().trim_end().to_owned()
        })
        .collect()
}

/// Puts `side` to the right of `lines`, below a heading.
fn beside(lines: &mut Vec<String>, side: &[String], width: usize) {
    for (place, text) in std::iter::once("---").chain(side.iter().map(String::as_str)).enumerate() {
        if place == lines.len() {
            lines.push(String::new());
        }
        let line = &mut lines[place];
        let blanks = width.saturating_sub(columns(line));
        line.push_str(&" ".repeat(blanks));
        line.push_str(text);
    }
}

fn columns(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

/// Breaks `text` at blanks, and a word that is too long where it must.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut word: Vec<char> = word.chars().collect();
        let used = columns(&line);
        if used > 0 && used + 1 + word.len() > width && word.len() <= width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        while columns(&line) + word.len() > width {
            let room = width - columns(&line).min(width);
            line.extend(word.drain(..room.min(word.len())));
            lines.push(std::mem::take(&mut line));
        }
        line.extend(word);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::row;
    use super::widths;
    use super::wrap;

    #[test]
    fn columns_stand_where_werf_puts_them() {
        let columns = widths(90, super::COLUMNS);
        assert_eq!(columns, [52, 9, 10, 19]);
        let pods = widths(columns[0] - super::BRANCH, super::POD_COLUMNS);
        assert_eq!(pods, [19, 7, 9, 13]);
        let titles = ["POD", "READY", "RESTARTS", "STATUS"].map(str::to_owned);
        assert_eq!(row(&titles, &pods), ["POD                READY  RESTARTS STATUS"]);
        let crash = ["5dbf5c74dc-vgddc", "0/1", "1", "CrashLoopBackOff"].map(str::to_owned);
        assert_eq!(
            row(&crash, &pods),
            ["5dbf5c74dc-vgddc   0/1    1        CrashLoopBac", "                                   kOff"]
        );
    }

    #[test]
    fn text_breaks_at_blanks() {
        assert_eq!(
            wrap("Waiting for: replicas 2->1, available 0->1", 30),
            ["Waiting for: replicas 2->1,", "available 0->1"]
        );
        assert_eq!(wrap("", 5), [""]);
    }
}
