//! From what names a cluster to the cluster.

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kube::Client;
use kube::Config;
use kube::config::AuthInfo;
use kube::config::KubeConfigOptions;
use kube::config::Kubeconfig;

use super::Cluster;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::secret::Secret;

/// How long a connection may take to be made.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// What names a cluster and who asks.
#[derive(Debug, Clone)]
pub struct Access {
    /// Where the credentials are.
    pub source: Source,
    /// The kubeconfig's context; `None` for its current one. Not used in a cluster.
    pub context: Option<String>,
    /// Whether programs that the kubeconfig names may be started.
    pub exec_plugins: ExecPlugins,
}

/// Where the credentials are.
#[derive(Debug, Clone)]
pub enum Source {
    /// Kubeconfig files, merged as kubectl does: the first one wins.
    Files(Vec<PathBuf>),
    /// A kubeconfig's text in base64.
    Base64(Secret),
    /// The service account of the pod that we run in.
    InCluster {
        /// The API server, such as `https://10.96.0.1:443`.
        server: String,
        /// The directory with `token`, `ca.crt` and `namespace`.
        account: PathBuf,
    },
}

/// Whether a kubeconfig may name programs to be started for its credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecPlugins {
    /// They are started: the kubeconfig is the operator's.
    Trusted,
    /// Such a kubeconfig is refused: it came with the job.
    Refused,
}

impl Cluster {
    /// Reads the credentials; the cluster itself is not asked yet.
    ///
    /// # Errors
    /// `ClusterDenied` if the kubeconfig cannot be read, has no such context, or names a program that is not trusted.
    pub async fn connect(access: &Access) -> Result<Self, Failure> {
        install_crypto();
        let mut config = match &access.source {
            Source::InCluster { server, account } => in_cluster(server, account)?,
            Source::Files(paths) => from_kubeconfig(read_files(paths)?, access).await?,
            Source::Base64(text) => from_kubeconfig(decode(text)?, access).await?,
        };
        config.connect_timeout = Some(CONNECT_LIMIT);
        let client =
            Client::try_from(config).map_err(|error| denied("set up the connection to the cluster").because(error))?;
        Ok(Self::new(client))
    }
}

/// Chooses one TLS provider for the process: two come in with our dependencies, and rustls panics if none was chosen.
fn install_crypto() {
    // An error means that one is installed already, which is all we want.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

fn denied(doing: impl Into<String>) -> Failure {
    Failure::new(Cause::ClusterDenied, doing)
}

fn in_cluster(server: &str, account: &std::path::Path) -> Result<Config, Failure> {
    let url =
        server.parse().map_err(|error| denied(format!("read the API server's address `{server}`")).because(error))?;
    let mut config = Config::new(url);
    let namespace = std::fs::read_to_string(account.join("namespace"));
    config.default_namespace = namespace.map_or_else(|_| "default".to_owned(), |text| text.trim().to_owned());
    config.root_cert_file = Some(account.join("ca.crt"));
    config.auth_info =
        AuthInfo { token_file: Some(account.join("token").to_string_lossy().into_owned()), ..AuthInfo::default() };
    Ok(config)
}

fn read_files(paths: &[PathBuf]) -> Result<Kubeconfig, Failure> {
    let mut merged: Option<Kubeconfig> = None;
    for path in paths.iter().filter(|path| path.exists()) {
        let doing = || denied(format!("read the kubeconfig `{}`", path.display()));
        let next = Kubeconfig::read_from(path).map_err(|error| doing().because(error))?;
        merged = Some(match merged {
            Some(first) => first.merge(next).map_err(|error| doing().because(error))?,
            None => next,
        });
    }
    merged.ok_or_else(|| {
        let names: Vec<_> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
        denied(format!("find a kubeconfig: there is none at {}", names.join(", ")))
            .hint("give one with `--kube-config`, `--kube-config-base64` or `$KUBECONFIG`")
    })
}

fn decode(text: &Secret) -> Result<Kubeconfig, Failure> {
    let compact: String = text.reveal().split_whitespace().collect();
    let bytes = STANDARD.decode(compact).map_err(|_| {
        denied("read the kubeconfig given as base64: it is no base64 text")
            .hint("encode the whole file: `base64 -w0 FILE`")
    })?;
    // The parser's message may quote the text, which holds credentials.
    Kubeconfig::from_yaml(&String::from_utf8_lossy(&bytes))
        .map_err(|_| denied("read the kubeconfig given as base64: its content is no kubeconfig"))
}

async fn from_kubeconfig(kubeconfig: Kubeconfig, access: &Access) -> Result<Config, Failure> {
    let options = KubeConfigOptions { context: access.context.clone(), ..KubeConfigOptions::default() };
    let contexts: Vec<_> = kubeconfig.contexts.iter().map(|context| format!("`{}`", context.name)).collect();
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| {
        denied("use the kubeconfig").because(error).hint(format!("its contexts are: {}", contexts.join(", ")))
    })?;
    let starts_program = config.auth_info.exec.is_some() || config.auth_info.auth_provider.is_some();
    if starts_program && access.exec_plugins == ExecPlugins::Refused {
        return Err(denied("use the kubeconfig: it wants a program started for its credentials, and it came with the job")
            .hint("use a kubeconfig with a token or a client certificate, or let the operator name this kubeconfig in the settings"));
    }
    Ok(config)
}
