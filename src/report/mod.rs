//! The only writer to the job log: blocks as werf draws them, GitLab sections around the outermost, secrets masked.
//!
//! A [`JobLog`] is cheap to clone; clones write to the same log. A block that is opened inside another is drawn inside
//! it. Every line is one write, so that lines of concurrent work never mix; work that runs side by side writes to a
//! [`JobLog::buffered`] log and is shown in one piece.
//!
//! ```
//! use gitlab_werf_executor::report::{JobLog, LogOptions, Style};
//!
//! let (log, captured) = JobLog::to_memory(LogOptions::default());
//! let block = log.note("Deploy options", Style::Plain);
//! block.line("Kubernetes namespace: chat-stage");
//! block.done();
//! assert_eq!(captured.text(), "┌ Deploy options\n│ Kubernetes namespace: chat-stage\n└ Deploy options\n");
//! ```

mod block;
mod frame;
mod log;
mod mask;
mod section;
mod sink;
mod style;
mod text;
mod wrap;

pub use block::Block;
pub use block::Inline;
pub use log::JobLog;
pub use mask::Mask;
pub use sink::Captured;
pub use sink::Pending;
pub use style::Style;

/// How the log looks.
#[derive(Debug, Clone)]
pub struct LogOptions {
    /// Columns; lines are wrapped to fit.
    pub width: usize,
    /// Whether ANSI colours are written; off, those of child output are taken out too.
    pub color: bool,
    /// Whether lines are wrapped and emoji shown. Borders are drawn either way, as in werf 1.1.
    pub pretty: bool,
    /// Whether outermost blocks become collapsible GitLab sections.
    pub sections: bool,
    /// How much is said.
    pub level: Level,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self { width: 140, color: false, pretty: true, sections: false, level: Level::Normal }
    }
}

/// How much the log says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Results and failures only: no borders, no plain lines.
    Quiet,
    /// What a person wants to see.
    Normal,
    /// Also why.
    Verbose,
    /// Everything.
    Debug,
}
