//! `.dockerignore`, as Docker reads it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use globset::GlobBuilder;
use globset::GlobMatcher;

use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// Which files of a context are left out: of the rules that match a path or a directory above it, the last one counts.
#[derive(Debug, Clone, Default)]
pub struct Ignore(Vec<Rule>);

#[derive(Debug, Clone)]
struct Rule {
    glob: GlobMatcher,
    keeps: bool,
}

impl Ignore {
    /// Reads the text of a `.dockerignore`.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(rule).collect::<Result<_, _>>().map(Self)
    }

    /// Whether the file at `path` is left out.
    pub fn ignores(&self, path: &[u8]) -> bool {
        let matches = |rule: &&Rule| {
            let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(index, _)| index);
            ends.chain([path.len()]).any(|end| rule.glob.is_match(Path::new(OsStr::from_bytes(&path[..end]))))
        };
        self.0.iter().rev().find(matches).is_some_and(|rule| !rule.keeps)
    }
}

fn rule(line: &str) -> Result<Rule, Failure> {
    let (keeps, pattern) = match line.strip_prefix('!') {
        Some(rest) => (true, rest.trim()),
        None => (false, line),
    };
    let plain = pattern.trim_start_matches("./").trim_matches('/');
    let plain = if plain == "." { "**" } else { plain };
    let glob = GlobBuilder::new(plain).literal_separator(true).backslash_escape(true).build();
    let glob = glob.map_err(|error| {
        Failure::new(Cause::ProjectInvalid, format!("`.dockerignore`: pattern `{pattern}`")).because(error)
    })?;
    Ok(Rule { glob: glob.compile_matcher(), keeps })
}

#[cfg(test)]
mod tests {
    use super::Ignore;

    #[test]
    fn the_last_rule_that_matches_counts() {
        let ignore = Ignore::parse("# all\n*\n!src\nsrc/*.md\n**/secret").unwrap();
        let ignored = |path: &str| ignore.ignores(path.as_bytes());
        assert!(ignored("a.js") && ignored("src/a.md") && ignored("src/x/secret"));
        assert!(!ignored("src/a.js") && !ignored("src/x/a.md"));
    }
}
