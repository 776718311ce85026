//! Why something did not work, and whose fault it was.

use std::error::Error;
use std::fmt;

/// Whose fault a failure is: it decides between the Runner's "script failure" and "system failure".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The job's author can mend it: a failing script, a bad werf.yaml, a crashing container.
    User,
    /// The operator can mend it: the engine, the registry, the cluster, this host.
    System,
}

impl fmt::Display for Blame {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::User => "user",
            Self::System => "system",
        })
    }
}

macro_rules! causes {
    ($(#[doc = $meaning:literal] $variant:ident = $id:literal, $blame:ident;)*) => {
        /// What kind of thing went wrong, by a name that never changes (the last lines of a failed job show it).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Cause {
            $(#[doc = $meaning] $variant,)*
        }

        impl Cause {
            /// Every cause, in the order of the README's table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable identifier, such as `registry-unavailable`.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// Whose fault it is.
            pub fn blame(self) -> Blame {
                match self { $(Self::$variant => Blame::$blame,)* }
            }

            /// What it means, a sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning.trim_ascii_start(),)* }
            }
        }
    };
}

causes! {
    /// The command line does not fit.
    Usage = "usage", User;
    /// The job's script, or a command it asked for, ended with a failure of its own.
    ScriptFailed = "script-failed", User;
    /// werf.yaml or a file it names is wrong.
    ProjectInvalid = "project-invalid", User;
    /// The repository has not what is asked of it: no commit, a shallow clone, a missing path.
    GitInvalid = "git-invalid", User;
    /// A command of a stage failed.
    StageFailed = "stage-failed", User;
    /// Images are needed that nobody built or published.
    ImageMissing = "image-missing", User;
    /// The base image cannot be had under that name.
    BaseImageMissing = "base-image-missing", User;
    /// The chart, its values or a template is wrong.
    ChartInvalid = "chart-invalid", User;
    /// A secret cannot be read: no key, or a wrong one.
    SecretUnreadable = "secret-unreadable", User;
    /// The cluster refused an object as wrong.
    ManifestRejected = "manifest-rejected", User;
    /// A resource did not become ready.
    NotReady = "not-ready", User;
    /// A hook failed.
    HookFailed = "hook-failed", User;
    /// What is asked is not allowed to this job.
    Forbidden = "forbidden", User;
    /// The job was cancelled or ran out of time.
    Cancelled = "cancelled", User;
    /// A program that every job needs is missing on this host.
    HostIncomplete = "host-incomplete", System;
    /// The operator's settings are wrong.
    SettingsInvalid = "settings-invalid", System;
    /// The Runner did not say what the contract promises.
    ContractBroken = "contract-broken", System;
    /// A file or directory of this host cannot be used.
    HostFiles = "host-files", System;
    /// The container engine does not answer or refuses.
    EngineUnavailable = "engine-unavailable", System;
    /// The registry does not answer or fails.
    RegistryUnavailable = "registry-unavailable", System;
    /// The registry refuses the credentials or the right is missing.
    RegistryDenied = "registry-denied", System;
    /// The cluster does not answer or fails.
    ClusterUnavailable = "cluster-unavailable", System;
    /// The cluster refuses the credentials or a role is missing.
    ClusterDenied = "cluster-denied", System;
    /// Somebody else holds the release for too long.
    ReleaseLocked = "release-locked", System;
    /// A defect of this program.
    Defect = "defect", System;
}

/// A failure as a person reads it: what was being done, the causes below it, what to do about it.
#[derive(Debug)]
pub struct Failure {
    /// What kind of failure this is.
    pub cause: Cause,
    /// What was being done and on what, such as ``read `werf.yaml`: line 3: unknown key `form` ``.
    pub message: String,
    /// The exit code of the command that failed, where a command did.
    pub exit_code: Option<i32>,
    /// What to do about it, each a sentence.
    pub hints: Vec<String>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// A failure of that cause; `message` says what was being done.
    pub fn new(cause: Cause, message: impl Into<String>) -> Self {
        Self { cause, message: message.into(), exit_code: None, hints: Vec::new(), source: None }
    }

    /// Keeps the error below this one.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Notes the exit code of the command that failed.
    #[must_use]
    pub fn exit_code(mut self, code: i32) -> Self {
        self.exit_code = Some(code);
        self
    }

    /// Says in front what was being done, as an outer step knows it.
    #[must_use]
    pub fn context(mut self, doing: impl fmt::Display) -> Self {
        self.message = format!("{doing}: {}", self.message);
        self
    }

    /// Whose fault it is.
    pub fn blame(&self) -> Blame {
        self.cause.blame()
    }
}

/// One line: the message, then every cause below it.
impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        let mut source = self.source();
        while let Some(error) = source {
            write!(formatter, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|error| error as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::{Blame, Cause, Failure};

    #[test]
    fn a_failure_reads_from_the_outer_step_to_the_cause() {
        let failure = Failure::new(Cause::RegistryUnavailable, "push `app`")
            .because(std::io::Error::other("connection reset"))
            .context("publish image `app`");
        assert_eq!(failure.to_string(), "publish image `app`: push `app`: connection reset");
        assert_eq!(failure.blame(), Blame::System);
    }

    #[test]
    fn identifiers_are_unique_and_plain() {
        let mut ids: Vec<_> = Cause::ALL.iter().map(|cause| cause.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), Cause::ALL.len());
        assert!(ids.iter().all(|id| id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
    }
}
