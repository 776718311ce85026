//! `gc`: frees what dead jobs left.

use std::path::PathBuf;

use clap::Args;

use crate::cli::call::Call;
use crate::driver::collect;
use crate::driver::record::Records;
use crate::driver::settings_file;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// Frees what dead jobs left: processes, directories, records. Jobs that live are not touched
#[derive(Debug, Args)]
pub struct GcArgs {
    /// The settings of the executor; without it, the defaults hold
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

/// Carries `gc` out; fails when something could not be freed.
pub fn run(arguments: &GcArgs, call: &Call) -> Result<(), Failure> {
    let settings = settings_file::read(arguments.settings.as_deref())?;
    let records = Records::open(&settings.records_dir())?;
    let collected = collect::collect(&settings, &records, None);
    let sum = format!("{} freed, {} alive", jobs(collected.freed.len()), jobs(collected.alive));
    let lines: Vec<_> = collected.lines().into_iter().chain([sum]).collect();
    call.print(lines.join("\n") + "\n")?;
    if collected.left.is_empty() {
        return Ok(());
    }
    Err(Failure::new(Cause::HostFiles, format!("free what dead jobs left: {}", collected.left.join("; "))))
}

fn jobs(count: usize) -> String {
    if count == 1 { "1 job".to_owned() } else { format!("{count} jobs") }
}
