//! `werf ci-env`: the CI system's variables as werf's.

mod docker_config;
mod github;
mod gitlab;
mod script;
mod source_file;

use std::path::Path;
use std::path::PathBuf;

use clap::Args;

use crate::cli::call::Call;
use crate::cli::ci_env::docker_config::Login;
use crate::cli::ci_env::script::Dialect;
use crate::cli::ci_env::script::Section;
use crate::cli::environment::Environment;
use crate::cli::options::log::LogArgs;
use crate::cli::options::project::ProjectArgs;
use crate::cli::options::registry;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// Generate werf environment variables for specified CI system
///
/// Supported are GitLab (gitlab) and GitHub (github). Variables that are set already are left as they are, except
/// DOCKER_CONFIG: a private copy of Docker's configuration with the job's login in it.
///
/// Examples:
///   # Load generated werf environment variables in a GitLab job
///   $ . $(werf ci-env gitlab --as-file)
///
///   # The same, and show them in the job's log
///   $ source $(werf ci-env gitlab --verbose --as-file)
///
///   # Write them for a container
///   $ werf ci-env gitlab --as-env-file -o .env && docker run --env-file .env ...
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct CiEnvArgs {
    /// The CI system: gitlab or github
    #[arg(value_name = "CI_SYSTEM")]
    system: String,
    /// How published images are tagged: stages-signature, or tag-or-branch (by the git tag or branch of the job)
    #[arg(long, default_value = "stages-signature", value_name = "STRATEGY")]
    tagging_strategy: String,
    /// Show the variables when the script is sourced [env: WERF_LOG_VERBOSE]
    #[arg(long)]
    verbose: bool,
    /// Create the script and print the path for sourcing [env: WERF_AS_FILE]
    #[arg(long)]
    as_file: bool,
    /// Create a file of NAME=value lines and print its path [env: WERF_AS_ENV_FILE]
    #[arg(long)]
    as_env_file: bool,
    /// Write to this file [env: WERF_OUTPUT_FILE_PATH]
    #[arg(short, long, value_name = "FILE")]
    output_file_path: Option<PathBuf>,
    /// Write for cmdexe or powershell instead of a unix shell [env: WERF_SHELL]
    #[arg(long, default_value = "", hide_default_value = true, value_name = "SHELL")]
    shell: String,
    /// Docker's configuration to copy, instead of ~/.docker [env: WERF_DOCKER_CONFIG, DOCKER_CONFIG]
    #[arg(long, value_name = "DIR")]
    docker_config: Option<PathBuf>,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// How published images are tagged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tagging {
    StagesSignature,
    TagOrBranch,
}

/// What a CI system says: variables for werf, and the login to its registry.
struct Facts {
    sections: Vec<Section>,
    login: Option<Login>,
}

/// Prints the variables, or where they are.
pub(super) fn run(arguments: &CiEnvArgs, call: &Call) -> Result<(), Failure> {
    let dialect = dialect(arguments)?;
    let is_read_by_a_shell = !arguments.as_file && !arguments.as_env_file && arguments.output_file_path.is_none();
    match generate(arguments, dialect, call) {
        Ok(text) if is_read_by_a_shell => call.print(text),
        Ok(text) => write_file(arguments, &text, call),
        Err(failure) if is_read_by_a_shell => {
            call.print(dialect.failing_script(&failure.to_string()))?;
            Err(failure)
        }
        Err(failure) => Err(failure),
    }
}

fn generate(arguments: &CiEnvArgs, dialect: Dialect, call: &Call) -> Result<String, Failure> {
    let facts = facts(&arguments.system, tagging(&arguments.tagging_strategy)?, &call.environment)?;
    let source = registry::docker_config(arguments.docker_config.as_ref(), call);
    let tmp = arguments.project.host.tmp(call);
    let docker_config = docker_config::create(source.as_deref(), facts.login.as_ref(), &tmp)?;
    let docker = Section::new("DOCKER CONFIG").overriding("DOCKER_CONFIG", docker_config.display().to_string());
    let sections: Vec<Section> = std::iter::once(docker).chain(facts.sections).collect();
    let verbose = arguments.verbose || arguments.log.log_verbose;
    Ok(dialect.script(&sections, |name| call.environment.get(name), verbose))
}

/// The environment of a GitLab job with what the script of `ci-env gitlab` would set in it; Docker's configuration is
/// copied below `tmp`. What is set already stays, and so does all of it where the script has been sourced.
pub(super) fn completed(environment: &Environment, tmp: &Path) -> Result<Environment, Failure> {
    if environment.get("WERF_ENABLE_PROCESS_EXTERMINATOR").is_some() {
        return Ok(environment.clone());
    }
    let facts = gitlab::facts(environment, Tagging::StagesSignature)?;
    let source = environment.get("DOCKER_CONFIG").map(PathBuf::from);
    let source = source.or_else(|| environment.home().map(|home| home.join(".docker")));
    let docker_config = docker_config::create(source.as_deref(), facts.login.as_ref(), tmp)?.display().to_string();
    let mut variables = environment.variables().clone();
    for (name, value) in facts.sections.iter().flat_map(Section::variables) {
        if environment.get(name).is_none() {
            variables.insert(name.to_owned(), value.to_owned());
        }
    }
    variables.insert("DOCKER_CONFIG".to_owned(), docker_config);
    Ok(variables.into_iter().collect())
}

fn facts(system: &str, tagging: Tagging, environment: &Environment) -> Result<Facts, Failure> {
    match system {
        "gitlab" => gitlab::facts(environment, tagging),
        "github" => github::facts(environment, tagging),
        other => Err(Failure::new(Cause::Usage, format!("provided ci system '{other}' not supported"))
            .hint("supported are `gitlab` and `github`")),
    }
}

fn tagging(strategy: &str) -> Result<Tagging, Failure> {
    match strategy {
        "stages-signature" => Ok(Tagging::StagesSignature),
        "tag-or-branch" => Ok(Tagging::TagOrBranch),
        other => Err(Failure::new(Cause::Usage, format!("provided tagging-strategy '{other}' not supported"))
            .hint("supported are `stages-signature` and `tag-or-branch`")),
    }
}

fn dialect(arguments: &CiEnvArgs) -> Result<Dialect, Failure> {
    match arguments.shell.as_str() {
        _ if arguments.as_env_file => Ok(Dialect::EnvFile),
        "" | "default" | "bash" | "sh" | "zsh" => Ok(Dialect::Unix),
        "cmdexe" => Ok(Dialect::CmdExe),
        "powershell" => Ok(Dialect::PowerShell),
        other => Err(Failure::new(Cause::Usage, format!("provided shell '{other}' not supported"))
            .hint("supported are `cmdexe` and `powershell`; without it, the script is for any unix shell")),
    }
}

/// Writes the file that was asked for; the path of one that has no name of its own is printed.
fn write_file(arguments: &CiEnvArgs, text: &str, call: &Call) -> Result<(), Failure> {
    if let Some(path) = &arguments.output_file_path {
        return source_file::write(&call.resolve(path), text);
    }
    let path = source_file::create(&arguments.project.host.home(call), text)?;
    call.print(format!("{}\n", path.display()))
}
