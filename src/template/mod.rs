//! Go templates as Helm and werf use them (pure; knows nothing of charts).

pub mod collection;
pub mod context;
pub mod format;
pub mod functions;
pub mod object;
pub mod text;
pub mod value;
pub mod world;
