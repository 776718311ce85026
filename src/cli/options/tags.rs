//! `--tag-…`: the tags of published images.

use clap::Args;

/// The tags of published images
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Tags")]
pub struct TagArgs {
    /// Tag each image by the signature of its content [env: WERF_TAG_BY_STAGES_SIGNATURE]
    #[arg(long)]
    pub tag_by_stages_signature: bool,
    /// Tag by any text; can be given several times [env: WERF_TAG_CUSTOM_*]
    #[arg(long, value_name = "TAG")]
    pub tag_custom: Vec<String>,
    /// Tag by a git branch [env: WERF_TAG_GIT_BRANCH]
    #[arg(long, value_name = "BRANCH")]
    pub tag_git_branch: Option<String>,
    /// Tag by a git commit [env: WERF_TAG_GIT_COMMIT]
    #[arg(long, value_name = "COMMIT")]
    pub tag_git_commit: Option<String>,
    /// Tag by a git tag [env: WERF_TAG_GIT_TAG]
    #[arg(long, value_name = "TAG")]
    pub tag_git_tag: Option<String>,
}
