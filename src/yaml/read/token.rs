//! What the scanner makes of a text.

use crate::yaml::error::Error;
use crate::yaml::read::cursor::Mark;

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: Mark,
    pub(super) end: Mark,
}

/// The kinds of tokens, as in libyaml.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenKind {
    StreamEnd,
    /// `%YAML`: whether it is 1.1.
    Version(bool),
    /// `%TAG`: handle and prefix.
    TagDirective(String, String),
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(String),
    Anchor(String),
    /// Handle and suffix.
    Tag(String, String),
    /// The text, and whether it stood without quotes and indicators.
    Scalar(String, bool),
}

/// A problem with the text, as libyaml describes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Problem {
    text: &'static str,
    mark: Mark,
    /// Where that began in which the problem is.
    context: Option<Mark>,
    in_scanner: bool,
}

impl Problem {
    /// A problem of the scanner.
    pub(super) fn scanning(text: &'static str, mark: Mark, context: Mark) -> Self {
        Self { text, mark, context: Some(context), in_scanner: true }
    }

    /// A problem of the grammar.
    pub(super) fn parsing(text: &'static str, mark: Mark, context: Option<Mark>) -> Self {
        Self { text, mark, context, in_scanner: false }
    }
}

/// go-yaml shows libyaml's line, which counts from 0, one higher only for the scanner; line 0 it does not show.
impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        let at = Some(problem.mark.position());
        let line = match problem.mark.line {
            0 => problem.context.map_or(0, |context| context.line),
            line => line + usize::from(problem.in_scanner),
        };
        if line == 0 { Self::plain(problem.text, at) } else { Self::on_line(line, problem.text, at) }
    }
}
