//! Ranges of versions, such as `>=1.2 <2 || ~3.1.x`.

use std::sync::LazyLock;

use ::regex::Captures;
use ::regex::Regex;

use crate::template::format;
use crate::template::functions::FunctionError;
use crate::template::functions::semver::version::Version;
use crate::template::functions::semver::version::compare_prereleases;

/// The longest text that is looked at.
const LONGEST: usize = 512;

/// The most alternatives.
const MOST: usize = 32;

const OPERATOR: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";
const NUMBERS: &str = r"v?([0-9|xX*]+)(\.[0-9|xX*]+)?(\.[0-9|xX*]+)?";
const SUFFIX: &str = r"(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?";

/// One comparison; group 1 is the operator, 2 the version, 3 to 5 its numbers, 6 the prerelease with its hyphen.
static ONE: Pattern = LazyLock::new(|| pattern(r"^\s*(OP)\s*(VERSION)\s*$"));
/// The comparisons of an alternative.
static EACH: Pattern = LazyLock::new(|| pattern(r"(OP)\s*(VERSION)"));
/// An alternative: comparisons with commas or spaces between them.
static ALTERNATIVE: Pattern =
    LazyLock::new(|| pattern(r"^(\s*(OP)\s*(VERSION)\s*)((?:\s+|,\s*)(OP)\s*(VERSION)\s*)*$"));
/// `1.2 - 1.4`; groups 1 and 11 are the bounds.
static SPAN: Pattern = LazyLock::new(|| pattern(r"\s*(VERSION)\s+-\s+(VERSION)\s*"));

type Pattern = LazyLock<Option<Regex>>;

fn pattern(template: &str) -> Option<Regex> {
    let text = template.replace("OP", OPERATOR).replace("VERSION", &format!("{NUMBERS}{SUFFIX}"));
    // White space is Go's.
    Regex::new(&text.replace(r"\s", r"[\t\n\f\r ]")).ok()
}

/// Alternatives of comparisons that all must hold.
#[derive(Debug)]
pub(super) struct Constraints(Vec<Vec<Constraint>>);

impl Constraints {
    /// Reads ranges as the operators `= != > < >= <= ~ ~> ^`, `x` and `*`, `-`, `,`, spaces and `||` make them.
    pub(super) fn parse(text: &str) -> Result<Self, FunctionError> {
        if text.len() > LONGEST {
            return Err(FunctionError::new(format!("constraint string is too long (max {LONGEST} bytes)")));
        }
        let text = without_spans(text);
        if text.split("||").count() > MOST {
            return Err(FunctionError::new(format!("too many constraint groups (max {MOST})")));
        }
        text.split("||").map(alternative).collect::<Result<_, _>>().map(Self)
    }

    /// Whether the version is in one of the ranges. A prerelease only is where the alternative names one.
    pub(super) fn allow(&self, version: &Version) -> bool {
        self.0.iter().any(|group| {
            let of_prereleases = group.iter().any(|constraint| constraint.version.is_prerelease());
            (of_prereleases || !version.is_prerelease()) && group.iter().all(|constraint| constraint.allows(version))
        })
    }
}

fn without_spans(text: &str) -> String {
    let span = |found: &Captures<'_>| format!(">= {}, <= {} ", &found[1], &found[11]);
    SPAN.as_ref().map_or_else(|| text.to_owned(), |regex| regex.replace_all(text, span).into_owned())
}

fn improper(text: &str) -> FunctionError {
    FunctionError::new(format!("improper constraint: {}", format::quoted(text.as_bytes())))
}

fn alternative(text: &str) -> Result<Vec<Constraint>, FunctionError> {
    if !ALTERNATIVE.as_ref().is_some_and(|regex| regex.is_match(text)) {
        return Err(improper(text));
    }
    let Some(each) = EACH.as_ref() else { return Err(improper(text)) };
    each.find_iter(text).map(|found| Constraint::parse(found.as_str())).collect()
}

/// How a version is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Tilde,
    Caret,
}

impl Operator {
    fn of(text: &str) -> Self {
        match text {
            "!=" => Self::NotEqual,
            ">" => Self::Greater,
            "<" => Self::Less,
            ">=" | "=>" => Self::GreaterOrEqual,
            "<=" | "=<" => Self::LessOrEqual,
            "~" | "~>" => Self::Tilde,
            "^" => Self::Caret,
            _ => Self::Equal,
        }
    }
}

/// Which number of a constraint's version is the first that is left out or an `x`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    None,
    Major,
    Minor,
    Patch,
}

