//! What is wrong with a werf.yaml: where, what is allowed, and the document it stands in.

use std::fmt;

/// A mistake in werf.yaml.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ProjectError {
    /// What is wrong, in one line, literals in backticks.
    pub message: String,
    /// The line of the rendered text that it is about, counted from 1, where there is one.
    pub line: Option<usize>,
    /// What to do about it, where that is known.
    pub hint: Option<String>,
    /// The document it stands in, lines numbered as in the rendered text.
    pub excerpt: Option<String>,
}

impl ProjectError {
    /// A mistake that has no place of its own.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), line: None, hint: None, excerpt: None }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// `line 7: MESSAGE`, then the excerpt below an empty line. The hint is not part of it.
impl fmt::Display for ProjectError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(formatter, "line {line}: ")?;
        }
        formatter.write_str(&self.message)?;
        match &self.excerpt {
            Some(excerpt) => write!(formatter, "\n\n{excerpt}"),
            None => Ok(()),
        }
    }
}

/// Something in werf.yaml that works but is probably not what was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What is odd, in one line, literals in backticks.
    pub message: String,
    /// The line of the rendered text, counted from 1.
    pub line: usize,
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "werf.yaml, line {}: {}", self.line, self.message)
    }
}

/// `known` in backticks, joined by commas, for "allowed: …".
pub(super) fn listed<'a>(known: impl IntoIterator<Item = &'a str>) -> String {
    known.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The one of `known` that `given` was probably meant to be.
pub(super) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = given.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&folded, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= name.chars().count().max(given.chars().count()) / 3)
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_name_is_offered_only_when_it_is_near() {
        let known = ["beforeInstall", "install", "beforeSetup", "setup"];
        assert_eq!(nearest("instal", known), Some("install"));
        assert_eq!(nearest("BEFOREINSTALL", known), Some("beforeInstall"));
        assert_eq!(nearest("volume", known), None);
    }
}
