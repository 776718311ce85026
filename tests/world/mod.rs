//! The whole world of a job on this machine: the rig's engine, registry and cluster, a stand-in for GitLab, and the real
//! gitlab-runner with our executor registered. Tests and the demo drive pipelines through it.

mod project;
mod rig;
mod runner;

pub(crate) use project::Project;
pub(crate) use rig::Rig;
use runner::Runner;

use std::path::Path;
use std::path::PathBuf;

use crate::gitlab::GitLab;

/// A started world; everything of it ends when it is dropped, the rig stays.
pub(crate) struct World {
    pub(crate) rig: Rig,
    pub(crate) gitlab: GitLab,
    /// Ends with the world.
    _runner: Runner,
    /// Holds repositories, builds, the Runner's configuration.
    pub(crate) directory: tempfile::TempDir,
}

impl World {
    /// Starts GitLab's stand-in and the real Runner with `slots` concurrent jobs.
    pub(crate) async fn start(slots: usize) -> Self {
        let rig = Rig::from_environment();
        let directory = tempfile::Builder::new().prefix("werf-world-").tempdir().expect("a directory");
        let repositories = directory.path().join("repositories");
        let gitlab = GitLab::start(&repositories, &rig.gitlab_ci_local).await;
        let runner = Runner::start(&rig, &gitlab, directory.path(), slots);
        Self { rig, gitlab, _runner: runner, directory }
    }

    /// Sets up a project from a fixture.
    pub(crate) fn project(&self, fixture: &str, path: &str) -> Project<'_> {
        Project::new(self, &fixture_folder(fixture), path)
    }
}

fn fixture_folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}
