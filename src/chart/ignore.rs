//! `.helmignore`, with Helm's quirks.

use crate::chart::error::Error;
use crate::chart::pattern::PathPattern;

/// The rules of a `.helmignore`, and the one that is always there: dot files in `templates/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rules(Vec<Rule>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    pattern: PathPattern,
    negated: bool,
    directories_only: bool,
    scope: Scope,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// The pattern holds a slash: the whole path counts.
    Path,
    /// Only the last part counts.
    Name,
}

impl Rules {
    /// The rules that `text` gives.
    ///
    /// # Errors
    /// `**` and patterns that cannot be read.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let mut rules = Vec::new();
        for line in text.trim_start_matches('\u{feff}').lines().chain(["templates/.?*"]) {
            rules.extend(Rule::parse(line.trim())?);
        }
        Ok(Self(rules))
    }

    /// Whether the file at `path`, or a directory above it, is left out.
    pub(crate) fn ignores(&self, path: &str) -> bool {
        let directories = path.match_indices('/').map(|(end, _)| &path[..end]);
        directories.into_iter().any(|directory| self.leaves_out(directory, true)) || self.leaves_out(path, false)
    }

    /// The first rule that says something decides. Quirk: what a negated rule does *not* match is left out.
    fn leaves_out(&self, path: &str, is_directory: bool) -> bool {
        for rule in &self.0 {
            let applies = (is_directory || !rule.directories_only) && rule.matches(path);
            if applies != rule.negated {
                return true;
            }
        }
        false
    }
}

impl Rule {
    fn parse(line: &str) -> Result<Option<Self>, Error> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(None);
        }
        if line.contains("**") {
            return Err(Error::new("double-star (**) syntax is not supported").hint(format!(
                "`.helmignore` has the line `{line}`; name the directory itself, what is below it goes with it"
            )));
        }
        let negated = line.starts_with('!');
        let rest = line.strip_prefix('!').unwrap_or(line);
        let directories_only = rest.ends_with('/');
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let scope = if rest.contains('/') { Scope::Path } else { Scope::Name };
        let pattern = PathPattern::parse(rest.strip_prefix('/').unwrap_or(rest));
        let pattern = pattern.map_err(|problem| Error::new(problem.to_string()))?;
        Ok(Some(Self { pattern, negated, directories_only, scope }))
    }

    fn matches(&self, path: &str) -> bool {
        let subject = match self.scope {
            Scope::Path => path,
            Scope::Name => path.rsplit('/').next().unwrap_or(path),
        };
        self.pattern.matches(subject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_names_paths_and_directories() {
        let rules = Rules::parse("# note\n*.bak\n/top.txt\ndocs/\nci/*.yaml\n").unwrap();
        for path in ["a.bak", "x/a.bak", "top.txt", "docs/a.md", "x/docs/y", "ci/a.yaml", "templates/.swp"] {
            assert!(rules.ignores(path), "{path}");
        }
        for path in ["x/top.txt", "docs.md", "ci/x/a.yaml", "templates/a.yaml", "docs"] {
            assert!(!rules.ignores(path), "{path}");
        }
    }

    #[test]
    fn a_negated_rule_leaves_out_all_it_does_not_match() {
        let rules = Rules::parse("!keep.txt").unwrap();
        assert!(!rules.ignores("keep.txt"));
        assert!(rules.ignores("other.txt"));
    }

    #[test]
    fn double_stars_are_refused() {
        assert_eq!(Rules::parse("a/**").unwrap_err().to_string(), "double-star (**) syntax is not supported");
        assert_eq!(Rules::parse("[").unwrap_err().to_string(), "syntax error in pattern");
    }
}
