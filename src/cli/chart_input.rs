//! A project's chart with its values, read from files.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use crate::chart;
use crate::chart::Chart;
use crate::chart::ChartFile;
use crate::chart::table;
use crate::chart::table::Table;
use crate::chart::values::Source;
use crate::chart::werf::ServiceValues;
use crate::chart::werf::Werf;
use crate::cli::call::Call;
use crate::cli::chart_files::files_below;
use crate::cli::options::deploy::ValuesArgs;
use crate::cli::options::project::ProjectArgs;
use crate::cli::secret_key;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::secret::Secret;
use crate::model::secret_text::SecretKey;
use crate::model::secret_text::decrypt_values;

/// The chart's own file of secret values, and its directory of secret files.
const SECRET_VALUES: &str = "secret-values.yaml";
const SECRET_FILES: &str = "secret/";

/// A chart and what lies above its own values.
#[derive(Debug, Clone)]
pub(super) struct ChartInput {
    /// The chart.
    pub chart: Chart,
    /// What lies above its own values.
    pub values: Table,
    /// What its templates may use beside Helm's functions.
    pub werf: Werf,
    /// What must not be seen in any output.
    pub secrets: Vec<Secret>,
}

/// Reads the project's chart and everything that makes its values, secrets decrypted in memory only.
pub(super) fn read(
    project: &ProjectArgs,
    arguments: &ValuesArgs,
    service: &ServiceValues,
    call: &Call,
) -> Result<ChartInput, Failure> {
    let directory = arguments.helm_chart_dir.as_ref();
    let directory = directory.map_or_else(|| project.directory(call).join(".helm"), |given| call.resolve(given));
    let files = read_files(&directory)?;
    let mut reader = Secrets { project, arguments, call, key: None, known: Vec::new() };
    let mut sources = Vec::new();
    for path in &arguments.values {
        sources.push(Source::File { name: path.display().to_string(), text: read_text(&call.resolve(path))? });
    }
    if let Some(own) = files.iter().find(|file| file.name == SECRET_VALUES) {
        sources.push(Source::Table(reader.values(SECRET_VALUES, &own.data)?));
    }
    for path in &arguments.secret_values {
        let data = read_text(&call.resolve(path))?;
        sources.push(Source::Table(reader.values(&path.display().to_string(), data.as_bytes())?));
    }
    sources.push(Source::Table(service.table()));
    sources.extend(arguments.set.iter().cloned().map(Source::Set));
    sources.extend(arguments.set_string.iter().cloned().map(Source::SetString));
    let secret_files = reader.files(&files)?;
    let (secret, plain): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|file| file.name == SECRET_VALUES || file.name.starts_with(SECRET_FILES));
    drop(secret);
    Ok(ChartInput {
        chart: chart::load_werf(plain, &service.project)?,
        values: chart::values::collect(&sources)?,
        werf: Werf { env: call.environment.variables().clone(), secret_files },
        secrets: reader.known,
    })
}

fn read_files(directory: &Path) -> Result<Vec<ChartFile>, Failure> {
    let found = files_below(directory)?;
    if found.is_empty() {
        return Err(Failure::new(
            Cause::ChartInvalid,
            format!("read the chart: `{}` does not exist or is empty", directory.display()),
        )
        .hint("put the chart's templates into `.helm/templates`, or name its directory with `--helm-chart-dir`"));
    }
    found.into_iter().map(|(name, path)| Ok(ChartFile::new(name, read_bytes(&path)?))).collect()
}

fn read_bytes(path: &PathBuf) -> Result<Vec<u8>, Failure> {
    std::fs::read(path)
        .map_err(|error| Failure::new(Cause::ChartInvalid, format!("read `{}`", path.display())).because(error))
}

fn read_text(path: &PathBuf) -> Result<String, Failure> {
    Ok(String::from_utf8_lossy(&read_bytes(path)?).into_owned())
}

/// Decrypts; the key is looked for only when there is something to decrypt.
struct Secrets<'call> {
    project: &'call ProjectArgs,
    arguments: &'call ValuesArgs,
    call: &'call Call,
    key: Option<SecretKey>,
    known: Vec<Secret>,
}

impl Secrets<'_> {
    fn key(&mut self) -> Result<SecretKey, Failure> {
        if self.key.is_none() {
            let (directory, home) = (self.project.directory(self.call), self.project.host.home(self.call));
            self.key = Some(secret_key::require(self.call, &directory, &home)?);
        }
        self.key.clone().ok_or_else(|| Failure::new(Cause::Defect, "keep the encryption key"))
    }

    fn values(&mut self, name: &str, text: &[u8]) -> Result<Table, Failure> {
        let sealed = table::read(text).map_err(|error| Failure::from(error.within(format_args!("read `{name}`"))))?;
        if self.arguments.ignore_secret_key || sealed.is_empty() {
            return Ok(sealed);
        }
        let key = self.key()?;
        let plain = decrypt_values(&serde_json::Value::Object(sealed), &key)
            .map_err(|error| Failure::new(Cause::SecretUnreadable, format!("decrypt `{name}`")).because(error))?;
        note_leaves(&plain, &mut self.known);
        Ok(plain.as_object().cloned().unwrap_or_default())
    }

    fn files(&mut self, files: &[ChartFile]) -> Result<BTreeMap<String, Secret>, Failure> {
        let mut plain = BTreeMap::new();
        for file in files {
            let Some(name) = file.name.strip_prefix(SECRET_FILES) else { continue };
            let sealed = String::from_utf8_lossy(&file.data).into_owned();
            let text = if self.arguments.ignore_secret_key {
                Secret::new(sealed)
            } else {
                let opened = self.key()?.decrypt_text(&sealed);
                let failed =
                    |error| Failure::new(Cause::SecretUnreadable, format!("decrypt `{}`", file.name)).because(error);
                Secret::new(opened.map_err(failed)?.as_str())
            };
            self.known.push(text.clone());
            plain.insert(name.to_owned(), text);
        }
        Ok(plain)
    }
}

/// Texts from four characters on are hidden, as 1.1 does; shorter ones would hide half of the log.
fn note_leaves(value: &serde_json::Value, known: &mut Vec<Secret>) {
    match value {
        serde_json::Value::Object(fields) => fields.values().for_each(|below| note_leaves(below, known)),
        serde_json::Value::Array(items) => items.iter().for_each(|below| note_leaves(below, known)),
        serde_json::Value::String(text) if text.chars().count() >= 4 => known.push(Secret::new(text.as_str())),
        _ => {}
    }
}
