//! Go templates as Helm and werf use them (pure; knows nothing of charts).
//!
//! ```text
//! text ──► parse: lexer → parser → tree (slots, functions found) ──► namespace ──► interpret ──► text
//!                                                                                   │   ▲
//!                                                                    functions ◄────┘   └── world
//! ```
//!
//! Begin with [`Templates`]: fill a set, render from it. [`value`] has what templates compute with,
//! [`functions`] what they can call and how to add to it, [`object`] how to give them values with methods,
//! [`world`] what they may ask of the outside. Messages are Go's, word for word: [`error`] also has Helm's form of them.
//!
//! Rendering nests on the stack: wrap it in [`stack::with_stack`] where templates may nest as deep as in Helm.

pub mod collection;
pub mod context;
pub mod error;
pub mod format;
pub mod functions;
mod interpret;
mod json;
mod namespace;
pub mod object;
pub mod options;
mod parse;
pub mod stack;
mod templates;
pub mod text;
mod toml;
pub mod value;
pub mod world;

pub use templates::Templates;
