//! Picks the front door and turns its result into an exit code.

use std::process::ExitCode;

use gitlab_werf_executor::cli::door;
use gitlab_werf_executor::cli::environment::Environment;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    door::enter(door::Start {
        arguments: std::env::args_os().collect(),
        environment: Environment::of_this_process(),
        directory: working_directory(),
    })
}

/// `/` when the directory has been removed under us: what needs it then says which file it did not find.
#[expect(clippy::disallowed_methods, reason = "the edge asks once; nothing below does")]
fn working_directory() -> std::path::PathBuf {
    std::env::current_dir().unwrap_or_else(|_| "/".into())
}
