//! What is there and what is to be there.

use std::collections::BTreeMap;
use std::collections::HashMap;

use futures_util::StreamExt;
use futures_util::TryStreamExt;
use futures_util::stream;
use serde_json::Value;

use super::compare;
use super::dress::Dress;
use super::dress::keep_from_live;
use super::dress::set_on_creation;
use super::request::DeployRequest;
use super::steps::ObjectState;
use super::steps::Removal;
use super::steps::Survey;
use super::steps::Surveyed;
use super::upgrade::upgrade;
use crate::actions::release::ownership::Owner;
use crate::actions::release::ownership::is_kept;
use crate::actions::rollout::hook::HookStep;
use crate::backends::cluster::Apply;
use crate::backends::cluster::Cluster;
use crate::backends::cluster::ErrorKind;
use crate::backends::cluster::objects::FIELD_MANAGER;
use crate::chart::manifest::HookEvent;
use crate::chart::manifest::Manifest;
use crate::chart::manifest::Rendered;
use crate::chart::print::render_manifest_text;
use crate::chart::release::HookRecord;
use crate::chart::release::Status;
use crate::chart::release::history::History;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::object::ObjectKey;
use crate::model::object::ObjectRef;
use crate::model::object::annotation;
use crate::model::object::text;

/// Objects of one kind from which on they are listed instead of read one by one.
const LIST_FROM: usize = 4;
/// Requests side by side; the cluster has its own limit too.
const SIDE_BY_SIDE: usize = 30;
/// Differences that are told of one object.
const TOLD: usize = 20;

/// What is to be deployed, with what is known about the release.
pub(super) struct Wanted<'work> {
    /// What was asked.
    pub(super) request: &'work DeployRequest,
    /// The chart's objects and hooks.
    pub(super) rendered: &'work Rendered,
    /// The release's revisions.
    pub(super) history: &'work History,
}

/// Looks at everything that the decision needs. Warnings are about the chart: removed versions and the like.
///
/// # Errors
/// `ManifestRejected` with the template's name if an object is wrong in itself or the cluster would refuse it.
pub(super) async fn look(
    cluster: &Cluster,
    wanted: &Wanted<'_>,
    warnings: &mut Vec<String>,
) -> Result<Survey, Failure> {
    let request = wanted.request;
    let owner = Owner { release: request.release.clone(), namespace: request.namespace.clone() };
    let namespace = ObjectRef::cluster_wide("v1", "Namespace", &request.namespace);
    let (found, kinds) = tokio::join!(cluster.get(&namespace), cluster.kinds());
    kinds?;
    // Without the right to read namespaces it is taken to be there: what needs it will say otherwise.
    let namespace_exists = found.map_or(true, |found| found.is_some());
    let objects = dress_all(cluster, wanted, &owner, warnings).await?;
    refuse_duplicates(&objects)?;
    let hooks = hooks(cluster, wanted).await?;
    let live = if namespace_exists { read_live(cluster, &objects).await? } else { HashMap::new() };
    let earlier = earlier_objects(wanted.history);
    let surveyed = compare_all(cluster, &owner, objects, &live, &earlier).await?;
    let gone = earlier.values().filter(|old| !surveyed.iter().any(|new| new.named.key() == old.named.key()));
    let left = find_left(cluster, &owner, gone.cloned().collect()).await?;
    let failed_before = wanted.history.never_succeeded();
    let remains = if failed_before { remains(&surveyed, &live, &owner, &left) } else { Vec::new() };
    let surveyed = if failed_before { surveyed.into_iter().map(as_missing).collect() } else { surveyed };
    Ok(Survey {
        namespace_exists,
        is_install: wanted.history.last_good().is_none(),
        record_is_same: record_is_same(wanted),
        objects: surveyed,
        hooks,
        stale: if failed_before { Vec::new() } else { left },
        remains,
        owner,
    })
}

/// An object of a first installation that failed: it is deleted before.
fn as_missing(mut object: Surveyed) -> Surveyed {
    if matches!(object.state, ObjectState::Same(_) | ObjectState::Differs { .. } | ObjectState::Immutable(_)) {
        object.state = ObjectState::Missing;
    }
    object
}

fn remains(objects: &[Surveyed], live: &HashMap<ObjectKey, Value>, owner: &Owner, left: &[Removal]) -> Vec<Removal> {
    let own = objects.iter().filter_map(|object| {
        let found = live.get(&object.named.key()).filter(|found| owner.owns(found) && !is_kept(found))?;
        Some(Removal { named: object.named.clone(), uid: text(found, "/metadata/uid")?.to_owned() })
    });
    own.chain(left.iter().cloned()).collect()
}

