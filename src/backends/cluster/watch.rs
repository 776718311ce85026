//! Changes of objects, as they happen.

use std::time::Duration;

use futures_util::Stream;
use futures_util::StreamExt;
use futures_util::stream;
use kube::Api;
use kube::core::ApiResource;
use kube::core::DynamicObject;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher;
use serde_json::Value;

use super::Cluster;
use super::ResourceKind;
use super::error::ClusterError;
use super::error::ErrorKind;
use super::objects::permission;

/// How long the server holds one watch; it is then taken up again without loss.
const WATCH_SECONDS: u32 = 290;

/// What happened to the objects under a watch.
#[derive(Debug)]
pub enum Change {
    /// Everything is said anew: what is not said again before [`Change::Synced`] is gone.
    Restarted,
    /// All objects that there are have been said.
    Synced,
    /// An object is there, new or changed.
    Present(Value),
    /// An object is gone; this was its last state.
    Gone(Value),
    /// The watch failed and is being taken up again.
    Interrupted(ClusterError),
}

/// What is watched.
#[derive(Debug, Clone)]
pub struct WatchScope {
    /// The kind.
    pub kind: ResourceKind,
    /// The namespace; `None` for the whole cluster.
    pub namespace: Option<String>,
    /// Only objects with these labels; empty for all.
    pub labels: String,
    /// Only objects with these fields, such as `metadata.name=web`; empty for all.
    pub fields: String,
}

impl WatchScope {
    /// All objects of a kind in a namespace.
    pub fn all(kind: ResourceKind, namespace: Option<&str>) -> Self {
        Self { kind, namespace: namespace.map(str::to_owned), labels: String::new(), fields: String::new() }
    }

    /// One object.
    pub fn one(kind: ResourceKind, namespace: Option<&str>, name: &str) -> Self {
        Self { fields: format!("metadata.name={name}"), ..Self::all(kind, namespace) }
    }
}

impl Cluster {
    /// The changes of what `scope` names: first all objects that there are, then each change. Never ends; it survives
    /// restarts of the server and says [`Change::Interrupted`] then. Does not retry what is forbidden: that ends it.
    pub fn watch(&self, scope: WatchScope) -> impl Stream<Item = Change> + Send + use<> {
        let resource = ApiResource {
            group: scope.kind.group.clone(),
            version: scope.kind.version.clone(),
            api_version: scope.kind.api_version(),
            kind: scope.kind.kind.clone(),
            plural: scope.kind.plural.clone(),
        };
        let api: Api<DynamicObject> = match &scope.namespace {
            Some(namespace) if scope.kind.namespaced => Api::namespaced_with(self.client.clone(), namespace, &resource),
            _ => Api::all_with(self.client.clone(), &resource),
        };
        let filled = |selector: &String| (!selector.is_empty()).then(|| selector.clone());
        let config = watcher::Config {
            label_selector: filled(&scope.labels),
            field_selector: filled(&scope.fields),
            timeout: Some(WATCH_SECONDS),
            ..watcher::Config::default()
        };
        let backoff = kube::runtime::watcher::DefaultBackoff::default();
        let events = watcher(api, config).backoff(backoff);
        let changes = events.map(move |event| change(event, &scope));
        end_after_denial(changes)
    }
}

fn change(event: Result<watcher::Event<DynamicObject>, watcher::Error>, scope: &WatchScope) -> Change {
    match event {
        Ok(watcher::Event::Init) => Change::Restarted,
        Ok(watcher::Event::InitDone) => Change::Synced,
        Ok(watcher::Event::Apply(object) | watcher::Event::InitApply(object)) => Change::Present(value(object, scope)),
        Ok(watcher::Event::Delete(object)) => Change::Gone(value(object, scope)),
        Err(error) => Change::Interrupted(sort(&error, scope)),
    }
}

fn value(mut object: DynamicObject, scope: &WatchScope) -> Value {
    // Never read here, and often the larger part of an object.
    object.metadata.managed_fields = None;
    let mut value = serde_json::to_value(object).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("apiVersion".to_owned(), Value::from(scope.kind.api_version()));
        fields.insert("kind".to_owned(), Value::from(scope.kind.kind.clone()));
    }
    value
}

fn sort(error: &watcher::Error, scope: &WatchScope) -> ClusterError {
    let doing = format!("watch {}", scope.kind.qualified());
    let permission = permission("watch", &scope.kind, scope.namespace.as_deref());
    match error {
        watcher::Error::InitialListFailed(inner)
        | watcher::Error::WatchStartFailed(inner)
        | watcher::Error::WatchFailed(inner) => ClusterError::from_kube(&doing, permission, inner),
        watcher::Error::WatchError(status) => ClusterError::from_status(&doing, permission, status),
        watcher::Error::NoResourceVersion => ClusterError::new(ErrorKind::Unavailable, doing, error.to_string()),
    }
}

/// Ends a stream after an interruption that no patience mends.
fn end_after_denial(changes: impl Stream<Item = Change> + Send) -> impl Stream<Item = Change> + Send {
    let denied = |change: &Change| match change {
        Change::Interrupted(error) => {
            matches!(error.kind, ErrorKind::Denied | ErrorKind::Unauthorized | ErrorKind::NotFound)
        }
        _ => false,
    };
    stream::unfold((Box::pin(changes), false), move |(mut changes, ended)| async move {
        if ended {
            return None;
        }
        let change = changes.next().await?;
        let ended = denied(&change);
        Some((change, (changes, ended)))
    })
}

/// How long an interrupted watch is tolerated before whoever waits should give up.
pub const OUTAGE_LIMIT: Duration = Duration::from_mins(1);
