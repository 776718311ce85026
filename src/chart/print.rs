//! A rendered chart as text.

use serde::Deserialize;
use serde::Serialize;

use crate::chart::documents;
use crate::chart::error::Error;
use crate::chart::manifest::HookEvent;
use crate::chart::manifest::Manifest;
use crate::chart::manifest::Rendered;
use crate::chart::pattern::PathPattern;

/// What `helm template` prints beside the objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Printed {
    /// `--include-crds`: the objects below `crds/` first.
    pub crds: bool,
    /// Hooks too, which `--no-hooks` leaves out.
    pub hooks: bool,
    /// Hooks of the event `test` too, which `--skip-tests` leaves out.
    pub tests: bool,
}

impl Default for Printed {
    fn default() -> Self {
        Self { crds: false, hooks: true, tests: true }
    }
}

/// The manifest that a release stores: every object with its source, without hooks.
pub fn render_manifest_text(rendered: &Rendered, crds: bool) -> String {
    let mut text = if crds { crd_files(&rendered.crds) } else { String::new() };
    text.extend(rendered.manifests.iter().map(section));
    text
}

/// What `helm template` prints: the manifest, then the hooks.
pub fn template_text(rendered: &Rendered, printed: Printed) -> String {
    let manifest = render_manifest_text(rendered, printed.crds);
    let mut text = format!("{}\n", manifest.trim());
    if printed.hooks {
        let wanted = rendered.hooks.iter().filter(|hook| printed.tests || !hook.events.contains(&HookEvent::Test));
        text.extend(wanted.map(|hook| section(&hook.manifest)));
    }
    text
}

/// What `helm template --show-only` leaves of its output: the documents whose source matches, pattern by pattern.
///
/// # Errors
/// A pattern that matches no source.
pub fn show_only(text: &str, patterns: &[String]) -> Result<String, Error> {
    let documents = documents::split(text);
    let mut out = String::new();
    for wanted in patterns {
        let before = out.len();
        let pattern = PathPattern::parse(wanted).ok();
        for document in &documents {
            let Some(source) = source_below_chart(document) else { continue };
            if pattern.as_ref().is_some_and(|pattern| pattern.matches(source)) {
                out.extend(["---\n", document, "\n"]);
            }
        }
        if out.len() == before {
            return Err(Error::new(format!("could not find template {wanted} in chart")));
        }
    }
    Ok(out)
}

fn source_below_chart(document: &str) -> Option<&str> {
    let line = document.lines().find_map(|line| line.split_once("# Source: ")).map(|(_, source)| source)?;
    line.split_once('/').map(|(_, below)| below)
}

fn section(manifest: &Manifest) -> String {
    format!("---\n# Source: {}\n{}\n", manifest.source, manifest.text)
}

/// The files below `crds/` as they stand there.
fn crd_files(crds: &[Manifest]) -> String {
    let mut out = String::new();
    for file in crds.chunk_by(|one, other| one.source == other.source) {
        out.extend(["---\n# Source: ", &file[0].source, "\n"]);
        out.extend(file.iter().map(|manifest| manifest.text.as_str()));
        out.push('\n');
    }
    out
}