/// Whether the newest revision is deployed and says what is to be deployed.
fn record_is_same(wanted: &Wanted<'_>) -> bool {
    let Some(last) = wanted.history.last().filter(|last| last.info.status == Status::Deployed) else { return false };
    let hooks = wanted.rendered.hooks.iter().map(HookRecord::from);
    last.manifest == render_manifest_text(wanted.rendered, false)
        && last.config == wanted.request.config
        && last.hooks.len() == wanted.rendered.hooks.len()
        && last.hooks.iter().zip(hooks).all(|(old, new)| old.path == new.path && old.manifest == new.manifest)
}

/// The objects of the rendered chart as they are sent.
async fn dress_all(
    cluster: &Cluster,
    wanted: &Wanted<'_>,
    owner: &Owner,
    warnings: &mut Vec<String>,
) -> Result<Vec<Surveyed>, Failure> {
    let rendered = wanted.rendered;
    let defined = definitions(rendered);
    let mut objects = Vec::new();
    for (manifest, owner) in rendered
        .crds
        .iter()
        .map(|manifest| (manifest, None))
        .chain(rendered.manifests.iter().map(|manifest| (manifest, Some(owner))))
    {
        let (object, namespaced) = resolve(cluster, manifest, &defined, warnings).await?;
        objects.push(dress(wanted.request, manifest, &object, owner, namespaced)?);
    }
    Ok(objects)
}

/// Whether objects of kinds that the chart itself defines live in namespaces, by group and kind.
fn definitions(rendered: &Rendered) -> BTreeMap<(String, String), bool> {
    let all = rendered.crds.iter().chain(&rendered.manifests).map(|manifest| &manifest.object);
    let definitions = all.filter(|object| text(object, "/kind") == Some("CustomResourceDefinition"));
    definitions
        .filter_map(|object| {
            let group = text(object, "/spec/group")?.to_owned();
            let kind = text(object, "/spec/names/kind")?.to_owned();
            Some(((group, kind), text(object, "/spec/scope") == Some("Namespaced")))
        })
        .collect()
}

/// The object in a version that the cluster serves, and whether it lives in a namespace.
async fn resolve(
    cluster: &Cluster,
    manifest: &Manifest,
    defined: &BTreeMap<(String, String), bool>,
    warnings: &mut Vec<String>,
) -> Result<(Value, bool), Failure> {
    let named = name_of(manifest)?;
    let kinds = cluster.kinds().await?;
    if let Some(kind) = kinds.find(&named.api_version, &named.kind) {
        return Ok((manifest.object.clone(), kind.namespaced));
    }
    if let Some(namespaced) = defined.get(&(named.group().to_owned(), named.kind.clone())) {
        return Ok((manifest.object.clone(), *namespaced));
    }
    if let Some(upgraded) = upgrade(&manifest.object) {
        let new = text(&upgraded.object, "/apiVersion").unwrap_or_default();
        if let Some(kind) = kinds.find(new, &named.kind) {
            let source = &manifest.source;
            let changes = upgraded.changes.join("; ");
            warnings.push(format!("{source}: `{named}` is in an API version that this cluster has removed; it is deployed as: {changes}. Do the same in the template"));
            return Ok((upgraded.object, kind.namespaced));
        }
    }
    let refused = cluster.kind(&named.api_version, &named.kind).await.err();
    let detail = refused.map_or_else(String::new, |error| error.detail);
    Err(rejected(manifest, &detail)
        .hint("install the CustomResourceDefinition first, or correct `apiVersion` and `kind`"))
}

fn name_of(manifest: &Manifest) -> Result<ObjectRef, Failure> {
    ObjectRef::of(&manifest.object)
        .ok_or_else(|| rejected(manifest, "an object has no `apiVersion`, `kind` or `metadata.name`"))
}

fn rejected(manifest: &Manifest, detail: &str) -> Failure {
    Failure::new(Cause::ManifestRejected, format!("`{}`: {detail}", manifest.source))
}

