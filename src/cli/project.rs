//! The project that a command works on: its werf.yaml, rendered and read, and its repositories.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::rc::Rc;

use globset::GlobBuilder;

use crate::actions::stages::content::Checkout;
use crate::actions::stages::content::Repositories;
use crate::actions::stages::content::remote_key;
use crate::backends::git::HostGit;
use crate::backends::git::RemoteCache;
use crate::backends::git::Wanted;
use crate::cli::call::Call;
use crate::cli::options::git::GitArgs;
use crate::cli::options::project::ProjectArgs;
use crate::cli::world::SystemWorld;
use crate::job::identity::JOB_VARIABLE;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::ownership::Owner;
use crate::model::secret::Secret;
use crate::project;
use crate::project::Project;
use crate::project::ProjectError;
use crate::project::ProjectFiles;
use crate::project::Recipe;
use crate::project::Rendered;
use crate::project::Revision;
use crate::project::Source;
use crate::report::JobLog;
use crate::template::stack;

/// The stack that templates may use; it is taken only as far as it is touched.
const STACK: usize = 64 << 20;

/// A project that was read.
#[derive(Debug)]
pub(super) struct Loaded {
    /// The project.
    pub project: Project,
    /// Where the project is.
    pub directory: PathBuf,
}

/// Renders and reads werf.yaml; says what is odd about it, and where the rendered text is kept.
pub(super) fn load(arguments: &ProjectArgs, call: &Call, log: &JobLog) -> Result<Loaded, Failure> {
    let directory = arguments.directory(call);
    let rendered = render(arguments, call)?;
    let kept = keep(&rendered.text, &arguments.host.tmp(call))?;
    log.line(format!("Using werf config render file: {}", kept.display()));
    rendered
        .missing_files
        .iter()
        .for_each(|path| log.warn(format!("werf.yaml: `.Files.Get \"{path}\"`: there is no such file")));
    let name = call.environment.get("WERF_PROJECT_NAME");
    let (project, warnings) =
        Project::parse(&rendered.text, name).map_err(|error| invalid(&kept.display().to_string(), error))?;
    for warning in &warnings {
        log.warn(warning);
    }
    Ok(Loaded { project, directory })
}

/// Renders werf.yaml.
pub(super) fn render(arguments: &ProjectArgs, call: &Call) -> Result<Rendered, Failure> {
    let directory = arguments.directory(call);
    let file = config_file(arguments, &directory)?;
    let unread =
        |path: &Path, error| Failure::new(Cause::ProjectInvalid, format!("read `{}`", path.display())).because(error);
    let text = std::fs::read_to_string(&file).map_err(|error| unread(&file, error))?;
    let templates = templates(
        &arguments.config_templates_dir.as_ref().map_or_else(|| directory.join(".werf"), |dir| directory.join(dir)),
    )?;
    let environment: BTreeMap<String, String> = call.environment.variables().clone();
    let rendered = stack::with_stack(STACK, move || {
        let source = Source { text, templates, files: Rc::new(OnDisk(directory)), environment };
        project::render(&source, &mut SystemWorld)
    });
    let rendered = rendered.map_err(|error| Failure::new(Cause::HostFiles, "start a thread").because(error))?;
    rendered.map_err(|error| invalid(&file.display().to_string(), error))
}

/// A mistake in werf.yaml as the command's failure.
pub(super) fn invalid(file: &str, error: ProjectError) -> Failure {
    let failure = Failure::new(Cause::ProjectInvalid, format!("{file}: {error}"));
    match error.hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn config_file(arguments: &ProjectArgs, directory: &Path) -> Result<PathBuf, Failure> {
    if let Some(given) = &arguments.config {
        return Ok(directory.join(given));
    }
    let found = ["werf.yml", "werf.yaml"].map(|name| directory.join(name)).into_iter().find(|path| path.is_file());
    found.ok_or_else(|| {
        Failure::new(
            Cause::ProjectInvalid,
            format!("configuration file werf.yaml not found in `{}`", directory.display()),
        )
        .hint("run the command in the project's directory, or name it with `--dir`")
    })
}

fn keep(text: &str, tmp: &Path) -> Result<PathBuf, Failure> {
    let failed = |error: std::io::Error| Failure::new(Cause::HostFiles, "keep the rendered werf.yaml").because(error);
    let mut file = tempfile::Builder::new().prefix("werf-config-render-").tempfile_in(tmp).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    let (_, path) = file.keep().map_err(|error| failed(error.error))?;
    Ok(path)
}

/// Path below `dir` and text of every `*.tmpl`, sorted.
fn templates(dir: &Path) -> Result<Vec<(String, String)>, Failure> {
    let mut found = Vec::new();
    for path in files_below(dir) {
        if path.extension().is_some_and(|extension| extension == "tmpl") {
            let name = path.strip_prefix(dir).unwrap_or(&path).to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).map_err(|error| {
                Failure::new(Cause::ProjectInvalid, format!("read `{}`", path.display())).because(error)
            })?;
            found.push((name, text));
        }
    }
    Ok(found)
}

