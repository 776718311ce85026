//! The backends against stand-ins: registries at the wire, git in temporary repositories.

mod git;
mod git_layers;
mod registry;
