//! The one test binary: every further one would link bollard and kube again.

#![expect(dead_code, reason = "the demo shows more of a job than the tests look at")]
#![expect(clippy::disallowed_methods, reason = "tests start programs, as people do")]
#![expect(clippy::print_stderr, reason = "a failing test shows what it saw")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on may panic")]

mod backends;
mod build;
mod chart;
mod cli;
mod cluster;
mod config_example;
mod deploy;
mod gitlab;
mod layering;
mod project;
mod protocol;
mod readiness;
mod readme;
mod release;
mod rig_backends;
mod rig_build;
mod rig_pipeline;
mod settings;
mod sprig;
mod stand_in;
mod support;
mod template;
mod world;
mod yaml;
