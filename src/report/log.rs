//! Lines.

use std::fmt;
use std::io::Write;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;

use crate::model::secret::Secret;
use crate::report::Level;
use crate::report::LogOptions;
use crate::report::block::Block;
use crate::report::block::Inline;
use crate::report::frame::Frame;
use crate::report::mask::Mask;
use crate::report::sink::Captured;
use crate::report::sink::Pending;
use crate::report::sink::Sink;
use crate::report::style::Style;
use crate::report::text::clean;
use crate::report::text::width;
use crate::report::text::without_emoji;
use crate::report::wrap::MARK;
use crate::report::wrap::NARROWEST;
use crate::report::wrap::wrap;

/// Keys of details end at this column at least: `repository`, `image_id` … of all stages stand below each other.
const KEY_WIDTH: usize = 12;

/// The job log, or a place inside a block of it. Clones are the same place.
#[derive(Clone)]
pub struct JobLog {
    pub(super) sink: Arc<Sink>,
    pub(super) frame: Arc<Frame>,
    pub(super) options: Arc<LogOptions>,
    mask: Arc<RwLock<Mask>>,
    /// What stands before every line of a command's output.
    tags: Vec<Tag>,
}

#[derive(Clone)]
struct Tag {
    text: String,
    style: Style,
}

impl JobLog {
    /// A log that is written to `out`, in which `mask` is hidden.
    ///
    /// An `out` that cannot be written to is not an error: the work goes on unseen.
    pub fn new(out: Box<dyn Write + Send>, options: LogOptions, mask: Mask) -> Self {
        let mask = Arc::new(RwLock::new(mask));
        let sink = Sink::new(out, Arc::clone(&mask));
        Self { sink, frame: Frame::root(), options: Arc::new(options), mask, tags: Vec::new() }
    }

    /// A log in memory, for tests and for reports that are shown elsewhere.
    pub fn to_memory(options: LogOptions) -> (Self, Captured) {
        let captured = Captured::default();
        (Self::new(Box::new(captured.clone()), options, Mask::default()), captured)
    }

    /// Writes `text`, each line of it wrapped. Not shown by a quiet log unless it is a command's output.
    pub fn line(&self, text: impl AsRef<str>) {
        self.styled(Style::Plain, text);
    }

    /// Writes `text` in a colour, each line of it wrapped. A quiet log shows all but [`Style::Plain`].
    pub fn styled(&self, style: Style, text: impl AsRef<str>) {
        if self.level() > Level::Quiet || style != Style::Plain || !self.tags.is_empty() {
            self.write_text(style, text.as_ref());
        }
    }

    /// Writes `text` in a colour, not wrapped, so that it can be searched and copied. Shown at every level.
    pub fn unwrapped(&self, style: Style, text: impl AsRef<str>) {
        let text = self.hide(text.as_ref());
        let lines: String = text.lines().map(|line| self.physical_line(style, &clean(line, self.color()))).collect();
        self.emit(&lines);
    }

    /// Writes `WARNING: text`, highlighted. Shown at every level.
    pub fn warn(&self, text: impl fmt::Display) {
        self.write_text(Style::Warning, &format!("WARNING: {text}"));
    }

    /// Sets what comes next apart by an empty line (inside a block, the borders stay). Calling it twice is as once.
    pub fn blank(&self) {
        self.frame.set_apart();
    }

    /// Writes `text` if the log is verbose.
    pub fn verbose(&self, text: impl AsRef<str>) {
        if self.level() >= Level::Verbose {
            self.write_text(Style::Plain, text.as_ref());
        }
    }

    /// Writes `text` if the log is for debugging.
    pub fn debug(&self, text: impl AsRef<str>) {
        if self.level() >= Level::Debug {
            self.write_text(Style::Plain, text.as_ref());
        }
    }

    /// Writes `  key: value` lines, keys to the right, in the colour of details. Lines of a value stand below each other.
    pub fn details<V: AsRef<str>>(&self, pairs: &[(&str, V)]) {
        let longest = pairs.iter().map(|(key, _)| width(key)).max().unwrap_or(0).max(KEY_WIDTH);
        for (key, value) in pairs {
            let indent = " ".repeat(longest + 4);
            let value = value.as_ref().trim_end().replace('\n', &format!("\n{indent}"));
            self.styled(Style::Details, format!("  {}{key}: {value}", " ".repeat(longest - width(key))));
        }
    }

    /// How much is said.
    pub fn level(&self) -> Level {
        self.options.level
    }

    /// The columns left for text here.
    pub fn content_width(&self) -> usize {
        let tags: usize = self.tags.iter().map(|tag| width(&tag.text) + 2).sum();
        self.options.width.saturating_sub(self.frame.width() + tags).max(NARROWEST)
    }

    /// Whether ANSI colours are written.
    pub fn color(&self) -> bool {
        self.options.color
    }

