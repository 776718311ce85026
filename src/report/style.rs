//! What a line is about, and the colour that follows.

use std::borrow::Cow;

/// What a title or a line is about; decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// No colour.
    Plain,
    /// Bold.
    Highlight,
    /// An image (yellow).
    Image,
    /// An artifact (cyan).
    Artifact,
    /// A detail (blue).
    Details,
    /// Something failed (red).
    Failure,
    /// Something succeeded (green).
    Success,
    /// Something to look at (yellow).
    Warning,
}

impl Style {
    /// The parameters of the SGR sequence; `None` leaves the terminal's own colour.
    fn sgr(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Highlight => Some("1"),
            Self::Image | Self::Warning => Some("33;1"),
            Self::Artifact => Some("36;1"),
            Self::Details => Some("34;1"),
            Self::Failure => Some("31;1"),
            Self::Success => Some("32;1"),
        }
    }

    /// `text` in this colour; unchanged when it is empty or without `color`.
    pub(super) fn paint(self, text: &str, color: bool) -> Cow<'_, str> {
        match self.sgr() {
            Some(sgr) if color && !text.is_empty() => Cow::Owned(format!("\x1b[{sgr}m{text}\x1b[0m")),
            _ => Cow::Borrowed(text),
        }
    }
}
