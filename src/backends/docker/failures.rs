//! The engine's errors as failures with the right cause.

use std::time::Duration;

use bollard::errors::Error;

use crate::model::failure::Cause;
use crate::model::failure::Failure;

const CONNECT_HINT: &str =
    "Check that the engine runs and that this user may use its socket (`gitlab-werf-executor doctor`)";

/// Nothing answers at the engine's address.
pub(super) fn unreachable(doing: &str, error: Error) -> Failure {
    Failure::new(Cause::EngineUnavailable, doing).because(error).hint(CONNECT_HINT)
}

/// The engine took too long.
pub(super) fn too_slow(doing: &str, limit: Duration) -> Failure {
    Failure::new(Cause::EngineUnavailable, format!("{doing}: no end after {} seconds", limit.as_secs()))
}

/// The engine answered with an error where none is to be expected.
pub(super) fn refused(doing: &str, error: Error) -> Failure {
    if connection_lost(&error) {
        return unreachable(doing, error);
    }
    Failure::new(Cause::EngineUnavailable, format!("{doing}: {}", said(&error)))
}

/// The status and message with which the engine refused, if it did.
pub(super) fn status(error: &Error) -> Option<u16> {
    match error {
        Error::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

/// What the engine said, without what the client library puts around it.
pub(super) fn said(error: &Error) -> String {
    match error {
        Error::DockerResponseServerError { message, .. } => message.trim().to_owned(),
        Error::DockerStreamError { error } | Error::DockerContainerWaitError { error, .. } => error.trim().to_owned(),
        other => other.to_string(),
    }
}

fn connection_lost(error: &Error) -> bool {
    !matches!(error, Error::DockerResponseServerError { .. } | Error::DockerStreamError { .. })
}
