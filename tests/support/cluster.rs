//! A namespace of the rig's cluster with one release, deployed from manifests as text.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use gitlab_werf_executor::actions::deploy::DeployOptions;
use gitlab_werf_executor::actions::deploy::DeployRequest;
use gitlab_werf_executor::actions::deploy::DeployTools;
use gitlab_werf_executor::actions::deploy::Deployed;
use gitlab_werf_executor::actions::deploy::Mode;
use gitlab_werf_executor::actions::deploy::OnFailure;
use gitlab_werf_executor::actions::deploy::deploy;
use gitlab_werf_executor::actions::dismiss::DismissRequest;
use gitlab_werf_executor::actions::dismiss::DismissTools;
use gitlab_werf_executor::actions::dismiss::Dismissed;
use gitlab_werf_executor::actions::dismiss::Hooks;
use gitlab_werf_executor::actions::dismiss::Namespaces;
use gitlab_werf_executor::actions::dismiss::Which;
use gitlab_werf_executor::actions::dismiss::dismiss;
use gitlab_werf_executor::actions::release::holder::Environment;
use gitlab_werf_executor::actions::release::holder::Holder;
use gitlab_werf_executor::backends::cluster::Access;
use gitlab_werf_executor::backends::cluster::Cluster;
use gitlab_werf_executor::backends::cluster::access::ExecPlugins;
use gitlab_werf_executor::backends::cluster::access::Source;
use gitlab_werf_executor::chart::manifest::DeletePolicy;
use gitlab_werf_executor::chart::manifest::Hook;
use gitlab_werf_executor::chart::manifest::Manifest;
use gitlab_werf_executor::chart::manifest::Rendered;
use gitlab_werf_executor::chart::release::RecordedChart;
use gitlab_werf_executor::model::failure::Failure;
use gitlab_werf_executor::report::JobLog;
use gitlab_werf_executor::report::LogOptions;
use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// A release in a namespace of its own, gone when the test is over.
pub(crate) struct Place {
    pub(crate) cluster: Cluster,
    pub(crate) namespace: String,
    pub(crate) request: DeployRequest,
    pub(crate) cancel: CancellationToken,
}

/// What a deploy or a dismissal came to.
pub(crate) struct Ended<T> {
    pub(crate) outcome: Result<T, Failure>,
    pub(crate) log: String,
    pub(crate) took: Duration,
}

impl<T: std::fmt::Debug> Ended<T> {
    #[track_caller]
    pub(crate) fn succeeded(self) -> (T, String) {
        match self.outcome {
            Ok(value) => (value, self.log),
            Err(failure) => panic!("{failure}\nhints: {:?}\n{}", failure.hints, self.log),
        }
    }

    #[track_caller]
    pub(crate) fn failed(self) -> (Failure, String) {
        match self.outcome {
            Ok(value) => panic!("succeeded with {value:?}\n{}", self.log),
            Err(failure) => (failure, self.log),
        }
    }
}

impl Place {
    /// A place named after the test.
    pub(crate) async fn new(name: &str) -> Self {
        let source = Source::Files(vec![PathBuf::from(variable("KUBECONFIG"))]);
        let access = Access { source, context: None, exec_plugins: ExecPlugins::Refused };
        let cluster = Cluster::connect(&access).await.expect("the rig's cluster");
        let namespace = format!("t-{name}");
        let place = Self { cluster, request: request(name, &namespace), namespace, cancel: CancellationToken::new() };
        place.kubectl(&["delete", "namespace", &place.namespace, "--ignore-not-found", "--wait"]);
        place
    }

    /// Deploys `manifests`, a text of YAML documents.
    pub(crate) async fn deploy(&self, manifests: &str) -> Ended<Deployed> {
        self.deploy_as(&self.request, manifests).await
    }

    /// Deploys with another request.
    pub(crate) async fn deploy_as(&self, request: &DeployRequest, manifests: &str) -> Ended<Deployed> {
        let (log, captured) = JobLog::to_memory(LogOptions { width: 95, ..LogOptions::default() });
        let rendered = rendered(manifests);
        let tools = DeployTools {
            cluster: &self.cluster,
            render: Arc::new(move |_| Ok(rendered.clone())),
            log: &log,
            cancel: &self.cancel,
        };
        let began = std::time::Instant::now();
        let outcome = deploy(&tools, request).await;
        Ended { outcome, took: began.elapsed(), log: captured.text() }
    }

