//! One job at a time works on a release.
//!
//! A Lease beside the release says who does. It is renewed while the job lives; a holder that stopped renewing is dead, and
//! whoever finds that out takes over. Both clocks in that judgement are the API server's, so skewed hosts do no harm.

use std::time::Duration;

use futures_util::StreamExt;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::holder::Holder;
use crate::backends::cluster::Apply;
use crate::backends::cluster::Change;
use crate::backends::cluster::Cluster;
use crate::backends::cluster::ClusterError;
use crate::backends::cluster::Deletion;
use crate::backends::cluster::ErrorKind;
use crate::backends::cluster::watch::WatchScope;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::object::ObjectRef;
use crate::model::object::annotation;
use crate::model::object::list;
use crate::model::object::number;
use crate::model::object::text;
use crate::report::JobLog;

/// A holder that did not renew for so long is dead.
const DURATION: Duration = Duration::from_secs(15);
/// How often a living holder renews.
const RENEW_EVERY: Duration = Duration::from_secs(4);
/// How long giving the lease back may take; a job that is being killed has no more.
const RELEASE_LIMIT: Duration = Duration::from_millis(1500);
const JOB_URL: &str = "werf.io/job-url";

/// The right to work on a release, renewed until it is given back.
#[derive(Debug)]
pub struct Lease {
    cluster: Cluster,
    object: ObjectRef,
    uid: String,
    renewal: JoinHandle<()>,
    lost: CancellationToken,
    taken_over: bool,
}

/// What the state of a lease means for somebody who wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Claim {
    /// Nobody has it.
    Free,
    /// Its holder is dead.
    Dead(Holder),
    /// Its holder lives, or may live for so long.
    Held(Holder, Duration),
}

fn lease_name(release: &str) -> String {
    format!("werf-release-{release}")
}

fn claim(lease: &Value, now: Timestamp) -> Claim {
    let Some(id) = text(lease, "/spec/holderIdentity").filter(|id| !id.is_empty()) else {
        return Claim::Free;
    };
    let holder = Holder { id: id.to_owned(), job_url: annotation(lease, JOB_URL).map(str::to_owned) };
    let seconds = number(lease, "/spec/leaseDurationSeconds").unwrap_or(0).max(0);
    let Some(written) = last_written(lease) else {
        return Claim::Dead(holder);
    };
    let left = written.as_second() + seconds + 1 - now.as_second();
    match u64::try_from(left) {
        Ok(left) if left > 0 => Claim::Held(holder, Duration::from_secs(left)),
        _ => Claim::Dead(holder),
    }
}

/// When the lease was last written by the API server's clock; by the holder's if the server does not say.
fn last_written(lease: &Value) -> Option<Timestamp> {
    let times = list(lease, "/metadata/managedFields").iter().filter_map(|entry| text(entry, "/time"));
    let by_server = times.filter_map(|time| time.parse().ok()).max();
    by_server.or_else(|| text(lease, "/spec/renewTime")?.parse().ok())
}

fn body(object: &ObjectRef, holder: &Holder, now: Timestamp) -> Value {
    let micros = format!("{now:.6}");
    json!({
        "apiVersion": object.api_version,
        "kind": object.kind,
        "metadata": {
            "name": object.name,
            "namespace": object.namespace,
            "annotations": {JOB_URL: holder.job_url.clone().unwrap_or_default()},
        },
        "spec": {
            "holderIdentity": holder.id,
            "leaseDurationSeconds": DURATION.as_secs(),
            "acquireTime": micros,
            "renewTime": micros,
        },
    })
}

