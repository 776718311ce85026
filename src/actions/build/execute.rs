//! Steps → images.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::VecDeque;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use crate::actions::build::base;
use crate::actions::build::base::Bases;
use crate::actions::build::config;
use crate::actions::build::ground::Below;
use crate::actions::build::imports;
use crate::actions::build::layers::Destination;
use crate::actions::build::layers::LayerPlan;
use crate::actions::build::layers::directories_above;
use crate::actions::build::script;
use crate::actions::build::write;
use crate::actions::stages::chain::Chain;
use crate::actions::stages::chain::Files;
use crate::actions::stages::chain::Link;
use crate::actions::stages::chain::mapping_id;
use crate::actions::stages::content::Repositories;
use crate::actions::stages::files::Difference;
use crate::backends::docker::BindMount;
use crate::backends::docker::CommitRequest;
use crate::backends::docker::ContainerSpec;
use crate::backends::docker::Engine;
use crate::backends::docker::LoadRequest;
use crate::backends::docker::NewLayer;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::image::StoredImage;
use crate::model::ownership::Owner;
use crate::model::reference::Reference;
use crate::model::signature::Signature;
use crate::model::stage::StageName;
use crate::model::stage::label;
use crate::project::From;
use crate::project::GitMapping;
use crate::project::Image;
use crate::project::MountSource;
use crate::project::Project;
use crate::project::Recipe;
use crate::project::Stapel;
use crate::project::UserStage;
use crate::project::Work;
use crate::report::JobLog;
use crate::report::Style;

/// The longest that a stage's commands may take: a job's own limit ends them before.
const LONGEST_STAGE: Duration = Duration::from_hours(24);

/// How many of the last lines of a failed stage are said again with the failure.
const LAST_LINES: usize = 10;

/// What stages are built with and for.
#[derive(Debug)]
pub struct Workshop<'a> {
    /// The engine that builds.
    pub engine: &'a Engine,
    /// What images begin with.
    pub bases: Bases<'a>,
    /// What is built.
    pub project: &'a Project,
    /// Where files come from.
    pub repositories: &'a Repositories,
    /// The chains of all images that are built.
    pub chains: &'a [Chain],
    /// The job that it is done for.
    pub owner: &'a Owner,
    /// Directories that stay on this host are below this one.
    pub home: &'a Path,
    /// Where temporary files go; removed by the caller.
    pub tmp: &'a Path,
    /// Stages that are in the engine, by signature; grows while stages are built.
    pub ready: RefCell<HashMap<Signature, StoredImage>>,
}

/// A stage to be made.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// The image it belongs to.
    pub image: &'a Image,
    /// The stages of that image.
    pub chain: &'a Chain,
    /// Which one.
    pub link: &'a Link,
    /// The files of git below it that are not as they are now, if it brings them up to date.
    pub outdated: Option<&'a Files>,
    /// The files of git in the stage below.
    pub files: &'a Files,
    /// Where commands show their output.
    pub log: &'a JobLog,
}

impl<'a> Task<'a> {
    /// The files of git in the stage when it is made.
    pub fn files_after(&self) -> &'a Files {
        let current = self.outdated.is_some() || self.link.stage == StageName::GitArchive;
        if current { &self.chain.files } else { self.files }
    }
}

