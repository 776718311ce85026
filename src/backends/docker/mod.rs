//! The container engine, through its API: the only place that names bollard.
//!
//! One [`Engine`] a process; every call has a limit. Calls are cancelled by dropping their future; what they had made in
//! the engine by then is removed in the background, and what even that misses carries its [`Owner`] for `cleanup` and `gc`.
//!
//! [`Owner`]: crate::model::ownership::Owner

mod archive;
mod commit;
mod container;
mod dockerfile;
mod engine;
mod export;
mod failures;
mod files;
mod images;
mod load;
mod manifests;
mod output;
mod owned;
mod pull;
mod run;

pub use crate::backends::docker::commit::CommitRequest;
pub use crate::backends::docker::container::BindMount;
pub use crate::backends::docker::container::ContainerSpec;
pub use crate::backends::docker::container::ExecSpec;
pub use crate::backends::docker::container::StageContainer;
pub use crate::backends::docker::dockerfile::DockerfileBuild;
pub use crate::backends::docker::dockerfile::Login;
pub use crate::backends::docker::engine::DEFAULT_ADDRESS;
pub use crate::backends::docker::engine::Engine;
pub use crate::backends::docker::engine::EngineFacts;
pub use crate::backends::docker::engine::EngineOptions;
pub use crate::backends::docker::engine::Store;
pub use crate::backends::docker::export::ExportedLayer;
pub use crate::backends::docker::files::ImageFiles;
pub use crate::backends::docker::files::PathFact;
pub use crate::backends::docker::files::PathKind;
pub use crate::backends::docker::load::LayerContent;
pub use crate::backends::docker::load::LoadRequest;
pub use crate::backends::docker::load::NewLayer;
pub use crate::backends::docker::output::Lines;
pub use crate::backends::docker::owned::Owned;
pub use crate::backends::docker::owned::OwnedKind;
pub use crate::backends::docker::pull::PullProgress;
pub use crate::backends::docker::run::FlagError;
pub use crate::backends::docker::run::RunEvent;
pub use crate::backends::docker::run::RunOptions;
pub use crate::backends::docker::run::RunOutcome;
pub use crate::backends::docker::run::RunRequest;
pub use crate::backends::docker::run::RunStreams;
