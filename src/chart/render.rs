//! From a chart and values to manifests.

use serde::Deserialize;
use serde::Serialize;

use crate::chart::Chart;
use crate::chart::capabilities::Capabilities;
use crate::chart::coalesce;
use crate::chart::coalesce::Nulls;
use crate::chart::compatible::is_compatible;
use crate::chart::dependencies;
use crate::chart::documents;
use crate::chart::error::Error;
use crate::chart::manifest::Manifest;
use crate::chart::manifest::Rendered;
use crate::chart::objects::CapabilitiesObject;
use crate::chart::objects::ChartObject;
use crate::chart::objects::Files;
use crate::chart::objects::Renamed;
use crate::chart::objects::map_of;
use crate::chart::schema;
use crate::chart::table::Table;
use crate::chart::werf::Werf;
use crate::template::Templates;
use crate::template::collection::Map;
use crate::template::functions::Functions;
use crate::template::options::MissingKey;
use crate::template::options::Options;
use crate::template::stack;
use crate::template::value::Value;
use crate::template::world::World;
use crate::yaml;

/// How the name of the notes ends.
const NOTES: &str = "NOTES.txt";
/// Room for Helm's thousand nested `include`s; memory is only taken as it is used.
const STACK: usize = 512 << 20;

/// What a chart is rendered for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// What `.Release` tells.
    pub release: Release,
    /// What lies above the chart's own values, see [`values::collect`](crate::chart::values::collect).
    pub values: Table,
    /// What `.Capabilities` tells.
    pub capabilities: Capabilities,
    /// How strictly.
    pub options: RenderOptions,
    /// What a werf project adds; nothing for plain Helm.
    pub werf: Option<Werf>,
}

/// What `.Release` tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The release's name.
    pub name: String,
    /// The namespace it is installed into.
    pub namespace: String,
    /// The number of this revision, from 1.
    pub revision: u32,
    /// Whether it is there already; `.IsInstall` is the opposite.
    pub is_upgrade: bool,
}

/// How a chart is rendered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderOptions {
    /// A key that is missing is an error (`--strict`).
    pub strict: bool,
    /// The notes of sub-charts too (`--render-subchart-notes`).
    pub subchart_notes: bool,
    /// No look at `values.schema.json` (`--skip-schema-validation`).
    pub skip_schema: bool,
}

/// Renders the chart; `world` answers for clock, randomness, names and cluster.
///
/// # Errors
/// Dependencies that are missing, values that do not fit, templates that fail, output that is no YAML; texts are Helm's.
pub fn render(chart: &Chart, request: &Request, world: &mut (dyn World + Send)) -> Result<Rendered, Error> {
    on_a_stack(|| Renderer { request, warnings: chart.warnings.clone() }.rendered(chart, world))
}

/// Renders every template and stops there: path and text of each, sorted by path, notes included.
///
/// # Errors
/// As [`render`], but the texts may be anything.
pub fn files(chart: &Chart, request: &Request, world: &mut (dyn World + Send)) -> Result<Vec<(String, String)>, Error> {
    on_a_stack(|| Renderer { request, warnings: Vec::new() }.prepared(chart, world).map(|(_, files)| files))
}

fn on_a_stack<T: Send>(work: impl FnOnce() -> Result<T, Error> + Send) -> Result<T, Error> {
    stack::with_stack(STACK, work).map_err(|problem| Error::new(format!("start a thread to render on: {problem}")))?
}

struct Renderer<'r> {
    request: &'r Request,
    warnings: Vec<String>,
}

/// A template with what it is rendered with.
struct Renderable<'c> {
    /// Its path, such as `app/charts/redis/templates/service.yaml`.
    name: String,
    text: &'c [u8],
    dot: Map,
    /// The directory of the chart's templates.
    base: String,
}

