//! Deploying and dismissing on the rig's real cluster, with real Helm looking on.

use std::time::Duration;

use gitlab_werf_executor::actions::dismiss::Namespaces;
use gitlab_werf_executor::actions::dismiss::Which;
use gitlab_werf_executor::model::failure::Cause;

use crate::support::cluster::Place;

/// A Deployment whose one container runs `script`.
fn deployment(name: &str, script: &str) -> String {
    format!(
        r#"---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: app
        image: localhost:5001/library/busybox:latest
        command: [sh, -c, "{script}"]
"#
    )
}

const CONFIG: &str = "---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {colour: blue}
";

fn job(name: &str, annotations: &str, script: &str) -> String {
    format!(
        r#"---
apiVersion: batch/v1
kind: Job
metadata:
  name: {name}
  annotations: {{{annotations}}}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: {name}
        image: localhost:5001/library/busybox:latest
        command: [sh, -c, "{script}"]
"#
    )
}

const RUN: &str = "echo started; sleep 1000";

#[tokio::test(flavor = "multi_thread")]
async fn rig_deploy_from_nothing_to_nothing_with_helm_looking_on() {
    let place = Place::new("whole").await;
    let hook = job("migrate", "helm.sh/hook: 'pre-install,pre-upgrade'", "echo migrating; echo done");
    let chart = [CONFIG, &deployment("web", RUN), &hook].concat();

    let (first, log) = place.deploy(&chart).await.succeeded();
    assert!(first.changed && first.revision == 1);
    for text in ["Waiting for helm hook job/migrate termination", "migrating", "done", "web", "STATUS: DEPLOYED"] {
        assert!(log.contains(text), "no `{text}` in:\n{log}");
    }
    eprintln!("{log}");
    let list = place.helm(&["list", "--no-headers"]);
    assert!(list.contains("deployed") && list.contains("demo-0.1.0"), "{list}");
    assert!(place.helm(&["get", "manifest", "whole"]).contains("kind: Deployment"));
    assert_eq!(place.kubectl_here(&["get", "lease", "-o", "name"]), "");

    let again = place.deploy(&chart).await;
    eprintln!("{:?}\n{}", again.took, again.log);
    assert!(!again.succeeded().0.changed);

    let changed = chart.replace("blue", "green").replace("sleep 1000", "sleep 1001");
    let third = place.deploy(&changed).await;
    eprintln!("{:?}\n{}", third.took, third.log);
    assert_eq!(third.succeeded().0.revision, 2);
    assert_eq!(place.kubectl_here(&["get", "configmap", "settings", "-o", "jsonpath={.data.colour}"]), "green");

    let back = place.helm(&["rollback", "whole", "1"]);
    assert!(back.contains("Rollback was a success"), "{back}");
    assert_eq!(place.kubectl_here(&["get", "configmap", "settings", "-o", "jsonpath={.data.colour}"]), "blue");
    assert_eq!(place.deploy(&changed).await.succeeded().0.revision, 4);
    assert_eq!(place.kubectl_here(&["get", "configmap", "settings", "-o", "jsonpath={.data.colour}"]), "green");
    let history = place.helm(&["history", "whole"]);
    assert!(history.contains("Rollback to 1") && history.contains("Upgrade complete"), "{history}");

    let gone = place.dismiss(place.which(), Namespaces::Delete).await;
    eprintln!("{:?}\n{}", gone.took, gone.log);
    assert_eq!(gone.succeeded().0.releases, ["whole"]);
    assert!(place.kubectl(&["get", "namespace", &place.namespace]).contains("NotFound"));
    let (twice, log) = place.dismiss(place.which(), Namespaces::Delete).await.succeeded();
    assert!(twice.releases.is_empty() && log.contains("release whole was not found"), "{log}");
    assert!(place.kubectl(&["get", "namespace", &place.namespace]).contains("NotFound"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rig_deploy_names_what_failed_and_the_next_one_mends_it() {
    let place = Place::new("crash").await;
    let crashing = deployment("web", "echo about to fail; exit 3");
    let ended = place.deploy(&crashing).await;
    eprintln!("{:?}\n{}", ended.took, ended.log);
    assert!(ended.took < Duration::from_secs(25), "{:?}", ended.took);
    let (failure, log) = ended.failed();
    assert_eq!(failure.cause, Cause::NotReady);
    assert!(failure.message.contains("after 2 restarts (exit code 3)"), "{failure}");
    assert!(log.contains("about to fail"), "{log}");
    assert!(place.helm(&["history", "crash"]).contains("failed"));

    let mended = [CONFIG, &deployment("web", RUN)].concat();
    let (deployed, log) = place.deploy(&mended).await.succeeded();
    assert_eq!(deployed.revision, 1, "a first installation that failed is replaced:\n{log}");
    assert_eq!(place.helm(&["list", "-a", "--no-headers"]).lines().count(), 1);

    let missing = mended.replace("busybox:latest", "busybox:nosuch");
    let missing = [missing.as_str(), "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: new}\n"].concat();
    let ended = place.deploy(&missing).await;
    eprintln!("{:?}\n{}", ended.took, ended.log);
    assert!(ended.took < Duration::from_secs(20), "{:?}", ended.took);
    let (failure, _) = ended.failed();
    assert!(failure.message.contains("not found"), "{failure}");
    assert!(place.kubectl_here(&["get", "configmap", "new"]).contains("NotFound"), "new objects are cleaned up");
    assert_eq!(place.deploy(&mended).await.succeeded().0.revision, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn rig_deploy_that_is_cancelled_leaves_the_truth_behind() {
    let place = Place::new("cancel").await;
    place.deploy(CONFIG).await.succeeded();
    let never =
        deployment("web", RUN).replace("command:", "readinessProbe: {exec: {command: [\"false\"]}}\n        command:");
    let cancel = place.cancel.clone();
    let killer = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(6)).await;
        cancel.cancel();
        std::time::Instant::now()
    });
    let ended = place.deploy(&[CONFIG, &never].concat()).await;
    assert!(killer.await.unwrap().elapsed() < Duration::from_secs(3), "{:?}", ended.took);
    assert_eq!(ended.failed().0.cause, Cause::Cancelled);
    assert_eq!(place.kubectl_here(&["get", "lease", "-o", "name"]), "", "the lease is free");
    assert!(place.helm(&["status", "cancel"]).contains("STATUS: failed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rig_deploy_takes_over_from_a_job_that_was_killed() {
    let place = Place::new("killed").await;
    place.deploy(CONFIG).await.succeeded();
    let slow = [
        CONFIG,
        &deployment("web", RUN).replace("command:", "readinessProbe: {exec: {command: [\"false\"]}}\n        command:"),
    ]
    .concat();
    let killed = tokio::time::timeout(Duration::from_secs(4), place.deploy(&slow)).await;
    assert!(killed.is_err(), "it was still at work");
    assert!(place.helm(&["status", "killed"]).contains("pending-upgrade"));
    let mut second = place.request.clone();
    second.holder.id = "job-2".to_owned();
    let ended = place.deploy_as(&second, &[CONFIG, &deployment("web", RUN)].concat()).await;
    eprintln!("{:?}\n{}", ended.took, ended.log);
    assert!(ended.took < Duration::from_secs(30), "{:?}", ended.took);
    let (deployed, log) = ended.succeeded();
    assert_eq!(deployed.revision, 3);
    assert!(log.contains("`job-1` (https://gitlab.example.com/-/jobs/1) is dead"), "{log}");
    assert!(place.helm(&["history", "killed"]).contains("the job died before it was done"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rig_stop_finds_the_release_by_its_environment() {
    let place = Place::new("stop").await;
    place.deploy(&[CONFIG, &deployment("web", RUN)].concat()).await.succeeded();
    let which = Which::Environment(place.request.environment.clone().unwrap());
    let (dismissed, log) = place.dismiss(which.clone(), Namespaces::Delete).await.succeeded();
    assert_eq!(dismissed.releases, ["stop"]);
    assert_eq!(dismissed.namespaces, std::slice::from_ref(&place.namespace), "{log}");
    let (again, log) = place.dismiss(which, Namespaces::Delete).await.succeeded();
    assert!(again.releases.is_empty() && log.contains("nothing to stop"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rig_deploy_refuses_before_it_changes_anything() {
    let place = Place::new("refuse").await;
    place.deploy(CONFIG).await.succeeded();
    let message = async |chart: &str| {
        place.deploy(&[&CONFIG.replace("blue", "red"), chart].concat()).await.failed().0.to_string()
    };

    let twice = message(CONFIG).await;
    assert!(twice.contains("there twice"), "{twice}");
    let unknown = message("---\napiVersion: example.com/v1\nkind: Nope\nmetadata: {name: x}\n").await;
    assert!(unknown.contains("serves no `Nope`") && unknown.contains("templates/x.yaml"), "{unknown}");
    place.kubectl_here(&["create", "configmap", "theirs"]);
    let foreign = message("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: theirs}\n").await;
    assert!(foreign.contains("belongs to no release"), "{foreign}");
    let wrong = message(&deployment("web", RUN).replace("replicas: 1", "replicas: -1")).await;
    assert!(wrong.contains("spec.replicas"), "{wrong}");
    assert_eq!(place.kubectl_here(&["get", "configmap", "settings", "-o", "jsonpath={.data.colour}"]), "blue");
    assert_eq!(place.helm(&["history", "refuse"]).lines().count(), 2, "no revision was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn rig_deploy_brings_old_charts_to_a_new_cluster() {
    let place = Place::new("old").await;
    let ingress = "---
apiVersion: networking.k8s.io/v1beta1
kind: Ingress
metadata: {name: web}
spec:
  rules:
  - host: example.com
    http: {paths: [{path: /, backend: {serviceName: web, servicePort: 80}}]}
";
    let task = job("task", "", "echo one");
    let (_, log) = place.deploy(&[ingress, &task].concat()).await.succeeded();
    assert!(log.contains("networking.k8s.io/v1beta1 -> networking.k8s.io/v1"), "{log}");
    let backend = "jsonpath={.spec.rules[0].http.paths[0].backend.service.port.number}";
    assert_eq!(place.kubectl_here(&["get", "ingress", "web", "-o", backend]), "80");

    // A Job cannot be changed: it is made anew.
    let (again, log) = place.deploy(&[ingress, &task.replace("echo one", "echo two")].concat()).await.succeeded();
    assert_eq!(again.revision, 2, "{log}");
    assert!(log.contains("two"), "{log}");
    // What the chart no longer has goes.
    place.deploy(ingress).await.succeeded();
    assert!(place.kubectl_here(&["get", "job", "task"]).contains("NotFound"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rig_a_failing_hook_stops_the_deploy_with_its_output() {
    let place = Place::new("hook").await;
    let hook = job("migrate", "helm.sh/hook: pre-install", "echo no such table; exit 1");
    let ended = place.deploy(&[CONFIG, &hook].concat()).await;
    eprintln!("{:?}\n{}", ended.took, ended.log);
    let (failure, log) = ended.failed();
    assert_eq!(failure.cause, Cause::HookFailed);
    assert!(failure.message.contains("job/migrate failed: BackoffLimitExceeded"), "{failure}");
    assert!(log.contains("no such table"), "{log}");
    assert!(place.kubectl_here(&["get", "configmap", "settings"]).contains("NotFound"), "nothing else was applied");
}

#[tokio::test(flavor = "multi_thread")]
async fn rig_two_deploys_of_one_release_take_turns() {
    let place = Place::new("turns").await;
    place.deploy(CONFIG).await.succeeded();
    let mut second = place.request.clone();
    second.holder.id = "job-2".to_owned();
    let first_chart = [CONFIG, &deployment("web", "sleep 1000")].concat();
    let second_chart = [CONFIG, &deployment("web", "sleep 2000")].concat();
    let (one, two) = tokio::join!(place.deploy(&first_chart), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        place.deploy_as(&second, &second_chart).await
    });
    let (one, _) = one.succeeded();
    let (two, log) = two.succeeded();
    assert_eq!((one.revision, two.revision), (2, 3), "{log}");
}
