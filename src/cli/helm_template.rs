//! `werf helm template`.

use std::path::Path;
use std::path::PathBuf;

use clap::Args;

use crate::chart;
use crate::chart::Chart;
use crate::chart::ChartFile;
use crate::chart::capabilities::Capabilities;
use crate::chart::capabilities::KubeVersion;
use crate::chart::print;
use crate::chart::print::Printed;
use crate::chart::render::Release;
use crate::chart::render::RenderOptions;
use crate::chart::render::Request;
use crate::chart::values;
use crate::chart::values::Source;
use crate::cli::call::Call;
use crate::cli::chart_files::files_below;
use crate::cli::live_world::LiveWorld;
use crate::cli::options::log::LogArgs;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// Render any chart as helm template does
///
/// The chart is a directory or a packed chart. No cluster is asked.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "switches, as they are typed")]
pub(super) struct HelmTemplateArgs {
    /// The release's name, then the chart; the chart alone makes a release of the name release-name
    #[arg(num_args = 1..=2, required = true, value_names = ["NAME", "CHART"])]
    name_and_chart: Vec<String>,
    /// The namespace
    #[arg(short, long, default_value = "default", value_name = "NAME")]
    namespace: String,
    /// A file of values; can be given several times
    #[arg(short = 'f', long, value_name = "FILE")]
    values: Vec<PathBuf>,
    /// Values as JSON, as in key1=json1,key2=json2; can be given several times
    #[arg(long, value_name = "KEY=JSON")]
    set_json: Vec<String>,
    /// A value, as in key1=val1,key2=val2; can be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// A value that is text, whatever it looks like; can be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    set_string: Vec<String>,
    /// A value that a file holds; can be given several times
    #[arg(long, value_name = "KEY=FILE")]
    set_file: Vec<String>,
    /// A value that is everything behind the =; can be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    set_literal: Vec<String>,
    /// Only these templates; can be given several times
    #[arg(short, long, value_name = "PATH")]
    show_only: Vec<String>,
    /// The version of Kubernetes that templates are told
    #[arg(long, value_name = "VERSION")]
    kube_version: Option<String>,
    /// API versions beside the usual ones; can be given several times
    #[arg(short, long, value_delimiter = ',', value_name = "VERSION")]
    api_versions: Vec<String>,
    /// As an upgrade of a release that is there
    #[arg(long)]
    is_upgrade: bool,
    /// With what is below crds/
    #[arg(long)]
    include_crds: bool,
    /// Without hooks
    #[arg(long)]
    no_hooks: bool,
    /// Without hooks that are tests
    #[arg(long)]
    skip_tests: bool,
    /// Without a look at values.schema.json
    #[arg(long)]
    skip_schema_validation: bool,
    #[command(flatten)]
    log: LogArgs,
}

/// Renders the chart.
pub(super) fn run(arguments: &HelmTemplateArgs, call: &Call) -> Result<(), Failure> {
    let (name, place) = match arguments.name_and_chart.as_slice() {
        [chart] => ("release-name", chart),
        [name, chart, ..] => (name.as_str(), chart),
        [] => return Err(Failure::new(Cause::Usage, "no chart is given")),
    };
    let chart = read_chart(&call.resolve(place))?;
    let request = Request {
        release: Release {
            name: name.to_owned(),
            namespace: arguments.namespace.clone(),
            revision: 1,
            is_upgrade: arguments.is_upgrade,
        },
        values: values::collect(&sources(arguments, call)?)?,
        capabilities: capabilities(arguments)?,
        options: RenderOptions { skip_schema: arguments.skip_schema_validation, ..RenderOptions::default() },
        werf: None,
    };
    let rendered = chart::render(&chart, &request, &mut LiveWorld::without_cluster())?;
    for warning in &rendered.warnings {
        call.log.warn(warning);
    }
    let printed = Printed { crds: arguments.include_crds, hooks: !arguments.no_hooks, tests: !arguments.skip_tests };
    let text = print::template_text(&rendered, printed);
    call.print(if arguments.show_only.is_empty() { text } else { print::show_only(&text, &arguments.show_only)? })
}

fn read_chart(place: &Path) -> Result<Chart, Failure> {
    if place.is_file() {
        return Ok(chart::load_archive(&read(place)?)?);
    }
    let files = files_below(place)?;
    if files.is_empty() {
        return Err(Failure::new(
            Cause::ChartInvalid,
            format!("read the chart: `{}` does not exist or is empty", place.display()),
        )
        .hint("give the path of a chart's directory, or of a packed chart"));
    }
    let files = files.into_iter().map(|(name, path)| Ok(ChartFile::new(name, read(&path)?)));
    Ok(chart::load_directory(files.collect::<Result<_, Failure>>()?)?)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path)
        .map_err(|error| Failure::new(Cause::ChartInvalid, format!("read `{}`", path.display())).because(error))
}

/// The values in Helm's order.
fn sources(arguments: &HelmTemplateArgs, call: &Call) -> Result<Vec<Source>, Failure> {
    let text = |path: &Path| Ok::<_, Failure>(String::from_utf8_lossy(&read(&call.resolve(path))?).into_owned());
    let mut sources = Vec::new();
    for path in &arguments.values {
        sources.push(Source::File { name: path.display().to_string(), text: text(path)? });
    }
    sources.extend(arguments.set_json.iter().cloned().map(Source::SetJson));
    sources.extend(arguments.set.iter().cloned().map(Source::Set));
    sources.extend(arguments.set_string.iter().cloned().map(Source::SetString));
    for pair in &arguments.set_file {
        let (key, path) = pair.split_once('=').ok_or_else(|| {
            Failure::new(Cause::Usage, format!("bad --set-file value `{pair}`")).hint("use the form KEY=FILE")
        })?;
        sources.push(Source::SetFile { key: key.to_owned(), text: text(Path::new(path))? });
    }
    sources.extend(arguments.set_literal.iter().cloned().map(Source::SetLiteral));
    Ok(sources)
}

fn capabilities(arguments: &HelmTemplateArgs) -> Result<Capabilities, Failure> {
    let capabilities = Capabilities::default().with_api_versions(arguments.api_versions.iter().cloned());
    Ok(match &arguments.kube_version {
        Some(version) => capabilities.with_kube_version(KubeVersion::parse(version)?),
        None => capabilities,
    })
}