    /// Opens a block: `┌ TITLE` … `└ TITLE (0.31 seconds)`. An outermost one is a GitLab section where these are on.
    pub fn block(&self, title: impl AsRef<str>, style: Style) -> Block {
        Block::open(self, title.as_ref(), style)
    }

    /// Opens a block whose GitLab section is folded until it is clicked on.
    pub fn folded(&self, title: impl AsRef<str>, style: Style) -> Block {
        Block::open_folded(self, title.as_ref(), style)
    }

    /// Opens a block without a duration at its end, for what takes no time; never a section.
    pub fn note(&self, title: impl AsRef<str>, style: Style) -> Block {
        Block::open_note(self, title.as_ref(), style)
    }

    /// Begins what fits into one line: `TITLE ... (0.51 seconds)`, written when it is done.
    pub fn inline(&self, title: impl AsRef<str>) -> Inline {
        Inline::begin(self, title.as_ref())
    }

    /// The same place, with `tag` before every line: the output of a command.
    #[must_use]
    pub fn tagged(&self, tag: impl Into<String>, style: Style) -> Self {
        let mut tagged = self.clone();
        tagged.tags.push(Tag { text: tag.into(), style });
        tagged
    }

    /// Passes bytes through as they are, only masked, also where a secret is split between calls.
    pub fn raw(&self, bytes: impl AsRef<[u8]>) {
        self.sink.raw(bytes.as_ref());
    }

    /// A log for work beside other work; what it says waits in memory until [`Pending`] shows it.
    pub fn buffered(&self) -> (Self, Pending) {
        let sink = Sink::waiting(Arc::clone(&self.sink));
        let frame = self.frame.beside();
        let pending = Pending {
            sink: Arc::clone(&sink),
            inner: Arc::clone(&frame),
            outer: Arc::clone(&self.frame),
            color: self.color(),
        };
        (Self { sink, frame, ..self.clone() }, pending)
    }

    /// Hides `secret` from now on, in every place of this log.
    pub fn mask(&self, secret: Secret) {
        self.mask_all([secret]);
    }

    /// Hides all of `secrets` from now on, in every place of this log.
    pub fn mask_all(&self, secrets: impl IntoIterator<Item = Secret>) {
        self.mask.write().unwrap_or_else(PoisonError::into_inner).add(secrets);
    }

    /// The same log inside a block.
    pub(super) fn inside(&self, style: Style) -> Self {
        Self { frame: Frame::inside(&self.frame, style), ..self.clone() }
    }

    /// `title` as it may be shown: one line, masked, with emoji only in a pretty log.
    pub(super) fn presentable(&self, title: &str) -> String {
        let title = self.hide(title).replace('\n', " ");
        let title = clean(&title, false).into_owned();
        if self.options.pretty { title } else { without_emoji(&title).into_owned() }
    }

    /// Writes finished lines, after the empty line that may be due before them.
    pub(super) fn emit(&self, lines: &str) {
        let separated = self.frame.separator(self.color()) + lines;
        self.sink.write(separated.as_bytes());
    }

    fn hide(&self, text: &str) -> String {
        self.mask.read().unwrap_or_else(PoisonError::into_inner).hide(text).into_owned()
    }

    fn write_text(&self, style: Style, text: &str) {
        let text = self.hide(text);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        for line in text.split('\n') {
            let line = clean(line, self.color());
            let line = if self.options.pretty { line } else { without_emoji(&line).into_owned().into() };
            self.emit(&self.wrapped(style, &line));
        }
    }

    /// One line of text as it stands in the log: one or more lines there, the broken ones with a mark at the end.
    fn wrapped(&self, style: Style, line: &str) -> String {
        if !self.options.pretty {
            return self.physical_line(style, line);
        }
        let room = self.content_width();
        let pieces = wrap(line, room);
        let Some((last, broken)) = pieces.split_last() else { return String::new() };
        let mut lines = String::new();
        for piece in broken {
            let piece = piece.trim_end();
            let padding = room.saturating_sub(width(piece) + width(MARK));
            lines.push_str(&self.physical_line(style, &format!("{piece}{}{MARK}", " ".repeat(padding))));
        }
        lines + &self.physical_line(style, last)
    }

    fn physical_line(&self, style: Style, text: &str) -> String {
        let mut line = if self.level() == Level::Quiet { String::new() } else { self.frame.borders(self.color()) };
        for tag in &self.tags {
            line.push_str(&tag.style.paint(&tag.text, self.color()));
            line.push_str("  ");
        }
        line.push_str(&style.paint(text, self.color()));
        line.push('\n');
        line
    }
}