impl Workshop<'_> {
    /// Notes the image of a stage that somebody else has made.
    pub fn remember(&self, task: Task<'_>, image: StoredImage) -> StoredImage {
        self.ready.borrow_mut().insert(task.link.signature.clone(), image.clone());
        image
    }

    /// Makes a stage on `ground`; the first stage has none.
    pub async fn make(&self, task: Task<'_>, ground: Option<StoredImage>) -> Result<StoredImage, Failure> {
        let Recipe::Stapel(stapel) = &task.image.recipe else {
            let image = task.image.shown_name();
            return Err(Failure::new(
                Cause::ProjectInvalid,
                format!("`{image}`: images from a Dockerfile are not built yet"),
            )
            .hint("name the other images: `werf build IMAGE…`"));
        };
        let ground = match ground {
            Some(ground) => ground,
            None => self.base(stapel, task.log).await?,
        };
        let made = match task.link.stage {
            StageName::BeforeInstall => self.user(task, stapel, UserStage::BeforeInstall, &ground).await?,
            StageName::Install => self.user(task, stapel, UserStage::Install, &ground).await?,
            StageName::BeforeSetup => self.user(task, stapel, UserStage::BeforeSetup, &ground).await?,
            StageName::Setup => self.user(task, stapel, UserStage::Setup, &ground).await?,
            _ => self.computed(task, stapel, &ground).await?,
        };
        self.ready.borrow_mut().insert(task.link.signature.clone(), made.clone());
        Ok(made)
    }

    /// The image of a stage that is in the engine.
    pub async fn ready(&self, signature: &Signature, id: &str) -> Result<StoredImage, Failure> {
        if let Some(image) = self.ready.borrow().get(signature) {
            return Ok(image.clone());
        }
        let found = self.engine.image(id).await?;
        let gone = || {
            Failure::new(Cause::ImageMissing, format!("the stage `{signature}` was removed while it was used"))
                .hint("start again: it will be built anew")
        };
        let found = found.ok_or_else(gone)?;
        self.ready.borrow_mut().insert(signature.clone(), found.clone());
        Ok(found)
    }

    async fn base(&self, stapel: &Stapel, log: &JobLog) -> Result<StoredImage, Failure> {
        match &stapel.from {
            From::Image(name) => self.last_of(name, None),
            From::Base(name) => self.bases.image(&base::named(name)?, log).await,
        }
    }

    /// The image of the last stage of `image`, or of one of its stages.
    pub fn last_of(&self, image: &str, stage: Option<StageName>) -> Result<StoredImage, Failure> {
        let missing = || Failure::new(Cause::Defect, format!("`{image}` is needed before it is built"));
        let chain = self.chains.iter().find(|chain| chain.image == image).ok_or_else(missing)?;
        let upto = stage.map_or(chain.links.len(), |stage| {
            chain.links.iter().position(|link| link.stage == stage).map_or(0, |index| index + 1)
        });
        let ready = self.ready.borrow();
        let found = chain.links[..upto].iter().rev().find_map(|link| ready.get(&link.signature));
        found.cloned().ok_or_else(missing)
    }

    /// A stage without commands: layers that are computed, or another configuration.
    async fn computed(&self, task: Task<'_>, stapel: &Stapel, ground: &StoredImage) -> Result<StoredImage, Failure> {
        let layers = match task.link.stage {
            StageName::GitArchive => vec![self.archive(stapel, ground).await?],
            StageName::GitCache | StageName::GitLatestPatch => self.difference(task, stapel, ground).await?,
            StageName::ImportsBeforeInstall
            | StageName::ImportsAfterInstall
            | StageName::ImportsBeforeSetup
            | StageName::ImportsAfterSetup => imports::layers(self, stapel, task.link.stage, ground).await?,
            _ => Vec::new(),
        };
        let mut image = self.image(task, ground);
        if task.link.stage == StageName::DockerInstructions
            && let Some(docker) = &stapel.docker
        {
            config::apply(docker, &mut image.config)?;
        }
        let names = vec![self.name(&task.link.signature)?];
        self.load(ground, layers, image, names).await
    }

    async fn load(
        &self,
        ground: &StoredImage,
        layers: Vec<NewLayer>,
        mut image: crate::model::oci::Image,
        names: Vec<Reference>,
    ) -> Result<StoredImage, Failure> {
        image.rootfs.diff_ids = ground.image.rootfs.diff_ids.clone();
        image.rootfs.diff_ids.extend(layers.iter().map(|layer| layer.summary.diff_id));
        self.engine.load(LoadRequest { base: Some(ground), layers, image, names }).await
    }

    async fn user(
        &self,
        task: Task<'_>,
        stapel: &Stapel,
        stage: UserStage,
        ground: &StoredImage,
    ) -> Result<StoredImage, Failure> {
        let Some(builder) = &stapel.builder else {
            return Err(Failure::new(Cause::Defect, "a user stage without commands"));
        };
        let fresh = self.fresh_ground(task, stapel, ground).await?;
        let names = vec![self.name(&task.link.signature)?];
        let commands = match builder.work(stage) {
            work if work.is_empty() => {
                let image = self.image(task, &fresh);
                return self.load(&fresh, Vec::new(), image, names).await;
            }
            Work::Shell(commands) => commands,
            Work::Ansible(_) => {
                return Err(Failure::new(
                    Cause::StageFailed,
                    "the ansible builder needs the toolbox image, which is not set up",
                )
                .hint("write the stage with `shell`"));
            }
        };
        let spec = ContainerSpec {
            owner: self.owner.clone(),
            command: script::command(commands),
            mounts: self.mounts(stapel)?,
            add_hosts: Vec::new(),
            network: None,
            init: false,
        };
        let container = self.engine.create_container(&fresh, &spec).await?;
        let mut told = Told::default();
        let tag = format!("{}/{}", task.image.shown_name(), task.link.stage);
        let output = task.log.tagged(tag, Style::Plain);
        let code = container.run(LONGEST_STAGE, &mut |text| told.take(text, &output)).await?;
        if code != 0 {
            container.remove().await?;
            return Err(told.failure(task, commands, code));
        }
        let image = self.image(task, &fresh);
        let made = container.commit(CommitRequest { image, names }).await?;
        container.remove().await?;
        Ok(made)
    }

    /// The ground with the files of git as they are now.
    async fn fresh_ground(
        &self,
        task: Task<'_>,
        stapel: &Stapel,
        ground: &StoredImage,
    ) -> Result<StoredImage, Failure> {
        let layers = self.difference(task, stapel, ground).await?;
        if layers.is_empty() {
            return Ok(ground.clone());
        }
        self.load(ground, layers, ground.image.clone(), Vec::new()).await
    }

    async fn archive(&self, stapel: &Stapel, ground: &StoredImage) -> Result<NewLayer, Failure> {
        let mut below = Below::new(self.look_at(ground).await?);
        let places = self.places(&stapel.git, &mut below).await?;
        let top = places.iter().map(|place| [place.path.as_slice(), b"/-"].concat());
        below.learn(directories_above(top.collect::<Vec<_>>().iter().map(Vec::as_slice))).await?;
        let plan = write::archive(&stapel.git, self.repositories, &places, below.known())?;
        below.close().await?;
        self.write(&plan, &stapel.git)
    }

    /// The layer over files that are not as they are now; none where there is nothing to change.
    async fn difference(
        &self,
        task: Task<'_>,
        stapel: &Stapel,
        ground: &StoredImage,
    ) -> Result<Vec<NewLayer>, Failure> {
        let Some(outdated) = task.outdated else { return Ok(Vec::new()) };
        let mut below = Below::new(self.look_at(ground).await?);
        let places = self.places(&stapel.git, &mut below).await?;
        let mut changes = Vec::new();
        for (mapping, place) in stapel.git.iter().zip(&places) {
            let difference = self.change(mapping, outdated)?;
            let paths: Vec<Vec<u8>> =
                difference.written.keys().chain(&difference.deleted).map(|path| place.place(path)).collect();
            below.learn(directories_above(paths.iter().map(Vec::as_slice))).await?;
            let emptied = emptied(&below, mapping, self.repositories, (place, &difference)).await?;
            changes.push((difference, emptied));
        }
        let plan = write::difference(&stapel.git, self.repositories, &places, below.known(), &changes)?;
        below.close().await?;
        if plan.is_empty() { Ok(Vec::new()) } else { Ok(vec![self.write(&plan, &stapel.git)?]) }
    }

    fn change(&self, mapping: &GitMapping, outdated: &Files) -> Result<Difference, Failure> {
        let lost = || {
            Failure::new(Cause::GitInvalid, "the commit that a stage was built from is not in this clone")
                .hint("fetch the whole history: `GIT_DEPTH: 0`, or `--git-unshallow`")
        };
        let state = outdated.get(&mapping_id(mapping)).ok_or_else(lost)?;
        self.repositories.source(mapping)?.difference(&state.object)?.ok_or_else(lost)
    }

    async fn places(&self, mappings: &[GitMapping], below: &mut Below<'_>) -> Result<Vec<Destination>, Failure> {
        let mut places = Vec::new();
        for (index, mapping) in mappings.iter().enumerate() {
            let copy = &mapping.copy;
            let path = below.resolve(&copy.to).await?;
            let owner = below.owner(copy.owner.as_deref(), copy.group.as_deref()).await?;
            places.push(Destination { mapping: index, path, owner });
        }
        Ok(places)
    }

    /// A container of `image` that is only looked at.
    pub async fn look_at(&self, image: &StoredImage) -> Result<crate::backends::docker::StageContainer<'_>, Failure> {
        let spec = ContainerSpec {
            owner: self.owner.clone(),
            command: vec!["/never-started".to_owned()],
            mounts: Vec::new(),
            add_hosts: Vec::new(),
            network: Some("none".to_owned()),
            init: false,
        };
        self.engine.create_container(image, &spec).await
    }

    fn write(&self, plan: &LayerPlan, mappings: &[GitMapping]) -> Result<NewLayer, Failure> {
        tokio::task::block_in_place(|| write::write(plan, mappings, self.repositories, self.tmp))
    }

    /// The configuration of a stage: that of its ground, with the stage's labels. Layers are filled in later.
    fn image(&self, task: Task<'_>, ground: &StoredImage) -> crate::model::oci::Image {
        let mut image = ground.image.clone();
        image.created = Timestamp::now().to_string();
        image.history = Vec::new();
        image.config.labels.extend(labels(&self.project.meta.project, task));
        image
    }

    fn name(&self, signature: &Signature) -> Result<Reference, Failure> {
        let name = stage_name(&self.project.meta.project, signature);
        name.parse().map_err(|error| Failure::new(Cause::Defect, format!("name a stage `{name}`")).because(error))
    }

    fn mounts(&self, stapel: &Stapel) -> Result<Vec<BindMount>, Failure> {
        let mount = |mount: &crate::project::Mount| {
            let source = match &mount.source {
                MountSource::Host(path) => PathBuf::from(path),
                MountSource::Build => {
                    let projects = self.home.join("shared_context/mounts/projects");
                    projects.join(&self.project.meta.project).join(crate::model::signature::digest(&mount.to))
                }
                MountSource::Temporary => self.tmp.join("mounts").join(crate::model::signature::digest(&mount.to)),
            };
            std::fs::create_dir_all(&source).map_err(|error| {
                Failure::new(Cause::HostFiles, format!("make the directory `{}` for a mount", source.display()))
                    .because(error)
            })?;
            Ok(BindMount { source, target: mount.to.clone(), read_only: false })
        };
        stapel.mounts.iter().map(mount).collect()
    }
}

