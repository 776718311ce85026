//! Where a release lives and what it consists of.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use futures_util::TryStreamExt;
use futures_util::stream;
use serde_json::Value;

use super::request::Hooks;
use super::request::Which;
use super::steps::Survey;
use crate::actions::release::ownership::Owner;
use crate::actions::release::store;
use crate::actions::release::store::Found;
use crate::actions::release::store::Store;
use crate::backends::cluster::Cluster;
use crate::chart::manifest::Hook;
use crate::chart::manifest::Manifest;
use crate::chart::release::Record;
use crate::chart::release::secret::history_selector;
use crate::model::failure::Failure;
use crate::model::object::ObjectKey;
use crate::model::object::ObjectRef;

/// Requests side by side; the cluster has its own limit too.
const SIDE_BY_SIDE: usize = 30;

/// Where the meant releases live.
pub(super) async fn find(cluster: &Cluster, which: &Which) -> Result<Vec<Found>, Failure> {
    match which {
        Which::Environment(environment) => Ok(store::find(cluster, &environment.selector()).await?.unwrap_or_default()),
        Which::Release { release, namespace } => {
            let here = Found { namespace: namespace.clone(), release: release.clone() };
            let selector = history_selector(release);
            match store::find(cluster, &selector).await? {
                // Several of that name: the namespace says which is meant.
                Some(found) if found.len() > 1 && found.contains(&here) => Ok(vec![here]),
                Some(found) => Ok(found),
                None => Ok(if is_here(cluster, &here).await? { vec![here] } else { Vec::new() }),
            }
        }
    }
}

/// Whether the release has records in its namespace; asked where the whole cluster may not be.
async fn is_here(cluster: &Cluster, found: &Found) -> Result<bool, Failure> {
    let secrets = cluster.kind("v1", "Secret").await?;
    let selector = history_selector(&found.release);
    Ok(!cluster.list_metadata(&secrets, Some(&found.namespace), &selector).await?.is_empty())
}

/// What the release consists of; `None` if it is gone.
pub(super) async fn look(cluster: &Cluster, found: &Found, hooks: Hooks) -> Result<Option<Survey>, Failure> {
    let stored = Store::new(cluster, &found.release, &found.namespace, BTreeMap::new()).read().await?;
    let Some(last) = stored.history.last() else { return Ok(None) };
    let records = stored.history.revisions();
    let objects = distinct(records, |record| record.manifests().unwrap_or_default());
    let left_hooks = match hooks {
        Hooks::Keep => BTreeMap::new(),
        Hooks::Delete => distinct(records, |record| {
            let hooks = record.hook_manifests().unwrap_or_default();
            hooks.into_iter().map(|hook: Hook| hook.manifest).collect()
        }),
    };
    let (objects, left_hooks) = tokio::try_join!(read(cluster, objects), read(cluster, left_hooks))?;
    Ok(Some(Survey {
        owner: Owner { release: found.release.clone(), namespace: found.namespace.clone() },
        revisions: records.iter().map(|record| record.revision).collect(),
        hooks: last.hook_manifests().unwrap_or_default(),
        left_hooks: left_hooks.iter().filter_map(|(_, live)| ObjectRef::of(live)).collect(),
        objects,
    }))
}

/// The objects of all revisions, each once, as the newest names it.
fn distinct(records: &[Record], of: impl Fn(&Record) -> Vec<Manifest>) -> BTreeMap<ObjectKey, (ObjectRef, Value)> {
    let mut found = BTreeMap::new();
    for record in records {
        for manifest in of(record) {
            let Some(mut named) = ObjectRef::of(&manifest.object) else { continue };
            named.namespace.get_or_insert_with(|| record.namespace.clone());
            found.insert(named.key(), (named, manifest.object));
        }
    }
    found
}

/// Those that are there, as recorded and as they are.
async fn read(
    cluster: &Cluster,
    objects: BTreeMap<ObjectKey, (ObjectRef, Value)>,
) -> Result<Vec<(Value, Value)>, Failure> {
    let reads = stream::iter(objects.into_values()).map(|(named, recorded)| async move {
        let live = cluster.get(&named).await?;
        Ok::<_, Failure>(live.map(|live| (recorded, live)))
    });
    let found: Vec<_> = reads.buffer_unordered(SIDE_BY_SIDE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}
