//! Building: what decides a stage, and what is done when some exist. Signatures are pinned by goldens: changing one
//! rebuilds every image that anybody has.

use std::collections::HashMap;
use std::fmt::Write as _;

use gitlab_werf_executor::actions::stages::chain::Chain;
use gitlab_werf_executor::actions::stages::chain::ContentFacts;
use gitlab_werf_executor::actions::stages::chain::FilesState;
use gitlab_werf_executor::actions::stages::chain::MappingFacts;
use gitlab_werf_executor::actions::stages::chain::chain;
use gitlab_werf_executor::actions::stages::steps::Found;
use gitlab_werf_executor::actions::stages::steps::FoundStage;
use gitlab_werf_executor::actions::stages::steps::Place;
use gitlab_werf_executor::actions::stages::steps::Step;
use gitlab_werf_executor::actions::stages::steps::decide;
use gitlab_werf_executor::model::signature::Input;
use gitlab_werf_executor::model::signature::digest;
use gitlab_werf_executor::model::stage::StageName;
use gitlab_werf_executor::project::Project;
use gitlab_werf_executor::project::Recipe;

const DEMO: &str = include_str!("goldens/project/good/demo.yaml");

/// A commit, as far as stages can see it: the version of the files, and of those that install depends on.
#[derive(Clone, Copy)]
struct Commit {
    files: &'static str,
    requirements: &'static str,
}

const FIRST: Commit = Commit { files: "1", requirements: "1" };
const ONE_FILE: Commit = Commit { files: "2", requirements: "1" };
const REQUIREMENTS: Commit = Commit { files: "3", requirements: "2" };

fn facts(project: &Project, name: &str, commit: Commit) -> ContentFacts {
    let image = project.image(name).unwrap();
    let Recipe::Stapel(stapel) = &image.recipe else {
        return ContentFacts { dockerfile: vec![Input::of("Dockerfile", "FROM x")], ..ContentFacts::default() };
    };
    let mapping = MappingFacts {
        files: FilesState { digest: digest(format!("{name} {}", commit.files)), object: commit.files.to_owned() },
        dependencies: [Vec::new(), vec![Input::id("requirements.txt", commit.requirements)], Vec::new(), Vec::new()],
    };
    ContentFacts { mappings: vec![mapping; stapel.git.len()], ..ContentFacts::default() }
}

fn chains_of(yaml: &str, commit: Commit) -> Vec<Chain> {
    let (project, _) = Project::parse(yaml, None).unwrap();
    let names: Vec<&str> = project.images.iter().map(|image| image.name.as_str()).collect();
    let mut chains = Vec::new();
    for image in project.sets(&names).into_iter().flatten() {
        chains.push(chain(image, &facts(&project, &image.name, commit), &chains).unwrap());
    }
    chains
}

fn backend(commit: Commit) -> Chain {
    chains_of(DEMO, commit).into_iter().find(|chain| chain.image == "backend").unwrap()
}

/// What a builder would hold after carrying out `steps` for `chain`.
fn build(found: &mut Found, chain: &Chain) -> String {
    let steps = decide(chain, found);
    let mut told = String::new();
    let mut files = gitlab_werf_executor::actions::stages::chain::Files::new();
    for step in &steps {
        let link = step.link();
        let what = match step {
            Step::Reuse { .. } => "reuse".to_owned(),
            Step::Pull { .. } => "pull".to_owned(),
            Step::Push { .. } => "push".to_owned(),
            Step::Build { outdated, reason, .. } => {
                let outdated = if outdated.is_some() { " over older files" } else { "" };
                format!("build{outdated} ({})", reason.as_deref().unwrap_or("new"))
            }
        };
        writeln!(told, "{}: {what}", link.stage).unwrap();
        match step {
            Step::Build { outdated, .. } => {
                let brings = outdated.is_some() || link.stage == StageName::GitArchive;
                if brings {
                    files.clone_from(&chain.files);
                }
                let stage = FoundStage {
                    id: format!("image {}", found.stages.len()),
                    place: Place::Engine,
                    files: files.clone(),
                };
                found.stages.insert(link.signature.clone(), stage);
                found.earlier.insert(0, (chain.image.clone(), link.inputs.clone()));
            }
            _ => files.clone_from(&found.stages[&link.signature].files),
        }
    }
    assert!(files == chain.files, "the image has the files of the commit");
    told
}

