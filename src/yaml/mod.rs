//! YAML as Kubernetes tooling reads and writes it: YAML 1.1 resolution, go-yaml's emitter (pure).
//!
//! Reading goes text → [`Node`] (positions kept) → JSON value; writing goes JSON value → text, byte for byte as
//! sigs.k8s.io/yaml does. Error texts are go-yaml's, because people search for them.

pub mod emit;
mod error;
mod gosyntax;
mod json;
mod node;
mod number;
mod read;
mod resolve;

pub use error::Error;
pub use json::to_json;
pub use node::Entry;
pub use node::Node;
pub use node::Position;
pub use node::Value;
pub use number::format_float;
pub use read::Duplicates;
pub use read::parse;
pub use read::parse_documents;
pub use read::parse_strict;

/// Reads the first document of `text` as sigs.k8s.io/yaml does: YAML becomes JSON, keys become strings.
///
/// An empty text is `null`. Whole numbers stay whole; a caller that wants Helm's `float64` converts them.
pub fn from_text(text: impl AsRef<[u8]>) -> Result<serde_json::Value, Error> {
    match parse(text)? {
        Some(node) => to_json(&node),
        None => Ok(serde_json::Value::Null),
    }
}
