//! `werf helm get` and `werf helm status`.

use clap::Args;

use crate::actions::release::listing;
use crate::backends::cluster::Cluster;
use crate::chart::release::Record;
use crate::chart::table;
use crate::cli::call::Call;
use crate::cli::cluster;
use crate::cli::options::cluster::KubeArgs;
use crate::cli::options::log::LogArgs;
use crate::cli::rows;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// Display a release: its values, its hooks, its objects
#[derive(Debug, Args)]
pub(super) struct HelmGetArgs {
    /// The release
    release: String,
    /// The revision, instead of the newest
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    revision: u64,
    /// Where it lives, if there are several of that name
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    #[command(flatten)]
    kube: KubeArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// Prints everything that is recorded of a revision.
pub(super) fn run(arguments: &HelmGetArgs, call: &Call) -> Result<(), Failure> {
    let record = record(arguments, call)?;
    let mut computed = record.chart.values.clone();
    table::overlay(&mut computed, record.config.clone());
    let hooks: Vec<String> =
        record.hooks.iter().map(|hook| format!("---\n# {}\n{}\n", hook.name, hook.manifest.trim())).collect();
    call.print(format!(
        "REVISION: {}\nRELEASED: {}\nCHART: {}\nUSER-SUPPLIED VALUES:\n{}\nCOMPUTED VALUES:\n{}\nHOOKS:\n{}MANIFEST:\n\n{}",
        record.revision,
        rows::time(record.info.last_deployed),
        record.chart.label(),
        yaml(record.config)?,
        yaml(computed)?,
        hooks.concat(),
        record.manifest,
    ))
}

/// Prints how a revision went.
pub(super) fn status(arguments: &HelmGetArgs, call: &Call) -> Result<(), Failure> {
    let record = record(arguments, call)?;
    let info = &record.info;
    let mut text = format!(
        "NAME: {}\nLAST DEPLOYED: {}\nNAMESPACE: {}\nSTATUS: {}\nREVISION: {}\nDESCRIPTION: {}\n",
        record.name,
        rows::time(info.last_deployed),
        record.namespace,
        info.status.word().to_uppercase(),
        record.revision,
        info.description
    );
    if !info.notes.trim().is_empty() {
        text = format!("{text}NOTES:\n{}\n", info.notes.trim());
    }
    call.print(text)
}

fn record(arguments: &HelmGetArgs, call: &Call) -> Result<Record, Failure> {
    let history = call.block_on(async |_| {
        let cluster = Cluster::connect(&cluster::access(&arguments.kube, call)).await?;
        listing::history(&cluster, &arguments.release, arguments.namespace.as_deref()).await
    })?;
    let found = match arguments.revision {
        0 => history.last(),
        wanted => history.revisions().iter().find(|record| record.revision == wanted),
    };
    found.cloned().ok_or_else(|| {
        Failure::new(Cause::Usage, format!("release `{}` has no revision {}", arguments.release, arguments.revision))
            .hint("`werf helm history` shows the revisions")
    })
}

fn yaml(values: table::Table) -> Result<String, Failure> {
    crate::yaml::emit::to_string(&serde_json::Value::Object(values))
        .map_err(|error| Failure::new(Cause::Defect, format!("write values: {error}")))
}
