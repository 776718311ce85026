//! `werf helm history`.

use clap::Args;
use serde_json::json;

use crate::actions::release::listing;
use crate::backends::cluster::Cluster;
use crate::chart::release::Record;
use crate::cli::call::Call;
use crate::cli::cluster;
use crate::cli::helm_list::Form;
use crate::cli::options::cluster::KubeArgs;
use crate::cli::options::log::LogArgs;
use crate::cli::rows;
use crate::model::failure::Failure;

/// Show release history
#[derive(Debug, Args)]
pub(super) struct HelmHistoryArgs {
    /// The release
    release: String,
    /// Where it lives, if there are several of that name
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// At most so many revisions, the newest ones
    #[arg(short, long, default_value_t = 256, value_name = "COUNT")]
    max: usize,
    /// How wide a description may be
    #[arg(long, default_value_t = 60, value_name = "COLUMNS")]
    col_width: usize,
    /// The form: table, json or yaml
    #[arg(short, long, value_enum, default_value = "table", hide_possible_values = true, value_name = "FORM")]
    output: Form,
    #[command(flatten)]
    kube: KubeArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// Prints the revisions.
pub(super) fn run(arguments: &HelmHistoryArgs, call: &Call) -> Result<(), Failure> {
    let history = call.block_on(async |_| {
        let cluster = Cluster::connect(&cluster::access(&arguments.kube, call)).await?;
        listing::history(&cluster, &arguments.release, arguments.namespace.as_deref()).await
    })?;
    let all = history.revisions();
    let shown = &all[all.len().saturating_sub(arguments.max)..];
    let data = shown.iter().map(|record| {
        json!({"revision": record.revision, "updated": rows::time(record.info.last_deployed),
            "status": record.info.status.word().to_uppercase(), "chart": record.chart.label(),
            "appVersion": record.chart.app_version(), "description": record.info.description})
    });
    call.print(arguments.output.write(&data.collect(), || table(shown, arguments.col_width))?)
}

fn table(records: &[Record], width: usize) -> String {
    let row = |record: &Record| {
        vec![
            record.revision.to_string(),
            rows::time(record.info.last_deployed),
            record.info.status.word().to_uppercase().replace('-', "_"),
            record.chart.label(),
            record.chart.app_version().to_owned(),
            rows::cut(&record.info.description.replace('\n', " "), width),
        ]
    };
    let titles = ["REVISION", "UPDATED", "STATUS", "CHART", "APP VERSION", "DESCRIPTION"];
    rows::rows(&titles, &records.iter().map(row).collect::<Vec<_>>())
}
