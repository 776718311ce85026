//! The objects that a record names.

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::record::HookRecord;
use super::record::Record;
use crate::chart::manifest::Hook;
use crate::chart::manifest::Manifest;

/// A part of a record that is no object.
#[derive(Debug, Error)]
#[error("`{place}` of revision {revision} is no readable object")]
pub struct ContentsError {
    /// The template or hook.
    place: String,
    /// The revision.
    revision: u64,
    source: serde_yaml::Error,
}

impl Record {
    /// The objects of the revision, hooks left out, in the order in which they were installed.
    pub fn manifests(&self) -> Result<Vec<Manifest>, ContentsError> {
        let documents = documents(&self.manifest);
        let read = documents.into_iter().map(|(source, text)| self.manifest_of(source, text));
        read.filter(|read| read.as_ref().map_or(true, |manifest| !manifest.object.is_null())).collect()
    }

    /// The hooks of the revision.
    pub fn hook_manifests(&self) -> Result<Vec<Hook>, ContentsError> {
        self.hooks.iter().map(|hook| self.hook_of(hook)).collect()
    }

    fn hook_of(&self, hook: &HookRecord) -> Result<Hook, ContentsError> {
        Ok(Hook {
            manifest: self.manifest_of(&hook.path, &hook.manifest)?,
            events: hook.events.clone(),
            weight: hook.weight,
            delete_policies: hook.delete_policies.clone(),
            output_log_policies: hook.output_log_policies.clone(),
        })
    }

    fn manifest_of(&self, source: &str, text: &str) -> Result<Manifest, ContentsError> {
        let object = Value::deserialize(serde_yaml::Deserializer::from_str(text));
        let object = object.map_err(|error| ContentsError {
            place: source.to_owned(),
            revision: self.revision,
            source: error,
        })?;
        Ok(Manifest { source: source.to_owned(), text: text.to_owned(), object })
    }
}

/// Splits a manifest text into its documents, each with the template named in its `# Source:` line.
fn documents(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_end() == "---" {
            found.push(&text[start..at]);
            start = at + line.len();
        }
        at += line.len();
    }
    found.push(&text[start..]);
    found.into_iter().filter(|document| !is_empty(document)).map(with_source).collect()
}

fn is_empty(document: &str) -> bool {
    document.lines().all(|line| line.trim().is_empty() || line.starts_with('#'))
}

fn with_source(document: &str) -> (&str, &str) {
    let (first, body) = document.split_once('\n').unwrap_or((document, ""));
    match first.strip_prefix("# Source: ") {
        Some(source) => (source.trim(), body),
        None => ("", document),
    }
}

#[cfg(test)]
mod tests {
    use super::documents;

    #[test]
    fn documents_know_their_templates() {
        let text = "---\n# Source: a/templates/x.yaml\nkind: A\n---\n# Source: a/templates/y.yaml\nkind: B\ntext: |\n  a\n  ---x\n---\n# only a comment\n";
        let found = documents(text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], ("a/templates/x.yaml", "kind: A\n"));
        assert_eq!(found[1].0, "a/templates/y.yaml");
        assert!(found[1].1.contains("---x"));
    }
}
