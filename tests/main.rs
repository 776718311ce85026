//! The one test binary: every further one would link bollard and kube again.

#![expect(clippy::disallowed_methods, reason = "tests start programs, as people do")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on may panic")]

mod build;
mod gitlab;
mod layering;
mod project;
mod readme;
mod rig_build;
mod rig_pipeline;
mod stand_in;
mod template;
mod world;