impl Renderer<'_> {
    fn rendered(mut self, chart: &Chart, world: &mut dyn World) -> Result<Rendered, Error> {
        let (chart, files) = self.prepared(chart, world)?;
        self.assemble(&chart, files)
    }

    /// The chart as its dependencies leave it, and every template's output.
    fn prepared(&mut self, chart: &Chart, world: &mut dyn World) -> Result<(Chart, Vec<(String, String)>), Error> {
        self.check(chart)?;
        let mut chart = chart.clone();
        dependencies::process(&mut chart, &coalesce::to_map(&self.request.values), &mut self.warnings)?;
        let values = coalesce::to_map(&self.request.values);
        coalesce::coalesce(&chart, &values, Nulls::Delete, &mut self.warnings)?;
        self.warnings.sort();
        self.warnings.dedup();
        if !self.request.options.skip_schema {
            schema::validate(&chart, &coalesce::to_table(&values))?;
        }
        self.check_kube_version(&chart)?;
        let files = self.files(&chart, values, world)?;
        Ok((chart, files))
    }

    fn check(&self, chart: &Chart) -> Result<(), Error> {
        if chart.metadata.is_library() {
            return Err(Error::new("library charts are not installable"));
        }
        let missing = dependencies::missing(chart).join(", ");
        match (&self.request.werf, missing.is_empty()) {
            (_, true) => Ok(()),
            (Some(_), false) => {
                let text = format!("found in requirements.yaml, but missing in charts/ directory: {missing}");
                Err(Error::new(text).hint("run `werf helm dependency update` before"))
            }
            (None, false) => Err(Error::new(format!(
                "An error occurred while checking for chart dependencies. You may need to run `helm dependency build` to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: {missing}"
            ))),
        }
    }

    fn check_kube_version(&self, chart: &Chart) -> Result<(), Error> {
        let (range, version) = (&chart.metadata.kube_version, &self.request.capabilities.kube_version.version);
        if range.is_empty() || is_compatible(range, version) {
            return Ok(());
        }
        let text = format!("chart requires kubeVersion: {range} which is incompatible with Kubernetes {version}");
        Err(Error::new(text))
    }

    /// Every template's output by its path, sorted by path.
    fn files(&self, chart: &Chart, values: Map, world: &mut dyn World) -> Result<Vec<(String, String)>, Error> {
        let mut all = Vec::new();
        self.scope(chart, chart.name(), Scope::Root(values), &mut all);
        all.sort_by(|one, other| depth(&other.name).cmp(&depth(&one.name)).then_with(|| other.name.cmp(&one.name)));
        let mut templates = self.templates()?;
        for renderable in &all {
            let added = templates.add(&renderable.name, renderable.text);
            added.map_err(|error| Error::new(error.in_helms_words()))?;
        }
        let mut files = Vec::new();
        for renderable in all.iter().filter(|renderable| !is_partial(&renderable.name)) {
            let template =
                map_of([("Name", renderable.name.as_str().into()), ("BasePath", renderable.base.as_str().into())]);
            renderable.dot.insert("Template", Renamed::values(&template));
            let rendered = templates.render(&renderable.name, Renamed::values(&renderable.dot), world);
            let text = rendered.map_err(|error| Error::new(error.in_helms_words()))?;
            files.push((renderable.name.clone(), text.to_string()));
        }
        files.sort();
        Ok(files)
    }

    fn templates(&self) -> Result<Templates, Error> {
        let mut functions = Functions::helm();
        if let Some(werf) = &self.request.werf {
            werf.add_functions(&mut functions);
        }
        let missing_key = if self.request.options.strict { MissingKey::Error } else { MissingKey::Zero };
        let mut templates = Templates::new(functions, Options { missing_key, ..Options::default() });
        if self.request.werf.is_some() {
            let added = templates.add("_werf_helpers.tpl", Werf::HELPERS);
            added.map_err(|error| Error::new(error.in_helms_words()))?;
        }
        Ok(templates)
    }

    /// What the chart's templates see, and its templates; then those of its sub-charts.
    fn scope<'c>(&self, chart: &'c Chart, path: &str, scope: Scope, all: &mut Vec<Renderable<'c>>) -> Map {
        let (is_root, values) = match scope {
            Scope::Root(values) => (true, Renamed::values(&values)),
            Scope::Child(parent) => (false, child_values(&parent, chart.name())),
        };
        let children = Map::new();
        let dot = map_of([
            ("Chart", ChartObject::of(&chart.metadata, is_root)),
            ("Files", Files::of(&chart.files)),
            ("Release", self.release().into()),
            ("Capabilities", CapabilitiesObject::of(&self.request.capabilities)),
            ("Values", values),
            ("Subcharts", children.clone().into()),
        ]);
        for child in &chart.dependencies {
            let below = self.scope(child, &chart.child_path(path, child), Scope::Child(dot.clone()), all);
            children.insert(child.name(), below);
        }
        let base = format!("{path}/templates");
        let usable = |name: &str| !chart.metadata.is_library() || is_partial(name);
        for file in chart.templates.iter().filter(|file| usable(&file.name)) {
            let name = format!("{path}/{}", file.name);
            all.push(Renderable { name, text: &file.data, dot: dot.clone(), base: base.clone() });
        }
        dot
    }

    fn release(&self) -> Map {
        let release = &self.request.release;
        map_of([
            ("Name", release.name.as_str().into()),
            ("Namespace", release.namespace.as_str().into()),
            ("IsUpgrade", release.is_upgrade.into()),
            ("IsInstall", (!release.is_upgrade).into()),
            ("Revision", i64::from(release.revision).into()),
            ("Service", "Helm".into()),
        ])
    }

    fn assemble(mut self, chart: &Chart, files: Vec<(String, String)>) -> Result<Rendered, Error> {
        let own_notes = format!("{}/templates/{NOTES}", chart.name());
        let (notes, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|(name, _)| name.ends_with(NOTES));
        let shown: Vec<String> = notes
            .into_iter()
            .filter(|(name, _)| self.request.options.subchart_notes || *name == own_notes)
            .map(|(_, text)| text)
            .collect();
        let sorted = documents::sort(&files, self.request.werf.is_some())?;
        self.warnings.extend(sorted.warnings);
        Ok(Rendered {
            manifests: sorted.manifests,
            hooks: sorted.hooks,
            crds: crds(chart)?,
            notes: if shown.is_empty() { None } else { Some(shown.join("\n")) },
            warnings: self.warnings,
        })
    }
}

