//! The driver's calls beside the rig's real engine. Without a rig they fail and say so.

use std::process::Command;

use gitlab_werf_executor::job::identity::JobKey;
use gitlab_werf_executor::model::ownership::Owner;
use rustix::process::Signal;

use crate::support::runner::Era;
use crate::support::runner::FakeRunner;

const BUSYBOX: &str = "/usr/bin/busybox";

fn engine() -> String {
    std::env::var("RIG_DOCKER_HOST_29").expect("RIG_DOCKER_HOST_29 is not set: start the rig (`scripts/rig up`)")
}

/// Calls docker's command line; what it printed.
fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).env("DOCKER_HOST", engine()).output().unwrap();
    assert!(output.status.success(), "docker {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// An image of busybox alone, removed with its containers at the end.
struct Image {
    name: String,
    owners: Vec<Owner>,
}

impl Image {
    fn new(owners: Vec<Owner>) -> Self {
        let name = format!("rig-driver-{}", std::process::id());
        let context = tempfile::tempdir().unwrap();
        std::fs::copy(BUSYBOX, context.path().join("busybox")).expect("the package busybox-static");
        let archive = context.path().join("root.tar");
        let tar = Command::new("tar").arg("-C").arg(context.path()).arg("-cf").arg(&archive).arg("busybox").status();
        assert!(tar.unwrap().success());
        docker(&["import", archive.to_str().unwrap(), &name]);
        Self { name, owners }
    }

    /// The command that makes a volume, a network and a container for `owner`.
    fn command(&self, owner: &str) -> String {
        let label = format!("--label gitlab-werf-executor.owner={owner}");
        let name = &self.name;
        format!(
            "docker volume create {label} {name}-{owner} && docker network create {label} {name}-{owner} && \
             docker run -d {label} --network {name}-{owner} -v {name}-{owner}:/data {name} /busybox sleep 600"
        )
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        for owner in &self.owners {
            for found in left(owner) {
                let mut words = vec![found.kind, "rm"];
                words.extend((found.kind == "container").then_some("-f"));
                words.push(&found.id);
                Command::new("docker").args(words).env("DOCKER_HOST", engine()).output().ok();
            }
        }
        Command::new("docker").args(["rmi", "-f", &self.name]).env("DOCKER_HOST", engine()).output().ok();
    }
}

/// Something with an owner's label.
struct Found {
    kind: &'static str,
    id: String,
}

/// What has the owner's label, in the order in which it can be removed.
fn left(owner: &Owner) -> Vec<Found> {
    let labels = owner.labels();
    let (label, value) = labels.first_key_value().unwrap();
    let filter = format!("label={label}={value}");
    let listed = |kind: &'static str| {
        let mut words = vec![kind, "ls", "-q", "--filter", &filter];
        words.extend((kind == "container").then_some("-a"));
        let ids = docker(&words);
        ids.lines().map(|id| Found { kind, id: id.to_owned() }).collect::<Vec<_>>()
    };
    ["container", "network", "volume"].into_iter().flat_map(listed).collect()
}

fn kinds(owner: &Owner) -> Vec<&'static str> {
    left(owner).into_iter().map(|found| found.kind).collect()
}

const EVERYTHING: [&str; 3] = ["container", "network", "volume"];

/// A Runner whose job number no other run of these tests has, and the job's owner.
fn runner(job: u32) -> (FakeRunner, Owner) {
    let mut runner = FakeRunner::new(Era::Seventeen);
    runner.settings(&format!("[engine]\nhost = '{}'\n", engine()));
    runner.variables.insert("CI_JOB_ID".to_owned(), job.to_string());
    runner.response["id"] = job.into();
    let path = format!("{}:{}", runner.host["PATH"], std::env::var("PATH").unwrap());
    runner.host.insert("PATH".to_owned(), path);
    (runner, JobKey::new("gitlab.example.com", 12, job.into()).unwrap().owner())
}

#[test]
fn rig_cleanup_removes_what_a_killed_job_left() {
    let job = std::process::id();
    let (runner, owner) = runner(job);
    let other = JobKey::new("gitlab.example.com", 12, u64::from(job) + 10_000_000).unwrap().owner();
    let image = Image::new(vec![owner.clone(), other.clone()]);
    let mut runner = runner.begun();
    // The job's `werf` knows its owner from this variable.
    let mine = image.command("$GITLAB_WERF_EXECUTOR_JOB");
    let others = image.command(&other.to_string());
    let call = runner.start("build_script", &format!("{mine}\n{others}\necho ready; sleep 600"));
    call.wait_for("ready\n");
    call.signal(Signal::KILL);
    assert_eq!(call.finish().code, -1);
    assert_eq!((kinds(&owner), kinds(&other)), (EVERYTHING.to_vec(), EVERYTHING.to_vec()));
    let outcome = runner.cleanup();
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{outcome}");
    assert_eq!(runner.kept(), [""; 0]);
    assert_eq!((kinds(&owner), kinds(&other)), (Vec::new(), EVERYTHING.to_vec()));
}
