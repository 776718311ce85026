//! What a deploy will do, as data (pure).

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::actions::release::order::install_place;
use crate::actions::release::order::uninstall_place;
use crate::actions::release::ownership::Owner;
use crate::actions::rollout::hook::HookStep;
use crate::chart::manifest::HookEvent;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::object::ObjectRef;
use crate::model::object::annotation;

/// What was found out before anything is decided.
#[derive(Debug, Clone)]
pub struct Survey {
    /// The release.
    pub owner: Owner,
    /// Whether the release's namespace exists.
    pub namespace_exists: bool,
    /// Whether this is the first installation.
    pub is_install: bool,
    /// Whether the record of what is deployed says the same as what is to be deployed.
    pub record_is_same: bool,
    /// Definitions of kinds, then everything else, as rendered.
    pub objects: Vec<Surveyed>,
    /// The hooks, with their events, in Helm's order.
    pub hooks: Vec<(HookEvent, HookStep)>,
    /// Objects of earlier revisions that are there and are not among `objects`.
    pub stale: Vec<Removal>,
    /// What a first installation that failed has left.
    pub remains: Vec<Removal>,
}

/// An object as it is to be and as it is.
#[derive(Debug, Clone)]
pub struct Surveyed {
    /// Its name.
    pub named: ObjectRef,
    /// The template it came from.
    pub source: String,
    /// As it is to be sent.
    pub object: Value,
    /// As it is.
    pub state: ObjectState,
}

/// An object as it is in the cluster.
#[derive(Debug, Clone)]
pub enum ObjectState {
    /// It is not there.
    Missing,
    /// It is there and is what it is to be.
    Same(Value),
    /// It is there and is something else.
    Differs {
        /// At which fields, for people.
        differences: Vec<String>,
        /// Whether fields of former managers have to become ours first, see `compare::mended_managers`.
        mend: bool,
    },
    /// It is there and what is to change in it never may.
    Immutable(String),
    /// It is there and another's.
    Foreign(String),
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Step {
    /// Deletes what a first installation that failed has left, with its records, and waits until it is gone.
    Clear(Vec<Removal>),
    /// Creates the release's namespace.
    CreateNamespace(String),
    /// Applies definitions of kinds side by side and waits until the kinds can be used.
    Define(Vec<Change>),
    /// Runs hooks one after another.
    Hooks(HookEvent, Vec<HookStep>),
    /// Applies objects side by side.
    Apply(Vec<Change>),
    /// Deletes objects one kind after another.
    Delete(Vec<Removal>),
    /// Follows objects until they are ready.
    Track(Vec<Value>),
}

/// One object that is applied.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Its name.
    pub named: ObjectRef,
    /// The template it came from.
    pub source: String,
    /// As it is sent.
    pub object: Value,
    /// What that means.
    pub action: Action,
}

/// What applying an object means.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Action {
    /// It comes into being.
    Create,
    /// It changes.
    Update {
        /// At which fields, for people.
        differences: Vec<String>,
        /// Whether fields of former managers have to become ours first.
        mend: bool,
    },
    /// It is deleted and comes into being anew: it cannot be changed.
    Recreate,
}

/// One object that is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Removal {
    /// Its name.
    pub named: ObjectRef,
    /// Exactly which one.
    pub uid: String,
}

/// Everything that is done, in order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
    /// Whether the release changes; without, the steps only look whether all is ready.
    pub is_change: bool,
}

/// Decides what to do.
///
/// # Errors
/// `ManifestRejected` if an object is another's or cannot be changed as asked; all such objects are named at once.
pub fn decide(survey: Survey) -> Result<Plan, Failure> {
    let hooks = if survey.is_install {
        (HookEvent::PreInstall, HookEvent::PostInstall)
    } else {
        (HookEvent::PreUpgrade, HookEvent::PostUpgrade)
    };
    decide_with(survey, hooks)
}

/// Decides what to do to restore an earlier revision.
///
/// # Errors
/// As [`decide`].
pub fn decide_rollback(survey: Survey) -> Result<Plan, Failure> {
    decide_with(survey, (HookEvent::PreRollback, HookEvent::PostRollback))
}

