//! Blocks: `┌ TITLE` … `└ TITLE (0.31 seconds)`.

use std::ops::Deref;
use std::time::Duration;
use std::time::Instant;

use crate::report::Level;
use crate::report::log::JobLog;
use crate::report::section::Section;
use crate::report::style::Style;
use crate::report::text::shorten;
use crate::report::text::width;

/// An open block of the log; what is written to it stands inside.
///
/// It ends as done, as failed, or, dropped by an early return or a panic, as failed too: a section that was opened is
/// always closed. A quiet log shows no borders, only what is inside.
#[derive(Debug)]
#[must_use = "a block that is dropped ends as failed"]
pub struct Block {
    inside: JobLog,
    outer: JobLog,
    title: String,
    style: Style,
    /// When it began; `None` if its end shows no duration.
    begun: Option<Instant>,
    section: Option<Section>,
    open: bool,
}

impl Block {
    pub(super) fn open(log: &JobLog, title: &str, style: Style) -> Self {
        Self::begin(log, title, style, Some(Fold::Open))
    }

    pub(super) fn open_folded(log: &JobLog, title: &str, style: Style) -> Self {
        Self::begin(log, title, style, Some(Fold::Folded))
    }

    pub(super) fn open_note(log: &JobLog, title: &str, style: Style) -> Self {
        Self::begin(log, title, style, None)
    }

    fn begin(outer: &JobLog, title: &str, style: Style, timed: Option<Fold>) -> Self {
        let title = outer.presentable(title);
        let mut text = String::new();
        let section = timed.filter(|_| outer.options.sections && outer.frame.is_root()).map(|fold| {
            let (section, start) = Section::open(&title, fold == Fold::Folded);
            text = start + "\n";
            section
        });
        let block = Self {
            inside: if is_quiet(outer) { outer.clone() } else { outer.inside(style) },
            outer: outer.clone(),
            title,
            style,
            begun: timed.map(|_| Instant::now()),
            section,
            open: true,
        };
        text.push_str(&block.rule("┌", &block.title, style));
        block.emit(&text);
        block
    }

    /// Writes `├ Info` and below it `key: value` lines, keys to the right.
    pub fn info<V: AsRef<str>>(&self, pairs: &[(&str, V)]) {
        // What was set apart inside is set apart by this line.
        self.inside.frame.separator(false);
        self.emit(&self.rule("├", "Info", self.style));
        self.inside.details(pairs);
    }

    /// Ends the block well.
    pub fn done(mut self) {
        self.end(false);
    }

    /// Ends the block badly: its last line is red and says so.
    pub fn failed(mut self) {
        self.end(true);
    }

    fn end(&mut self, failed: bool) {
        if !std::mem::replace(&mut self.open, false) {
            return;
        }
        let after = self.begun.map_or_else(String::new, |begun| format!(" ({})", seconds(begun.elapsed())));
        let after = if failed { after + " FAILED" } else { after };
        let style = if failed { Style::Failure } else { self.style };
        let mut text = self.last_line(style, &after);
        if let Some(section) = &self.section {
            text.push_str(&section.close());
            text.push('\n');
        }
        self.emit(&text);
        self.outer.frame.set_apart();
    }

    fn last_line(&self, style: Style, after: &str) -> String {
        let mut line = self.rule("└", &self.cut(&self.title, width(after)), style);
        if !line.is_empty() {
            line.insert_str(line.len() - 1, &style.paint(after, self.outer.color()));
        }
        line
    }

    /// A line of the frame: outer borders, `corner` in the block's colour, `title` in `style`. Nothing in a quiet log.
    fn rule(&self, corner: &str, title: &str, style: Style) -> String {
        if is_quiet(&self.outer) {
            return String::new();
        }
        let color = self.outer.color();
        let borders = self.outer.frame.borders(color);
        format!("{borders}{} {}\n", self.style.paint(corner, color), style.paint(&self.cut(title, 0), color))
    }

    /// A title that fits, with `reserved` columns behind it. Of a note it is never cut, as in werf.
    fn cut(&self, title: &str, reserved: usize) -> String {
        if !self.outer.options.pretty || self.begun.is_none() {
            return title.to_owned();
        }
        let room = self.outer.options.width.saturating_sub(self.inside.frame.width() + reserved);
        shorten(title, room).into_owned()
    }

    fn emit(&self, text: &str) {
        if !text.is_empty() {
            self.outer.emit(text);
        }
    }
}

impl Deref for Block {
    type Target = JobLog;

    fn deref(&self) -> &JobLog {
        &self.inside
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        self.end(true);
    }
}

/// How a section is shown first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fold {
    Open,
    Folded,
}

/// Work that is reported in one line, when it has ended: `TITLE ... (0.51 seconds)`. Dropped, it has failed.
#[derive(Debug)]
#[must_use = "dropping it reports a failure"]
pub struct Inline {
    log: JobLog,
    title: String,
    begun: Instant,
    open: bool,
}

impl Inline {
    pub(super) fn begin(log: &JobLog, title: &str) -> Self {
        Self { log: log.clone(), title: title.to_owned(), begun: Instant::now(), open: true }
    }

    /// Reports that it went well.
    pub fn done(mut self) {
        self.end(Style::Plain, "");
    }

    /// Reports that it did not.
    pub fn failed(mut self) {
        self.end(Style::Failure, " FAILED");
    }

    fn end(&mut self, style: Style, verdict: &str) {
        if std::mem::replace(&mut self.open, false) {
            self.log.styled(style, format!("{} ... ({}){verdict}", self.title, seconds(self.begun.elapsed())));
        }
    }
}

impl Drop for Inline {
    fn drop(&mut self) {
        self.end(Style::Failure, " FAILED");
    }
}

fn is_quiet(log: &JobLog) -> bool {
    log.level() == Level::Quiet
}

fn seconds(duration: Duration) -> String {
    format!("{:.2} seconds", duration.as_secs_f64())
}
