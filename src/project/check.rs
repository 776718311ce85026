//! What documents must be to one another: names are unique, references exist, nothing needs itself.

use crate::project::error::ProjectError;
use crate::project::error::listed;
use crate::project::error::nearest;
use crate::project::image::From;
use crate::project::image::Image;
use crate::project::image::Recipe;
use crate::project::image::Role;

/// Checks all images together.
pub(super) fn check(images: &[Image]) -> Result<(), ProjectError> {
    names(images)?;
    images.iter().try_for_each(|image| references(image, images))?;
    images.iter().try_for_each(|image| cycle(image, images, &mut Vec::new()))
}

fn at(image: &Image, message: String) -> ProjectError {
    ProjectError { line: Some(image.line), ..ProjectError::new(message) }
}

fn names(images: &[Image]) -> Result<(), ProjectError> {
    if !images.iter().any(|image| image.role == Role::Image) && images.is_empty() {
        return Err(ProjectError::new("at least one image is required")
            .hint("add a document with `image: NAME` and `from: DOCKER_IMAGE`"));
    }
    for (index, image) in images.iter().enumerate() {
        if let Some(first) = images[..index].iter().find(|other| other.name == image.name) {
            let message = format!("the name `{}` is taken twice, here and on line {}", image.shown_name(), first.line);
            return Err(at(image, message));
        }
    }
    let published = images.iter().filter(|image| image.role == Role::Image);
    match images.iter().find(|image| image.name.is_empty()) {
        Some(image) if published.count() > 1 => Err(at(image, "a nameless image must be the only image".to_owned())),
        _ => Ok(()),
    }
}

fn references(image: &Image, images: &[Image]) -> Result<(), ProjectError> {
    let Recipe::Stapel(stapel) = &image.recipe else { return Ok(()) };
    if let From::Image(name) = &stapel.from {
        exists(image, name, "fromImage", images)?;
    }
    stapel.imports.iter().try_for_each(|import| exists(image, &import.from, "import", images))
}

fn exists(image: &Image, name: &str, key: &str, images: &[Image]) -> Result<(), ProjectError> {
    if images.iter().any(|other| other.name == name) {
        return Ok(());
    }
    let known = || images.iter().map(|image| image.name.as_str()).filter(|name| !name.is_empty());
    let message =
        format!("`{key}` of `{}`: no image or artifact `{name}`; there are: {}", image.shown_name(), listed(known()));
    let error = at(image, message);
    Err(match nearest(name, known()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    })
}

/// Walks what `image` needs; `path` is the way here.
fn cycle<'a>(image: &'a Image, images: &'a [Image], path: &mut Vec<&'a str>) -> Result<(), ProjectError> {
    if let Some(start) = path.iter().position(|name| *name == image.name) {
        let round = [&path[start..], &[image.name.as_str()]].concat().join(" -> ");
        return Err(at(image, format!("images need each other in a circle: {round}")));
    }
    path.push(&image.name);
    for name in image.needs() {
        if let Some(needed) = images.iter().find(|other| other.name == name) {
            cycle(needed, images, path)?;
        }
    }
    path.pop();
    Ok(())
}
