//! The outside as templates may ask it: this host's clock and randomness, and the cluster if there is one.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::runtime::Handle;

use crate::backends::cluster::Cluster;
use crate::cli::world::SystemWorld;
use crate::model::object::ObjectRef;
use crate::template::value::Value;
use crate::template::world::Lookup;
use crate::template::world::World;

/// This host and, for `lookup`, a cluster. Must be asked on a thread that may block.
#[derive(Debug, Clone)]
pub(super) struct LiveWorld {
    cluster: Option<(Cluster, Handle)>,
}

impl LiveWorld {
    /// A world in which `lookup` finds nothing.
    pub(super) fn without_cluster() -> Self {
        Self { cluster: None }
    }

    /// A world in which `lookup` asks `cluster`, on the runtime of `handle`.
    pub(super) fn with_cluster(cluster: Cluster, handle: Handle) -> Self {
        Self { cluster: Some((cluster, handle)) }
    }
}

impl World for LiveWorld {
    fn now(&mut self) -> Timestamp {
        SystemWorld.now()
    }

    fn local_zone(&self) -> TimeZone {
        SystemWorld.local_zone()
    }

    fn zone(&self, name: &str) -> Option<TimeZone> {
        SystemWorld.zone(name)
    }

    fn random(&mut self, bytes: &mut [u8]) {
        SystemWorld.random(bytes);
    }

    fn host_address(&mut self, _host: &str) -> String {
        // Helm looks names up only with `--enable-dns`, which werf does not have.
        String::new()
    }

    fn lookup(&mut self, query: &Lookup) -> Result<Value, String> {
        let Some((cluster, handle)) = &self.cluster else { return Ok(empty()) };
        let found = handle.block_on(look_up(cluster, query))?;
        Ok(found.map_or_else(empty, |found| crate::chart::to_value(&found)))
    }
}

fn empty() -> Value {
    crate::chart::to_value(&serde_json::json!({}))
}

async fn look_up(cluster: &Cluster, query: &Lookup) -> Result<Option<serde_json::Value>, String> {
    let namespace = (!query.namespace.is_empty()).then_some(query.namespace.as_str());
    if query.name.is_empty() {
        let kind = cluster.kind(&query.api_version, &query.kind).await.map_err(|error| error.to_string())?;
        let items = cluster.list(&kind, namespace, "").await.map_err(|error| error.to_string())?;
        let list =
            serde_json::json!({"apiVersion": query.api_version, "kind": format!("{}List", query.kind), "items": items});
        return Ok(Some(list));
    }
    let named = ObjectRef {
        api_version: query.api_version.clone(),
        kind: query.kind.clone(),
        namespace: namespace.map(str::to_owned),
        name: query.name.clone(),
    };
    cluster.get(&named).await.map_err(|error| error.to_string())
}