impl Lease {
    /// Takes the lease of `release`. While another job holds it, says for whom it waits and waits; a dead holder is not
    /// waited for. Dropping the future gives up.
    pub async fn acquire(
        cluster: &Cluster,
        namespace: &str,
        release: &str,
        holder: &Holder,
        log: &JobLog,
    ) -> Result<Self, Failure> {
        let object = ObjectRef::namespaced("coordination.k8s.io/v1", "Lease", namespace, &lease_name(release));
        let mut told = None;
        loop {
            let now = cluster.clock().await?;
            let Some(found) = cluster.get(&object).await? else {
                match cluster.create(&body(&object, holder, now), Apply::Commit).await {
                    Ok(created) => return Ok(Self::hold(cluster, object, holder, &created, false)),
                    Err(error) if error.kind == ErrorKind::AlreadyExists => continue,
                    Err(error) => return Err(error.into()),
                }
            };
            match claim(&found, now) {
                Claim::Held(other, left) => {
                    if told.as_ref() != Some(&other) {
                        log.line(format!("Waiting for release `{release}`: {} is at work on it", other.describe()));
                        told = Some(other);
                    }
                    wait_for_change(cluster, &object, &found, left).await?;
                }
                free => {
                    if let Claim::Dead(other) = &free {
                        log.line(format!("Taking over release `{release}`: {} is dead", other.describe()));
                    }
                    let mut taken = body(&object, holder, now);
                    taken["metadata"]["resourceVersion"] = found["metadata"]["resourceVersion"].clone();
                    match cluster.replace(&taken).await {
                        Ok(taken) => return Ok(Self::hold(cluster, object, holder, &taken, free != Claim::Free)),
                        Err(error) if is_race(&error) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
            }
        }
    }

    fn hold(cluster: &Cluster, object: ObjectRef, holder: &Holder, taken: &Value, taken_over: bool) -> Self {
        let lost = CancellationToken::new();
        let renewal = tokio::spawn(renew(cluster.clone(), object.clone(), holder.clone(), lost.clone()));
        let uid = text(taken, "/metadata/uid").unwrap_or_default().to_owned();
        Self { cluster: cluster.clone(), object, uid, renewal, lost, taken_over }
    }

    /// Whether a dead holder had it before.
    pub fn was_taken_over(&self) -> bool {
        self.taken_over
    }

    /// Fails as soon as the lease is somebody else's; never ends otherwise.
    pub async fn lost<T>(&self) -> Result<T, Failure> {
        self.lost.cancelled().await;
        Err(Failure::new(Cause::ReleaseLocked, "work on the release: another job took it over")
            .hint("this job did not reach the cluster for so long that it counted as dead; run it again"))
    }

    /// Gives the lease back: the next job need not wait.
    pub async fn release(self) {
        self.renewal.abort();
        // What cannot be given back now is found out as dead by the next job.
        let deletion = self.cluster.delete(&self.object, Deletion::Background, Some(&self.uid));
        let _ = tokio::time::timeout(RELEASE_LIMIT, deletion).await;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

fn is_race(error: &ClusterError) -> bool {
    matches!(error.kind, ErrorKind::Conflict | ErrorKind::NotFound)
}

/// Waits until `seen` is changed or gone, at most so long as its holder may live.
async fn wait_for_change(cluster: &Cluster, object: &ObjectRef, seen: &Value, left: Duration) -> Result<(), Failure> {
    let kind = cluster.kind(&object.api_version, &object.kind).await?;
    let mut changes = Box::pin(cluster.watch(WatchScope::one(kind, object.namespace.as_deref(), &object.name)));
    let version = text(seen, "/metadata/resourceVersion").map(str::to_owned);
    let other = async {
        let mut present = false;
        while let Some(change) = changes.next().await {
            match change {
                Change::Present(now) => {
                    present = true;
                    if text(&now, "/metadata/resourceVersion").map(str::to_owned) != version {
                        return;
                    }
                }
                Change::Synced if present => {}
                Change::Synced | Change::Gone(_) => return,
                Change::Restarted => present = false,
                Change::Interrupted(_) => {}
            }
        }
        // The watch is not allowed: the holder's time is waited for.
        std::future::pending::<()>().await;
    };
    let _ = tokio::time::timeout(left, other).await;
    Ok(())
}

/// Renews the lease for ever; cancels `lost` when it is somebody else's or could not be renewed while it was valid.
async fn renew(cluster: Cluster, object: ObjectRef, holder: Holder, lost: CancellationToken) {
    let mut renewed = tokio::time::Instant::now();
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        match tokio::time::timeout(RENEW_EVERY, renew_once(&cluster, &object, &holder)).await {
            Ok(Ok(true)) => renewed = tokio::time::Instant::now(),
            // A namespace that is being deleted takes the lease along; the work itself finds that out.
            Ok(Err(_)) | Err(_) if renewed.elapsed() < DURATION => {}
            Ok(Ok(false) | Err(_)) | Err(_) => break,
        }
    }
    lost.cancel();
}

/// Renews the lease; `false` if it is not ours any more.
async fn renew_once(cluster: &Cluster, object: &ObjectRef, holder: &Holder) -> Result<bool, ClusterError> {
    let Some(mut lease) = cluster.get(object).await? else {
        return Ok(false);
    };
    if text(&lease, "/spec/holderIdentity") != Some(&holder.id) {
        return Ok(false);
    }
    lease["spec"]["renewTime"] = json!(format!("{:.6}", Timestamp::now()));
    match cluster.replace(&lease).await {
        Ok(_) => Ok(true),
        Err(error) if is_race(&error) => Ok(true),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;
    use serde_json::json;

    use super::Claim;
    use super::claim;
    use crate::actions::release::holder::Holder;

    fn lease(holder: &str) -> Value {
        json!({
            "metadata": {
                "annotations": {"werf.io/job-url": "https://gitlab/1"},
                "managedFields": [{"time": "2026-01-01T10:00:00Z"}, {"time": "2026-01-01T10:00:20Z"}],
            },
            // A holder whose clock is an hour ahead.
            "spec": {"holderIdentity": holder, "leaseDurationSeconds": 15, "renewTime": "2026-01-01T11:00:20.000000Z"},
        })
    }

    #[test]
    fn a_holder_lives_by_the_servers_clock() {
        let holder = Holder { id: "job-1".to_owned(), job_url: Some("https://gitlab/1".to_owned()) };
        let at = |text: &str| text.parse().unwrap();
        assert_eq!(
            claim(&lease("job-1"), at("2026-01-01T10:00:30Z")),
            Claim::Held(holder.clone(), Duration::from_secs(6))
        );
        assert_eq!(claim(&lease("job-1"), at("2026-01-01T10:00:36Z")), Claim::Dead(holder));
        assert_eq!(claim(&lease(""), at("2026-01-01T10:00:00Z")), Claim::Free);
    }
}
