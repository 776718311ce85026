//! Releases as people look at them.

use std::collections::BTreeMap;

use super::store::Store;
use crate::backends::cluster::Cluster;
use crate::chart::release::Record;
use crate::chart::release::history::History;
use crate::chart::release::secret;
use crate::chart::release::secret::history_selector;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::object::text;

/// The newest revision of every release of a namespace, or of the whole cluster, by name. Secrets that keep no readable
/// revision are left out.
pub async fn newest(cluster: &Cluster, namespace: Option<&str>) -> Result<Vec<Record>, Failure> {
    let kind = cluster.kind("v1", "Secret").await?;
    let mut found: BTreeMap<(String, String), Record> = BTreeMap::new();
    for kept in cluster.list(&kind, namespace, "owner=helm").await? {
        if text(&kept, "/type") != Some(secret::SECRET_TYPE) {
            continue;
        }
        let Ok(record) = secret::from_secret(&kept) else { continue };
        let key = (record.name.clone(), record.namespace.clone());
        if found.get(&key).is_none_or(|known| known.revision < record.revision) {
            found.insert(key, record);
        }
    }
    Ok(found.into_values().collect())
}

/// The history of a release, wherever it lives if no namespace is given.
///
/// # Errors
/// `Usage` if there is none, or several in different namespaces.
pub async fn history(cluster: &Cluster, release: &str, namespace: Option<&str>) -> Result<History, Failure> {
    let namespace = match namespace {
        Some(namespace) => namespace.to_owned(),
        None => place(cluster, release).await?,
    };
    let stored = Store::new(cluster, release, &namespace, BTreeMap::new()).read().await?;
    if stored.history.last().is_none() {
        return Err(absent(release, &format!(" in namespace `{namespace}`")));
    }
    Ok(stored.history)
}

async fn place(cluster: &Cluster, release: &str) -> Result<String, Failure> {
    let found = super::store::find(cluster, &history_selector(release)).await?;
    let found = found.unwrap_or_default();
    match found.as_slice() {
        [] => Err(absent(release, "")),
        [one] => Ok(one.namespace.clone()),
        several => {
            let places: Vec<_> = several.iter().map(|found| format!("`{}`", found.namespace)).collect();
            Err(Failure::new(
                Cause::Usage,
                format!("release `{release}` is in several namespaces: {}", places.join(", ")),
            )
            .hint("say which one is meant with `--namespace`"))
        }
    }
}

fn absent(release: &str, place: &str) -> Failure {
    Failure::new(Cause::Usage, format!("release `{release}` was not found{place}"))
        .hint("`werf helm list` shows all releases")
}