fn decide_with(survey: Survey, (before, after): (HookEvent, HookEvent)) -> Result<Plan, Failure> {
    refuse(&survey)?;
    let is_change = !survey.record_is_same
        || !survey.stale.is_empty()
        || !survey.remains.is_empty()
        || survey.objects.iter().any(|object| !matches!(object.state, ObjectState::Same(_)));
    let tracked = |objects: &[Surveyed]| objects.iter().map(Surveyed::known).collect();
    if !is_change {
        return Ok(Plan { steps: vec![Step::Track(tracked(&survey.objects))], is_change });
    }
    let mut steps = Vec::new();
    if !survey.remains.is_empty() {
        steps.push(Step::Clear(in_uninstall_order(survey.remains)));
    }
    if !survey.namespace_exists {
        steps.push(Step::CreateNamespace(survey.owner.namespace.clone()));
    }
    let (definitions, objects): (Vec<_>, Vec<_>) =
        survey.objects.into_iter().partition(|object| object.named.kind == "CustomResourceDefinition");
    push(&mut steps, Step::Define, definitions.into_iter().filter_map(Surveyed::change).collect());
    push_hooks(&mut steps, before, &survey.hooks);
    push_objects(&mut steps, objects, survey.stale);
    push_hooks(&mut steps, after, &survey.hooks);
    Ok(Plan { steps, is_change })
}

fn push<T>(steps: &mut Vec<Step>, step: impl FnOnce(Vec<T>) -> Step, items: Vec<T>) {
    if !items.is_empty() {
        steps.push(step(items));
    }
}

fn push_hooks(steps: &mut Vec<Step>, event: HookEvent, hooks: &[(HookEvent, HookStep)]) {
    let hooks = hooks.iter().filter(|(when, _)| *when == event).map(|(_, hook)| hook.clone()).collect();
    push(steps, |hooks| Step::Hooks(event, hooks), hooks);
}

/// Objects by `werf.io/weight`, each weight ready before the next begins; within one, kind after kind as Helm has it.
fn push_objects(steps: &mut Vec<Step>, objects: Vec<Surveyed>, stale: Vec<Removal>) {
    let mut by_weight: BTreeMap<i64, Vec<Surveyed>> = BTreeMap::new();
    for object in objects {
        by_weight.entry(weight(&object.object)).or_default().push(object);
    }
    let last = by_weight.keys().next_back().copied();
    let mut stale = Some(stale);
    for (weight, objects) in by_weight {
        let tracked = objects.iter().map(Surveyed::known).collect();
        let mut by_kind: BTreeMap<_, Vec<Change>> = BTreeMap::new();
        for object in objects {
            let place = install_place(&object.named.kind);
            by_kind.entry(place).or_default().extend(object.change());
        }
        for changes in by_kind.into_values() {
            push(steps, Step::Apply, changes);
        }
        if Some(weight) == last {
            push(steps, Step::Delete, in_uninstall_order(stale.take().unwrap_or_default()));
        }
        push(steps, Step::Track, tracked);
    }
    // A release without objects may still leave some behind.
    push(steps, Step::Delete, in_uninstall_order(stale.unwrap_or_default()));
}

fn weight(object: &Value) -> i64 {
    annotation(object, "werf.io/weight").and_then(|weight| weight.trim().parse().ok()).unwrap_or(0)
}

/// Sorts as Helm deletes.
pub fn in_uninstall_order(mut removals: Vec<Removal>) -> Vec<Removal> {
    removals.sort_by_key(|removal| (uninstall_place(&removal.named.kind), removal.named.name.clone()));
    removals
}

