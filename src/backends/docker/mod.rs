//! The container engine, through its API: the only place that names bollard.
//!
//! One [`Engine`] a process; every call has a limit. Calls are cancelled by dropping their future; what they had made in
//! the engine by then is removed in the background, and what even that misses carries its [`Owner`] for `cleanup` and `gc`.
//!
//! [`Owner`]: crate::model::ownership::Owner

mod engine;
mod failures;
mod images;

pub use crate::backends::docker::engine::DEFAULT_ADDRESS;
pub use crate::backends::docker::engine::Engine;
pub use crate::backends::docker::engine::EngineFacts;
pub use crate::backends::docker::engine::EngineOptions;
pub use crate::backends::docker::engine::Store;
