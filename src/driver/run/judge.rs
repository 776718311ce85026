//! What the end of a script means for the job.

use crate::driver::protocol::RunStage;
use crate::driver::run::shell::Cancelled;
use crate::driver::run::shell::Finished;
use crate::driver::verdict::Verdict;
use crate::model::failure::Blame;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// Why a `run` is not a success.
#[derive(Debug)]
pub(super) enum Judged {
    /// The script failed by itself, with this code, and has said why.
    Script(i32),
    /// Something else is at fault, or there is more to say.
    Failed(Failure),
}

impl From<Failure> for Judged {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Judges the end of a script of that run stage; `verdict` is what a `werf` in it noted last.
pub(super) fn judge(stage: &RunStage, finished: &Finished, verdict: Option<&Verdict>) -> Result<(), Judged> {
    if finished.ended.stuck > 0 {
        return Err(Judged::Failed(stuck(finished.ended.stuck)));
    }
    let code = finished.ended.shell_code();
    match finished.cancelled {
        Some(why) => Err(Judged::Failed(cancelled(why, stage, code))),
        None if code == 0 => Ok(()),
        None => Err(failed(stage, finished, verdict.and_then(|verdict| verdict.cause_of(code)))),
    }
}

fn failed(stage: &RunStage, finished: &Finished, cause: Option<Cause>) -> Judged {
    let code = finished.ended.shell_code();
    if let Some(cause) = cause.filter(|cause| cause.blame() == Blame::System) {
        let message = format!("`{stage}` ended with exit code {code} because of `{}`", cause.id());
        return Judged::Failed(Failure::new(cause, message).hint("the lines of `werf` above say more"));
    }
    match finished.ended.signal {
        Some(signal) => Judged::Failed(
            Failure::new(Cause::ScriptFailed, format!("`{stage}` was killed by signal {signal}"))
                .exit_code(code)
                .hint("signal 9 without a cancel is mostly the kernel's, for want of memory"),
        ),
        None => Judged::Script(code),
    }
}

fn cancelled(why: Cancelled, stage: &RunStage, code: i32) -> Failure {
    let message = match why {
        Cancelled::Signalled => {
            format!("`{stage}` was ended: the job was cancelled, is out of time, or the Runner stops")
        }
        Cancelled::CallerGone => format!("`{stage}` was ended: the Runner has died"),
        Cancelled::LogClosed => format!("`{stage}` was ended: the Runner does not read the job log any more"),
    };
    Failure::new(Cause::Cancelled, message).exit_code(if code == 0 { 143 } else { code })
}

fn stuck(count: usize) -> Failure {
    Failure::new(Cause::HostIncomplete, format!("end the script: {count} of its processes do not end"))
        .hint("a process that SIGKILL does not end hangs in the kernel, mostly in a file system that does not answer")
}

#[cfg(test)]
mod tests {
    use super::Cancelled;
    use super::Finished;
    use super::Judged;
    use super::Verdict;
    use super::judge;
    use crate::driver::protocol::Outcome;
    use crate::driver::protocol::RunStage;
    use crate::driver::supervisor::Ended;
    use crate::model::failure::Cause;
    use crate::model::failure::Failure;

    fn outcome(
        code: Option<i32>,
        signal: Option<i32>,
        cancelled: Option<Cancelled>,
        verdict: Option<&Verdict>,
    ) -> Outcome {
        let finished = Finished { ended: Ended { code, signal, left: 0, stuck: 0 }, cancelled };
        match judge(&RunStage::BuildScript, &finished, verdict) {
            Ok(()) => Outcome::Success,
            Err(Judged::Script(code)) => Outcome::BuildFailure(code),
            Err(Judged::Failed(failure)) => Outcome::of(&failure),
        }
    }

    fn noted(cause: Cause, code: i32) -> Option<Verdict> {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("verdict");
        Verdict::note(&file, &Failure::new(cause, "x"), code).unwrap();
        Verdict::read(&file)
    }

    #[test]
    fn t05_the_scripts_code_is_the_jobs() {
        for code in [1, 2, 7, 77, 126, 127, 143, 255] {
            assert_eq!(outcome(Some(code), None, None, None), Outcome::BuildFailure(code));
        }
        assert_eq!(outcome(Some(0), None, None, None), Outcome::Success);
        assert_eq!(outcome(None, Some(9), None, None), Outcome::BuildFailure(137));
    }

    #[test]
    fn t06_a_fault_of_the_system_is_the_systems() {
        assert_eq!(
            outcome(Some(75), None, None, noted(Cause::RegistryUnavailable, 75).as_ref()),
            Outcome::SystemFailure
        );
        assert_eq!(
            outcome(Some(1), None, None, noted(Cause::RegistryUnavailable, 75).as_ref()),
            Outcome::BuildFailure(1)
        );
        assert_eq!(outcome(Some(1), None, None, noted(Cause::ChartInvalid, 1).as_ref()), Outcome::BuildFailure(1));
        assert_eq!(outcome(Some(0), None, None, noted(Cause::RegistryUnavailable, 75).as_ref()), Outcome::Success);
    }

    #[test]
    fn t11_a_cancelled_script_is_no_success() {
        let signalled = Some(Cancelled::Signalled);
        assert_eq!(outcome(Some(0), None, signalled, None), Outcome::BuildFailure(143));
        assert_eq!(outcome(None, Some(15), signalled, None), Outcome::BuildFailure(143));
        assert_eq!(outcome(Some(1), None, signalled, None), Outcome::BuildFailure(1));
    }
}
