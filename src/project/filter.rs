//! Which paths `includePaths`, `excludePaths` and stage dependencies mean.
//!
//! A pattern means a path when it matches the path itself or a directory above it; `**` stands for any number of
//! directories. What is included and also excluded is excluded.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use globset::GlobBuilder;
use globset::GlobSet;
use globset::GlobSetBuilder;

/// Patterns for paths below one directory.
#[derive(Debug, Clone)]
pub struct PathFilter {
    include: Option<GlobSet>,
    exclude: Option<GlobSet>,
}

/// What a filter says of a directory or file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is taken with all below it.
    Whole,
    /// It is taken; of what is below it some is not.
    Partly,
    /// It is not taken itself; something below it may be.
    Inside,
    /// Neither it nor anything below it is taken.
    Nothing,
}

impl PathFilter {
    /// A filter that takes what `include` means (all if that is empty) without what `exclude` means.
    ///
    /// # Errors
    ///
    /// When a pattern is malformed: the pattern and why.
    pub fn new(include: &[String], exclude: &[String]) -> Result<Self, String> {
        let set = |patterns: &[String]| if patterns.is_empty() { Ok(None) } else { compile(patterns).map(Some) };
        Ok(Self { include: set(include)?, exclude: set(exclude)? })
    }

    /// Whether everything is taken.
    pub fn takes_all(&self) -> bool {
        self.include.is_none() && self.exclude.is_none()
    }

    /// Whether the file at `path` is taken; `path` has no leading slash.
    pub fn takes(&self, path: &[u8]) -> bool {
        let excluded = self.exclude.as_ref().is_some_and(|set| means(set, path));
        !excluded && self.include.as_ref().is_none_or(|set| means(set, path))
    }

    /// What becomes of the directory at `path`, when the directory above it gave `above`.
    pub fn verdict(&self, path: &[u8], above: Verdict) -> Verdict {
        let matched = |set: &GlobSet| set.is_match(as_path(path));
        match above {
            Verdict::Nothing | Verdict::Whole => above,
            _ if self.exclude.as_ref().is_some_and(matched) => Verdict::Nothing,
            Verdict::Partly => Verdict::Partly,
            Verdict::Inside if self.include.as_ref().is_some_and(matched) => self.taken(),
            Verdict::Inside => Verdict::Inside,
        }
    }

    /// What becomes of the directory that paths are relative to.
    pub fn root(&self) -> Verdict {
        if self.include.is_none() { self.taken() } else { Verdict::Inside }
    }

    fn taken(&self) -> Verdict {
        if self.exclude.is_some() { Verdict::Partly } else { Verdict::Whole }
    }
}

/// Whether `set` matches `path` or a directory above it.
fn means(set: &GlobSet, path: &[u8]) -> bool {
    let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(index, _)| index);
    ends.chain([path.len()]).any(|end| set.is_match(as_path(&path[..end])))
}

fn as_path(path: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(path))
}

fn compile(patterns: &[String]) -> Result<GlobSet, String> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let plain = pattern.trim_start_matches("./").trim_end_matches('/');
        let text = if matches!(plain, "" | ".") { "**" } else { plain };
        let glob = GlobBuilder::new(text).literal_separator(true).backslash_escape(true).build();
        set.add(glob.map_err(|error| format!("pattern `{pattern}`: {}", error.kind()))?);
    }
    set.build().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::PathFilter;
    use super::Verdict;

    fn filter(include: &[&str], exclude: &[&str]) -> PathFilter {
        let own = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        PathFilter::new(&own(include), &own(exclude)).unwrap()
    }

    #[test]
    fn a_pattern_means_what_it_matches_and_what_is_below() {
        let takes = |pattern: &str, path: &str| filter(&[pattern], &[]).takes(path.as_bytes());
        assert!(takes("src", "src/a/b.js"));
        assert!(takes("s*", "src/a/b.js"));
        assert!(takes("*.js", "b.js"));
        assert!(!takes("*.js", "src/b.js"));
        assert!(takes("**/*.js", "b.js"));
        assert!(takes("**/*.js", "src/a/b.js"));
        assert!(takes("**", "src/a"));
        assert!(takes(".", "src/a"));
        assert!(takes("src/**/*", "src/a/b"));
        assert!(!takes("src", "source/a"));
        assert!(takes("{a,b}/c", "b/c/d"));
    }

    #[test]
    fn what_is_excluded_stays_out_though_it_is_included() {
        let filter = filter(&["src"], &["**/*.md", "src/vendor"]);
        assert!(filter.takes(b"src/a.js"));
        assert!(!filter.takes(b"src/a.md"));
        assert!(!filter.takes(b"src/vendor/x.js"));
        assert!(!filter.takes(b"lib/a.js"));
    }

    #[test]
    fn a_directory_is_taken_whole_only_where_nothing_is_excluded() {
        assert_eq!(filter(&[], &[]).root(), Verdict::Whole);
        assert_eq!(filter(&["a"], &[]).verdict(b"a", Verdict::Inside), Verdict::Whole);
        assert_eq!(filter(&["a"], &["x"]).verdict(b"a", Verdict::Inside), Verdict::Partly);
        assert_eq!(filter(&[], &["x"]).verdict(b"x", Verdict::Partly), Verdict::Nothing);
        assert_eq!(filter(&["a/b"], &[]).verdict(b"a", Verdict::Inside), Verdict::Inside);
    }

    #[test]
    fn a_malformed_pattern_is_refused() {
        assert!(PathFilter::new(&["[a".to_owned()], &[]).unwrap_err().contains("[a"));
    }
}
