//! Registries, by the OCI distribution protocol: the only place that speaks it.
//!
//! One [`Registry`] a process, for any number of registries and calls side by side. What can pass by itself is tried
//! again ([`RetryPolicy`]); what a registry says about its content is checked against the digest.
//!
//! [`RetryPolicy`]: crate::backends::retry::RetryPolicy

mod blobs;
mod challenge;
mod client;
mod docker_config;
mod failures;
mod keychain;
mod manifests;
mod request;
mod tags;
mod token;

pub use crate::backends::registry::blobs::Blob;
pub use crate::backends::registry::blobs::BlobContent;
pub use crate::backends::registry::blobs::BlobOutcome;
pub use crate::backends::registry::client::Registry;
pub use crate::backends::registry::client::RegistryOptions;
pub use crate::backends::registry::docker_config::Helpers;
pub use crate::backends::registry::keychain::Credentials;
pub use crate::backends::registry::keychain::HelperEnvironment;
pub use crate::backends::registry::keychain::Keychain;
pub use crate::backends::registry::manifests::RemoteImage;
pub use crate::backends::registry::manifests::RemoteManifest;
