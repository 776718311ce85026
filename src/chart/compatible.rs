//! Versions and ranges by Masterminds' rules, which Helm goes by.

use std::cmp::Ordering;
use std::sync::LazyLock;

use regex::Captures;
use regex::Regex;
use semver::BuildMetadata;
use semver::Prerelease;
use semver::Version;

/// How a version or a part of a range is written: up to three numbers or wildcards, pre-release, build.
macro_rules! version_pattern {
    ($number:literal) => {
        concat!(
            "v?(",
            $number,
            ")(\\.",
            $number,
            ")?(\\.",
            $number,
            ")?",
            r"(?:-([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?(?:\+([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?"
        )
    };
}

/// The operators of a range; the longer ones first.
const OPERATORS: &str = "!=|>=|=>|<=|=<|~>|>|<|=|~|\\^|";
/// The longest range and the most alternatives that Masterminds reads.
const LONGEST: usize = 512;
const MOST_ALTERNATIVES: usize = 32;

/// Whether `version` is in `range`; not if either cannot be read.
///
/// A pre-release is in a range only if that alternative of the range names one (`>=1.20.0-0`).
pub fn is_compatible(range: &str, version: &str) -> bool {
    let Some(version) = parse(version) else { return false };
    alternatives(range).is_some_and(|range| {
        range.iter().any(|all| {
            let takes_pre = all.iter().any(|bound| !bound.version.pre.is_empty());
            (takes_pre || version.pre.is_empty()) && all.iter().all(|bound| bound.admits(&version))
        })
    })
}

/// Whether the text is a version, loosely (`v1.2`, `1`).
pub fn is_version(text: &str) -> bool {
    parse(text).is_some()
}

/// Reads a version as loosely as Masterminds does; missing numbers are 0.
pub(crate) fn parse(text: &str) -> Option<Version> {
    static VERSION: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(concat!("^", version_pattern!("[0-9]+"), "$")).ok());
    let parts = VERSION.as_ref()?.captures(text)?;
    let number =
        |index: usize| parts.get(index).map_or(Some(0), |part| part.as_str().trim_start_matches('.').parse().ok());
    Some(Version {
        major: number(1)?,
        minor: number(2)?,
        patch: number(3)?,
        pre: Prerelease::new(parts.get(4).map_or("", |pre| pre.as_str())).ok()?,
        build: parts.get(5).and_then(|build| BuildMetadata::new(build.as_str()).ok()).unwrap_or_default(),
    })
}

/// One comparison of a range.
struct Bound {
    operator: String,
    version: Version,
    /// Which numbers are left open, by a wildcard or by not being there.
    open: Open,
}

/// From where on the numbers of a bound are left open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Patch,
    Minor,
    Everything,
}

/// The alternatives of a range, each with bounds that must all hold; nothing if it is no range.
fn alternatives(range: &str) -> Option<Vec<Vec<Bound>>> {
    static HYPHEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let version = version_pattern!(r"[0-9|xX*]+");
        Regex::new(&format!(r"\s*({version})\s+-\s+({version})\s*")).ok()
    });
    if range.len() > LONGEST {
        return None;
    }
    // Groups 1 and 7 are the two ends: each version has five groups of its own.
    let range = HYPHEN.as_ref()?.replace_all(range, |ends: &Captures<'_>| format!(">={}, <={}", &ends[1], &ends[7]));
    let alternatives: Vec<&str> = range.split("||").collect();
    if alternatives.len() > MOST_ALTERNATIVES {
        return None;
    }
    alternatives.into_iter().map(bounds).collect()
}

fn bounds(text: &str) -> Option<Vec<Bound>> {
    static PATTERNS: LazyLock<Option<(Regex, Regex)>> = LazyLock::new(|| {
        let one = format!(r"({OPERATORS})\s*({})", version_pattern!(r"[0-9|xX*]+"));
        let all = Regex::new(&format!(r"^(\s*{one}\s*)((?:\s+|,\s*){one}\s*)*$")).ok()?;
        Some((all, Regex::new(&one).ok()?))
    });
    let (all, one) = PATTERNS.as_ref()?;
    if !all.is_match(text) {
        return None;
    }
    one.captures_iter(text).map(|parts| Bound::parse(&parts)).collect()
}

impl Bound {
    fn parse(parts: &Captures<'_>) -> Option<Self> {
        let given = |index: usize| parts.get(index).map_or("", |part| part.as_str().trim_start_matches('.'));
        let is_open = |index: usize| matches!(given(index), "" | "x" | "X" | "*");
        let open = if is_open(3) {
            Open::Everything
        } else if is_open(4) {
            Open::Minor
        } else if is_open(5) {
            Open::Patch
        } else {
            Open::Nothing
        };
        let number = |index: usize, is_left_open: bool| {
            if is_left_open { Some(0) } else { given(index).parse().ok() }
        };
        let version = Version {
            major: number(3, open == Open::Everything)?,
            minor: number(4, matches!(open, Open::Everything | Open::Minor))?,
            patch: number(5, open != Open::Nothing)?,
            pre: Prerelease::new(given(6)).ok()?,
            build: BuildMetadata::EMPTY,
        };
        Some(Self { operator: parts[1].to_owned(), version, open })
    }

