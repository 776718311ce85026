//! From files to a chart.

use std::collections::BTreeMap;

use crate::chart::Chart;
use crate::chart::ChartFile;
use crate::chart::archive;
use crate::chart::error::Error;
use crate::chart::ignore::Rules;
use crate::chart::metadata::Lock;
use crate::chart::metadata::Metadata;
use crate::chart::table;
use crate::yaml;

/// How big a file of a chart may be: Helm's limit.
pub(crate) const LARGEST_FILE: u64 = 5 << 20;
/// How deep charts may lie in charts: enough for any, too little for one that holds itself.
const DEEPEST: usize = 32;

/// Makes a chart of the files of a directory, `.helmignore` applied; paths relative to it, with `/`.
///
/// # Errors
/// Files above 5 MiB, a bad `.helmignore`, and what [`load`] refuses.
pub fn load_directory(files: Vec<ChartFile>) -> Result<Chart, Error> {
    load(kept(files)?)
}

/// Makes a chart of a werf project's `.helm` directory.
///
/// Without a `Chart.yaml` the chart bears the project's name and version 0.1.0, as werf 1.1 has it.
pub fn load_werf(files: Vec<ChartFile>, project: &str) -> Result<Chart, Error> {
    Loader { synthesised: Some(project), depth: 0 }.load(kept(files)?)
}

/// Makes a chart of a packed one.
pub fn load_archive(packed: &[u8]) -> Result<Chart, Error> {
    load(archive::unpack(packed)?)
}

/// Makes a chart of files, sub-charts in `charts/` (directories and `.tgz`) included.
///
/// # Errors
/// No or a bad `Chart.yaml`, YAML that cannot be read, a sub-chart that is none; texts are Helm's.
pub fn load(files: Vec<ChartFile>) -> Result<Chart, Error> {
    Loader { synthesised: None, depth: 0 }.load(files)
}

/// The data without a byte order mark.
pub(crate) fn without_mark(data: Vec<u8>) -> Vec<u8> {
    match data.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => rest.to_vec(),
        None => data,
    }
}

fn kept(files: Vec<ChartFile>) -> Result<Vec<ChartFile>, Error> {
    let ignore = files.iter().find(|file| file.name == ".helmignore");
    let rules = Rules::parse(&ignore.map(|file| String::from_utf8_lossy(&file.data)).unwrap_or_default())?;
    let mut kept = Vec::with_capacity(files.len());
    for file in files.into_iter().filter(|file| !rules.ignores(&file.name)) {
        if file.data.len() as u64 > LARGEST_FILE {
            let name = file.name.rsplit('/').next().unwrap_or_default();
            let text = format!("chart file {name:?} is larger than the maximum file size {LARGEST_FILE}");
            return Err(Error::new(text));
        }
        kept.push(ChartFile::new(file.name, without_mark(file.data)));
    }
    kept.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(kept)
}

/// What Helm says about `requirements.yaml` in a chart of version 2.
const DEPENDENCIES_MOVED: &str = "Dependencies are handled in Chart.yaml since apiVersion \"v2\". \
                                  We recommend migrating dependencies to Chart.yaml.";
/// What Helm says about `requirements.lock` in a chart of version 2.
const LOCK_MOVED: &str = "Dependency locking is handled in Chart.lock since apiVersion \"v2\". \
                          We recommend migrating to Chart.lock.";

struct Loader<'p> {
    /// The project's name, where a missing `Chart.yaml` is made up.
    synthesised: Option<&'p str>,
    depth: usize,
}

/// The files of each thing in `charts/`, by its name.
type Nested = BTreeMap<String, Vec<ChartFile>>;

