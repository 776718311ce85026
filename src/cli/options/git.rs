//! How the repository is read.

use std::path::PathBuf;

use clap::Args;

/// How the repository is read
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Git")]
pub struct GitArgs {
    /// Work with a shallow clone [env: WERF_ALLOW_GIT_SHALLOW_CLONE]
    #[arg(long)]
    pub allow_git_shallow_clone: bool,
    /// Fetch what a shallow clone lacks [env: WERF_GIT_UNSHALLOW]
    #[arg(long)]
    pub git_unshallow: bool,
    /// Build the result of a merge that is not in the repository [env: WERF_VIRTUAL_MERGE]
    #[arg(long)]
    pub virtual_merge: bool,
    /// The commit that is merged [env: WERF_VIRTUAL_MERGE_FROM_COMMIT]
    #[arg(long, value_name = "COMMIT")]
    pub virtual_merge_from_commit: Option<String>,
    /// The commit that it is merged into [env: WERF_VIRTUAL_MERGE_INTO_COMMIT]
    #[arg(long, value_name = "COMMIT")]
    pub virtual_merge_into_commit: Option<String>,
    /// A key for SSH, instead of the agent's; can be given several times [env: WERF_SSH_KEY_*]
    #[arg(long, value_name = "FILE")]
    pub ssh_key: Vec<PathBuf>,
}