    fn admits(&self, version: &Version) -> bool {
        let order = version.cmp_precedence(&self.version);
        match self.operator.as_str() {
            "" | "=" if self.open == Open::Nothing => order == Ordering::Equal,
            "" | "=" | "~" | "~>" => self.is_near(version, order),
            "!=" => !self.equals(version, order),
            ">" => self.is_exceeded(version, order),
            "<" => order == Ordering::Less,
            ">=" | "=>" => order != Ordering::Less,
            "<=" | "=<" => self.is_not_exceeded(version, order),
            _ => self.is_compatible(version, order),
        }
    }

    /// `~`: the same minor version, as far as it is given.
    fn is_near(&self, version: &Version, order: Ordering) -> bool {
        let bound = &self.version;
        if order == Ordering::Less {
            return false;
        }
        let is_zero = (bound.major, bound.minor, bound.patch) == (0, 0, 0);
        if is_zero && matches!(self.open, Open::Nothing | Open::Everything) {
            return true;
        }
        version.major == bound.major && (version.minor == bound.minor || self.open == Open::Minor)
    }

    fn equals(&self, version: &Version, order: Ordering) -> bool {
        let bound = &self.version;
        match self.open {
            Open::Nothing | Open::Everything => order == Ordering::Equal,
            Open::Minor => version.major == bound.major,
            Open::Patch => version.major == bound.major && version.minor == bound.minor && version.pre == bound.pre,
        }
    }

    /// `>`: above everything that an open number can stand for.
    fn is_exceeded(&self, version: &Version, order: Ordering) -> bool {
        let bound = &self.version;
        match self.open {
            Open::Minor => version.major > bound.major,
            Open::Patch => (version.major, version.minor) > (bound.major, bound.minor),
            Open::Nothing | Open::Everything => order == Ordering::Greater,
        }
    }

    fn is_not_exceeded(&self, version: &Version, order: Ordering) -> bool {
        let bound = &self.version;
        match self.open {
            Open::Nothing => order != Ordering::Greater,
            Open::Minor => version.major <= bound.major,
            Open::Patch | Open::Everything => (version.major, version.minor) <= (bound.major, bound.minor),
        }
    }

    /// `^`: the leftmost number that is not zero stays.
    fn is_compatible(&self, version: &Version, order: Ordering) -> bool {
        let bound = &self.version;
        if order == Ordering::Less || version.major != bound.major {
            return false;
        }
        if bound.major > 0 || self.open == Open::Minor {
            return true;
        }
        if version.minor != bound.minor {
            return false;
        }
        bound.minor > 0 || self.open == Open::Patch || version.patch == bound.patch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_admit_what_masterminds_admits() {
        let cases = [
            ("", "1.2.3", false),
            ("*", "1.2.3", true),
            ("1.2.3", "1.2.3", true),
            ("1.2", "1.2.9", true),
            ("1.2", "1.3.0", false),
            ("1.x.x", "1.9.9", true),
            ("^1.2.3", "1.9.0", true),
            ("^1.2.3", "2.0.0", false),
            ("^0.2.3", "0.2.9", true),
            ("^0.2.3", "0.3.0", false),
            ("^0.0.3", "0.0.4", false),
            ("~1.2.3", "1.2.9", true),
            ("~1.2.3", "1.3.0", false),
            ("~1", "1.9.0", true),
            (">=1.20.0", "v1.30.1-gke.100", false),
            (">=1.20.0-0", "v1.30.1-gke.100", true),
            (">=1.2, <2 || 3.x", "3.4.5", true),
            (">=1.2 <2", "1.5.0", true),
            ("1.2 - 1.4", "1.4.5", true),
            ("1.2 - 1.4", "1.5.0", false),
            ("!=1.2.x", "1.2.3", false),
            (">1.2", "1.2.9", false),
            (">1.2", "1.3.0", true),
            (">11", "11.1.0", false),
            ("<=1.2", "1.2.9", true),
            ("nonsense", "1.0.0", false),
            ("1.0.0", "nonsense", false),
        ];
        for (range, version, expected) in cases {
            assert_eq!(is_compatible(range, version), expected, "{range} {version}");
        }
    }

    #[test]
    fn versions_are_read_loosely() {
        assert!(is_version("1") && is_version("v1.2") && is_version("1.2.3-rc.1+b"));
        assert!(!is_version("") && !is_version("one") && !is_version("1.2.3.4"));
    }
}
