//! What can be wrong with a chart, its values or its templates.

use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// Why a chart was not loaded or not rendered: Helm's text, and what to do about it where that is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Error {
    text: String,
    hints: Vec<String>,
}

impl Error {
    /// An error with that text.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), hints: Vec::new() }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Says in front what was being done, as Go's wrapped errors do.
    #[must_use]
    pub fn within(mut self, doing: impl std::fmt::Display) -> Self {
        self.text = format!("{doing}: {}", self.text);
        self
    }

    /// What to do about it, each a sentence.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        error.hints.into_iter().fold(Self::new(Cause::ChartInvalid, error.text), Self::hint)
    }
}
