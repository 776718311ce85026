//! Picks the front door and turns its result into an exit code.

use std::process::ExitCode;

use clap::Parser;
use gitlab_werf_executor::cli::doctor;
use gitlab_werf_executor::cli::gc;
use gitlab_werf_executor::cli::settings;
use gitlab_werf_executor::driver;
use gitlab_werf_executor::model::failure::Failure;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A GitLab Runner custom executor that builds, publishes, deploys and stops werf projects natively.
#[derive(Debug, Parser)]
#[command(version)]
enum Door {
    #[command(flatten)]
    Call(driver::Call),
    Settings(settings::SettingsArgs),
    Gc(gc::GcArgs),
    Doctor(doctor::DoctorArgs),
}

fn main() -> ExitCode {
    let out = &mut std::io::stdout();
    match Door::parse() {
        Door::Call(call) => driver::answer(call, None),
        Door::Settings(arguments) => ended(settings::run(&arguments, out)),
        Door::Gc(arguments) => ended(gc::run(&arguments, out)),
        Door::Doctor(arguments) => ended(doctor::run(&arguments, &doctor_environment(), out)),
    }
}

#[expect(clippy::disallowed_methods, reason = "the edge reads the environment")]
fn doctor_environment() -> doctor::DoctorEnvironment {
    let path = std::env::var_os("PATH").unwrap_or_default();
    doctor::DoctorEnvironment { path, home: std::env::var_os("HOME") }
}

fn ended(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            driver::say(&failure);
            ExitCode::FAILURE
        }
    }
}