/// One comparison.
#[derive(Debug)]
struct Constraint {
    operator: Operator,
    version: Version,
    open: Open,
}

impl Constraint {
    fn parse(text: &str) -> Result<Self, FunctionError> {
        let found = ONE.as_ref().and_then(|regex| regex.captures(text)).ok_or_else(|| improper(text))?;
        let group = |index: usize| found.get(index).map_or("", |found| found.as_str());
        let is_open = |part: &str| matches!(part, "" | "x" | "X" | "*" | ".x" | ".X" | ".*");
        let (major, minor, patch, pre) = (group(3), group(4), group(5), group(6));
        let (open, version) = match () {
            () if is_open(major) => (Open::Major, format!("0.0.0{pre}")),
            () if is_open(minor) => (Open::Minor, format!("{major}.0.0{pre}")),
            () if is_open(patch) => (Open::Patch, format!("{major}{minor}.0{pre}")),
            () => (Open::None, group(2).to_owned()),
        };
        let version = Version::parse(&version).map_err(|_| FunctionError::new("constraint parser error"))?;
        Ok(Self { operator: Operator::of(group(1)), version, open })
    }

    fn allows(&self, version: &Version) -> bool {
        let order = version.compare(&self.version);
        match self.operator {
            Operator::Equal if self.open == Open::None => order.is_eq(),
            Operator::Equal | Operator::Tilde => order.is_ge() && self.is_about(version),
            Operator::NotEqual => self.differs(version),
            Operator::Greater => self.is_exceeded_by(version),
            Operator::Less => order.is_lt(),
            Operator::GreaterOrEqual => order.is_ge(),
            Operator::LessOrEqual => self.reaches(version),
            Operator::Caret => order.is_ge() && self.is_compatible(version),
        }
    }

    /// `~1.2.3` and `1.2.x`: the same as far as the minor version, or as it is given.
    fn is_about(&self, version: &Version) -> bool {
        let own = &self.version;
        let is_zero = (own.major, own.minor, own.patch) == (0, 0, 0);
        if is_zero && matches!(self.open, Open::None | Open::Major) {
            return true;
        }
        version.major == own.major && (version.minor == own.minor || self.open == Open::Minor)
    }

    fn differs(&self, version: &Version) -> bool {
        let own = &self.version;
        match self.open {
            Open::Major | Open::None => version.compare(own).is_ne(),
            Open::Minor => version.major != own.major,
            Open::Patch if (version.major, version.minor) != (own.major, own.minor) => true,
            Open::Patch => compare_prereleases(&version.pre, &own.pre).is_ne(),
        }
    }

    /// `>1.2` begins at 1.3.
    fn is_exceeded_by(&self, version: &Version) -> bool {
        let own = &self.version;
        match self.open {
            Open::Minor => version.major > own.major,
            Open::Patch => (version.major, version.minor) > (own.major, own.minor),
            Open::Major | Open::None => version.compare(own).is_gt(),
        }
    }

    /// `<=1.2` ends at the last of 1.2.
    fn reaches(&self, version: &Version) -> bool {
        let own = &self.version;
        match self.open {
            Open::None => version.compare(own).is_le(),
            Open::Minor => version.major <= own.major,
            Open::Major | Open::Patch => (version.major, version.minor) <= (own.major, own.minor),
        }
    }

    /// `^1.2.3`: no change of the leftmost number that is not 0.
    fn is_compatible(&self, version: &Version) -> bool {
        let own = &self.version;
        if own.major > 0 || self.open == Open::Minor {
            return version.major == own.major;
        }
        if version.major > 0 {
            return false;
        }
        if own.minor > 0 || self.open == Open::Patch {
            return version.minor == own.minor;
        }
        version.minor == 0 && version.patch == own.patch
    }
}

#[cfg(test)]
mod tests {
    use super::Constraints;
    use crate::template::functions::semver::version::Version;

    #[test]
    fn ranges() {
        for (range, version, allowed) in [
            (">=1.20-0", "v1.20.3-gke.1", true),
            (">=1.20", "v1.20.3-gke.1", false),
            ("^0.2.3", "0.3.0", false),
            ("~1.2", "1.2.9", true),
            ("1.2 - 1.4", "1.4.5", true),
            (">1.2, <2 || 3.x", "3.9", true),
            ("*", "1.0.0-a", false),
        ] {
            let allows = Constraints::parse(range).unwrap().allow(&Version::parse(version).unwrap());
            assert_eq!(allows, allowed, "{range} {version}");
        }
        assert_eq!(Constraints::parse("a||1").unwrap_err().to_string(), "improper constraint: \"a\"");
    }
}
