//! Versions: how they are read, written and ordered.

use std::cmp::Ordering;
use std::fmt;
use std::iter;
use std::num::IntErrorKind;

use crate::template::format;
use crate::template::functions::FunctionError;

/// The longest text that is looked at.
const LONGEST: usize = 256;

/// A version that keeps what it was written as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) major: u64,
    pub(super) minor: u64,
    pub(super) patch: u64,
    /// What stands behind the hyphen; empty for a release.
    pub(super) pre: String,
    /// What stands behind the plus; does not count when versions are compared.
    pub(super) metadata: String,
    /// As it was written.
    pub(super) original: String,
}

impl Version {
    /// Reads a version; missing numbers are 0, a `v` in front and zeros in front of numbers are taken.
    pub(super) fn parse(text: &str) -> Result<Self, FunctionError> {
        if text.len() > LONGEST {
            return Err(FunctionError::new(format!("version string is too long (max {LONGEST} bytes)")));
        }
        let Some((numbers, pre, metadata)) = parts(text) else { return Err(invalid()) };
        let mut numbers = numbers.split('.').map(number);
        let mut next = || numbers.next().unwrap_or(Ok(0));
        let (major, minor, patch) = (next()?, next()?, next()?);
        check_prerelease(pre)?;
        let (pre, metadata) = (pre.to_owned(), metadata.to_owned());
        Ok(Self { major, minor, patch, pre, metadata, original: text.to_owned() })
    }

    /// The same as a version that nobody wrote; a `v` stays in front of what `original` shows.
    pub(super) fn rewritten(mut self) -> Self {
        let prefix = if self.original.starts_with('v') { "v" } else { "" };
        self.original = format!("{prefix}{self}");
        self
    }

    /// Whether anything says that it comes before the release.
    pub(super) fn is_prerelease(&self) -> bool {
        !self.pre.is_empty()
    }

    /// The order of versions; metadata does not count.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let numbers = |version: &Self| (version.major, version.minor, version.patch);
        numbers(self).cmp(&numbers(other)).then_with(|| match (self.is_prerelease(), other.is_prerelease()) {
            (true, true) => compare_prereleases(&self.pre, &other.pre),
            (left, right) => right.cmp(&left),
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if self.is_prerelease() {
            write!(formatter, "-{}", self.pre)?;
        }
        if !self.metadata.is_empty() {
            write!(formatter, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

fn invalid() -> FunctionError {
    FunctionError::new("invalid semantic version")
}

/// The numbers, the prerelease and the metadata, where the text has the form of a version.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (rest, metadata) = split_suffix(text, '+')?;
    let (numbers, pre) = split_suffix(rest, '-')?;
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let well_formed = numbers.split('.').count() <= 3 && numbers.split('.').all(is_number);
    well_formed.then_some((numbers, pre, metadata))
}

/// What stands before and behind `mark`; nothing if what is behind is no dotted identifiers.
fn split_suffix(text: &str, mark: char) -> Option<(&str, &str)> {
    let Some((rest, suffix)) = text.split_once(mark) else { return Some((text, "")) };
    suffix.split('.').all(is_identifier).then_some((rest, suffix))
}

fn is_identifier(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn number(digits: &str) -> Result<u64, FunctionError> {
    digits.parse().map_err(|error: std::num::ParseIntError| {
        let reason = match error.kind() {
            IntErrorKind::PosOverflow => "value out of range",
            _ => "invalid syntax",
        };
        let digits = format::quoted(digits.as_bytes());
        FunctionError::new(format!("error parsing version segment: strconv.ParseUint: parsing {digits}: {reason}"))
    })
}

/// Numbers in a prerelease have no zero in front.
pub(super) fn check_prerelease(pre: &str) -> Result<(), FunctionError> {
    let zero_in_front =
        |part: &str| part.len() > 1 && part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit());
    if pre.is_empty() {
        return Ok(());
    }
    for part in pre.split('.') {
        if !is_identifier(part) {
            return Err(FunctionError::new("invalid prerelease string"));
        }
        if zero_in_front(part) {
            return Err(FunctionError::new("version segment starts with 0"));
        }
    }
    Ok(())
}

/// Metadata is dotted identifiers.
pub(super) fn check_metadata(metadata: &str) -> Result<(), FunctionError> {
    if metadata.is_empty() || metadata.split('.').all(is_identifier) {
        return Ok(());
    }
    Err(FunctionError::new("invalid metadata string"))
}

/// Part by part; nothing is less than something, and a number less than a word.
pub(super) fn compare_prereleases(left: &str, right: &str) -> Ordering {
    let padded = |text: &'_ str, count: usize| -> Vec<String> {
        text.split('.').chain(iter::repeat("")).take(count).map(str::to_owned).collect()
    };
    let count = left.split('.').count().max(right.split('.').count());
    let pairs = iter::zip(padded(left, count), padded(right, count));
    pairs.map(|(left, right)| compare_parts(&left, &right)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

fn compare_parts(left: &str, right: &str) -> Ordering {
    if left.is_empty() || right.is_empty() {
        return left.len().min(1).cmp(&right.len().min(1));
    }
    match (left.parse::<u64>(), right.parse::<u64>()) {
        (Ok(left), Ok(right)) => left.cmp(&right),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => left.cmp(right),
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn versions_are_ordered_as_the_specification_orders_them() {
        let ordered =
            ["0.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11", "v1"];
        let versions: Vec<_> = ordered.iter().map(|text| Version::parse(text).unwrap()).collect();
        assert!(versions.is_sorted_by(|left, right| left.compare(right).is_lt()));
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in ["", "v", "1.", "1.2.3.4", "1.2.3-", "1.2.3+", "a", " 1", "1.2.3-a..b", "V1", "1.2.3-01", "-1"] {
            assert!(Version::parse(text).is_err(), "{text}");
        }
        assert_eq!(Version::parse("v01.2-a+b.c").unwrap().to_string(), "1.2.0-a+b.c");
    }
}
