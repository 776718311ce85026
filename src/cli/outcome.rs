//! How a command ended, for people and for the caller.

use std::process::ExitCode;

use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::report::JobLog;
use crate::report::Style;

/// What werf ends with when it is interrupted.
pub const INTERRUPTED: i32 = 17;

/// Writes a failure: `Error: …` with every cause, the hints, and as the last line the stable name of the cause.
pub fn show(log: &JobLog, failure: &Failure) {
    if failure.cause == Cause::Cancelled {
        log.unwrapped(Style::Failure, "interrupted");
    }
    log.unwrapped(Style::Failure, format!("Error: {failure}"));
    for hint in &failure.hints {
        log.unwrapped(Style::Highlight, format!("hint: {hint}"));
    }
    log.unwrapped(Style::Plain, format!("cause: {} ({})", failure.cause.id(), failure.blame()));
}

/// The exit code of a failed command: that of the command it ran, where one ran, 17 when it was interrupted, else 1.
pub fn exit_code(failure: &Failure) -> ExitCode {
    ExitCode::from(code(failure))
}

/// The same as a number; never 0.
pub fn code(failure: &Failure) -> u8 {
    let code = match failure.exit_code {
        Some(code) => code,
        None if failure.cause == Cause::Cancelled => INTERRUPTED,
        None => 1,
    };
    u8::try_from(code).ok().filter(|code| *code != 0).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::exit_code;
    use super::show;
    use crate::model::failure::Cause;
    use crate::model::failure::Failure;
    use crate::report::JobLog;
    use crate::report::LogOptions;
    use std::process::ExitCode;

    #[test]
    fn a_failure_ends_with_its_cause() {
        let (log, captured) = JobLog::to_memory(LogOptions { width: 20, ..LogOptions::default() });
        let failure = Failure::new(Cause::RegistryUnavailable, "push `app` to the registry")
            .because(std::io::Error::other("connection reset"))
            .hint("look at the registry");
        show(&log, &failure);
        insta::assert_snapshot!(captured.text(), @"
        Error: push `app` to the registry: connection reset
        hint: look at the registry
        cause: registry-unavailable (system)
        ");
    }

    #[test]
    fn exit_codes_are_those_of_the_command_where_one_ran() {
        let failure = |cause| Failure::new(cause, "x");
        assert_eq!(exit_code(&failure(Cause::Usage)), ExitCode::from(1));
        assert_eq!(exit_code(&failure(Cause::Cancelled)), ExitCode::from(17));
        assert_eq!(exit_code(&failure(Cause::ScriptFailed).exit_code(42)), ExitCode::from(42));
        assert_eq!(exit_code(&failure(Cause::ScriptFailed).exit_code(256)), ExitCode::from(1));
    }
}
