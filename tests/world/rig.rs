//! What the running rig offers, read from the variables that `scripts/rig env` exports.

use std::path::PathBuf;

/// The rig's addresses and programs.
#[derive(Debug, Clone)]
pub(crate) struct Rig {
    pub(crate) path: String,
    pub(crate) docker_host: String,
    pub(crate) kubeconfig: PathBuf,
    pub(crate) registry: String,
    pub(crate) registry_password: String,
    pub(crate) gitlab_runner: PathBuf,
    pub(crate) gitlab_ci_local: PathBuf,
    pub(crate) helm: PathBuf,
}

impl Rig {
    /// # Panics
    /// When the rig is not up: a test that needs it must not pass without it.
    pub(crate) fn from_environment() -> Self {
        let password_file = variable("RIG_REGISTRY_PASSWORD_FILE");
        let password = std::fs::read_to_string(&password_file).expect("the registry's password file");
        Self {
            path: variable("PATH"),
            docker_host: variable("DOCKER_HOST"),
            kubeconfig: variable("KUBECONFIG").into(),
            registry: variable("RIG_REGISTRY"),
            registry_password: password.trim().to_owned(),
            gitlab_runner: variable("RIG_GITLAB_RUNNER").into(),
            gitlab_ci_local: variable("RIG_GITLAB_CI_LOCAL").into(),
            helm: variable("RIG_HELM").into(),
        }
    }
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: start the rig with `scripts/rig up; eval \"$(scripts/rig env)\"`")
    })
}
