//! `werf helm list`.

use clap::Args;
use clap::ValueEnum;
use serde_json::json;

use crate::actions::release::listing;
use crate::backends::cluster::Cluster;
use crate::chart::release::Record;
use crate::chart::release::Status;
use crate::cli::call::Call;
use crate::cli::cluster;
use crate::cli::options::cluster::KubeArgs;
use crate::cli::options::log::LogArgs;
use crate::cli::rows;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// List deployed releases
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "switches, as they are typed")]
pub(super) struct HelmListArgs {
    /// Only releases whose names match this regular expression
    filter: Option<String>,
    /// Releases in any state, not only deployed and failed ones
    #[arg(short, long)]
    all: bool,
    /// Only releases that were uninstalled and kept
    #[arg(long)]
    deleted: bool,
    /// Only releases that somebody is at work on
    #[arg(long)]
    pending: bool,
    /// Only releases that failed
    #[arg(long)]
    failed: bool,
    /// Only names
    #[arg(short = 'q', long)]
    short: bool,
    /// From the last to the first
    #[arg(short, long)]
    reverse: bool,
    /// At most so many
    #[arg(short, long, default_value_t = 256, value_name = "COUNT")]
    max: usize,
    /// Only of this namespace, instead of all
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// The form: table, json or yaml
    #[arg(long, value_enum, default_value = "table", hide_possible_values = true, value_name = "FORM")]
    output: Form,
    #[command(flatten)]
    kube: KubeArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// The form of what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// Columns for people.
    Table,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

impl Form {
    /// `data` in this form; `table` makes the columns.
    pub(super) fn write(self, data: &serde_json::Value, table: impl FnOnce() -> String) -> Result<String, Failure> {
        let failed = |error: String| Failure::new(Cause::Defect, format!("write releases: {error}"));
        match self {
            Self::Table => Ok(table()),
            Self::Json => Ok(format!("{data}\n")),
            Self::Yaml => crate::yaml::emit::to_string(data).map_err(|error| failed(error.to_string())),
        }
    }
}

/// Prints the releases.
pub(super) fn run(arguments: &HelmListArgs, call: &Call) -> Result<(), Failure> {
    let records = call.block_on(async |_| {
        let cluster = Cluster::connect(&cluster::access(&arguments.kube, call)).await?;
        listing::newest(&cluster, arguments.namespace.as_deref()).await
    })?;
    let mut records = chosen(arguments, records)?;
    if arguments.reverse {
        records.reverse();
    }
    records.truncate(arguments.max);
    if arguments.short {
        return call.print(records.iter().map(|record| format!("{}\n", record.name)).collect::<Vec<_>>().concat());
    }
    let data = records.iter().map(|record| {
        json!({"Name": record.name, "Revision": record.revision, "Updated": rows::time(record.info.last_deployed),
            "Status": record.info.status.word().to_uppercase(), "Chart": record.chart.label(),
            "AppVersion": record.chart.app_version(), "Namespace": record.namespace})
    });
    call.print(arguments.output.write(&data.collect(), || table(&records))?)
}

fn chosen(arguments: &HelmListArgs, records: Vec<Record>) -> Result<Vec<Record>, Failure> {
    let filter = arguments.filter.as_deref().unwrap_or("");
    let filter = regex::Regex::new(filter)
        .map_err(|error| Failure::new(Cause::Usage, format!("read the filter `{filter}`")).because(error))?;
    let any = !(arguments.deleted || arguments.pending || arguments.failed);
    let wanted = |status: Status| {
        arguments.all
            || (any && matches!(status, Status::Deployed | Status::Failed))
            || (arguments.deleted && status == Status::Uninstalled)
            || (arguments.pending && status.is_pending())
            || (arguments.failed && status == Status::Failed)
    };
    Ok(records.into_iter().filter(|record| wanted(record.info.status) && filter.is_match(&record.name)).collect())
}

fn table(records: &[Record]) -> String {
    let row = |record: &Record| {
        vec![
            record.name.clone(),
            record.revision.to_string(),
            rows::time(record.info.last_deployed),
            record.info.status.word().to_uppercase(),
            record.chart.label(),
            record.chart.app_version().to_owned(),
            record.namespace.clone(),
        ]
    };
    let titles = ["NAME", "REVISION", "UPDATED", "STATUS", "CHART", "APP VERSION", "NAMESPACE"];
    rows::rows(&titles, &records.iter().map(row).collect::<Vec<_>>())
}
