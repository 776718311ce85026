//! The stages that an image is built in.

use serde::Deserialize;
use serde::Serialize;

/// A stage of an image, in the order in which they are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StageName {
    /// The base image.
    From,
    /// Commands before the project's files are there.
    BeforeInstall,
    /// Files of other images before install.
    ImportsBeforeInstall,
    /// The project's files.
    GitArchive,
    /// Commands with the project's files.
    Install,
    /// Files of other images after install.
    ImportsAfterInstall,
    /// Commands before setup.
    BeforeSetup,
    /// Files of other images before setup.
    ImportsBeforeSetup,
    /// The last commands.
    Setup,
    /// Files of other images after setup.
    ImportsAfterSetup,
    /// A difference to the project's files that grew too large to be repeated.
    GitCache,
    /// The difference to the project's files as they are now.
    GitLatestPatch,
    /// The image's configuration.
    DockerInstructions,
    /// A whole image from a Dockerfile.
    Dockerfile,
}

impl StageName {
    /// All stages, in their order.
    pub const ALL: [Self; 14] = [
        Self::From,
        Self::BeforeInstall,
        Self::ImportsBeforeInstall,
        Self::GitArchive,
        Self::Install,
        Self::ImportsAfterInstall,
        Self::BeforeSetup,
        Self::ImportsBeforeSetup,
        Self::Setup,
        Self::ImportsAfterSetup,
        Self::GitCache,
        Self::GitLatestPatch,
        Self::DockerInstructions,
        Self::Dockerfile,
    ];

    /// The name as logs and options have it, such as `beforeInstall`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::BeforeInstall => "beforeInstall",
            Self::ImportsBeforeInstall => "importsBeforeInstall",
            Self::GitArchive => "gitArchive",
            Self::Install => "install",
            Self::ImportsAfterInstall => "importsAfterInstall",
            Self::BeforeSetup => "beforeSetup",
            Self::ImportsBeforeSetup => "importsBeforeSetup",
            Self::Setup => "setup",
            Self::ImportsAfterSetup => "importsAfterSetup",
            Self::GitCache => "gitCache",
            Self::GitLatestPatch => "gitLatestPatch",
            Self::DockerInstructions => "dockerInstructions",
            Self::Dockerfile => "dockerfile",
        }
    }
}

impl std::fmt::Display for StageName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Labels that every stage image carries.
pub mod label {
    /// The project's name.
    pub const PROJECT: &str = "werf";
    /// `true` on published images, `false` on stages.
    pub const IS_IMAGE: &str = "werf-image";
    /// The stage's signature.
    pub const SIGNATURE: &str = "werf-stage-signature";
    /// The stage's name.
    pub const STAGE: &str = "werf-stage-name";
    /// The image, in werf.yaml, that the stage was first built for.
    pub const STAGE_IMAGE: &str = "werf-stage-image";
    /// The stage's inputs, as JSON.
    pub const INPUTS: &str = "werf-stage-inputs";
    /// The state of the files of git in the image, as JSON.
    pub const FILES: &str = "werf-stage-files";
    /// The commit that was built, for people.
    pub const COMMIT: &str = "werf-project-repo-commit";
    /// The version of the rules by which signatures are made.
    pub const CACHE_VERSION: &str = "werf-cache-version";
}
