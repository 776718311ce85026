//! What werf adds to a chart: service values, helpers, the environment and secret files.

mod functions;
mod service;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::model::secret::Secret;
use crate::template::functions::Functions;

pub use service::ImageValues;
pub use service::ServiceValues;
pub use service::TagStrategy;

/// What the templates of a werf project may use beside Helm's functions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Werf {
    /// What `env` and `expandenv` see. The caller gives what the job may show; an unknown variable is empty.
    pub env: BTreeMap<String, String>,
    /// The decrypted files below `.helm/secret`, by their path there. They do not travel with the request.
    #[serde(skip)]
    pub secret_files: BTreeMap<String, Secret>,
}

impl Werf {
    /// The templates of the same names as the functions, for `include`.
    pub(crate) const HELPERS: &str = concat!(
        r#"{{ define "werf_container_image" }}{{ werf_container_image . }}{{ end }}"#,
        r#"{{ define "werf_container_env" }}{{ werf_container_env . }}{{ end }}"#,
        r#"{{ define "image" }}{{ image . }}{{ end }}"#,
        r#"{{ define "image_id" }}{{ image_id . }}{{ end }}"#,
        r#"{{ define "werf_secret_file" }}{{ werf_secret_file . }}{{ end }}"#,
    );

    /// Adds `env`, `expandenv`, `werf_secret_file` and the helpers that name images.
    pub(crate) fn add_functions(&self, functions: &mut Functions) {
        functions::add(self, functions);
    }
}
