//! Where what is observed comes from: watches and logs, each a stream of one item type.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::pin::Pin;
use std::time::Duration;

use futures_util::Stream;
use futures_util::StreamExt;
use futures_util::stream;
use jiff::Timestamp;

use super::board::Process;
use super::target::Target;
use crate::backends::cluster::Change;
use crate::backends::cluster::Cluster;
use crate::backends::cluster::ErrorKind;
use crate::backends::cluster::logs::LogLine;
use crate::backends::cluster::logs::LogScope;
use crate::backends::cluster::watch::WatchScope;
use crate::model::failure::Failure;

/// What comes in.
pub(super) enum Incoming {
    /// An object changed.
    Change(Change),
    /// A log is open.
    LogOpen(Process),
    /// A container wrote a line.
    Line(Process, LogLine),
    /// A log ended.
    LogEnd(LogEnd),
}

/// The end of a log.
pub(super) struct LogEnd {
    /// Whose log it was.
    pub(super) process: Process,
    /// The time of its last line, from which to go on if the process still runs; `None` if the log cannot be read.
    pub(super) resume: Option<Timestamp>,
}

/// A stream of what comes in.
pub(super) type Source = Pin<Box<dyn Stream<Item = Incoming> + Send>>;

/// Attempts to open a log before it is given up.
const ATTEMPTS: u32 = 10;
/// The pause between attempts to open a log.
const PAUSE: Duration = Duration::from_millis(300);

/// Kinds whose pods are followed too.
const WITH_PODS: [&str; 5] = ["Deployment", "StatefulSet", "DaemonSet", "Job", "Pod"];

/// The watches that `targets` need: their own kinds, and what tells about their pods.
pub(super) async fn watches(cluster: &Cluster, targets: &[Target]) -> Result<Vec<Source>, Failure> {
    let mut own: BTreeMap<(String, String, Option<String>), Vec<&str>> = BTreeMap::new();
    let mut beside: BTreeSet<(&str, &str, Option<String>)> = BTreeSet::new();
    for target in targets.iter().filter(|target| target.is_active()) {
        let object = &target.object;
        let place = (object.api_version.clone(), object.kind.clone(), object.namespace.clone());
        own.entry(place).or_default().push(&object.name);
        if WITH_PODS.contains(&object.kind.as_str()) {
            beside.insert(("v1", "Pod", object.namespace.clone()));
        }
        if object.kind == "Deployment" {
            beside.insert(("apps/v1", "ReplicaSet", object.namespace.clone()));
        }
        if object.namespace.is_some() {
            beside.insert(("v1", "Event", object.namespace.clone()));
        }
    }
    let mut sources: Vec<Source> = Vec::new();
    for ((api_version, kind, namespace), names) in own {
        let kind = cluster.kind(&api_version, &kind).await?;
        let scope = match names.as_slice() {
            [name] => WatchScope::one(kind, namespace.as_deref(), name),
            _ => WatchScope::all(kind, namespace.as_deref()),
        };
        sources.push(Box::pin(cluster.watch(scope).map(Incoming::Change)));
    }
    for (api_version, kind, namespace) in beside {
        let kind = cluster.kind(api_version, kind).await?;
        let changes = cluster.watch(WatchScope::all(kind, namespace.as_deref()));
        // A job that may not look at pods or events is told less, and works.
        let allowed = changes.filter(|change| std::future::ready(!is_denied(change)));
        sources.push(Box::pin(allowed.map(Incoming::Change)));
    }
    Ok(sources)
}

fn is_denied(change: &Change) -> bool {
    matches!(change, Change::Interrupted(error) if error.kind == ErrorKind::Denied)
}

/// The log of `process` from `since` on, read after a pause if one is given: that it is open, its lines, its end.
pub(super) fn log(cluster: &Cluster, process: Process, since: Timestamp, after: Option<Duration>) -> Source {
    let cluster = cluster.clone();
    let reading = async move {
        if let Some(pause) = after {
            tokio::time::sleep(pause).await;
        }
        read(&cluster, process, since).await
    };
    Box::pin(stream::once(reading).flatten())
}

async fn read(cluster: &Cluster, process: Process, since: Timestamp) -> Source {
    let Some(lines) = open(cluster, &process, since).await else {
        let end = LogEnd { process, resume: None };
        return Box::pin(stream::once(std::future::ready(Incoming::LogEnd(end))));
    };
    let opened = stream::once(std::future::ready(Incoming::LogOpen(process.clone())));
    // The server cuts `since` to seconds: what was shown before is not shown again.
    let new = lines.filter(move |line| std::future::ready(line.time.is_none_or(|time| time > since)));
    let marked = new.map(Some).chain(stream::once(std::future::ready(None)));
    let told = marked.scan(since, move |last, line| {
        let told = match line {
            Some(line) => {
                *last = line.time.unwrap_or(*last);
                Incoming::Line(process.clone(), line)
            }
            None => Incoming::LogEnd(LogEnd { process: process.clone(), resume: Some(*last) }),
        };
        std::future::ready(Some(told))
    });
    Box::pin(opened.chain(told))
}

/// Opens a log; a container that is only starting refuses for a while.
async fn open(
    cluster: &Cluster,
    process: &Process,
    since: Timestamp,
) -> Option<Pin<Box<dyn Stream<Item = LogLine> + Send>>> {
    let scope = LogScope {
        namespace: process.namespace.clone(),
        pod: process.pod.clone(),
        container: process.container.clone(),
        since: Some(since),
        tail: None,
        previous: false,
        follow: true,
    };
    for _ in 0..ATTEMPTS {
        match cluster.logs(&scope).await {
            Ok(lines) => return Some(Box::pin(lines.filter_map(|line| std::future::ready(line.ok())))),
            Err(error) if matches!(error.kind, ErrorKind::Denied | ErrorKind::NotFound) => return None,
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
    None
}
