//! `werf helm secret rotate-secret-key`.

use std::path::PathBuf;

use clap::Args;

use crate::actions::secret::rotate;
use crate::actions::secret::rotate::Keys;
use crate::actions::secret::rotate::RotateRequest;
use crate::cli::call::Call;
use crate::cli::options::project;
use crate::cli::secret::KeyArgs;
use crate::cli::secret::random;
use crate::cli::secret_key;
use crate::model::failure::Failure;

/// Regenerate secret files with new secret key
///
/// The old key is expected in $WERF_OLD_SECRET_KEY, the new one in $WERF_SECRET_KEY or .werf_secret_key. Changed are
/// the files in .helm/secret, .helm/secret-values.yaml, and the files of secret values that are named.
#[derive(Debug, Args)]
pub(super) struct RotateArgs {
    /// More files of secret values
    #[arg(value_name = "EXTRA_SECRET_VALUES_FILE_PATH")]
    extra_values: Vec<PathBuf>,
    /// The chart, instead of .helm in the project's directory [env: WERF_HELM_CHART_DIR]
    #[arg(long, value_name = "DIR")]
    helm_chart_dir: Option<PathBuf>,
    #[command(flatten)]
    key: KeyArgs,
}

/// Changes the key.
pub(super) fn run(arguments: &RotateArgs, call: &Call) -> Result<(), Failure> {
    let old = secret_key::old(call)?;
    let new = arguments.key.key(call)?;
    let project = project::directory(arguments.key.dir.as_ref(), call);
    let chart = arguments.helm_chart_dir.as_ref().map_or_else(|| project.join(".helm"), |dir| call.resolve(dir));
    let extra_values = arguments.extra_values.iter().map(|path| call.resolve(path)).collect();
    let request = RotateRequest { chart, extra_values, project };
    rotate::rotate(&request, Keys { old: &old, new: &new }, &mut random, &call.log)
}
