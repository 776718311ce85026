//! `--dir`, `--config` …: where the project is.

use std::path::PathBuf;

use clap::Args;

use crate::cli::call::Call;

/// Where the project is
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Project")]
pub struct ProjectArgs {
    /// The project's directory, instead of the working directory [env: WERF_DIR]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// The configuration, instead of werf.yaml in the project's directory [env: WERF_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Templates of the configuration, instead of .werf in the project's directory [env: WERF_CONFIG_TEMPLATES_DIR]
    #[arg(long, value_name = "DIR")]
    pub config_templates_dir: Option<PathBuf>,
    /// Directories of this host.
    #[command(flatten)]
    pub host: HostDirArgs,
}

/// Directories of this host
#[derive(Debug, Clone, Args)]
pub struct HostDirArgs {
    /// Where temporary files go, instead of the system's place [env: WERF_TMP_DIR]
    #[arg(long, value_name = "DIR")]
    pub tmp_dir: Option<PathBuf>,
    /// Where caches and the global secret key are, instead of ~/.werf [env: WERF_HOME]
    #[arg(long, value_name = "DIR")]
    pub home_dir: Option<PathBuf>,
}

impl ProjectArgs {
    /// The project's directory, absolute.
    pub fn directory(&self, call: &Call) -> PathBuf {
        directory(self.dir.as_ref(), call)
    }
}

impl HostDirArgs {
    /// Where temporary files go.
    pub fn tmp(&self, call: &Call) -> PathBuf {
        let given = self.tmp_dir.clone().or_else(|| call.environment.get("TMPDIR").map(PathBuf::from));
        call.resolve(given.unwrap_or_else(|| PathBuf::from("/tmp")))
    }

    /// werf's own directory; without a home directory, one in the temporary files' place.
    pub fn home(&self, call: &Call) -> PathBuf {
        let own = || call.environment.home().map(|home| home.join(".werf"));
        call.resolve(self.home_dir.clone().or_else(own).unwrap_or_else(|| self.tmp(call).join(".werf")))
    }
}

/// A directory given with `--dir`, absolute; without one, the working directory.
pub fn directory(dir: Option<&PathBuf>, call: &Call) -> PathBuf {
    dir.map_or_else(|| call.directory.clone(), |dir| call.resolve(dir))
}
