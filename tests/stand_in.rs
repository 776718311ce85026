//! The stand-in for GitLab keeps to the runner API: a hand-made Runner talks to it.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use crate::gitlab::Cancel;
use crate::gitlab::GitLab;
use crate::gitlab::ProjectSettings;
use crate::gitlab::Status;
use crate::gitlab::git;

const CI_FILE: &str = "
stages: [build, deploy]
Build:
  stage: build
  script: [make]
  artifacts: {paths: [out]}
Review:
  stage: deploy
  script: [deploy]
  environment: {name: review/$CI_COMMIT_REF_SLUG, url: 'http://$CI_ENVIRONMENT_SLUG.example.org', on_stop: Stop Review}
  only: [branches]
  except: [master]
  when: manual
Stop Review:
  stage: deploy
  script: [stop]
  variables: {GIT_STRATEGY: none}
  environment: {name: review/$CI_COMMIT_REF_SLUG, action: stop}
  only: [branches]
  except: [master]
  when: manual
Production:
  stage: deploy
  script: [deploy]
  only: [master]
";

/// Prints the file as it stands: these tests use no `extends`.
fn expander(directory: &Path) -> std::path::PathBuf {
    let path = directory.join("expander");
    std::fs::write(&path, "#!/bin/sh\ncat .gitlab-ci.yml\n").unwrap();
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    std::fs::set_permissions(&path, permissions).unwrap();
    path
}

struct World {
    directory: tempfile::TempDir,
    gitlab: GitLab,
    project: u64,
    client: reqwest::Client,
}

async fn world() -> World {
    let directory = tempfile::tempdir().unwrap();
    let gitlab = GitLab::start(directory.path(), &expander(directory.path())).await;
    let project = gitlab.create_project("group/chat", ProjectSettings::default());
    let tree = directory.path().join("tree");
    std::fs::create_dir(&tree).unwrap();
    git(&tree, &["init", "--quiet"]);
    std::fs::write(tree.join(".gitlab-ci.yml"), CI_FILE).unwrap();
    git(&tree, &["add", "-A"]);
    git(&tree, &["commit", "--quiet", "-m", "first"]);
    World { directory, gitlab, project, client: reqwest::Client::new() }
}

impl World {
    fn push(&self, reference: &str) -> u64 {
        self.gitlab.push(self.project, &self.directory.path().join("tree"), reference)
    }

    async fn take(&self) -> Value {
        let url = format!("{}/api/v4/jobs/request", self.gitlab.url());
        let body = json!({"token": self.gitlab.runner_token(), "info": {"executor": "custom"}});
        let answer = self.client.post(url).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        answer.json().await.unwrap()
    }

    async fn log(&self, job: &Value, from: usize, text: &str) -> reqwest::Response {
        let url = format!("{}/api/v4/jobs/{}/trace", self.gitlab.url(), job["id"]);
        let request = self.client.patch(url).header("Job-Token", job["token"].as_str().unwrap());
        let range = format!("{from}-{}", from + text.len() - 1);
        request.header("Content-Range", range).body(text.to_owned()).send().await.unwrap()
    }

    async fn finish(&self, job: &Value, state: &str) {
        let url = format!("{}/api/v4/jobs/{}", self.gitlab.url(), job["id"]);
        let body = json!({"token": job["token"], "state": state});
        assert_eq!(self.client.put(url).json(&body).send().await.unwrap().status(), 200);
    }
}

fn variable(job: &Value, name: &str) -> Option<String> {
    let all = job["variables"].as_array().unwrap();
    all.iter().rev().find(|it| it["key"] == name).map(|it| it["value"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_push_creates_the_jobs_of_its_branch_and_stages_run_in_order() {
    let world = world().await;
    let pipeline = world.push("feature/x");
    let statuses = world.gitlab.jobs(pipeline);
    assert_eq!(
        statuses,
        [
            ("Build".to_owned(), Status::Pending),
            ("Review".to_owned(), Status::Created),
            ("Stop Review".to_owned(), Status::Created)
        ]
    );
    let job = world.take().await;
    assert_eq!(variable(&job, "CI_COMMIT_REF_SLUG").as_deref(), Some("feature-x"));
    assert_eq!(variable(&job, "CI_ENVIRONMENT_SLUG"), None);
    world.finish(&job, "success").await;
    assert_eq!(world.gitlab.jobs(pipeline)[1].1, Status::Manual);
    world.gitlab.play(pipeline, "Review");
    let review = world.take().await;
    let slug = variable(&review, "CI_ENVIRONMENT_SLUG").unwrap();
    assert!(slug.starts_with("review-feature-x-"), "{slug}");
    assert_eq!(variable(&review, "CI_ENVIRONMENT_URL"), Some(format!("http://{slug}.example.org")));
    assert_eq!(variable(&review, "CI_ENVIRONMENT_ACTION").as_deref(), Some("start"));
    world.finish(&review, "success").await;
    let stopping = world.gitlab.delete_branch(world.project, "feature/x");
    assert_eq!(stopping, [world.gitlab.job(pipeline, "Stop Review")]);
}

#[tokio::test]
async fn the_log_continues_where_it_ended() {
    let world = world().await;
    world.push("master");
    let job = world.take().await;
    let first = world.log(&job, 0, "hello ").await;
    assert_eq!((first.status().as_u16(), first.headers()["range"].to_str().unwrap()), (202, "0-6"));
    let gap = world.log(&job, 9, "x").await;
    assert_eq!((gap.status().as_u16(), gap.headers()["range"].to_str().unwrap()), (416, "0-6"));
    world.log(&job, 6, "world").await;
    assert_eq!(world.gitlab.outcome(job["id"].as_u64().unwrap()).log, "hello world");
}

#[tokio::test]
async fn a_failed_job_skips_the_later_ones() {
    let world = world().await;
    let pipeline = world.push("master");
    let job = world.take().await;
    world.finish(&job, "failed").await;
    assert_eq!(world.gitlab.jobs(pipeline)[1], ("Production".to_owned(), Status::Skipped));
    let outcome = world.gitlab.finished(job["id"].as_u64().unwrap(), Duration::from_secs(1)).await;
    assert_eq!(outcome.status, Status::Failed);
}

#[tokio::test]
async fn both_cancels_are_told_by_the_job_status() {
    let world = world().await;
    world.push("master");
    let job = world.take().await;
    let id = job["id"].as_u64().unwrap();
    for (cancel, word) in [(Cancel::Gracefully, "canceling"), (Cancel::AtOnce, "canceled")] {
        world.gitlab.cancel(id, cancel);
        let from = world.gitlab.outcome(id).log.len();
        let answer = world.log(&job, from, "x").await;
        assert_eq!(answer.headers()["job-status"], word);
    }
}

#[tokio::test]
async fn repositories_are_served_to_the_jobs_of_their_project_only() {
    let world = world().await;
    world.push("master");
    let job = world.take().await;
    let url = job["git_info"]["repo_url"].as_str().unwrap().to_owned();
    let clone = world.directory.path().join("clone");
    let run = |url: String| {
        let clone = clone.clone();
        tokio::task::spawn_blocking(move || {
            std::process::Command::new("git")
                .args(["-c", "credential.helper=", "clone", "--quiet", "--depth", "1", &url])
                .arg(clone)
                .env("GIT_TERMINAL_PROMPT", "0")
                .status()
                .unwrap()
        })
    };
    assert!(!run(url.replace("glcbt-", "forged-")).await.unwrap().success());
    assert!(run(url).await.unwrap().success());
    assert!(clone.join(".gitlab-ci.yml").exists());
}
