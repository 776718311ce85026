//! `--kube-…`: which cluster.

use std::path::PathBuf;

use clap::Args;

use crate::cli::options::secret;
use crate::model::secret::Secret;

/// Which cluster
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Cluster")]
pub struct KubeArgs {
    /// The kubeconfig; several are joined with `:` [env: WERF_KUBE_CONFIG, WERF_KUBECONFIG, KUBECONFIG]
    #[arg(long, value_name = "FILE")]
    pub kube_config: Option<PathBuf>,
    /// The kubeconfig's content, base64 [env: WERF_KUBE_CONFIG_BASE64, WERF_KUBECONFIG_BASE64, KUBECONFIG_BASE64]
    #[arg(long, value_parser = secret, value_name = "DATA")]
    pub kube_config_base64: Option<Secret>,
    /// The context of the kubeconfig, instead of its current one [env: WERF_KUBE_CONTEXT]
    #[arg(long, value_name = "NAME")]
    pub kube_context: Option<String>,
}
