//! The only writer to the job log: blocks as werf draws them, GitLab sections around the outermost, secrets masked.
//!
//! A [`JobLog`] is cheap to clone; clones write to the same log. A block that is opened inside another is drawn inside
//! it. Every line is one write, so that lines of concurrent work never mix.

mod block;
mod mask;
mod section;
mod wrap;

pub use block::Block;
pub use block::Style;
pub use mask::Mask;

/// How the log looks.
#[derive(Debug, Clone)]
pub struct LogOptions {
    /// Columns; lines are wrapped to fit.
    pub width: usize,
    /// Whether ANSI colours are written.
    pub color: bool,
    /// Whether borders and emoji are drawn.
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
    /// Results and failures only.
    Quiet,
    /// What a person wants to see.
    Normal,
    /// Also why.
    Verbose,
    /// Everything.
    Debug,
}
