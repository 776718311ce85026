//! `settings`: prints the default settings, or checks a file and says what differs.

use std::path::PathBuf;

use clap::Args;

use crate::cli::call::Call;
use crate::driver::settings_file;
use crate::job::settings::DEFAULTS;
use crate::model::failure::Failure;

/// Prints the default settings with their explanations
#[derive(Debug, Args)]
pub struct SettingsArgs {
    /// Checks this file instead, and prints that it holds
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

/// Carries `settings` out.
pub fn run(arguments: &SettingsArgs, call: &Call) -> Result<(), Failure> {
    let text = match &arguments.settings {
        None => DEFAULTS.to_owned(),
        Some(file) => {
            let settings = settings_file::read(Some(file))?;
            format!("`{}` holds: jobs are checked out in {}\n", file.display(), settings.builds_dir().display())
        }
    };
    call.print(text)
}
