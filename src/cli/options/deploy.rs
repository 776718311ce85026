//! What is deployed: names, values, annotations.

use std::path::PathBuf;

use clap::Args;

/// Names of what is deployed
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Release")]
pub struct DeployNames {
    /// The environment, such as production [env: WERF_ENV]
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// The Helm release, instead of werf.yaml's (default `[[ project ]]-[[ env ]]`) [env: WERF_RELEASE]
    #[arg(long, value_name = "NAME")]
    pub release: Option<String>,
    /// The namespace, instead of werf.yaml's (default `[[ project ]]-[[ env ]]`) [env: WERF_NAMESPACE]
    #[arg(long, value_name = "NAME")]
    pub namespace: Option<String>,
}

/// Values of the chart
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Values")]
pub struct ValuesArgs {
    /// A value, as in key1=val1,key2=val2; can be given several times [env: WERF_SET_*]
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// A value that is text, whatever it looks like; can be given several times [env: WERF_SET_STRING_*]
    #[arg(long, value_name = "KEY=VALUE")]
    pub set_string: Vec<String>,
    /// A file of values; can be given several times [env: WERF_VALUES_*]
    #[arg(long, value_name = "FILE")]
    pub values: Vec<PathBuf>,
    /// A file of secret values; can be given several times [env: WERF_SECRET_VALUES_*]
    #[arg(long, value_name = "FILE")]
    pub secret_values: Vec<PathBuf>,
    /// Leave secrets encrypted, so that no key is needed [env: WERF_IGNORE_SECRET_KEY]
    #[arg(long)]
    pub ignore_secret_key: bool,
    /// The chart, instead of .helm in the project's directory [env: WERF_HELM_CHART_DIR]
    #[arg(long, value_name = "DIR")]
    pub helm_chart_dir: Option<PathBuf>,
}

/// What is added to every resource
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Metadata")]
pub struct MetadataArgs {
    /// An annotation for every resource; can be given several times [env: WERF_ADD_ANNOTATION_*]
    #[arg(long, value_name = "NAME=VALUE")]
    pub add_annotation: Vec<String>,
    /// A label for every resource; can be given several times [env: WERF_ADD_LABEL_*]
    #[arg(long, value_name = "NAME=VALUE")]
    pub add_label: Vec<String>,
}