/// The engine's name for a stage.
pub fn stage_name(project: &str, signature: &Signature) -> String {
    format!("werf-stages-storage/{project}:{signature}")
}

/// The labels of a stage.
fn labels(project: &str, task: Task<'_>) -> BTreeMap<String, String> {
    let json = |value: Result<String, serde_json::Error>| value.unwrap_or_default();
    BTreeMap::from(
        [
            (label::PROJECT, project.to_owned()),
            (label::IS_IMAGE, "false".to_owned()),
            (label::CACHE_VERSION, crate::model::signature::VERSION.to_owned()),
            (label::SIGNATURE, task.link.signature.to_string()),
            (label::STAGE, task.link.stage.to_string()),
            (label::STAGE_IMAGE, task.image.name.clone()),
            (label::INPUTS, json(serde_json::to_string(&task.link.inputs))),
            (label::FILES, json(serde_json::to_string(task.files_after()))),
        ]
        .map(|(key, value)| (key.to_owned(), value)),
    )
}

/// The directories below a mapping's place that hold nothing any more once the deleted files are gone: git knows no
/// empty directories, but what commands left in one stays.
async fn emptied(
    below: &Below<'_>,
    mapping: &GitMapping,
    repositories: &Repositories,
    (place, difference): (&Destination, &Difference),
) -> Result<BTreeSet<Vec<u8>>, Failure> {
    let mut candidates = directories_above(difference.deleted.iter().map(Vec::as_slice));
    if candidates.is_empty() {
        return Ok(candidates);
    }
    repositories.source(mapping)?.files(&mut |entry| {
        for (end, _) in entry.path.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
            candidates.remove(&entry.path[..end]);
        }
        Ok(())
    })?;
    let deleted: BTreeSet<&[u8]> = difference.deleted.iter().map(Vec::as_slice).collect();
    let mut emptied = BTreeSet::new();
    for dir in candidates {
        let inside = below.listing(&place.place(&dir)).await?;
        if inside.iter().all(|path| deleted.contains([dir.as_slice(), b"/", path].concat().as_slice())) {
            emptied.insert(dir);
        }
    }
    Ok(emptied)
}

