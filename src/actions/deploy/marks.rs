//! Annotations and labels of a job on objects as text (pure).

use std::collections::BTreeMap;

use super::dress::Dress;
use crate::chart::manifest::Manifest;
use crate::chart::manifest::Rendered;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::yaml::emit;

/// Gives every object and hook of `rendered` the annotations and labels, also in its text, which is written anew then.
///
/// # Errors
/// `ManifestRejected` if an object's annotations or labels are no texts.
pub fn marked(
    rendered: &mut Rendered,
    annotations: &BTreeMap<String, String>,
    labels: &BTreeMap<String, String>,
) -> Result<(), Failure> {
    let dress = Dress { annotations, labels, owner: None, namespace: None };
    for manifest in &mut rendered.manifests {
        mark(manifest, &dress)?;
    }
    for hook in &mut rendered.hooks {
        mark(&mut hook.manifest, &dress)?;
    }
    Ok(())
}

fn mark(manifest: &mut Manifest, dress: &Dress<'_>) -> Result<(), Failure> {
    let refused = |why: String| Failure::new(Cause::ManifestRejected, format!("`{}`: {why}", manifest.source));
    let object = dress.mark(&manifest.object).map_err(refused)?;
    manifest.text = emit::to_string(&object).map_err(|error| refused(error.to_string()))?;
    manifest.object = object;
    Ok(())
}
