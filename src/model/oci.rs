//! Images as the OCI and Docker formats write them: config, manifest, descriptor.
//!
//! Keys that we do not know are kept, in their place and unchanged: a config that goes through us loses nothing.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::model::digest::Digest;

/// Media types of what a registry holds.
pub mod media_type {
    /// An OCI image manifest.
    pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    /// An OCI index: one manifest a platform.
    pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
    /// An OCI image config.
    pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
    /// A layer as a plain tar archive.
    pub const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
    /// A layer as a gzip-compressed tar archive.
    pub const OCI_LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
    /// A Docker image manifest, schema 2.
    pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
    /// A Docker manifest list: one manifest a platform.
    pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
    /// A Docker image config.
    pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
    /// A Docker layer as a gzip-compressed tar archive.
    pub const DOCKER_LAYER_GZIP: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
}

/// Content in a registry or an OCI layout, by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What the content is, one of [`media_type`].
    pub media_type: String,
    /// The digest of the content as it is stored (compressed, if it is).
    pub digest: Digest,
    /// The length of the content in bytes.
    pub size: u64,
    /// Everything else it says: platform, annotations, urls.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Descriptor {
    /// The descriptor of `content`.
    pub fn of(media_type: &str, content: &[u8]) -> Self {
        Self::new(media_type, Digest::of(content), content.len() as u64)
    }

    /// A descriptor that says nothing else.
    pub fn new(media_type: &str, digest: Digest, size: u64) -> Self {
        Self { media_type: media_type.to_owned(), digest, size, other: Map::new() }
    }
}

/// A manifest: which config and layers make an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Always 2.
    pub schema_version: u32,
    /// OCI's or Docker's manifest type; empty where an OCI manifest leaves it out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub media_type: String,
    /// Where the image config is.
    pub config: Descriptor,
    /// The layers from the lowest up.
    pub layers: Vec<Descriptor>,
    /// Everything else it says.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Manifest {
    /// An OCI manifest of these parts.
    pub fn oci(config: Descriptor, layers: Vec<Descriptor>) -> Self {
        Self { schema_version: 2, media_type: media_type::OCI_MANIFEST.to_owned(), config, layers, other: Map::new() }
    }
}

/// An index or manifest list: the same image for several platforms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// Always 2.
    pub schema_version: u32,
    /// OCI's or Docker's index type.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub media_type: String,
    /// The manifests; a manifest's platform is in its descriptor's `other`.
    pub manifests: Vec<Descriptor>,
    /// Everything else it says.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Index {
    /// The manifest for that operating system and architecture, such as `linux`, `amd64`. Attestations are passed over.
    pub fn manifest_for(&self, os: &str, architecture: &str) -> Option<&Descriptor> {
        let fits = |platform: &Value| platform["os"] == os && platform["architecture"] == architecture;
        self.manifests.iter().find(|manifest| manifest.other.get("platform").is_some_and(fits))
    }
}

/// The file that describes an image: how to run it and of which layers it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// The processor, such as `amd64`.
    pub architecture: String,
    /// The operating system, such as `linux`.
    pub os: String,
    /// When it was made, RFC 3339; empty for not said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub created: String,
    /// How a container of it runs.
    #[serde(default, deserialize_with = "null_is_default")]
    pub config: ImageConfig,
    /// Its layers.
    pub rootfs: RootFs,
    /// How each layer came to be; engines show it, nothing depends on it.
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<History>,
    /// Everything else it says.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Image {
    /// An image without layers for that platform.
    pub fn scratch(os: &str, architecture: &str) -> Self {
        Self {
            architecture: architecture.to_owned(),
            os: os.to_owned(),
            created: String::new(),
            config: ImageConfig::default(),
            rootfs: RootFs { kind: "layers".to_owned(), diff_ids: Vec::new() },
            history: Vec::new(),
            other: Map::new(),
        }
    }
}

/// The layers of an image by what they unpack to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootFs {
    /// Always `layers`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The digests of the uncompressed layers from the lowest up.
    #[serde(default, deserialize_with = "null_is_default")]
    pub diff_ids: Vec<Digest>,
}

