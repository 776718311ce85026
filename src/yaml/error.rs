//! What can be wrong with a YAML text, in go-yaml's words.

use crate::yaml::node::Position;

/// Why a text is no YAML, or no YAML that JSON can hold.
///
/// It prints as go-yaml prints it (`yaml: line 3: did not find expected key`). go-yaml's line numbers are off by one for
/// some problems and missing for others; [`Error::at`] is exact.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{text}")]
pub struct Error {
    text: String,
    at: Option<Position>,
}

impl Error {
    /// A problem with the text of the document, without a line in its message.
    pub(crate) fn plain(problem: impl AsRef<str>, at: Option<Position>) -> Self {
        Self { text: format!("yaml: {}", problem.as_ref()), at }
    }

    /// A problem whose message names `line`, as go-yaml counts it.
    pub(crate) fn on_line(line: usize, problem: &str, at: Option<Position>) -> Self {
        Self { text: format!("yaml: line {line}: {problem}"), at }
    }

    /// A problem on the way to JSON; the message stands as it is.
    pub(crate) fn convert(text: String, at: Position) -> Self {
        Self { text, at: Some(at) }
    }

    /// Where it is, if known.
    pub fn at(&self) -> Option<Position> {
        self.at
    }
}
