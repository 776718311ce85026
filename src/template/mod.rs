//! Go templates as Helm and werf use them (pure; knows nothing of charts).

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