#[test]
fn signatures_of_the_demo_are_pinned() {
    let mut shown = String::new();
    for chain in chains_of(DEMO, FIRST) {
        for link in &chain.links {
            writeln!(shown, "{}/{} {}", chain.image, link.stage, link.signature).unwrap();
        }
    }
    insta::with_settings!({ snapshot_path => "goldens/signature", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("demo", shown);
    });
}

#[test]
fn a_life_of_an_image_in_steps() {
    let mut found = Found::default();
    let mut shown = String::new();
    for (title, commit) in [
        ("first build", FIRST),
        ("again", FIRST),
        ("one file", ONE_FILE),
        ("again", ONE_FILE),
        ("back", FIRST),
        ("a dependency of install", REQUIREMENTS),
    ] {
        writeln!(shown, "## {title}\n{}", build(&mut found, &backend(commit))).unwrap();
    }
    insta::with_settings!({ snapshot_path => "goldens/signature", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("steps", shown);
    });
}

#[test]
fn the_tag_does_not_tell_where_a_cache_began() {
    let (mut old, mut new) = (Found::default(), Found::default());
    build(&mut old, &backend(FIRST));
    build(&mut old, &backend(ONE_FILE));
    build(&mut new, &backend(ONE_FILE));
    let tag = backend(ONE_FILE).tag().unwrap().clone();
    assert!(old.stages.contains_key(&tag) && new.stages.contains_key(&tag));
    assert!(old.stages.len() > new.stages.len() + 1, "the old cache needed a difference");
}

#[test]
fn a_large_difference_rests_and_starts_anew() {
    let mut found = Found::default();
    build(&mut found, &backend(FIRST));
    let ground = backend(FIRST).link(StageName::ImportsAfterSetup).unwrap().signature.clone();
    found.differences = HashMap::from([(ground, 3 * 1024 * 1024 / 2)]);
    let told = build(&mut found, &backend(ONE_FILE));
    assert!(told.contains("gitCache: build over older files") && !told.contains("gitLatestPatch"), "{told}");
    let third = Commit { files: "4", ..ONE_FILE };
    let told = build(&mut found, &backend(third));
    assert!(told.contains("gitCache: reuse") && told.contains("gitLatestPatch: build over older files"), "{told}");
}

#[test]
fn what_is_only_in_the_registry_is_pulled_where_something_is_built_on_it() {
    let mut found = Found::default();
    build(&mut found, &backend(FIRST));
    found.stages.values_mut().for_each(|stage| stage.place = Place::Registry);
    assert!(!decide(&backend(FIRST), &found).iter().any(|step| matches!(step, Step::Pull { .. })));
    let steps = decide(&backend(ONE_FILE), &found);
    let pulled: Vec<_> = steps.iter().filter(|step| matches!(step, Step::Pull { .. })).map(Step::link).collect();
    assert_eq!(pulled.iter().map(|link| link.stage).collect::<Vec<_>>(), [StageName::ImportsAfterSetup]);
}

#[test]
fn what_does_not_matter_does_not_rebuild() {
    let tag = |yaml: &str| chains_of(yaml, FIRST).last().unwrap().tag().unwrap().clone();
    let same = DEMO
        .replace("image: backend", "image: backend # the API")
        .replace("APP_MODE: production", "\"APP_MODE\": \"production\"");
    assert_ne!(same, DEMO);
    assert_eq!(tag(&same), tag(DEMO));
    assert_ne!(tag(&DEMO.replace("APP_MODE: production", "APP_MODE: test")), tag(DEMO));
    assert_ne!(tag(&DEMO.replace("owner: \"1000\"", "owner: \"1001\"")), tag(DEMO));
}
