//! What tests of the whole program share.

pub(crate) mod cluster;
pub(crate) mod registry;
pub(crate) mod runner;
pub(crate) mod runner_call;
