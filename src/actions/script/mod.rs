//! The verb `run`: a command in an image's last stage, in the foreground, with `docker run`'s options.

use crate::backends::docker::Engine;
use crate::backends::docker::RunOutcome;
use crate::backends::docker::RunRequest;
use crate::backends::docker::RunStreams;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// Runs it; the id of a detached container goes to its output.
///
/// # Errors
/// A command that ends with another code than 0 is a failure with that code.
pub async fn run(engine: &Engine, request: &RunRequest, streams: RunStreams<'_>) -> Result<Option<String>, Failure> {
    match engine.run(request, streams).await? {
        RunOutcome::Detached(id) => Ok(Some(id)),
        RunOutcome::Ended(0) => Ok(None),
        RunOutcome::Ended(code) => Err(ended(request, code)),
    }
}

fn ended(request: &RunRequest, code: i32) -> Failure {
    let command = if request.command.is_empty() { "of the image".to_owned() } else { request.command.join(" ") };
    Failure::new(Cause::ScriptFailed, format!("the command `{command}` ended with exit code {code}")).exit_code(code)
}
