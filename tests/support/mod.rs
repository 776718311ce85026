//! What tests of the whole program share.

pub(crate) mod runner;
pub(crate) mod runner_call;
//! What several tests need.

pub(crate) mod cluster;
