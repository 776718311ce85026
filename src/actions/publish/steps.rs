//! What is published: names, configs, and whether anything is to be done.

use serde::Deserialize;
use serde::Serialize;

use crate::actions::publish::PublishedImage;
use crate::backends::registry::RemoteImage;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::oci::Image;
use crate::model::reference::Reference;

/// The label that tells what content an image has: its signature.
pub const CONTENT_LABEL: &str = "werf-content-signature";

/// A tag and why it is that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// `stages-signature`, `custom`, `git-tag`, `git-branch` or `git-commit`.
    pub strategy: String,
    /// The tag; for a monorepo without the image's name.
    pub value: String,
}

/// One name of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The tag.
    pub tag: Tag,
    /// The whole name.
    pub reference: Reference,
}

/// Whether the registry has this content under the tag already.
pub(super) fn is_up_to_date(present: &RemoteImage, image: &PublishedImage) -> bool {
    present.image.config.labels.get(CONTENT_LABEL) == Some(&image.signature)
}

/// The published image's config: the last stage's, with the labels by which a published image is known.
pub(super) fn config(
    project: &str,
    image: &PublishedImage,
    target: &Target,
    stage: &Image,
) -> Result<Vec<u8>, Failure> {
    let mut published = stage.clone();
    let labels = [
        ("werf", project),
        ("werf-image", "true"),
        ("werf-image-name", image.name.as_str()),
        ("werf-image-tag", target.tag.value.as_str()),
        ("werf-tag-strategy", target.tag.strategy.as_str()),
        (CONTENT_LABEL, image.signature.as_str()),
    ];
    published.config.labels.extend(labels.map(|(name, value)| (name.to_owned(), value.to_owned())));
    serde_json::to_vec(&published).map_err(|error| Failure::new(Cause::Defect, "write an image config").because(error))
}
