//! The main job, end to end: a push through the real gitlab-runner, Docker, registry and Kubernetes, and back to nothing.

use std::process::Command;
use std::time::Duration;

use crate::gitlab::Cancel;
use crate::gitlab::Outcome;
use crate::gitlab::Status;
use crate::world::Rig;
use crate::world::World;

#[track_caller]
fn succeeded(outcome: &Outcome) {
    assert_eq!(outcome.status, Status::Success, "job `{}`:\n{}", outcome.name, outcome.log);
    assert!(outcome.complaints.is_empty(), "{:?}", outcome.complaints);
}

/// A red job whose last ten lines say why.
#[track_caller]
fn failed(outcome: &Outcome, reason: &str, causes: &[&str]) {
    assert_eq!(outcome.status, Status::Failed, "job `{}`:\n{}", outcome.name, outcome.log);
    assert_eq!(outcome.failure_reason.as_deref(), Some(reason), "{}", outcome.log);
    let lines: Vec<&str> = outcome.log.lines().collect();
    let last = lines[lines.len().saturating_sub(10)..].join("\n");
    for cause in causes {
        assert!(last.contains(cause), "`{cause}` is not in the last ten lines:\n{}", outcome.log);
    }
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
    chat.edit("node/src/js/app.js", "text is empty", "the text is empty");
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
    chat.edit("node/package.json", "\"1.0.0\"", "\"1.0.1\"");
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

#[tokio::test(flavor = "multi_thread")]
async fn rig_django_goes_through_the_same_pipeline() {
    let world = World::start(2).await;
    let tools = world.project("tools", "group/tools");
    let pipeline = tools.push("review/first");
    succeeded(&tools.finished(pipeline, "Build").await);
    succeeded(&tools.finished(pipeline, "Run_Tests").await);
    succeeded(&tools.played(pipeline, "Deploy to Review").await);
    let namespace =
        namespaces(&world.rig, "tools-review-review-fir").pop().expect("the review environment's namespace");
    assert!(page(&world.rig, &namespace, "tools-django", "/").await.starts_with("tools review-review-fir"));
    let stopping = world.gitlab.delete_branch(tools.id, "review/first");
    succeeded(&world.gitlab.finished(stopping[0], Duration::from_mins(2)).await);
    assert_eq!(namespaces(&world.rig, "tools-review-review-fir"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn rig_a_red_job_says_why() {
    let world = World::start(2).await;
    let chat = world.project("chat", "group/red");

    chat.edit("node/test/app.test.js", "[\"hi\"]", "[\"ho\"]");
    let pipeline = chat.push("review/red");
    succeeded(&chat.finished(pipeline, "Build").await);
    failed(&chat.finished(pipeline, "Run_Tests").await, "script_failure", &["script-failed", "exit code 1"]);

    chat.edit(".helm/templates/deployment.yaml", "/app/src/js/index.js", "/app/src/js/missing.js");
    let crashing = chat.push("review/red");
    succeeded(&chat.finished(crashing, "Build").await);
    let crash = chat.played(crashing, "Deploy to Review").await;
    failed(&crash, "script_failure", &["not-ready", "chat"]);
    says(&crash, &["Cannot find module"]);

    chat.edit(".helm/templates/deployment.yaml", "/app/src/js/missing.js", "/app/src/js/index.js");
    chat.edit(".helm/templates/redis.yaml", "redis:5", "redis:none");
    let unpullable = chat.push("review/red");
    succeeded(&chat.finished(unpullable, "Build").await);
    failed(&chat.played(unpullable, "Deploy to Review").await, "script_failure", &["not-ready", "redis:none"]);

    chat.edit(".helm/templates/redis.yaml", "redis:none", "{{ .Values.image }");
    let unparsable = chat.push("review/red");
    succeeded(&chat.finished(unparsable, "Build").await);
    let template = chat.played(unparsable, "Deploy to Review").await;
    failed(&template, "script_failure", &["chart-invalid", "redis.yaml"]);

    chat.edit("werf.yaml", "image: assets\nfrom:", "image: assets\nform: x\nfrom:");
    let misspelt = chat.finished(chat.push("review/red"), "Build").await;
    failed(&misspelt, "script_failure", &["project-invalid", "form", "from"]);

    for namespace in namespaces(&world.rig, "chat-review-review-red") {
        kubectl(&world.rig, &["delete", "namespace", &namespace]);
    }
}

/// Containers, on the rig's engine, that carry our label.
fn our_containers(rig: &Rig) -> String {
    let filter = ["ps", "--all", "--quiet", "--filter", "label=gitlab-werf-executor.owner"];
    let output =
        Command::new("docker").args(filter).env("PATH", &rig.path).env("DOCKER_HOST", &rig.docker_host).output();
    String::from_utf8(output.expect("run docker").stdout).expect("docker prints text")
}

#[tokio::test(flavor = "multi_thread")]
async fn rig_a_cancelled_job_ends_in_time_and_leaves_nothing() {
    let world = World::start(1).await;
    let chat = world.project("chat", "group/cancelled");
    chat.edit(
        "werf.yaml",
        "  install:\n  - cd /app\n  - npm ci",
        "  install:\n  - echo sleeping; sleep 600\n  - cd /app\n  - npm ci",
    );
    let building = chat.push("review/cancelled");
    let job = world.gitlab.job(building, "Build");
    chat.says(job, "sleeping").await;
    world.gitlab.cancel(job, Cancel::AtOnce);
    let outcome = world.gitlab.finished(job, Duration::from_secs(45)).await;
    assert_eq!(outcome.status, Status::Canceled);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(our_containers(&world.rig), "", "containers of the cancelled job");

    chat.edit("werf.yaml", "  - echo sleeping; sleep 600\n", "");
    chat.edit(
        ".helm/templates/deployment.yaml",
        "path: /healthz\n            port: 8080",
        "path: /never\n            port: 8080",
    );
    let deploying = chat.push("review/cancelled");
    succeeded(&chat.finished(deploying, "Build").await);
    let job = world.gitlab.play(deploying, "Deploy to Review");
    chat.says(job, "Status progress").await;
    world.gitlab.cancel(job, Cancel::AtOnce);
    let outcome = world.gitlab.finished(job, Duration::from_secs(45)).await;
    assert_eq!(outcome.status, Status::Canceled);

    chat.edit(".helm/templates/deployment.yaml", "path: /never", "path: /healthz");
    let next = chat.push("review/cancelled");
    succeeded(&chat.finished(next, "Build").await);
    succeeded(&chat.played(next, "Deploy to Review").await);
    for namespace in namespaces(&world.rig, "chat-review-review-can") {
        kubectl(&world.rig, &["delete", "namespace", &namespace]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rig_two_slots_do_not_interfere() {
    let world = World::start(2).await;
    let (left, right) = (world.project("chat", "group/left"), world.project("chat", "group/right"));
    right.edit("node/src/js/app.js", "text is empty", "nothing said");
    let (a, b) = (left.push("review/left"), right.push("review/right"));
    let builds = tokio::join!(left.finished(a, "Build"), right.finished(b, "Build"));
    succeeded(&builds.0);
    succeeded(&builds.1);
    let deploys = tokio::join!(left.played(a, "Deploy to Review"), right.played(b, "Deploy to Review"));
    succeeded(&deploys.0);
    succeeded(&deploys.1);
    for (project, pipeline, prefix) in [(&left, a, "chat-review-review-lef"), (&right, b, "chat-review-review-rig")] {
        assert_eq!(namespaces(&world.rig, prefix).len(), 1);
        succeeded(&project.played(pipeline, "Stop Review").await);
        assert_eq!(namespaces(&world.rig, prefix), Vec::<String>::new());
    }
}
