//! Where stages and images are stored, and how registries are spoken to.

use std::path::PathBuf;

use clap::Args;
use clap::ValueEnum;

use crate::cli::call::Call;
use crate::cli::options::secret;
use crate::model::secret::Secret;

/// Where stages are stored
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Stages storage")]
pub struct StagesStorageArgs {
    /// Where stages are stored: a repository, or :local for this host only [env: WERF_STAGES_STORAGE]
    #[arg(short, long, value_name = "REPO|:local")]
    pub stages_storage: Option<String>,
    /// The kind of registry: ecr, acr, default, dockerhub, gcr, github, gitlab, harbor, quay [env: WERF_STAGES_STORAGE_REPO_IMPLEMENTATION, WERF_REPO_IMPLEMENTATION]
    #[arg(long, value_name = "KIND")]
    pub stages_storage_repo_implementation: Option<String>,
    /// Docker Hub user [env: WERF_STAGES_STORAGE_REPO_DOCKER_HUB_USERNAME, WERF_REPO_DOCKER_HUB_USERNAME]
    #[arg(long, value_name = "NAME")]
    pub stages_storage_repo_docker_hub_username: Option<String>,
    /// Docker Hub password [env: WERF_STAGES_STORAGE_REPO_DOCKER_HUB_PASSWORD, WERF_REPO_DOCKER_HUB_PASSWORD]
    #[arg(long, value_parser = secret, value_name = "PASSWORD")]
    pub stages_storage_repo_docker_hub_password: Option<Secret>,
    /// Docker Hub token [env: WERF_STAGES_STORAGE_REPO_DOCKER_HUB_TOKEN, WERF_REPO_DOCKER_HUB_TOKEN]
    #[arg(long, value_parser = secret, value_name = "TOKEN")]
    pub stages_storage_repo_docker_hub_token: Option<Secret>,
    /// GitHub token [env: WERF_STAGES_STORAGE_REPO_GITHUB_TOKEN, WERF_REPO_GITHUB_TOKEN]
    #[arg(long, value_parser = secret, value_name = "TOKEN")]
    pub stages_storage_repo_github_token: Option<Secret>,
    /// Accepted and not used: stages are found by their content, nothing is synchronized [env: WERF_SYNCHRONIZATION]
    #[arg(short = 'S', long, value_name = "ADDRESS")]
    pub synchronization: Option<String>,
}

/// Where images are published
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Images repo")]
pub struct ImagesRepoArgs {
    /// Where images are published [env: WERF_IMAGES_REPO]
    #[arg(short, long, value_name = "REPO")]
    pub images_repo: Option<String>,
    /// How images are named: multirepo (REPO/IMAGE:TAG), monorepo (REPO:IMAGE-TAG) or auto [env: WERF_IMAGES_REPO_MODE]
    #[arg(long, value_enum, default_value = "auto", hide_possible_values = true, value_name = "MODE")]
    pub images_repo_mode: ImagesRepoMode,
    /// The kind of registry: ecr, acr, default, dockerhub, gcr, github, gitlab, harbor, quay [env: WERF_IMAGES_REPO_IMPLEMENTATION, WERF_REPO_IMPLEMENTATION]
    #[arg(long, value_name = "KIND")]
    pub images_repo_implementation: Option<String>,
    /// Docker Hub user [env: WERF_IMAGES_REPO_DOCKER_HUB_USERNAME, WERF_REPO_DOCKER_HUB_USERNAME]
    #[arg(long, value_name = "NAME")]
    pub images_repo_docker_hub_username: Option<String>,
    /// Docker Hub password [env: WERF_IMAGES_REPO_DOCKER_HUB_PASSWORD, WERF_REPO_DOCKER_HUB_PASSWORD]
    #[arg(long, value_parser = secret, value_name = "PASSWORD")]
    pub images_repo_docker_hub_password: Option<Secret>,
    /// Docker Hub token [env: WERF_IMAGES_REPO_DOCKER_HUB_TOKEN, WERF_REPO_DOCKER_HUB_TOKEN]
    #[arg(long, value_parser = secret, value_name = "TOKEN")]
    pub images_repo_docker_hub_token: Option<Secret>,
    /// GitHub token [env: WERF_IMAGES_REPO_GITHUB_TOKEN, WERF_REPO_GITHUB_TOKEN]
    #[arg(long, value_parser = secret, value_name = "TOKEN")]
    pub images_repo_github_token: Option<Secret>,
}

/// How published images are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImagesRepoMode {
    /// As the registry's kind allows.
    Auto,
    /// `REPO/IMAGE:TAG`.
    Multirepo,
    /// `REPO:IMAGE-TAG`.
    Monorepo,
}

/// How registries are spoken to
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Registries")]
pub struct RegistryArgs {
    /// Docker's configuration, instead of ~/.docker [env: WERF_DOCKER_CONFIG, DOCKER_CONFIG]
    #[arg(long, value_name = "DIR")]
    pub docker_config: Option<PathBuf>,
    /// Speak plain HTTP to registries [env: WERF_INSECURE_REGISTRY]
    #[arg(long)]
    pub insecure_registry: bool,
    /// Do not check the certificates of registries [env: WERF_SKIP_TLS_VERIFY_REGISTRY]
    #[arg(long)]
    pub skip_tls_verify_registry: bool,
    /// The kind of every registry that has none of its own [env: WERF_REPO_IMPLEMENTATION]
    #[arg(long, value_name = "KIND")]
    pub repo_implementation: Option<String>,
    /// Docker Hub user for every repository [env: WERF_REPO_DOCKER_HUB_USERNAME]
    #[arg(long, value_name = "NAME")]
    pub repo_docker_hub_username: Option<String>,
    /// Docker Hub password for every repository [env: WERF_REPO_DOCKER_HUB_PASSWORD]
    #[arg(long, value_parser = secret, value_name = "PASSWORD")]
    pub repo_docker_hub_password: Option<Secret>,
    /// Docker Hub token for every repository [env: WERF_REPO_DOCKER_HUB_TOKEN]
    #[arg(long, value_parser = secret, value_name = "TOKEN")]
    pub repo_docker_hub_token: Option<Secret>,
    /// GitHub token for every repository [env: WERF_REPO_GITHUB_TOKEN]
    #[arg(long, value_parser = secret, value_name = "TOKEN")]
    pub repo_github_token: Option<Secret>,
}

impl RegistryArgs {
    /// The directory of Docker's configuration; `None` without a home directory.
    pub fn docker_config(&self, call: &Call) -> Option<PathBuf> {
        docker_config(self.docker_config.as_ref(), call)
    }
}

/// The directory of Docker's configuration: as given, else `~/.docker`; `None` without a home directory.
pub fn docker_config(given: Option<&PathBuf>, call: &Call) -> Option<PathBuf> {
    let own = || call.environment.home().map(|home| home.join(".docker"));
    given.cloned().or_else(own).map(|directory| call.resolve(directory))
}
