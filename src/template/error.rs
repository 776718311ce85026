//! Why a template could not be parsed or rendered, in Go's words and in Helm's.

use std::fmt;

/// A text that is no template. Shows Go's message: `template: NAME:LINE: …`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ParseError(pub(in crate::template) String);

impl ParseError {
    /// The message as Helm shows it: `parse error at (NAME:LINE): …`.
    pub fn in_helms_words(&self) -> String {
        let location = self.0.split(": ").nth(1).unwrap_or_default();
        let message = self.0.rsplit(": ").next().unwrap_or_default();
        format!("parse error at ({location}): {message}")
    }
}

/// A rendering that failed. Shows Go's message: `template: NAME:LINE:COLUMN: executing "NAME" at <…>: …`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RenderError {
    /// `NAME:LINE:COLUMN`; nothing where no template was at work yet.
    pub(in crate::template) location: Option<String>,
    /// All of the message.
    pub(in crate::template) message: String,
    /// What `fail` or `required` said to the user, if that is the reason.
    pub(in crate::template) raised: Option<String>,
    /// Whether a limit is the reason: the message names the place where that was, and nothing is put in front of it.
    pub(in crate::template) stopped: bool,
}

impl RenderError {
    /// The message as Helm shows it: what `fail` and `required` say becomes `execution error at (LOCATION): …`.
    pub fn in_helms_words(&self) -> String {
        match (&self.raised, &self.location) {
            (Some(raised), Some(location)) => format!("execution error at ({location}): {raised}"),
            _ => self.message.clone(),
        }
    }
}

impl fmt::Display for RenderError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for RenderError {}

#[cfg(test)]
mod tests {
    use super::ParseError;
    use super::RenderError;

    #[test]
    fn helm_shows_the_last_part_of_a_parse_error() {
        let error = ParseError("template: c/t.yaml:1: integer overflow: \"08\"".to_owned());
        assert_eq!(error.in_helms_words(), "parse error at (c/t.yaml:1): \"08\"");
    }

    #[test]
    fn helm_shows_what_was_raised_at_the_outermost_place() {
        let error = RenderError {
            location: Some("c/t.yaml:1:3".to_owned()),
            message: "template: …".to_owned(),
            raised: Some("boom".to_owned()),
            stopped: false,
        };
        assert_eq!(error.in_helms_words(), "execution error at (c/t.yaml:1:3): boom");
        assert_eq!(error.to_string(), "template: …");
    }
}
