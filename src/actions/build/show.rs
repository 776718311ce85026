//! What a build says.

use std::num::NonZeroUsize;

use jiff::Timestamp;

use crate::actions::build::execute::Task;
use crate::actions::stages::chain::Link;
use crate::actions::stages::survey::Survey;
use crate::model::image::StoredImage;
use crate::model::stage::StageName;
use crate::project::Image;
use crate::project::Recipe;
use crate::project::Role;
use crate::report::Block;
use crate::report::JobLog;
use crate::report::Style;

/// How an image's block is called.
pub(super) fn title(image: &Image) -> String {
    match image.role {
        Role::Image => format!("⛵ image {}", image.shown_name()),
        Role::Artifact => format!("🛸 artifact {}", image.shown_name()),
    }
}

/// The colour of an image's block.
pub(super) fn style(image: &Image) -> Style {
    match image.role {
        Role::Image => Style::Image,
        Role::Artifact => Style::Artifact,
    }
}

/// Which images are built after which.
pub(super) fn plan(log: &JobLog, sets: &[Vec<&Image>], limit: Option<NonZeroUsize>) {
    let most = limit.map_or(String::new(), |limit| format!(" (no more than {limit} images at the same time)"));
    let block = log.note(format!("Concurrent builds plan{most}"), Style::Highlight);
    for (index, set) in sets.iter().enumerate() {
        if index > 0 {
            block.blank();
        }
        block.styled(Style::Highlight, format!("Set #{index}:"));
        for image in set {
            block.styled(Style::Highlight, format!("- {}", title(image)));
        }
    }
    block.done();
}

/// A stage that exists.
pub(super) fn reused(image: &Image, link: &Link, survey: &Survey, (log, project, below): (&JobLog, &str, Option<u64>)) {
    log.styled(Style::Highlight, format!("Use cache image for {}/{}", image.shown_name(), link.stage));
    let Some(found) = survey.images.get(&link.signature) else { return };
    let created = Timestamp::from_second(found.created).map(shown_time).unwrap_or_default();
    log.details(&details(project, link, (&found.id, created, found.size), below));
}

/// Opens the block of a stage that is made; `reason` says why.
pub(super) fn building(task: Task<'_>, reason: Option<&str>) -> Block {
    let title = format!("Building stage {}/{}", task.image.shown_name(), task.link.stage);
    let block = task.log.block(title, Style::Highlight);
    if let Some(reason) = reason {
        block.styled(Style::Details, format!("{}: {reason}", task.link.stage));
    }
    block
}

/// Closes the block of a stage that was made: `image`, upon one of `below` bytes.
pub(super) fn built(block: Block, task: Task<'_>, image: &StoredImage, (project, below): (&str, Option<u64>)) {
    let created = image.image.created.parse().map(shown_time).unwrap_or_default();
    let mut pairs = details(project, task.link, (&image.id, created, image.size), below);
    if let Some(lines) = instructions(task) {
        pairs.push(("instructions", lines));
    }
    block.info(&pairs);
    block.done();
}

fn instructions(task: Task<'_>) -> Option<String> {
    let Recipe::Stapel(stapel) = &task.image.recipe else { return None };
    let docker = stapel.docker.as_ref().filter(|_| task.link.stage == StageName::DockerInstructions)?;
    Some(docker.lines().join("\n"))
}

/// What is said of a base image that was pulled.
pub(super) fn pulled(image: &StoredImage) -> [(&'static str, String); 2] {
    [("image_id", short(&image.id).to_owned()), ("size", bytes(image.size))]
}

fn short(id: &str) -> &str {
    let digits = id.strip_prefix("sha256:").unwrap_or(id);
    digits.get(..12).unwrap_or(digits)
}

fn details<'a>(
    project: &str,
    link: &Link,
    (id, created, size): (&str, String, u64),
    below: Option<u64>,
) -> Vec<(&'a str, String)> {
    let mut pairs = vec![
        ("repository", format!("werf-stages-storage/{project}")),
        ("image_id", short(id).to_owned()),
        ("created", created),
        ("tag", link.signature.to_string()),
    ];
    pairs.push(match below {
        Some(below) => ("diff", bytes(size.saturating_sub(below))),
        None => ("size", bytes(size)),
    });
    pairs
}

fn shown_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `217 B`, `5.1 KiB`, `1.9 MiB`.
pub(super) fn bytes(number: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if number < 1024 {
        return format!("{number} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "one digit behind the point is shown")]
    let mut value = number as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_shown_as_werf_does() {
        assert_eq!([bytes(217), bytes(5222), bytes(1_982_604)], ["217 B", "5.1 KiB", "1.9 MiB"]);
    }
}