/// Where a chart's values come from.
enum Scope {
    Root(Map),
    /// What the parent's templates see.
    Child(Map),
}

/// The section of the parent's values that bears the chart's name.
fn child_values(parent: &Map, name: &str) -> Value {
    let values = parent.get("Values").and_then(|values| values.as_map());
    let section = values.and_then(|values| dependencies::table_at(&values, name));
    Renamed::values(&section.unwrap_or_default())
}

fn depth(path: &str) -> usize {
    path.matches('/').count()
}

fn is_partial(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with('_'))
}

/// The objects below `crds/`. Put together, the texts of one file are the file.
fn crds(chart: &Chart) -> Result<Vec<Manifest>, Error> {
    let mut crds: Vec<Manifest> = Vec::new();
    for (source, file) in chart.crds(chart.name()) {
        let text = String::from_utf8_lossy(&file.data);
        let first = crds.len();
        let mut pending = String::new();
        for piece in pieces(&text) {
            pending.push_str(piece);
            let object = yaml::from_text(piece).map_err(|problem| {
                Error::new(format!("YAML parse error on {source}: error converting YAML to JSON: {problem}"))
            })?;
            // What holds only comments goes with the next object.
            if !object.is_null() {
                crds.push(Manifest { source: source.clone(), text: std::mem::take(&mut pending), object });
            }
        }
        if let Some(last) = crds[first..].last_mut() {
            last.text.push_str(&pending);
        }
    }
    Ok(crds)
}

/// The text cut in front of each line that begins a document.
fn pieces(text: &str) -> Vec<&str> {
    let mut starts: Vec<usize> = text.match_indices("\n---").map(|(at, _)| at + 1).collect();
    starts.insert(0, 0);
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().zip(ends).map(|(start, end)| &text[*start..end]).collect()
}
