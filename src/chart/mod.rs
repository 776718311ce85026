//! A Helm chart: from files to manifests and release record (pure).
//!
//! [`load_directory`], [`load_archive`] and [`load_werf`] make a [`Chart`] of bytes that the caller read;
//! [`values::collect`] lays values files and `--set` over each other; [`render`](render::render) turns both into
//! [`Rendered`](manifest::Rendered). Nothing here opens a file or asks a cluster.

mod archive;
pub mod capabilities;
mod coalesce;
pub mod compatible;
mod dependencies;
mod documents;
pub mod error;
mod ignore;
mod load;
pub mod manifest;
pub mod metadata;
mod objects;
pub mod order;
pub mod pattern;
pub mod print;
pub mod release;
pub mod render;
mod schema;
pub mod set;
pub mod table;
pub mod values;
pub mod werf;

use serde::Deserialize;
use serde::Serialize;

pub use archive::unpack;
pub(crate) use coalesce::to_value;
pub use error::Error;
pub use load::load;
pub use load::load_archive;
pub use load::load_directory;
pub use load::load_werf;
pub use render::render;

use metadata::Lock;
use metadata::Metadata;
use table::Table;

/// A chart with all that came with it, as loaded: nothing is switched off yet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    /// What `Chart.yaml` says.
    pub metadata: Metadata,
    /// The lock, if there is one.
    pub lock: Option<Lock>,
    /// `values.yaml`.
    pub values: Table,
    /// `values.schema.json`.
    pub schema: Option<Vec<u8>>,
    /// Everything below `templates/`.
    pub templates: Vec<ChartFile>,
    /// What is none of the others: what `.Files` sees, `crds/` included.
    pub files: Vec<ChartFile>,
    /// The charts in `charts/`, by name.
    pub dependencies: Vec<Chart>,
    /// What the author should know though the chart loads.
    pub warnings: Vec<String>,
    /// The name it was loaded under, which an alias does not change.
    pub(crate) loaded_name: String,
}

/// A file of a chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartFile {
    /// The path below the chart's directory, with `/`.
    pub name: String,
    /// The content.
    pub data: Vec<u8>,
}

impl ChartFile {
    /// A file.
    pub fn new(name: impl Into<String>, data: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), data: data.into() }
    }
}

impl Chart {
    /// The name, or the alias under which a parent takes it.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// The files below `crds/`, this chart's and then those of its dependencies, each with the path of its chart.
    pub(crate) fn crds(&self, path: &str) -> Vec<(String, &ChartFile)> {
        let extensions = [".yaml", ".yml", ".json"];
        let is_crd = |name: &str| {
            let lower = name.to_ascii_lowercase();
            name.starts_with("crds/") && extensions.iter().any(|extension| lower.ends_with(extension))
        };
        let own = self.files.iter().filter(|file| is_crd(&file.name));
        let mut found: Vec<_> = own.map(|file| (format!("{path}/{}", file.name), file)).collect();
        for child in &self.dependencies {
            found.extend(child.crds(&self.child_path(path, child)));
        }
        found
    }

    /// The path of a sub-chart below this chart's path, such as `app/charts/redis`.
    pub(crate) fn child_path(&self, path: &str, child: &Self) -> String {
        // In Helm what an alias does not list still knows its parent by the name that was loaded.
        let is_renamed = self.metadata.dependencies.is_empty() && self.loaded_name != self.metadata.name;
        match path.rsplit_once('/') {
            Some((above, _)) if is_renamed => format!("{above}/{}/charts/{}", self.loaded_name, child.name()),
            _ => format!("{path}/charts/{}", child.name()),
        }
    }
}
