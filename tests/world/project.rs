//! A project in the world: a fixture's work tree, its commits, its pipelines.

use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use super::World;
use crate::gitlab::Outcome;
use crate::gitlab::ProjectSettings;
use crate::gitlab::Variable;
use crate::gitlab::git;

/// Longest that a job of a fixture takes on a cold machine with two cores: `npm ci` twice.
const LIMIT: Duration = Duration::from_mins(10);

/// The key of the fixtures' secret values.
const SECRET_KEY: &str = "ad747845284fea7135dca84bde9cff8e";

/// A project of the stand-in with its work tree.
pub(crate) struct Project<'a> {
    world: &'a World,
    pub(crate) id: u64,
    pub(crate) tree: PathBuf,
}

impl<'a> Project<'a> {
    pub(crate) fn new(world: &'a World, fixture: &Path, path: &str) -> Self {
        let settings = ProjectSettings {
            variables: vec![Variable::masked("WERF_SECRET_KEY", SECRET_KEY)],
            protected: vec!["master".to_owned()],
            registry: Some(world.rig.registry.clone()),
            job_token: Some(world.rig.registry_password.clone()),
        };
        let id = world.gitlab.create_project(path, settings);
        let tree = world.directory.path().join(format!("tree-{id}"));
        copy(fixture, &tree);
        git(&tree, &["init", "--quiet"]);
        let project = Self { world, id, tree };
        project.commit("first");
        project
    }

    /// Writes a file and commits it; `None` deletes it.
    pub(crate) fn change(&self, file: &str, content: Option<&str>) {
        let path = self.tree.join(file);
        match content {
            Some(content) => std::fs::write(&path, content).expect("write into the work tree"),
            None => std::fs::remove_file(&path).expect("remove from the work tree"),
        }
        self.commit(&format!("change {file}"));
    }

    /// Replaces a text in a file and commits it.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.tree.join(file)).expect("a file of the work tree");
        assert!(text.contains(from), "`{from}` is not in {file}");
        self.change(file, Some(&text.replace(from, to)));
    }

    fn commit(&self, message: &str) {
        git(&self.tree, &["add", "--all"]);
        git(&self.tree, &["commit", "--quiet", "--allow-empty", "--message", message]);
    }

    /// Pushes the work tree's HEAD as a branch; returns the pipeline.
    pub(crate) fn push(&self, branch: &str) -> u64 {
        self.world.gitlab.push(self.id, &self.tree, branch)
    }

    /// Waits for a job that starts by itself.
    pub(crate) async fn finished(&self, pipeline: u64, job: &str) -> Outcome {
        self.world.gitlab.finished(self.world.gitlab.job(pipeline, job), LIMIT).await
    }

    /// Starts a manual job and waits for it.
    pub(crate) async fn played(&self, pipeline: u64, job: &str) -> Outcome {
        let id = self.world.gitlab.play_when_ready(pipeline, job, LIMIT).await;
        self.world.gitlab.finished(id, LIMIT).await
    }

    /// Waits until a job's log contains a text.
    pub(crate) async fn says(&self, job: u64, text: &str) -> Outcome {
        self.world.gitlab.until(job, LIMIT, |outcome| outcome.log.contains(text)).await
    }
}

/// Copies a fixture; its files are few and small.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder of the work tree");
    for entry in std::fs::read_dir(from).expect("a folder of the fixture") {
        let entry = entry.expect("an entry of the fixture");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).expect("copy a file of the fixture");
        }
    }
}
