//! A Helm chart: from files to manifests and release record (pure).

pub mod manifest;
pub mod release;