/// Refuses what cannot be done, all of it at once.
fn refuse(survey: &Survey) -> Result<(), Failure> {
    let mut reasons = Vec::new();
    let mut hints = BTreeSet::new();
    for object in &survey.objects {
        let named = &object.named;
        match &object.state {
            ObjectState::Foreign(why) => {
                reasons.push(format!("{} (`{}`): {why}", named.placed(), object.source));
                hints.insert(survey.owner.adoption_hint(&named.short()));
            }
            ObjectState::Immutable(why) if !object.may_be_recreated() => {
                reasons.push(format!("{} (`{}`) cannot be changed so: {why}", named.placed(), object.source));
                hints.insert(
                    "give it another name, or let it be deleted and made anew: annotate it with \
                     `werf.io/delete-policy: before-creation-if-immutable`"
                        .to_owned(),
                );
            }
            _ => {}
        }
    }
    if reasons.is_empty() {
        return Ok(());
    }
    let failure = Failure::new(
        Cause::ManifestRejected,
        format!("deploy release `{}`: {}", survey.owner.release, reasons.join("; ")),
    );
    Err(hints.into_iter().fold(failure, Failure::hint))
}

impl Surveyed {
    /// The latest known state: as it is, or as it is to be.
    fn known(&self) -> Value {
        match &self.state {
            ObjectState::Same(live) => live.clone(),
            _ => self.object.clone(),
        }
    }

    fn may_be_recreated(&self) -> bool {
        let policy = annotation(&self.object, "werf.io/delete-policy").unwrap_or_default();
        self.named.kind == "Job" || policy.split(',').any(|word| word.trim().starts_with("before-creation"))
    }

    /// The change that brings it about; `None` if there is nothing to do.
    fn change(self) -> Option<Change> {
        let action = match self.state {
            ObjectState::Missing => Action::Create,
            ObjectState::Differs { differences, mend } => Action::Update { differences, mend },
            ObjectState::Immutable(_) => Action::Recreate,
            ObjectState::Same(_) | ObjectState::Foreign(_) => return None,
        };
        Some(Change { named: self.named, source: self.source, object: self.object, action })
    }
}

/// The steps as a person reads them, one line an object.
impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_change {
            return writeln!(formatter, "Nothing to change");
        }
        for step in &self.steps {
            match step {
                Step::Clear(removals) | Step::Delete(removals) => {
                    for removal in removals {
                        writeln!(formatter, "- delete {}", removal.named.placed())?;
                    }
                }
                Step::CreateNamespace(name) => writeln!(formatter, "+ create `Namespace/{name}`")?,
                Step::Define(changes) | Step::Apply(changes) => {
                    for change in changes {
                        write!(formatter, "{change}")?;
                    }
                }
                Step::Hooks(event, hooks) => {
                    for hook in hooks {
                        writeln!(formatter, "> run {} hook {}", event_word(*event), hook.named.placed())?;
                    }
                }
                Step::Track(_) => {}
            }
        }
        Ok(())
    }
}

