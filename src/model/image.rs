//! Images as an engine holds them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::model::oci::Image;

/// An image in an engine's store, with all that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredImage {
    /// The engine's id, `sha256:…`: the config's digest in the classic store, the manifest's (or index's) in the containerd store.
    pub id: String,
    /// Names such as `app:latest`, as the engine prints them.
    pub tags: Vec<String>,
    /// Names with registry digests, such as `node@sha256:…`; empty for what was never pulled or pushed.
    pub repo_digests: Vec<String>,
    /// Bytes on disk, layers shared with others counted too.
    pub size: u64,
    /// Platform, config and `diff_ids`. History is left out: the engine does not tell it here.
    pub image: Image,
}

impl StoredImage {
    /// The labels of its config.
    pub fn labels(&self) -> &BTreeMap<String, String> {
        &self.image.config.labels
    }
}

/// An image as it stands in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedImage {
    /// The engine's id.
    pub id: String,
    /// Names such as `app:latest`; empty for an image without a name.
    pub tags: Vec<String>,
    /// Names with registry digests.
    pub repo_digests: Vec<String>,
    /// The labels of its config.
    pub labels: BTreeMap<String, String>,
    /// When it was made, seconds since 1970.
    pub created: i64,
    /// Bytes on disk.
    pub size: u64,
}
