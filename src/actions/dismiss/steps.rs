//! What a dismissal will do, as data (pure).

use serde::Serialize;
use serde_json::Value;

use crate::actions::release::order::uninstall_place;
use crate::actions::release::ownership::Owner;
use crate::actions::release::ownership::is_kept;
use crate::actions::rollout::hook::HookStep;
use crate::chart::manifest::Hook;
use crate::chart::manifest::HookEvent;
use crate::model::object::ObjectRef;
use crate::model::object::text;

/// What was found out before anything is decided.
#[derive(Debug, Clone)]
pub struct Survey {
    /// The release.
    pub owner: Owner,
    /// The revisions that are recorded.
    pub revisions: Vec<u64>,
    /// The hooks of the newest revision.
    pub hooks: Vec<Hook>,
    /// The hooks of all revisions that are there and are to go.
    pub left_hooks: Vec<ObjectRef>,
    /// The objects of all revisions that are there, as recorded and as they are.
    pub objects: Vec<(Value, Value)>,
}

/// Everything that is done, in order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// Hooks that run before.
    pub before: Vec<HookStep>,
    /// Hooks that are deleted.
    pub hooks: Vec<ObjectRef>,
    /// Objects that are deleted, in this order, each with its uid.
    pub objects: Vec<(ObjectRef, String)>,
    /// Objects that stay because their annotations say so.
    pub kept: Vec<ObjectRef>,
    /// Hooks that run after.
    pub after: Vec<HookStep>,
    /// Revisions whose records are deleted, the newest last.
    pub revisions: Vec<u64>,
}

/// Decides what to do. Objects that carry another release's marks are not touched.
pub fn decide(survey: Survey) -> Plan {
    let mut objects = Vec::new();
    let mut kept = Vec::new();
    for (recorded, live) in &survey.objects {
        let Some(named) = ObjectRef::of(live) else { continue };
        let uid = text(live, "/metadata/uid").unwrap_or_default().to_owned();
        match (survey.owner.owns(live), is_kept(live) || is_kept(recorded)) {
            (_, true) => kept.push(named),
            (true, false) => objects.push((named, uid)),
            (false, false) => {}
        }
    }
    objects.sort_by_key(|(named, _)| (uninstall_place(&named.kind), named.name.clone()));
    objects.dedup_by_key(|(named, _)| named.key());
    kept.sort();
    kept.dedup();
    let mut revisions = survey.revisions;
    // What is interrupted goes on from the newest record, which tells the most: it goes last.
    revisions.sort_unstable();
    Plan {
        before: hooks_of(&survey.hooks, HookEvent::PreDelete, &survey.owner.namespace),
        hooks: survey.left_hooks,
        objects,
        kept,
        after: hooks_of(&survey.hooks, HookEvent::PostDelete, &survey.owner.namespace),
        revisions,
    }
}

/// The hooks of an event in the order in which they run.
fn hooks_of(hooks: &[Hook], event: HookEvent, namespace: &str) -> Vec<HookStep> {
    let mut chosen: Vec<(i64, HookStep)> = hooks
        .iter()
        .filter(|hook| hook.events.contains(&event))
        .filter_map(|hook| {
            let mut object = hook.manifest.object.clone();
            let mut named = ObjectRef::of(&object)?;
            if named.namespace.is_none() {
                object["metadata"]["namespace"] = Value::from(namespace);
                named.namespace = Some(namespace.to_owned());
            }
            Some((hook.weight, HookStep { named, object, delete_policies: hook.delete_policies.clone() }))
        })
        .collect();
    chosen.sort_by_key(|(weight, _)| *weight);
    chosen.into_iter().map(|(_, step)| step).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;

    use super::Survey;
    use super::decide;
    use crate::actions::release::ownership::Owner;

    fn object(kind: &str, name: &str, annotations: &[(&str, &str)]) -> Value {
        let mut object = json!({"apiVersion": "v1", "kind": kind,
            "metadata": {"name": name, "namespace": "prod", "uid": format!("uid-{name}"), "annotations": {}}});
        for (key, value) in annotations {
            object["metadata"]["annotations"][*key] = json!(value);
        }
        object
    }

    #[test]
    fn objects_go_in_helms_order_and_others_objects_stay() {
        let ours = [("meta.helm.sh/release-name", "app"), ("meta.helm.sh/release-namespace", "prod")];
        let kept = [ours[0], ours[1], ("helm.sh/resource-policy", "keep")];
        let pair = |object: Value| (object.clone(), object);
        let plan = decide(Survey {
            owner: Owner { release: "app".to_owned(), namespace: "prod".to_owned() },
            revisions: vec![3, 1, 2],
            hooks: Vec::new(),
            left_hooks: Vec::new(),
            objects: vec![
                pair(object("ConfigMap", "c", &ours)),
                pair(object("Service", "s", &ours)),
                pair(object("ConfigMap", "c", &ours)),
                pair(object("PersistentVolumeClaim", "data", &kept)),
                pair(object("ConfigMap", "strange", &[])),
            ],
        });
        let names: Vec<_> = plan.objects.iter().map(|(named, _)| named.to_string()).collect();
        assert_eq!(names, ["Service/s", "ConfigMap/c"]);
        assert_eq!(plan.kept[0].to_string(), "PersistentVolumeClaim/data");
        assert_eq!(plan.revisions, [1, 2, 3]);
    }
}