    /// Dismisses what `which` names.
    pub(crate) async fn dismiss(&self, which: Which, namespaces: Namespaces) -> Ended<Dismissed> {
        let (log, captured) = JobLog::to_memory(LogOptions { width: 95, ..LogOptions::default() });
        let tools = DismissTools { cluster: &self.cluster, log: &log, cancel: &self.cancel };
        let request = DismissRequest {
            which,
            holder: Holder { id: "job-stop".to_owned(), job_url: None },
            hooks: Hooks::Delete,
            namespaces,
            timeout: Duration::from_mins(2),
        };
        let began = std::time::Instant::now();
        let outcome = dismiss(&tools, &request).await;
        Ended { outcome, took: began.elapsed(), log: captured.text() }
    }

    /// The release by name and namespace.
    pub(crate) fn which(&self) -> Which {
        Which::Release { release: self.request.release.clone(), namespace: self.namespace.clone() }
    }

    /// What kubectl prints.
    #[expect(clippy::unused_self, reason = "the cluster is this place's")]
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> String {
        run("kubectl", arguments)
    }

    /// What kubectl prints about this namespace.
    pub(crate) fn kubectl_here(&self, arguments: &[&str]) -> String {
        run("kubectl", &[&["-n", self.namespace.as_str()], arguments].concat())
    }

    /// What real Helm prints about this namespace.
    pub(crate) fn helm(&self, arguments: &[&str]) -> String {
        run("helm", &[arguments, &["-n", self.namespace.as_str()]].concat())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.kubectl(&["delete", "namespace", &self.namespace, "--ignore-not-found", "--wait=false"]);
    }
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: start the rig with `scripts/rig up; eval \"$(scripts/rig env)\"`")
    })
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().expect("the rig's programs are on PATH");
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&text).trim().to_owned()
}

fn request(name: &str, namespace: &str) -> DeployRequest {
    DeployRequest {
        release: name.to_owned(),
        namespace: namespace.to_owned(),
        environment: Some(Environment::new("gitlab.example.com", "42", &format!("review-{name}"))),
        holder: Holder { id: "job-1".to_owned(), job_url: Some("https://gitlab.example.com/-/jobs/1".to_owned()) },
        annotations: BTreeMap::from([("project.werf.io/name".to_owned(), "demo".to_owned())]),
        labels: BTreeMap::new(),
        chart: RecordedChart {
            metadata: json!({"name": "demo", "version": "0.1.0", "apiVersion": "v2"}),
            ..RecordedChart::default()
        },
        config: Map::new(),
        options: DeployOptions {
            history_limit: 10,
            timeout: Duration::from_secs(90),
            progress: Some(Duration::from_secs(5)),
            hook_progress: Some(Duration::from_secs(5)),
            on_failure: OnFailure::CleanUp,
            mode: Mode::Execute,
        },
    }
}

/// Documents as a chart would render them.
pub(crate) fn rendered(text: &str) -> Rendered {
    let mut rendered = Rendered::default();
    for document in text.split("---\n").filter(|document| !document.trim().is_empty()) {
        let object = Value::deserialize(serde_yaml::Deserializer::from_str(document)).expect("a test's manifest");
        let name = object["metadata"]["name"].as_str().unwrap_or("x").to_owned();
        let source = format!("demo/templates/{name}.yaml");
        let manifest = Manifest { source, text: document.trim_end().to_owned(), object };
        match hook(&manifest) {
            Some(hook) => rendered.hooks.push(hook),
            None => rendered.manifests.push(manifest),
        }
    }
    rendered
}

fn hook(manifest: &Manifest) -> Option<Hook> {
    let annotations = &manifest.object["metadata"]["annotations"];
    let words = |name: &str| -> Vec<Value> {
        let list = annotations[name].as_str().unwrap_or_default();
        list.split(',').map(str::trim).filter(|word| !word.is_empty()).map(Value::from).collect()
    };
    let events: Vec<_> =
        words("helm.sh/hook").into_iter().filter_map(|word| serde_json::from_value(word).ok()).collect();
    let policies: Vec<DeletePolicy> =
        words("helm.sh/hook-delete-policy").into_iter().filter_map(|word| serde_json::from_value(word).ok()).collect();
    (!events.is_empty()).then(|| Hook {
        manifest: manifest.clone(),
        events,
        weight: annotations["helm.sh/hook-weight"].as_str().and_then(|weight| weight.parse().ok()).unwrap_or(0),
        delete_policies: if policies.is_empty() { vec![DeletePolicy::BeforeHookCreation] } else { policies },
        output_log_policies: Vec::new(),
    })
}
