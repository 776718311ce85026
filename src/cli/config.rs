//! `werf config render` and `werf config list`.

use clap::Args;
use clap::Subcommand;

use crate::cli::call::Call;
use crate::cli::options::log::LogArgs;
use crate::cli::options::project::ProjectArgs;
use crate::cli::project;
use crate::model::failure::Failure;
use crate::project::Image;
use crate::project::Project;
use crate::project::Role;

/// Work with werf.yaml
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    Render(RenderArgs),
    List(ListArgs),
}

/// Render werf.yaml
#[derive(Debug, Args)]
pub(super) struct RenderArgs {
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// List image and artifact names defined in werf.yaml
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Show image names without artifacts
    #[arg(long)]
    images_only: bool,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// Carries it out.
pub(super) fn run(command: &ConfigCommand, call: &Call) -> Result<(), Failure> {
    match command {
        ConfigCommand::Render(arguments) => call.print(project::render(&arguments.project, call)?.text),
        ConfigCommand::List(arguments) => {
            let rendered = project::render(&arguments.project, call)?;
            let name = call.environment.get("WERF_PROJECT_NAME");
            let (project, _) =
                Project::parse(&rendered.text, name).map_err(|error| project::invalid("werf.yaml", error))?;
            call.print(names(&project, arguments.images_only))
        }
    }
}

/// Images, then artifacts, one a line.
fn names(project: &Project, images_only: bool) -> String {
    let of = |role| project.images.iter().filter(move |image| image.role == role);
    let artifacts = of(Role::Artifact).filter(|_| !images_only);
    let names: Vec<&str> = of(Role::Image).chain(artifacts).map(Image::shown_name).collect();
    names.join("\n") + "\n"
}