impl Loader<'_> {
    fn load(&self, files: Vec<ChartFile>) -> Result<Chart, Error> {
        if self.depth > DEEPEST {
            return Err(Error::new(format!("charts lie more than {DEEPEST} deep in each other")));
        }
        let mut chart = Chart { metadata: self.metadata(&files)?, ..Chart::default() };
        let mut nested = Nested::new();
        for file in files {
            place(&mut chart, &mut nested, file)?;
        }
        chart.metadata.validate()?;
        chart.loaded_name.clone_from(&chart.metadata.name);
        for (name, files) in nested {
            if name.starts_with(['_', '.']) {
                continue;
            }
            let parent = chart.name().to_owned();
            let child = self.nested(&name, files, &parent);
            let child =
                child.map_err(|error| error.within(format_args!("error unpacking subchart {name} in {parent}")))?;
            chart.dependencies.push(child);
        }
        Ok(chart)
    }

    fn metadata(&self, files: &[ChartFile]) -> Result<Metadata, Error> {
        let Some(file) = files.iter().find(|file| file.name == "Chart.yaml") else {
            return match self.synthesised {
                Some(project) => Ok(Metadata::synthesised(project)),
                None => Err(Error::new("Chart.yaml file is missing")),
            };
        };
        let mut metadata: Metadata = decoded(file)?;
        if metadata.api_version.is_empty() {
            "v1".clone_into(&mut metadata.api_version);
        }
        Ok(metadata)
    }

    fn nested(&self, name: &str, files: Vec<ChartFile>, parent: &str) -> Result<Chart, Error> {
        let inner = Loader { synthesised: None, depth: self.depth + 1 };
        if !has_extension(name, ".tgz") {
            // A file that lies in `charts/` itself and is no archive belongs to no chart.
            let below = |file: ChartFile| {
                file.name.split_once('/').map(|(_, rest)| rest.to_owned()).map(|name| ChartFile::new(name, file.data))
            };
            return inner.load(files.into_iter().filter_map(below).collect());
        }
        match files.into_iter().next() {
            Some(file) if file.name == name => inner.load(archive::unpack(&file.data)?),
            other => {
                let got = other.map(|file| file.name).unwrap_or_default();
                Err(Error::new(format!("error unpacking subchart tar in {parent}: expected {name}, got {got}")))
            }
        }
    }
}

fn place(chart: &mut Chart, nested: &mut Nested, file: ChartFile) -> Result<(), Error> {
    match file.name.as_str() {
        "Chart.yaml" => {}
        "Chart.lock" => chart.lock = Some(decoded::<Lock>(&file)?),
        "values.yaml" => {
            chart.values = table::read(&file.data).map_err(|error| error.within("cannot load values.yaml"))?;
        }
        "values.schema.json" => chart.schema = Some(file.data),
        "requirements.yaml" => {
            chart.metadata.dependencies = decoded::<Metadata>(&file)?.dependencies;
            requirements_noticed(chart, file, DEPENDENCIES_MOVED);
        }
        "requirements.lock" => {
            chart.lock = Some(decoded::<Lock>(&file)?);
            requirements_noticed(chart, file, LOCK_MOVED);
        }
        name if name.starts_with("templates/") => chart.templates.push(file),
        name if name.starts_with("charts/") && !has_extension(name, ".prov") => {
            let below = name.trim_start_matches("charts/").to_owned();
            let top = below.split('/').next().unwrap_or_default().to_owned();
            nested.entry(top).or_default().push(ChartFile::new(below, file.data));
        }
        _ => chart.files.push(file),
    }
    Ok(())
}

fn requirements_noticed(chart: &mut Chart, file: ChartFile, advice: &str) {
    if chart.metadata.api_version == "v1" {
        chart.files.push(file);
    } else {
        chart.warnings.push(advice.to_owned());
    }
}

/// Go's `filepath.Ext` of the name.
fn has_extension(name: &str, extension: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    last.rfind('.').is_some_and(|dot| &last[dot..] == extension)
}

fn decoded<T: Default + serde::de::DeserializeOwned>(file: &ChartFile) -> Result<T, Error> {
    let doing = format!("cannot load {}", file.name);
    let value = yaml::from_text(&file.data)
        .map_err(|problem| Error::new(format!("{doing}: error converting YAML to JSON: {problem}")))?;
    if value.is_null() {
        return Ok(T::default());
    }
    serde_json::from_value(value)
        .map_err(|problem| Error::new(format!("{doing}: error unmarshaling JSON: while decoding JSON: {problem}")))
}