fn dress(
    request: &DeployRequest,
    manifest: &Manifest,
    object: &Value,
    owner: Option<&Owner>,
    namespaced: bool,
) -> Result<Surveyed, Failure> {
    let dress = Dress {
        annotations: &request.annotations,
        labels: &request.labels,
        owner,
        namespace: namespaced.then_some(request.namespace.as_str()),
    };
    let mut object = dress.put_on(object).map_err(|why| rejected(manifest, &why))?;
    if !namespaced && let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("namespace");
    }
    let named = ObjectRef::of(&object).ok_or_else(|| rejected(manifest, "an object lost its name"))?;
    Ok(Surveyed { named, source: manifest.source.clone(), object, state: ObjectState::Missing })
}

fn refuse_duplicates(objects: &[Surveyed]) -> Result<(), Failure> {
    let mut seen: HashMap<ObjectKey, &str> = HashMap::new();
    for object in objects {
        if let Some(first) = seen.insert(object.named.key(), &object.source) {
            let placed = object.named.placed();
            return Err(Failure::new(
                Cause::ManifestRejected,
                format!("{placed} is there twice: in `{first}` and in `{}`", object.source),
            )
            .hint("give one of the two another name, or remove it"));
        }
    }
    Ok(())
}

/// The hooks as they are sent, each once an event, sorted as Helm runs them.
async fn hooks(cluster: &Cluster, wanted: &Wanted<'_>) -> Result<Vec<(HookEvent, HookStep)>, Failure> {
    let mut hooks: Vec<(i64, HookEvent, HookStep)> = Vec::new();
    let defined = definitions(wanted.rendered);
    for hook in &wanted.rendered.hooks {
        let (object, namespaced) = resolve(cluster, &hook.manifest, &defined, &mut Vec::new()).await?;
        let dressed = dress(wanted.request, &hook.manifest, &object, None, namespaced)?;
        // The seeds write `helm.sh/weight` and mean the hook's.
        let meant = annotation(&object, "helm.sh/weight").and_then(|weight| weight.trim().parse().ok());
        let weight = if hook.weight == 0 { meant.unwrap_or(0) } else { hook.weight };
        let step =
            HookStep { named: dressed.named, object: dressed.object, delete_policies: hook.delete_policies.clone() };
        hooks.extend(hook.events.iter().map(|event| (weight, *event, step.clone())));
    }
    hooks.sort_by_key(|(weight, _, _)| *weight);
    Ok(hooks.into_iter().map(|(_, event, step)| (event, step)).collect())
}

/// The objects that are there: many of one kind by a list, few one by one.
async fn read_live(cluster: &Cluster, objects: &[Surveyed]) -> Result<HashMap<ObjectKey, Value>, Failure> {
    let mut groups: BTreeMap<(&str, &str, Option<&str>), Vec<&ObjectRef>> = BTreeMap::new();
    for object in objects {
        let named = &object.named;
        groups.entry((&named.api_version, &named.kind, named.namespace.as_deref())).or_default().push(named);
    }
    let reads = stream::iter(groups.into_values()).map(|group| read_group(cluster, group));
    let found: Vec<Vec<Value>> = reads.buffer_unordered(SIDE_BY_SIDE).try_collect().await?;
    Ok(found.into_iter().flatten().filter_map(|object| Some((ObjectRef::of(&object)?.key(), object))).collect())
}

