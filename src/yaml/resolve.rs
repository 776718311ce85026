//! What an untagged plain scalar means: YAML 1.1 as go-yaml v2 understands it.

use std::sync::LazyLock;

use regex::Regex;

use crate::yaml::node::Value;
use crate::yaml::number;

/// The prefix that `!!` stands for.
pub(crate) const LONG_PREFIX: &str = "tag:yaml.org,2002:";

/// What a scalar resolved to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Resolved {
    /// A value that is not text.
    Other(Value),
    /// Text that looks like a date: read as text, written in quotes.
    Timestamp,
    /// Text.
    Text,
}

impl Resolved {
    /// The tag in its short form, as error messages name it.
    pub(crate) fn short_tag(&self) -> &'static str {
        match self {
            Self::Other(Value::Null) => "!!null",
            Self::Other(Value::Bool(_)) => "!!bool",
            Self::Other(Value::Int(_) | Value::Uint(_)) => "!!int",
            Self::Other(Value::Float(_)) => "!!float",
            Self::Other(_) | Self::Text => "!!str",
            Self::Timestamp => "!!timestamp",
        }
    }
}

/// What `text` means where it stands without quotes and tag.
pub(crate) fn resolve(text: &str) -> Resolved {
    match text.as_bytes().first() {
        None => Resolved::Other(Value::Null),
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => word(text),
        Some(b'.') => dotted(text),
        Some(b'+' | b'-' | b'0'..=b'9') => special(text).unwrap_or_else(|| numeric(text)),
        Some(_) => Resolved::Text,
    }
}

/// Whether the text is a number in base 60 for other YAML 1.1 readers (`12:30`): read as text, written in quotes.
pub(crate) fn is_base60(text: &str) -> bool {
    static BASE60: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$").ok());
    text.contains(':')
        && text.starts_with(['+', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
        && BASE60.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

fn word(text: &str) -> Resolved {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Resolved::Other(Value::Bool(true))
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Resolved::Other(Value::Bool(false))
        }
        "~" | "null" | "Null" | "NULL" => Resolved::Other(Value::Null),
        _ => Resolved::Text,
    }
}

fn special(text: &str) -> Option<Resolved> {
    let number = match text {
        ".nan" | ".NaN" | ".NAN" => f64::NAN,
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => f64::INFINITY,
        "-.inf" | "-.Inf" | "-.INF" => f64::NEG_INFINITY,
        _ => return None,
    };
    Some(Resolved::Other(Value::Float(number)))
}

fn dotted(text: &str) -> Resolved {
    special(text).or_else(|| float(text)).unwrap_or(Resolved::Text)
}

fn numeric(text: &str) -> Resolved {
    if is_timestamp(text) {
        return Resolved::Timestamp;
    }
    let plain = text.replace('_', "");
    if let Some(whole) = number::parse_int(&plain) {
        return Resolved::Other(Value::Int(whole));
    }
    if let Some(whole) = number::parse_uint(&plain) {
        return Resolved::Other(Value::Uint(whole));
    }
    float(&plain).or_else(|| signed_binary(&plain)).unwrap_or(Resolved::Text)
}

fn float(plain: &str) -> Option<Resolved> {
    static FLOAT: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$").ok());
    if !FLOAT.as_ref().is_some_and(|pattern| pattern.is_match(plain)) {
        return None;
    }
    // What does not fit is text in Go, not infinity.
    plain.parse().ok().filter(|number: &f64| number.is_finite()).map(|number| Resolved::Other(Value::Float(number)))
}

/// go-yaml takes a sign behind `0b`.
fn signed_binary(plain: &str) -> Option<Resolved> {
    let digits = plain.strip_prefix("0b")?;
    i64::from_str_radix(digits, 2).ok().map(|whole| Resolved::Other(Value::Int(whole)))
}

/// Whether go-yaml reads a date in the text.
fn is_timestamp(text: &str) -> bool {
    static DATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(concat!(
            r"^[0-9]{4}-([0-9]{1,2})-([0-9]{1,2})",
            r"(?:(?:[Tt]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(?:Z|[-+]([0-9]{2}):([0-9]{2})))",
            r"|(?: +([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?))?$",
        ))
        .ok()
    });
    // The cheap look first: most numbers are no dates.
    if text.as_bytes().get(4) != Some(&b'-') {
        return false;
    }
    let Some(parts) = DATE.as_ref().and_then(|pattern| pattern.captures(text)) else { return false };
    let part = |index: usize| parts.get(index).and_then(|digits| digits.as_str().parse::<u32>().ok());
    let below = |index: usize, limit: u32| part(index).is_none_or(|number| number < limit);
    let year = text[..4].parse().unwrap_or(0);
    let day_fits = matches!((part(1), part(2)), (Some(month), Some(day)) if (1..=days_in(year, month)).contains(&day));
    let clock_fits =
        [(3, 24), (4, 60), (5, 60), (8, 24), (9, 60), (10, 60)].iter().all(|(at, limit)| below(*at, *limit));
    // Go lets an offset be as long as 24:59.
    day_fits && clock_fits && below(6, 25) && below(7, 60)
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_resolve_by_yaml_1_1() {
        let cases = [
            ("", Value::Null),
            ("~", Value::Null),
            ("NULL", Value::Null),
            ("yes", Value::Bool(true)),
            ("y", Value::Bool(true)),
            ("On", Value::Bool(true)),
            ("n", Value::Bool(false)),
            ("OFF", Value::Bool(false)),
            ("0777", Value::Int(511)),
            ("0o17", Value::Int(15)),
            ("0888", Value::Float(888.0)),
            ("1_000", Value::Int(1000)),
            ("-0x1F", Value::Int(-31)),
            ("0b11", Value::Int(3)),
            ("0b-1", Value::Int(-1)),
            ("+5", Value::Int(5)),
            ("12345678901234567890", Value::Uint(12_345_678_901_234_567_890)),
            (".5", Value::Float(0.5)),
            ("1.", Value::Float(1.0)),
            ("685_230.15", Value::Float(685_230.15)),
            ("12e03", Value::Float(12_000.0)),
            ("-.inf", Value::Float(f64::NEG_INFINITY)),
        ];
        for (text, value) in cases {
            assert_eq!(resolve(text), Resolved::Other(value), "{text}");
        }
    }

    #[test]
    fn everything_else_is_text() {
        for text in [
            "1:30",
            "0x",
            "1e",
            "0o8",
            "_1",
            "1e999",
            "-",
            "+",
            ".",
            "..",
            "<<",
            "NaN",
            "truE",
            "yeS",
            "=",
            "2020-13-01",
        ] {
            assert_eq!(resolve(text), Resolved::Text, "{text}");
        }
        for text in [
            "2020-01-01",
            "2020-1-1",
            "2020-02-29",
            "2020-01-01T00:00:00Z",
            "2020-01-01 1:2:3.5",
            "2020-01-01t1:2:3+02:00",
        ] {
            assert_eq!(resolve(text), Resolved::Timestamp, "{text}");
        }
        assert_eq!(resolve("2019-02-29"), Resolved::Text);
    }

    #[test]
    fn base_60_is_recognised() {
        assert!(is_base60("12:30") && is_base60("-1:2:3.4") && is_base60("190:20:30"));
        assert!(!is_base60("12:60") && !is_base60("a:1") && !is_base60("12"));
    }
}
