//! Blocks: `┌ TITLE` … `└ TITLE (0.31 seconds)`.

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

/// An open block of the log.
#[derive(Debug)]
pub struct Block;
