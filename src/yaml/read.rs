//! From text to [`Node`]: scanned as libyaml does, composed as go-yaml v2 does.

mod compose;
mod cursor;
mod scanner;
mod source;
mod tagged;
mod token;

use crate::yaml::error::Error;
use crate::yaml::node::Node;

use compose::Composer;
use source::Source;

/// What becomes of a key that a mapping gives twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicates {
    /// The last one wins, as for Kubernetes objects and values files.
    LastWins,
    /// An error that names both places.
    Refused,
}

/// Reads the first document; what follows it is not looked at. `None` for an empty text.
///
/// Of a key given twice the last one wins. Depth, size and the growth through aliases are limited; bad input is an
/// error with go-yaml's text, never a panic.
pub fn parse(text: impl AsRef<[u8]>) -> Result<Option<Node>, Error> {
    Composer::new(&Source::new(text.as_ref())?, Duplicates::LastWins).document()
}

/// Reads the first document as [`parse`] does, but refuses a key given twice.
pub fn parse_strict(text: impl AsRef<[u8]>) -> Result<Option<Node>, Error> {
    Composer::new(&Source::new(text.as_ref())?, Duplicates::Refused).document()
}

/// Reads every document of a stream, empty ones as null.
pub fn parse_documents(text: impl AsRef<[u8]>, duplicates: Duplicates) -> Result<Vec<Node>, Error> {
    let source = Source::new(text.as_ref())?;
    let mut composer = Composer::new(&source, duplicates);
    let mut documents = Vec::new();
    while let Some(document) = composer.document()? {
        documents.push(document);
    }
    Ok(documents)
}
