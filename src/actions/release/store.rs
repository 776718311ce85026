//! Where the records of releases are: Secrets in the release's namespace, as Helm keeps them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::holder::MANAGER;
use super::holder::MANAGER_LABEL;
use crate::backends::cluster::Apply;
use crate::backends::cluster::Cluster;
use crate::backends::cluster::Deletion;
use crate::backends::cluster::ErrorKind;
use crate::chart::release::Record;
use crate::chart::release::history::History;
use crate::chart::release::secret;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::object::ObjectRef;
use crate::model::object::label;
use crate::model::object::text;

/// Where a release was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The namespace its records are in.
    pub namespace: String,
    /// The release.
    pub release: String,
}

/// The records of one release.
#[derive(Debug, Clone)]
pub struct Store<'cluster> {
    cluster: &'cluster Cluster,
    release: String,
    namespace: String,
    labels: BTreeMap<String, String>,
}

/// The records of a release as they were read.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    /// The revisions that could be read.
    pub history: History,
    /// What could not be read or is strange, for the log.
    pub warnings: Vec<String>,
    /// Whether the newest revision was written by us.
    pub last_is_ours: bool,
}

impl<'cluster> Store<'cluster> {
    /// The records of `release` in `namespace`; those written from now on carry `labels`.
    pub fn new(
        cluster: &'cluster Cluster,
        release: &str,
        namespace: &str,
        mut labels: BTreeMap<String, String>,
    ) -> Self {
        labels.insert(MANAGER_LABEL.to_owned(), MANAGER.to_owned());
        Self { cluster, release: release.to_owned(), namespace: namespace.to_owned(), labels }
    }

    /// Reads every revision. One that cannot be read is left out with a warning.
    ///
    /// # Errors
    /// If the newest revision cannot be read: what is in the cluster is not known then.
    pub async fn read(&self) -> Result<Stored, Failure> {
        let kind = self.cluster.kind("v1", "Secret").await?;
        let selector = secret::history_selector(&self.release);
        let mut secrets = self.cluster.list(&kind, Some(&self.namespace), &selector).await?;
        secrets.sort_by_key(revision_of);
        let mut stored = Stored {
            last_is_ours: secrets.last().is_some_and(|last| label(last, MANAGER_LABEL) == Some(MANAGER)),
            ..Stored::default()
        };
        let newest = secrets.len().saturating_sub(1);
        let mut revisions = Vec::new();
        for (index, found) in secrets.iter().enumerate() {
            let name = text(found, "/metadata/name").unwrap_or_default();
            match secret::from_secret(found) {
                Ok(record) => revisions.push(record),
                Err(error) if index == newest => return Err(self.unreadable(name, error)),
                Err(error) => {
                    stored.warnings.push(format!("Secret `{name}` keeps no readable revision and is ignored: {error}"));
                }
            }
        }
        stored.history = History::new(revisions);
        Ok(stored)
    }

    fn unreadable(&self, name: &str, error: secret::SecretError) -> Failure {
        let namespace = &self.namespace;
        Failure::new(
            Cause::ManifestRejected,
            format!("read release `{}`: Secret `{name}` in namespace `{namespace}`", self.release),
        )
        .because(error)
        .hint(format!("restore the Secret, or give its revision up: `kubectl -n {namespace} delete secret {name}`"))
    }

    /// Writes a new revision.
    ///
    /// # Errors
    /// `ReleaseLocked` if that revision exists: another tool is at work on the release.
    pub async fn create(&self, record: &Record, now: Timestamp) -> Result<(), Failure> {
        match self.cluster.create(&self.secret(record, now)?, Apply::Commit).await {
            Ok(_) => Ok(()),
            Err(error) if error.kind == ErrorKind::AlreadyExists => Err(Failure::new(
                Cause::ReleaseLocked,
                format!(
                    "write revision {} of release `{}`: another tool made that revision meanwhile",
                    record.revision, self.release
                ),
            )
            .hint("look with `werf helm history` who works on it, then run the job again")),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes a revision that exists in its new state.
    pub async fn update(&self, record: &Record, now: Timestamp) -> Result<(), Failure> {
        self.cluster.replace(&self.secret(record, now)?).await?;
        Ok(())
    }

    /// Forgets a revision; one that is gone is as good.
    pub async fn forget(&self, revision: u64) -> Result<(), Failure> {
        let name = secret::secret_name(&self.release, revision);
        let secret = ObjectRef::namespaced("v1", "Secret", &self.namespace, &name);
        self.cluster.delete(&secret, Deletion::Background, None).await?;
        Ok(())
    }

    fn secret(&self, record: &Record, now: Timestamp) -> Result<Value, Failure> {
        secret::to_secret(record, &self.labels, now).map_err(|error| {
            let doing = format!("write revision {} of release `{}`", record.revision, record.name);
            Failure::new(Cause::ManifestRejected, doing)
                .because(error)
                .hint("split the chart, or move large files out of ConfigMaps and Secrets")
        })
    }
}

fn revision_of(secret: &Value) -> u64 {
    label(secret, "version").and_then(|version| version.parse().ok()).unwrap_or(0)
}

/// Every place where records match `selector`, in the whole cluster. `None` if this may not be asked.
pub async fn find(cluster: &Cluster, selector: &str) -> Result<Option<Vec<Found>>, Failure> {
    let kind = cluster.kind("v1", "Secret").await?;
    let secrets = match cluster.list_metadata(&kind, None, selector).await {
        Ok(secrets) => secrets,
        Err(error) if error.kind == ErrorKind::Denied => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut found: Vec<_> = secrets
        .iter()
        .filter_map(|secret| {
            let namespace = text(secret, "/metadata/namespace")?.to_owned();
            Some(Found { namespace, release: label(secret, "name")?.to_owned() })
        })
        .collect();
    found.sort();
    found.dedup();
    Ok(Some(found))
}