impl fmt::Debug for JobLog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("JobLog").field("options", &self.options).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::JobLog;
    use crate::model::secret::Secret;
    use crate::report::Level;
    use crate::report::LogOptions;
    use crate::report::Style;

    fn narrow() -> LogOptions {
        LogOptions { width: 30, ..LogOptions::default() }
    }

    fn without_durations(text: &str) -> String {
        regex::Regex::new(r"\(\d+\.\d\d seconds\)").unwrap().replace_all(text, "(T)").into_owned()
    }

    #[test]
    fn blocks_nest_and_siblings_are_set_apart() {
        let (log, captured) = JobLog::to_memory(LogOptions::default());
        log.line("Version: 1");
        log.blank();
        let image = log.block("⛵ image web", Style::Image);
        let stage = image.block("Building stage web/from", Style::Highlight);
        stage.tagged("web/from", Style::Image).line("hello\nworld");
        stage.block("Store", Style::Plain).done();
        stage.info(&[("repository", "demo"), ("instructions", "ENV A=1\nUSER b")]);
        stage.done();
        image.line("after");
        image.done();
        log.line("end");
        insta::assert_snapshot!(without_durations(&captured.text()), @"
        Version: 1

        ┌ ⛵ image web
        │ ┌ Building stage web/from
        │ │ web/from  hello
        │ │ web/from  world
        │ │ ┌ Store
        │ │ └ Store (T)
        │ ├ Info
        │ │     repository: demo
        │ │   instructions: ENV A=1
        │ │                 USER b
        │ └ Building stage web/from (T)
        │ 
        │ after
        └ ⛵ image web (T)

        end
        ");
    }

    #[test]
    fn long_lines_are_wrapped_at_the_border_and_long_titles_cut() {
        let (log, captured) = JobLog::to_memory(narrow());
        let block = log.block("a title of more than thirty columns", Style::Plain);
        block.tagged("tag", Style::Plain).line("one two three four five six seven");
        block.failed();
        insta::assert_snapshot!(without_durations(&captured.text()), @"
        ┌ a title of more than thi ...
        │ tag  one two three four    ↵
        │ tag  five six seven
        └ a ... (T) FAILED
        ");
    }

    #[test]
    fn a_secret_is_hidden_before_the_line_is_broken() {
        let (log, captured) = JobLog::to_memory(narrow());
        log.mask(Secret::new("0123456789abcdefghijklmnopqrstuvwxyz"));
        log.line("token 0123456789abcdefghijklmnopqrstuvwxyz");
        log.raw("0123456789abcdefgh");
        log.raw("ijklmnopqrstuvwxyz, 0123");
        log.line("end");
        assert_eq!(captured.text(), "token ***\n***, 0123end\n");
    }

    #[test]
    fn a_dropped_block_ends_as_failed_with_its_section() {
        let (log, captured) = JobLog::to_memory(LogOptions { sections: true, ..LogOptions::default() });
        let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let block = log.block("Deploy", Style::Highlight);
            block.line("going well");
            panic!("a defect");
        }));
        assert!(unwound.is_err());
        let text = captured.text();
        assert!(text.contains(" FAILED\nsection_end:"), "{text}");
        assert_eq!(text.matches("section_start:").count(), 1);
        assert_eq!(text.matches("section_end:").count(), 1);
    }

    #[test]
    fn work_side_by_side_is_shown_in_one_piece_after_the_other() {
        let (log, captured) = JobLog::to_memory(LogOptions::default());
        let ((one, first), (two, second)) = (log.buffered(), log.buffered());
        first.go_live();
        let (block, other) = (one.note("one", Style::Plain), two.note("two", Style::Plain));
        other.line("beta");
        block.line("alpha");
        assert_eq!(captured.text(), "┌ one\n│ alpha\n");
        other.done();
        block.done();
        first.flush();
        second.flush();
        assert_eq!(captured.text(), "┌ one\n│ alpha\n└ one\n\n┌ two\n│ beta\n└ two\n");
    }

    #[test]
    fn levels_decide_what_is_said() {
        let said = |level| {
            let (log, captured) = JobLog::to_memory(LogOptions { level, ..LogOptions::default() });
            let block = log.note("block", Style::Plain);
            block.line("plain");
            block.styled(Style::Highlight, "result");
            block.verbose("why");
            block.debug("how");
            block.done();
            log.warn("look");
            captured.text()
        };
        assert_eq!(said(Level::Quiet), "result\n\nWARNING: look\n");
        assert_eq!(said(Level::Normal), "┌ block\n│ plain\n│ result\n└ block\n\nWARNING: look\n");
        assert!(said(Level::Verbose).contains("│ why\n└"));
        assert!(said(Level::Debug).contains("│ why\n│ how\n"));
    }

    #[test]
    fn a_log_that_is_not_pretty_has_neither_emoji_nor_wrapping() {
        let (log, captured) = JobLog::to_memory(LogOptions { pretty: false, ..narrow() });
        let block = log.note("🛸 artifact assets", Style::Artifact);
        block.line("- ⛵ image web and more than thirty columns");
        block.done();
        let expected = "┌ artifact assets\n│ - image web and more than thirty columns\n└ artifact assets\n";
        assert_eq!(captured.text(), expected);
    }
}