/// What a stage's container has said.
#[derive(Debug, Default)]
struct Told {
    last: VecDeque<String>,
    ended_in: Option<usize>,
}

impl Told {
    fn take(&mut self, text: &str, log: &JobLog) {
        match script::line(text) {
            script::Line::EndedIn(command) => self.ended_in = Some(command),
            script::Line::Output(text) => {
                log.line(text);
                if self.last.len() == LAST_LINES {
                    self.last.pop_front();
                }
                self.last.push_back(text.to_owned());
            }
        }
    }

    fn failure(self, task: Task<'_>, commands: &[String], code: i32) -> Failure {
        let command = self.ended_in.and_then(|index| Some((index, commands.get(index)?.lines().next()?)));
        let which = command.map_or(String::new(), |(index, text)| format!(": command {}: `{text}`", index + 1));
        let stage = format!("{}/{}", task.image.shown_name(), task.link.stage);
        let mut message = format!("build stage {stage}{which} ended with exit code {code}");
        for line in self.last {
            message.extend(["\n  ", &line]);
        }
        let failure = Failure::new(Cause::StageFailed, message);
        match code {
            127 => failure.hint(
                "exit code 127: the shell did not find the command; is its package installed in an earlier stage?",
            ),
            137 => failure.hint("exit code 137: killed, often for want of memory"),
            _ => failure,
        }
    }
}
