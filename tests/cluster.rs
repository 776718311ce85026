//! What is said on the wire to a cluster, against a scripted one.

use gitlab_werf_executor::backends::cluster::Apply;
use gitlab_werf_executor::backends::cluster::Cluster;
use gitlab_werf_executor::backends::cluster::Deletion;
use gitlab_werf_executor::backends::cluster::ErrorKind;
use gitlab_werf_executor::model::failure::Cause;
use gitlab_werf_executor::model::failure::Failure;
use gitlab_werf_executor::model::object::ObjectRef;
use http::Request;
use http::Response;
use kube::client::Body;
use serde_json::Value;
use serde_json::json;
use tower_test::mock;

type Server = mock::Handle<Request<Body>, Response<Body>>;

fn cluster() -> (Cluster, Server) {
    let (service, server) = mock::pair::<Request<Body>, Response<Body>>();
    (Cluster::new(kube::Client::new(service, "prod")), server)
}

/// One expected request and its answer.
struct Turn {
    request: &'static str,
    status: u16,
    answer: Value,
}

fn turn(request: &'static str, status: u16, answer: Value) -> Turn {
    Turn { request, status, answer }
}

/// What every scenario begins with: the two questions about kinds, in any order.
async fn discovery(server: &mut Server) {
    for _ in 0..2 {
        let (request, send) = server.next_request().await.expect("a question about kinds");
        let kinds = |group: &str, version: &str, kinds: &[(&str, &str)]| {
            let resources: Vec<Value> = kinds
                .iter()
                .map(|(kind, plural)| json!({"resource": plural, "responseKind": {"kind": kind}, "scope": "Namespaced", "verbs": ["get", "list"]}))
                .collect();
            json!({"metadata": {"name": group}, "versions": [{"version": version, "resources": resources}]})
        };
        let items = if request.uri().path() == "/api" {
            json!([kinds("", "v1", &[("ConfigMap", "configmaps"), ("Secret", "secrets")])])
        } else {
            json!([kinds("apps", "v1", &[("Deployment", "deployments")])])
        };
        let list = json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items});
        send.send_response(Response::new(Body::from(list.to_string().into_bytes())));
    }
}

async fn play(mut server: Server, turns: Vec<Turn>) {
    discovery(&mut server).await;
    for turn in turns {
        let (request, send) = server.next_request().await.expect(turn.request);
        assert_eq!(format!("{} {}", request.method(), request.uri()), turn.request);
        let body = Body::from(turn.answer.to_string().into_bytes());
        send.send_response(Response::builder().status(turn.status).body(body).unwrap());
    }
}

fn refusal(code: u16, reason: &str, message: &str) -> Value {
    json!({"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message})
}

fn deployment() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "prod"}})
}

async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(std::time::Duration::from_secs(10), work).await.expect("the scenario ends")
}

#[tokio::test]
async fn an_object_is_applied_by_the_server_with_force() {
    let (cluster, server) = cluster();
    let request =
        "PATCH /apis/apps/v1/namespaces/prod/deployments/web?fieldManager=helm&force=true&fieldValidation=Warn";
    let script = tokio::spawn(play(server, vec![turn(request, 200, deployment())]));
    let applied = within(cluster.apply(&deployment(), Apply::Commit)).await.unwrap();
    assert_eq!(applied.object, deployment());
    within(script).await.unwrap();
}

#[tokio::test]
async fn a_missing_role_is_named() {
    let (cluster, server) = cluster();
    let request = "PATCH /apis/apps/v1/namespaces/prod/deployments/web?fieldManager=helm&force=true&fieldValidation=Warn&dryRun=All";
    let answer = refusal(403, "Forbidden", "deployments.apps \"web\" is forbidden: User \"job\" cannot patch resource");
    let script = tokio::spawn(play(server, vec![turn(request, 403, answer)]));
    let failure = Failure::from(within(cluster.apply(&deployment(), Apply::DryRun)).await.unwrap_err());
    assert_eq!(failure.cause, Cause::ClusterDenied);
    assert_eq!(
        failure.hints,
        ["give the job's account a Role that allows `patch` on `deployments.apps` in namespace `prod`"]
    );
    within(script).await.unwrap();
}

#[tokio::test]
async fn long_lists_come_page_by_page() {
    let (cluster, server) = cluster();
    let page =
        |name: &str, next: &str| json!({"metadata": {"continue": next}, "items": [{"metadata": {"name": name}}]});
    let script = tokio::spawn(play(
        server,
        vec![
            turn("GET /api/v1/namespaces/prod/secrets?limit=500&labelSelector=owner%3Dhelm", 200, page("one", "a/b")),
            turn(
                "GET /api/v1/namespaces/prod/secrets?limit=500&labelSelector=owner%3Dhelm&continue=a%2Fb",
                200,
                page("two", ""),
            ),
        ],
    ));
    let found = within(async {
        let kind = cluster.kind("v1", "Secret").await.unwrap();
        cluster.list(&kind, Some("prod"), "owner=helm").await.unwrap()
    })
    .await;
    let names: Vec<_> = found.iter().map(|found| found["metadata"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["one", "two"]);
    assert_eq!(found[0]["kind"], "Secret");
    within(script).await.unwrap();
}

#[tokio::test]
async fn what_is_not_there_and_what_is_another_are_no_errors() {
    let (cluster, server) = cluster();
    let path = "/api/v1/namespaces/prod/configmaps/settings";
    let gone = || refusal(404, "NotFound", "configmaps \"settings\" not found");
    let script = tokio::spawn(play(
        server,
        vec![
            turn("GET /api/v1/namespaces/prod/configmaps/settings", 404, gone()),
            turn("DELETE /api/v1/namespaces/prod/configmaps/settings", 404, gone()),
            turn(
                "DELETE /api/v1/namespaces/prod/configmaps/settings",
                409,
                refusal(409, "Conflict", "the UID in the precondition"),
            ),
        ],
    ));
    assert!(path.ends_with("settings"));
    let named = ObjectRef::namespaced("v1", "ConfigMap", "prod", "settings");
    assert_eq!(within(cluster.get(&named)).await.unwrap(), None);
    assert!(!within(cluster.delete(&named, Deletion::Background, None)).await.unwrap());
    assert!(!within(cluster.delete(&named, Deletion::Background, Some("uid-1"))).await.unwrap());
    within(script).await.unwrap();
}

#[tokio::test]
async fn a_kind_that_is_not_served_is_told_without_asking() {
    let (cluster, server) = cluster();
    let script = tokio::spawn(play(server, Vec::new()));
    let error = within(cluster.kind("apps/v1beta1", "Deployment")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NoSuchKind);
    assert_eq!(error.detail, "the cluster serves `Deployment` in `apps/v1`, not in `apps/v1beta1`");
    within(script).await.unwrap();
}
