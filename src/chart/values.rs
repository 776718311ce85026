//! Where values come from, and in which order they are laid over each other.

use serde::Deserialize;
use serde::Serialize;

use crate::chart::error::Error;
use crate::chart::set;
use crate::chart::table;
use crate::chart::table::Table;

/// One source of values, already read by the caller.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A values file: its name for messages, its text.
    File {
        /// Such as `values-production.yaml`.
        name: String,
        /// The YAML.
        text: String,
    },
    /// Values as data, such as werf's service values or decrypted secret values.
    Table(Table),
    /// The argument of `--set-json`.
    SetJson(String),
    /// The argument of `--set`.
    Set(String),
    /// The argument of `--set-string`.
    SetString(String),
    /// `--set-file`: the key, and the content of the file.
    SetFile {
        /// The key, in `--set`'s syntax.
        key: String,
        /// What the file holds.
        text: String,
    },
    /// The argument of `--set-literal`.
    SetLiteral(String),
}

/// Lays the sources over each other, later ones above.
///
/// Helm's order is files, `--set-json`, `--set`, `--set-string`, `--set-file`, `--set-literal`. werf's is `--values`,
/// `secret-values.yaml`, `--secret-values`, service values, `--set`, `--set-string`; the chart's own `values.yaml`
/// always lies below and is not among the sources. The caller brings them in order.
pub fn collect(sources: &[Source]) -> Result<Table, Error> {
    let mut values = Table::new();
    for source in sources {
        apply(&mut values, source)?;
    }
    Ok(values)
}

fn apply(values: &mut Table, source: &Source) -> Result<(), Error> {
    match source {
        Source::File { name, text } => {
            let read =
                table::read(text.as_bytes()).map_err(|error| error.within(format_args!("failed to parse {name}")))?;
            table::overlay(values, read);
            Ok(())
        }
        Source::Table(above) => {
            table::overlay(values, above.clone());
            Ok(())
        }
        Source::SetJson(text) => json(values, text),
        Source::Set(text) => set::typed(text, values).map_err(|error| error.within("failed parsing --set data")),
        Source::SetString(text) => {
            set::strings(text, values).map_err(|error| error.within("failed parsing --set-string data"))
        }
        Source::SetFile { key, text } => {
            set::file(key, text, values).map_err(|error| error.within("failed parsing --set-file data"))
        }
        Source::SetLiteral(text) => {
            set::literal(text, values).map_err(|error| error.within("failed parsing --set-literal data"))
        }
    }
}

/// A whole object is laid over; anything else is `key=JSON`.
fn json(values: &mut Table, text: &str) -> Result<(), Error> {
    let text = text.trim();
    if !text.starts_with('{') {
        return set::json(text, values)
            .map_err(|error| error.within(format_args!("failed parsing --set-json data {text}")));
    }
    let object: Table = serde_json::from_str(text)
        .map_err(|problem| Error::new(format!("failed parsing --set-json data JSON: {text}: {problem}")))?;
    for (key, value) in object {
        table::overlay(values, Table::from_iter([(key, table::floats(value))]));
    }
    Ok(())
}