/// How one layer, or a change of the config alone, came to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// When, RFC 3339; empty for not said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub created: String,
    /// By which command or stage.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub created_by: String,
    /// Whether it made no layer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub empty_layer: bool,
    /// Everything else it says.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// How a container of an image runs. A field that is not there is not written; `Some` of nothing is written empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ImageConfig {
    /// `USER[:GROUP]`, names or numbers; empty for root.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Ports such as `80/tcp`.
    #[serde(default, with = "members", skip_serializing_if = "BTreeSet::is_empty")]
    pub exposed_ports: BTreeSet<String>,
    /// `NAME=VALUE`, in order.
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<String>,
    /// What always runs; `None` for not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<Vec<String>>,
    /// What runs, or the entrypoint's arguments; `None` for not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cmd: Option<Vec<String>>,
    /// Paths that are volumes.
    #[serde(default, with = "members", skip_serializing_if = "BTreeSet::is_empty")]
    pub volumes: BTreeSet<String>,
    /// Where it runs; empty for `/`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub working_dir: String,
    /// Labels of the image.
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The signal that ends it, such as `SIGQUIT`; empty for not said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stop_signal: String,
    /// Docker's health check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<Healthcheck>,
    /// Docker's instructions for images built upon this one.
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "Vec::is_empty")]
    pub on_build: Vec<String>,
    /// Docker's shell for shell-form instructions.
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "Vec::is_empty")]
    pub shell: Vec<String>,
    /// Everything else it says.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Docker's health check: durations in nanoseconds, 0 for the engine's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Healthcheck {
    /// `["NONE"]`, `["CMD", …]` or `["CMD-SHELL", command]`.
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "Vec::is_empty")]
    pub test: Vec<String>,
    /// Time between two checks.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub interval: i64,
    /// Time one check may take.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub timeout: i64,
    /// Time in which failures do not count.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub start_period: i64,
    /// Time between two checks while starting.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub start_interval: i64,
    /// Failures in a row that make it unhealthy.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retries: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's `skip_serializing_if` passes a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// A set, which the format writes as an object whose values are empty objects.
mod members {
    use std::collections::BTreeSet;

    use serde::Deserialize;
    use serde::Deserializer;
    use serde::Serializer;
    use serde_json::Map;
    use serde_json::Value;

    pub(super) fn serialize<S: Serializer>(set: &BTreeSet<String>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(set.iter().map(|member| (member, Map::<String, Value>::new())))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<String>, D::Error> {
        let map = Option::<Map<String, Value>>::deserialize(deserializer)?.unwrap_or_default();
        Ok(map.into_iter().map(|(member, _)| member).collect())
    }
}

/// Docker writes `null` for what is empty.
fn null_is_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;

    use super::Image;
    use super::ImageConfig;
    use super::Index;

    #[test]
    fn a_config_loses_nothing() {
        let digest = crate::model::digest::Digest::of(b"");
        let text = json!({
            "architecture": "amd64", "os": "linux", "variant": "v2", "created": "2020-01-01T00:00:00Z",
            "config": {
                "User": "app", "ExposedPorts": {"80/tcp": {}}, "Env": ["A=b"], "Entrypoint": [], "Cmd": ["a \"b\""],
                "Labels": {"x": "y"}, "ArgsEscaped": true, "OnBuild": ["RUN x"], "Healthcheck": {"Test": ["NONE"]},
            },
            "rootfs": {"type": "layers", "diff_ids": [digest]},
            "history": [{"created_by": "x", "comment": "buildkit"}],
            "moby.buildkit.cache.v0": "…",
        });
        let image: Image = serde_json::from_value(text.clone()).unwrap();
        assert_eq!(serde_json::to_value(image).unwrap(), text);
    }

    #[test]
    fn null_means_empty() {
        let config: ImageConfig =
            serde_json::from_value(json!({"Labels": null, "Cmd": null, "Volumes": null})).unwrap();
        assert_eq!(config, ImageConfig::default());
        assert_eq!(serde_json::to_value(config).unwrap(), json!({}));
    }

    #[test]
    fn an_index_answers_for_a_platform() {
        let digest = crate::model::digest::Digest::of(b"");
        let entry = |os: &str, architecture: &str, size: u64| -> Value {
            json!({"mediaType": "m", "digest": digest, "size": size, "platform": {"os": os, "architecture": architecture}})
        };
        let index =
            json!({"schemaVersion": 2, "manifests": [entry("unknown", "unknown", 1), entry("linux", "amd64", 2)]});
        let index: Index = serde_json::from_value(index).unwrap();
        assert_eq!(index.manifest_for("linux", "amd64").map(|manifest| manifest.size), Some(2));
        assert_eq!(index.manifest_for("linux", "arm64"), None);
    }
}