fn event_word(event: HookEvent) -> String {
    serde_json::to_value(event).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let placed = self.named.placed();
        match &self.action {
            Action::Create => writeln!(formatter, "+ create {placed}"),
            Action::Recreate => writeln!(formatter, "-/+ recreate {placed}"),
            Action::Update { differences, .. } => {
                writeln!(formatter, "~ change {placed}")?;
                // What a Secret holds is nobody's to read here.
                let secret = self.named.kind == "Secret";
                let shown =
                    differences.iter().map(|line| if secret { line.split(':').next().unwrap_or("") } else { line });
                shown.into_iter().try_for_each(|line| writeln!(formatter, "    {line}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::ObjectState;
    use super::Removal;
    use super::Step;
    use super::Survey;
    use super::Surveyed;
    use super::decide;
    use crate::actions::release::ownership::Owner;
    use crate::actions::rollout::hook::HookStep;
    use crate::chart::manifest::HookEvent;
    use crate::model::object::ObjectRef;

    fn surveyed(kind: &str, name: &str, weight: i64, state: ObjectState) -> Surveyed {
        let named = ObjectRef::namespaced("v1", kind, "prod", name);
        let object = json!({"apiVersion": "v1", "kind": kind,
            "metadata": {"name": name, "namespace": "prod", "annotations": {"werf.io/weight": weight.to_string()}}});
        Surveyed { named, source: format!("app/templates/{name}.yaml"), object, state }
    }

    fn survey(objects: Vec<Surveyed>) -> Survey {
        Survey {
            owner: Owner { release: "app".to_owned(), namespace: "prod".to_owned() },
            namespace_exists: true,
            is_install: false,
            record_is_same: true,
            objects,
            hooks: Vec::new(),
            stale: Vec::new(),
            remains: Vec::new(),
        }
    }

    fn hook(event: HookEvent, name: &str) -> (HookEvent, HookStep) {
        let named = ObjectRef::namespaced("batch/v1", "Job", "prod", name);
        (event, HookStep { named, object: json!({}), delete_policies: Vec::new() })
    }

    fn removal(kind: &str, name: &str) -> Removal {
        Removal { named: ObjectRef::namespaced("v1", kind, "prod", name), uid: "1".to_owned() }
    }

    #[test]
    fn everything_is_done_in_helms_order() {
        let differs = ObjectState::Differs { differences: vec!["data.a: x -> y".to_owned()], mend: false };
        let plan = decide(Survey {
            namespace_exists: false,
            is_install: true,
            hooks: vec![
                hook(HookEvent::PreInstall, "migrate"),
                hook(HookEvent::PreUpgrade, "backup"),
                hook(HookEvent::PostInstall, "smoke"),
            ],
            stale: vec![removal("ConfigMap", "old"), removal("Service", "old")],
            ..survey(vec![
                surveyed("Deployment", "web", 0, ObjectState::Missing),
                surveyed("Secret", "key", 0, differs.clone()),
                surveyed("ConfigMap", "settings", 0, differs),
                surveyed("Job", "task", 0, ObjectState::Immutable("spec.template".to_owned())),
                surveyed("CustomResourceDefinition", "widgets", 0, ObjectState::Missing),
                surveyed("Service", "web", 0, ObjectState::Same(json!({}))),
            ])
        });
        insta::assert_snapshot!(plan.unwrap(), @r"
        + create `Namespace/prod`
        + create `CustomResourceDefinition/widgets` in namespace `prod`
        > run pre-install hook `Job/migrate` in namespace `prod`
        ~ change `Secret/key` in namespace `prod`
            data.a
        ~ change `ConfigMap/settings` in namespace `prod`
            data.a: x -> y
        + create `Deployment/web` in namespace `prod`
        -/+ recreate `Job/task` in namespace `prod`
        - delete `Service/old` in namespace `prod`
        - delete `ConfigMap/old` in namespace `prod`
        > run post-install hook `Job/smoke` in namespace `prod`
        ");
    }

    #[test]
    fn an_unchanged_release_is_only_looked_at() {
        let same = || surveyed("ConfigMap", "settings", 0, ObjectState::Same(json!({"kind": "ConfigMap"})));
        let plan =
            decide(Survey { hooks: vec![hook(HookEvent::PreUpgrade, "backup")], ..survey(vec![same()]) }).unwrap();
        assert!(!plan.is_change);
        assert_eq!(plan.steps, [Step::Track(vec![json!({"kind": "ConfigMap"})])]);
        let other_record = decide(Survey { record_is_same: false, ..survey(vec![same()]) }).unwrap();
        assert!(other_record.is_change);
    }

    #[test]
    fn a_weight_is_ready_before_the_next_begins() {
        let plan = decide(survey(vec![
            surveyed("Deployment", "web", 10, ObjectState::Missing),
            surveyed("StatefulSet", "db", -5, ObjectState::Missing),
        ]));
        let kinds: Vec<&str> = plan
            .unwrap()
            .steps
            .iter()
            .map(|step| match step {
                Step::Apply(_) => "apply",
                Step::Track(_) => "track",
                _ => "other",
            })
            .collect();
        assert_eq!(kinds, ["apply", "track", "apply", "track"]);
    }

    #[test]
    fn all_that_cannot_be_done_is_told_at_once() {
        let failure = decide(survey(vec![
            surveyed("ConfigMap", "theirs", 0, ObjectState::Foreign("it exists and belongs to no release".to_owned())),
            surveyed("Service", "web", 0, ObjectState::Immutable("spec.clusterIP: field is immutable".to_owned())),
        ]));
        let failure = failure.unwrap_err();
        assert!(
            failure.message.contains("`ConfigMap/theirs`") && failure.message.contains("spec.clusterIP"),
            "{failure}"
        );
        assert_eq!(failure.hints.len(), 2);
    }
}
