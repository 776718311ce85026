//! A Kubernetes cluster: the only place that knows kube's client. Objects go in and out as JSON.
//!
//! - [`access`]: from a kubeconfig or a service account to a [`Cluster`].
//! - [`discovery`]: which kinds the cluster serves, asked once.
//! - [`objects`]: get, list, server-side apply, create, replace, delete.
//! - [`watch`]: changes of a kind, never ending.
//! - [`logs`]: the lines of a container.
//! - [`error`]: what can go wrong, by kind.
//!
//! Nothing here knows about releases. Every request has a limit; whoever waits longer is cancelled by being dropped.

pub mod access;
mod call;
pub mod discovery;
pub mod error;
pub mod logs;
pub mod objects;
pub mod watch;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use kube::Client;
use tokio::sync::OnceCell;
use tokio::sync::Semaphore;

pub use access::Access;
pub use discovery::ResourceKind;
pub use error::ClusterError;
pub use error::ErrorKind;
pub use objects::Applied;
pub use objects::Apply;
pub use objects::Deletion;
pub use watch::Change;

/// Requests that are under way at once; watches and logs do not count.
const CONCURRENT_REQUESTS: usize = 30;

/// A cluster, as seen by one job. Cheap to clone; clones share connections and what was discovered.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
    default_namespace: String,
    requests: Arc<Semaphore>,
    kinds: Arc<OnceCell<discovery::Kinds>>,
    reached: Arc<AtomicBool>,
}

impl Cluster {
    /// A cluster behind `client`, which may be a scripted one.
    pub fn new(client: Client) -> Self {
        Self {
            default_namespace: client.default_namespace().to_owned(),
            client,
            requests: Arc::new(Semaphore::new(CONCURRENT_REQUESTS)),
            kinds: Arc::new(OnceCell::new()),
            reached: Arc::new(AtomicBool::new(false)),
        }
    }

    /// The namespace that the kubeconfig's context names, else `default`.
    pub fn default_namespace(&self) -> &str {
        &self.default_namespace
    }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Cluster").field("default_namespace", &self.default_namespace).finish_non_exhaustive()
    }
}