async fn read_group(cluster: &Cluster, group: Vec<&ObjectRef>) -> Result<Vec<Value>, Failure> {
    let first = group[0];
    // A kind that is only being defined has no objects yet.
    let Ok(kind) = cluster.kind(&first.api_version, &first.kind).await else { return Ok(Vec::new()) };
    if group.len() >= LIST_FROM {
        match cluster.list(&kind, first.namespace.as_deref(), "").await {
            Ok(found) => return Ok(found),
            Err(error) if error.kind == ErrorKind::Denied => {}
            Err(error) => return Err(error.into()),
        }
    }
    let reads = stream::iter(group).map(|named| cluster.get(named)).buffer_unordered(SIDE_BY_SIDE);
    let found: Vec<Option<Value>> = reads.try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// An object of an earlier revision.
#[derive(Debug, Clone)]
struct Earlier {
    named: ObjectRef,
    object: Value,
}

/// Every object that a revision since the last good one has named; the last good one's form of it wins.
fn earlier_objects(history: &History) -> HashMap<ObjectKey, Earlier> {
    let good = history.last_good().map_or(0, |record| record.revision);
    let mut found = HashMap::new();
    for record in history.revisions().iter().filter(|record| record.revision >= good) {
        // What cannot be read was not written by Helm or us; nothing is deleted for it.
        for manifest in record.manifests().unwrap_or_default() {
            let Some(mut named) = ObjectRef::of(&manifest.object) else { continue };
            named.namespace.get_or_insert_with(|| record.namespace.clone());
            found.entry(named.key()).or_insert(Earlier { named, object: manifest.object });
        }
    }
    found
}

async fn compare_all(
    cluster: &Cluster,
    owner: &Owner,
    objects: Vec<Surveyed>,
    live: &HashMap<ObjectKey, Value>,
    earlier: &HashMap<ObjectKey, Earlier>,
) -> Result<Vec<Surveyed>, Failure> {
    let compared = stream::iter(objects).map(|object| async move {
        let key = object.named.key();
        match live.get(&key) {
            Some(found) => compare_one(cluster, owner, object, found, earlier.get(&key)).await,
            None => try_creation(cluster, object).await,
        }
    });
    compared.buffered(SIDE_BY_SIDE).try_collect().await
}

/// Asks the cluster whether it would take a new object. Not of what cannot be wrong, and not where that cannot be asked.
async fn try_creation(cluster: &Cluster, mut object: Surveyed) -> Result<Surveyed, Failure> {
    set_on_creation(&mut object.object);
    if matches!(object.named.kind.as_str(), "ConfigMap" | "Secret" | "Namespace") {
        return Ok(object);
    }
    match cluster.apply(&object.object, Apply::DryRun).await {
        Err(error)
            if matches!(error.kind, ErrorKind::Rejected | ErrorKind::Immutable)
                && !is_dry_run_trouble(&error.detail) =>
        {
            let source = object.source.clone();
            Err(Failure::from(error).context(format!("`{source}`")))
        }
        // Everything else is found out when it is done: the namespace or the kind may only come into being.
        _ => Ok(object),
    }
}

/// Webhooks that cannot be asked for a dry run say so; that is no refusal.
fn is_dry_run_trouble(detail: &str) -> bool {
    detail.contains("does not support dry run") || detail.contains("dryRun")
}

async fn compare_one(
    cluster: &Cluster,
    owner: &Owner,
    mut object: Surveyed,
    live: &Value,
    earlier: Option<&Earlier>,
) -> Result<Surveyed, Failure> {
    let is_definition = object.named.kind == "CustomResourceDefinition";
    let is_anyones = annotation(&object.object, "werf.io/ownership") == Some("anyone");
    if let Some(why) = owner.objection(live).filter(|_| !is_definition && !is_anyones) {
        object.state = ObjectState::Foreign(why);
        return Ok(object);
    }
    keep_from_live(&mut object.object, live);
    let says_the_same = earlier.is_some_and(|earlier| compare::covers(&object.object, &earlier.object));
    if says_the_same && compare::covers(live, &object.object) {
        object.state = ObjectState::Same(live.clone());
        return Ok(object);
    }
    let mend = compare::mended_managers(live, FIELD_MANAGER).is_some();
    object.state = match cluster.apply(&object.object, Apply::DryRun).await {
        Ok(would) if !mend && compare::same(&would.object, live) => ObjectState::Same(live.clone()),
        Ok(would) => ObjectState::Differs { differences: compare::differences(live, &would.object, TOLD), mend },
        Err(error) if error.kind == ErrorKind::Immutable => ObjectState::Immutable(error.detail),
        Err(error) if is_dry_run_trouble(&error.detail) => ObjectState::Differs { differences: Vec::new(), mend },
        Err(error) => return Err(Failure::from(error).context(format!("`{}`", object.source))),
    };
    Ok(object)
}

/// Which of `objects` are there, are the release's, and may go.
async fn find_left(cluster: &Cluster, owner: &Owner, objects: Vec<Earlier>) -> Result<Vec<Removal>, Failure> {
    let reads = stream::iter(objects).map(|earlier| async move {
        let found = cluster.get(&earlier.named).await?;
        Ok::<_, Failure>(found.map(|found| (earlier, found)))
    });
    let found: Vec<_> = reads.buffer_unordered(SIDE_BY_SIDE).try_collect().await?;
    let left = found
        .into_iter()
        .flatten()
        .filter(|(earlier, found)| owner.owns(found) && !is_kept(found) && !is_kept(&earlier.object));
    Ok(left
        .filter_map(|(_, found)| {
            Some(Removal { named: ObjectRef::of(&found)?, uid: text(&found, "/metadata/uid")?.to_owned() })
        })
        .collect())
}
