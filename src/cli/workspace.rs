//! The project that a command works on, read from its directory.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::rc::Rc;

use globset::GlobBuilder;

use crate::cli::call::Call;
use crate::cli::live_world::LiveWorld;
use crate::cli::options::project::ProjectArgs;
use crate::cli::secret_key;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::secret_text::SecretKey;
use crate::project::Project;
use crate::project::ProjectError;
use crate::project::ProjectFiles;
use crate::project::Source;
use crate::project::render;

/// Names that werf.yaml goes by.
const CONFIGS: [&str; 2] = ["werf.yaml", "werf.yml"];

/// Reads and parses the project's werf.yaml, saying its oddities to the log.
pub fn project(arguments: &ProjectArgs, call: &Call) -> Result<Project, Failure> {
    let directory = arguments.directory(call);
    let path = config_path(arguments, &directory, call)?;
    let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
    let templates = arguments.config_templates_dir.as_ref();
    let templates = templates.map_or_else(|| directory.join(".werf"), |given| call.resolve(given));
    let source = Source {
        text,
        templates: read_templates(&templates)?,
        files: Rc::new(DirectoryFiles(directory)),
        environment: call.environment.variables().clone(),
    };
    let rendered = render(&source, &mut LiveWorld::without_cluster()).map_err(|error| invalid(&path, &error))?;
    for missing in &rendered.missing_files {
        call.log.warn(format_args!("werf.yaml reads `{missing}`, which is not there"));
    }
    let name = call.environment.get("WERF_PROJECT_NAME");
    let (project, warnings) = Project::parse(&rendered.text, name).map_err(|error| invalid(&path, &error))?;
    for warning in &warnings {
        call.log.warn(warning);
    }
    Ok(project)
}

/// Whether there is a werf.yaml.
pub fn has_project(arguments: &ProjectArgs, call: &Call) -> bool {
    config_path(arguments, &arguments.directory(call), call).is_ok()
}

fn config_path(arguments: &ProjectArgs, directory: &Path, call: &Call) -> Result<PathBuf, Failure> {
    if let Some(given) = &arguments.config {
        return Ok(call.resolve(given));
    }
    let found = CONFIGS.iter().map(|name| directory.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| {
        Failure::new(Cause::ProjectInvalid, format!("find werf.yaml: there is none in `{}`", directory.display()))
            .hint("run the command in the project's directory, or name it with `--dir` or `--config`")
    })
}

fn unreadable(path: &Path, error: std::io::Error) -> Failure {
    Failure::new(Cause::ProjectInvalid, format!("read `{}`", path.display())).because(error)
}

fn invalid(path: &Path, error: &ProjectError) -> Failure {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let failure = Failure::new(Cause::ProjectInvalid, format!("read `{name}`: {error}"));
    error.hint.iter().fold(failure, |failure, hint| failure.hint(hint))
}

fn read_templates(directory: &Path) -> Result<Vec<(String, String)>, Failure> {
    let files = files_below(directory)?;
    let templates = files.into_iter().filter(|(name, _)| name.ends_with(".tmpl"));
    templates
        .map(|(name, path)| {
            let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
            Ok((name, text))
        })
        .collect()
}

/// Every file below `directory` by its path there, with `/`, sorted; links are followed. Nothing if there is no such directory.
pub fn files_below(directory: &Path) -> Result<Vec<(String, PathBuf)>, Failure> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), directory.to_owned())];
    while let Some((prefix, folder)) = open.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && prefix.is_empty() => return Ok(found),
            Err(error) => return Err(unreadable(&folder, error)),
        };
        for entry in entries {
            let path = entry.map_err(|error| unreadable(&folder, error))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let name = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            if path.is_dir() { open.push((name, path)) } else { found.push((name, path)) }
        }
    }
    found.sort();
    Ok(found)
}

/// The key of the project's secrets; fails, with the places where it was looked for, if there is none.
pub fn secret_key(arguments: &ProjectArgs, call: &Call) -> Result<SecretKey, Failure> {
    secret_key::require(call, &arguments.directory(call), &arguments.host.home(call))
}

/// The files of a directory, as `.Files` of werf.yaml reads them.
struct DirectoryFiles(PathBuf);

impl ProjectFiles for DirectoryFiles {
    fn get(&self, path: &str) -> Option<Vec<u8>> {
        std::fs::read(self.0.join(path)).ok()
    }

    fn glob(&self, pattern: &str) -> BTreeMap<String, Vec<u8>> {
        let Ok(glob) = GlobBuilder::new(pattern).literal_separator(true).build() else { return BTreeMap::new() };
        let matcher = glob.compile_matcher();
        let files = files_below(&self.0).unwrap_or_default();
        let matching = files.into_iter().filter(|(name, _)| matcher.is_match(name));
        matching.filter_map(|(name, path)| Some((name, std::fs::read(path).ok()?))).collect()
    }
}
