//! Why a layer cannot be written.

use std::io;

/// Why a layer cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    /// The path cannot stand in a layer.
    #[error("`{path}` cannot be put into an image: {why}")]
    BadPath {
        /// The path, bytes that are not UTF-8 replaced.
        path: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Entries must come in the order of their archive names, each once.
    #[error("`{path}` comes after `{after}` in a layer")]
    OutOfOrder {
        /// The name that came.
        path: String,
        /// The name before it.
        after: String,
    },
    /// The content is longer or shorter than its entry says.
    #[error("`{path}` has not the {promised} bytes that were promised")]
    OtherSize {
        /// The name in the archive.
        path: String,
        /// What the entry says.
        promised: u64,
    },
    /// A field does not fit into the format.
    #[error("`{path}`: {what} does not fit into a tar archive")]
    Unfit {
        /// The name in the archive.
        path: String,
        /// Which field.
        what: &'static str,
    },
    /// Reading content or writing the archive failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}
