//! The main job, end to end: a push through the real gitlab-runner, Docker, registry and Kubernetes, and back to nothing.

use std::process::Command;
use std::time::Duration;

use crate::gitlab::Outcome;
use crate::gitlab::Status;
use crate::world::Rig;
use crate::world::World;

#[track_caller]
fn succeeded(outcome: &Outcome) {
    assert_eq!(outcome.status, Status::Success, "job `{}`:\n{}", outcome.name, outcome.log);
    assert!(outcome.complaints.is_empty(), "{:?}", outcome.complaints);
}

#[track_caller]
fn says(outcome: &Outcome, texts: &[&str]) {
    for text in texts {
        assert!(outcome.log.contains(text), "`{text}` is not in the log of `{}`:\n{}", outcome.name, outcome.log);
    }
}

#[track_caller]
fn is_silent_on(outcome: &Outcome, texts: &[&str]) {
    for text in texts {
        assert!(!outcome.log.contains(text), "`{text}` is in the log of `{}`:\n{}", outcome.name, outcome.log);
    }
}

fn kubectl(rig: &Rig, arguments: &[&str]) -> String {
    let output =
        Command::new("kubectl").args(arguments).env("PATH", &rig.path).env("KUBECONFIG", &rig.kubeconfig).output();
    String::from_utf8(output.expect("run kubectl").stdout).expect("kubectl prints text").trim().to_owned()
}

/// The namespaces that hold a release of the branch's review environment.
fn namespaces(rig: &Rig, prefix: &str) -> Vec<String> {
    let all = kubectl(rig, &["get", "namespaces", "-o", "jsonpath={.items[*].metadata.name}"]);
    all.split(' ').filter(|name| name.starts_with(prefix)).map(str::to_owned).collect()
}

async fn page(rig: &Rig, namespace: &str, service: &str, path: &str) -> String {
    let address = kubectl(rig, &["-n", namespace, "get", "service", service, "-o", "jsonpath={.spec.clusterIP}"]);
    let answer = reqwest::Client::new().get(format!("http://{address}{path}")).timeout(Duration::from_secs(10));
    answer.send().await.expect("the service answers").text().await.expect("a page")
}

/// The tag that the publish block of an image names.
fn tag(outcome: &Outcome, image: &str) -> String {
    let pattern = format!(r"/{image}:([0-9a-f]{{20,}})");
    let joined: String = outcome.log.replace(" ↵\n", "");
    let plain = regex::Regex::new("\x1b\\[[0-9;]*m|│ *").unwrap().replace_all(&joined, "").replace('\n', "");
    let found = regex::Regex::new(&pattern).unwrap().captures(&plain).map(|captures| captures[1].to_owned());
    found.unwrap_or_else(|| panic!("no tag of `{image}` in:\n{}", outcome.log))
}

#[tokio::test(flavor = "multi_thread")]
async fn rig_chat_from_a_push_to_nothing() {
    let world = World::start(2).await;
    let chat = world.project("chat", "group/chat");

    // 1. A push: build and publish, tests inside the built image, review by hand.
    let first = chat.push("review/hello");
    let build = chat.finished(first, "Build").await;
    succeeded(&build);
    says(&build, &["image node", "section_start:", "section_end:"]);
    succeeded(&chat.finished(first, "Run_Tests").await);
    let review = chat.played(first, "Deploy to Review").await;
    succeeded(&review);
    says(&review, &["Status progress", "networking.k8s.io/v1"]);
    is_silent_on(&review, &["redis-pa55word", &world.rig.registry_password]);
    let namespace = namespaces(&world.rig, "chat-review-review-hel").pop().expect("the review environment's namespace");
    assert!(page(&world.rig, &namespace, "chat", "/").await.contains("<h1>Chat</h1>"));
    assert!(page(&world.rig, &namespace, "chat", "/api/messages").await.contains("welcome"));

    // 2. One source file: only git stages are new.
    // Content decides: what an earlier run of this test built must not be found again.
    let fresh = uuid::Uuid::new_v4().simple().to_string();
    chat.edit("node/src/js/app.js", "text is empty", &format!("the text is empty {fresh}"));
    let second = chat.push("review/hello");
    let rebuilt = chat.finished(second, "Build").await;
    succeeded(&rebuilt);
    says(&rebuilt, &["Use cache image for node/install", "Building stage node/gitLatestPatch"]);
    is_silent_on(&rebuilt, &["Building stage node/install", "Building stage build/"]);
    assert_ne!(tag(&build, "node"), tag(&rebuilt, "node"));
    assert_eq!(tag(&build, "assets"), tag(&rebuilt, "assets"));
    let rolled = chat.played(second, "Deploy to Review").await;
    succeeded(&rolled);

    // 3. package.json: install runs again, beforeInstall does not.
    chat.edit("node/package.json", "A small chat", &format!("A small chat {fresh}"));
    let third = chat.finished(chat.push("review/hello"), "Build").await;
    succeeded(&third);
    says(&third, &["Use cache image for node/beforeInstall", "Building stage node/install", "package.json"]);

    // 4. master: staging by itself, production by hand, the same images.
    let master = chat.push("master");
    let again = chat.finished(master, "Build").await;
    succeeded(&again);
    is_silent_on(&again, &["Building stage"]);
    assert_eq!(tag(&again, "node"), tag(&third, "node"));
    succeeded(&chat.finished(master, "Deploy to Stage").await);
    succeeded(&chat.played(master, "Deploy to Production").await);
    assert!(page(&world.rig, "chat-production", "chat", "/api/messages").await.contains("welcome"));

    // 5. The branch is deleted: the environment is stopped; stopping again is green.
    let stopping = world.gitlab.delete_branch(chat.id, "review/hello");
    let [stop] = stopping[..] else { panic!("one environment to stop, not {stopping:?}") };
    let stopped = world.gitlab.finished(stop, Duration::from_mins(2)).await;
    succeeded(&stopped);
    assert_eq!(namespaces(&world.rig, "chat-review-review-hel"), Vec::<String>::new());
    let mut helm = Command::new(&world.rig.helm);
    helm.args(["list", "-A", "-o", "json"]).env("KUBECONFIG", &world.rig.kubeconfig);
    let releases = helm.output().expect("run helm").stdout;
    let releases = String::from_utf8(releases).expect("helm prints text");
    assert!(releases.contains("chat-production") && !releases.contains("chat-review-review-hel"), "{releases}");
    succeeded(&chat.played(second, "Stop Review").await);
    for environment in ["chat-stage", "chat-production"] {
        kubectl(&world.rig, &["delete", "namespace", environment]);
    }
}
