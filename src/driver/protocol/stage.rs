//! The names that the Runner passes to `run`.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// A run stage: which generated script a `run` call carries out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunStage {
    /// Prints what the Runner is; the first.
    PrepareScript,
    /// Fetches the repository.
    GetSources,
    /// Empties the work tree before a further `get_sources`.
    ClearWorktree,
    /// Fetches caches.
    RestoreCache,
    /// Fetches artifacts of earlier jobs.
    DownloadArtifacts,
    /// The user's `before_script` and `script`.
    BuildScript,
    /// The user's `after_script`.
    AfterScript,
    /// Saves caches.
    ArchiveCache,
    /// Saves caches of a failed job.
    ArchiveCacheOnFailure,
    /// Saves artifacts.
    UploadArtifactsOnSuccess,
    /// Saves artifacts of a failed job.
    UploadArtifactsOnFailure,
    /// Removes the files of file variables.
    CleanupFileVariables,
    /// A name that is not known here: a further step of the user, such as `step_release`.
    UserStep(String),
}

const KNOWN: &[(&str, RunStage)] = &[
    ("prepare_script", RunStage::PrepareScript),
    ("get_sources", RunStage::GetSources),
    ("clear_worktree", RunStage::ClearWorktree),
    ("restore_cache", RunStage::RestoreCache),
    ("download_artifacts", RunStage::DownloadArtifacts),
    ("build_script", RunStage::BuildScript),
    ("step_script", RunStage::BuildScript),
    ("after_script", RunStage::AfterScript),
    ("archive_cache", RunStage::ArchiveCache),
    ("archive_cache_on_failure", RunStage::ArchiveCacheOnFailure),
    ("upload_artifacts_on_success", RunStage::UploadArtifactsOnSuccess),
    ("upload_artifacts_on_failure", RunStage::UploadArtifactsOnFailure),
    ("cleanup_file_variables", RunStage::CleanupFileVariables),
];

impl RunStage {
    /// Whether the script is the user's, not the Runner's own.
    pub fn is_users(&self) -> bool {
        matches!(self, Self::BuildScript | Self::AfterScript | Self::UserStep(_))
    }
}

impl FromStr for RunStage {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        let known = KNOWN.iter().find(|(known, _)| *known == name).map(|(_, stage)| stage.clone());
        Ok(known.unwrap_or_else(|| Self::UserStep(name.to_owned())))
    }
}

impl fmt::Display for RunStage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UserStep(name) => name.escape_debug().fmt(formatter),
            known => {
                let name = KNOWN.iter().find(|(_, stage)| stage == known).map_or("", |(name, _)| name);
                formatter.write_str(name)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::KNOWN;
    use super::RunStage;

    #[test]
    fn t04_an_unknown_run_stage_is_a_step_of_the_user() {
        let release: RunStage = "step_release".parse().unwrap();
        assert_eq!(release, RunStage::UserStep("step_release".to_owned()));
        assert!(release.is_users());
        assert!("step_foo".parse::<RunStage>().unwrap().is_users());
    }

    #[test]
    fn every_known_name_is_read_and_written() {
        for (name, stage) in KNOWN.iter().filter(|(name, _)| *name != "step_script") {
            assert_eq!(name.parse::<RunStage>().unwrap(), *stage);
            assert_eq!(stage.to_string(), *name);
        }
        assert_eq!("step_script".parse::<RunStage>().unwrap(), RunStage::BuildScript);
        assert!(!RunStage::GetSources.is_users() && !RunStage::ClearWorktree.is_users());
    }
}