/// Every file below `dir`, sorted; `.git` is passed over, links are not followed.
fn files_below(dir: &Path) -> Vec<PathBuf> {
    let (mut files, mut open) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && entry.file_name() != ".git" => open.push(entry.path()),
                Ok(kind) if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files.sort();
    files
}

/// The project's files as they are in the work tree.
struct OnDisk(PathBuf);

impl ProjectFiles for OnDisk {
    fn get(&self, path: &str) -> Option<Vec<u8>> {
        let path = self.0.join(path.trim_start_matches('/')).canonicalize().ok()?;
        // What lies outside of the project is not its file.
        path.starts_with(self.0.canonicalize().ok()?).then(|| std::fs::read(path).ok())?
    }

    fn glob(&self, pattern: &str) -> BTreeMap<String, Vec<u8>> {
        let Ok(glob) = GlobBuilder::new(pattern).literal_separator(true).build() else { return BTreeMap::new() };
        let matcher = glob.compile_matcher();
        let below = |path: PathBuf| Some((path.strip_prefix(&self.0).ok()?.to_str()?.to_owned(), path));
        let matching = files_below(&self.0).into_iter().filter_map(below).filter(|(name, _)| matcher.is_match(name));
        matching.filter_map(|(name, path)| Some((name, std::fs::read(path).ok()?))).collect()
    }
}

/// The repositories that the project's images take files of.
pub(super) async fn repositories(
    loaded: &Loaded,
    git: &GitArgs,
    home: &Path,
    call: &Call,
) -> Result<Repositories, Failure> {
    let host = HostGit::new(call.environment.variables().clone());
    let in_git = loaded.directory.join(".git").exists();
    let project = in_git.then(|| Checkout::of_head(&loaded.directory)).transpose()?;
    if let Some(checkout) = project.as_ref().filter(|checkout| git.git_unshallow && checkout.repository.is_shallow()) {
        host.unshallow(checkout.repository.git_dir()).await?;
    }
    let cache =
        RemoteCache { dir: home.join("shared_context/git"), git: host, lock_limit: std::time::Duration::from_mins(30) };
    let mut remote = BTreeMap::new();
    for image in &loaded.project.images {
        let Recipe::Stapel(stapel) = &image.recipe else { continue };
        for mapping in &stapel.git {
            let (Some(key), project::Repository::Remote { url, revision }) = (remote_key(mapping), &mapping.repository)
            else {
                continue;
            };
            if let Entry::Vacant(place) = remote.entry(key) {
                let mirror = cache.mirror(&Secret::new(url), &wanted(revision)?).await?;
                place.insert(Checkout::at(mirror.repository, mirror.commit)?);
            }
        }
    }
    Ok(Repositories { project, remote })
}

fn wanted(revision: &Revision) -> Result<Wanted, Failure> {
    Ok(match revision {
        Revision::Default => Wanted::Default,
        Revision::Branch(name) => Wanted::Branch(name.clone()),
        Revision::Tag(name) => Wanted::Tag(name.clone()),
        Revision::Commit(id) => {
            Wanted::Commit(id.parse().map_err(|error| {
                Failure::new(Cause::ProjectInvalid, "`commit` of a remote repository").because(error)
            })?)
        }
    })
}

/// The job that this process works for; outside of a job, the process itself.
pub(super) fn owner(call: &Call) -> Owner {
    // The executor says it itself: `cleanup` looks for that mark and no other.
    if let Some(owner) = call.environment.get(JOB_VARIABLE).and_then(|mark| mark.parse().ok()) {
        return owner;
    }
    let number = |name: &str| call.environment.get(name).and_then(|text| text.parse().ok());
    match (call.environment.get("CI_SERVER_URL"), number("CI_PROJECT_ID"), number("CI_JOB_ID")) {
        (Some(server), Some(project), Some(job)) => Owner::of_job(server, project, job),
        _ => Owner::of_job("local", 0, u64::from(std::process::id())),
    }
}
