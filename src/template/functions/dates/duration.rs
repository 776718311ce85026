//! Go's `time.Duration`.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;

use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::functions::Signature;
use crate::template::object::Object;
use crate::template::object::Shape;
use crate::template::text::Text;
use crate::template::value::Value;

/// A span of time in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Duration(pub(super) i64);

const UNITS: &[(&str, u64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// The units of `durationRound`: days and all that is longer, which Go has no units for.
const LONG_UNITS: &[(&str, u64)] = &[
    ("y", 365 * 24 * 3_600_000_000_000),
    ("mo", 30 * 24 * 3_600_000_000_000),
    ("d", 24 * 3_600_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
];

/// The magnitude of the least duration.
const LIMIT: u64 = 1 << 63;

impl Duration {
    pub(super) const SECOND: Self = Self(1_000_000_000);

    /// Reads such as `-1h30m`, `1.5s`.
    pub(super) fn parse(text: &[u8]) -> Result<Self, FunctionError> {
        let refused = |what: &str| FunctionError::new(format!("time: {what} {}", quoted(text)));
        let (negative, unsigned) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            other => (false, other),
        };
        if unsigned == b"0" {
            return Ok(Self(0));
        }
        let total = magnitude(unsigned).map_err(|what| refused(&what))?;
        match (negative, i64::try_from(total)) {
            (true, _) => Ok(Self(0_i64.wrapping_sub_unsigned(total))),
            (false, Ok(total)) => Ok(Self(total)),
            (false, Err(_)) => Err(refused("invalid duration")),
        }
    }

    /// The multiple of `unit` that is nearest, halves away from zero.
    pub(super) fn rounded(self, unit: Self) -> Self {
        if unit.0 <= 0 {
            return self;
        }
        let rest = self.0 % unit.0;
        let toward_zero = self.0 - rest;
        if rest.unsigned_abs() * 2 < unit.0.unsigned_abs() {
            return Self(toward_zero);
        }
        Self(if self.0 < 0 { toward_zero.saturating_sub(unit.0) } else { toward_zero.saturating_add(unit.0) })
    }

    /// The number of the greatest unit that it exceeds, and the unit.
    pub(super) fn in_one_unit(self) -> String {
        let magnitude = self.0.unsigned_abs();
        let unit = LONG_UNITS.iter().find(|(_, size)| magnitude > *size);
        unit.map_or_else(|| "0s".to_owned(), |(name, size)| format!("{}{name}", magnitude / size))
    }

    #[expect(clippy::cast_precision_loss, reason = "Go's conversion, which this is")]
    fn in_units(self, unit: i64) -> f64 {
        let (whole, rest) = (self.0 / unit, self.0 % unit);
        whole as f64 + rest as f64 / unit as f64
    }

    fn truncated(self, unit: Self) -> Self {
        if unit.0 <= 0 { self } else { Self(self.0 - self.0 % unit.0) }
    }

    /// The duration that a value is: one itself, or a whole number as a template writes it.
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Int(nanoseconds, _) => Some(Self(*nanoseconds)),
            Value::Object(object) => {
                let object: &dyn Any = object.as_ref();
                object.downcast_ref::<Self>().copied()
            }
            _ => None,
        }
    }
}

/// Numbers with units, summed up. What is wrong otherwise.
fn magnitude(text: &[u8]) -> Result<u64, String> {
    let invalid = || "invalid duration".to_owned();
    let mut rest = text;
    let mut total = 0_u64;
    while total == 0 || !rest.is_empty() {
        let (part, after) = term(rest)?;
        total = total.checked_add(part).filter(|total| *total <= LIMIT).ok_or_else(invalid)?;
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    Ok(total)
}

/// The first number with its unit, in nanoseconds, and what follows.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "Go computes fractions in floats"
)]
fn term(text: &[u8]) -> Result<(u64, &[u8]), String> {
    let invalid = || "invalid duration".to_owned();
    let (whole, rest) = leading_digits(text);
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => leading_digits(rest),
        other => (&[][..], other),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(invalid());
    }
    let end = rest.iter().position(|byte| *byte == b'.' || byte.is_ascii_digit()).unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    let Some((_, unit)) = UNITS.iter().find(|(unit, _)| unit.as_bytes() == name) else {
        let unknown = format!("unknown unit {} in duration", quoted(name));
        return Err(if name.is_empty() { "missing unit in duration".to_owned() } else { unknown });
    };
    let whole = number(whole).and_then(|whole| whole.checked_mul(*unit)).filter(|whole| *whole <= LIMIT);
    let (digits, scale) = fraction_of(fraction);
    let part = (digits as f64 * (*unit as f64 / scale)) as u64;
    let sum = whole.and_then(|whole| whole.checked_add(part)).filter(|sum| *sum <= LIMIT).ok_or_else(invalid)?;
    Ok((sum, after))
}

fn leading_digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len()))
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
}

/// As many digits as fit, as a number, and what to divide it by.
fn fraction_of(digits: &[u8]) -> (u64, f64) {
    let (mut sum, mut scale) = (0_u64, 1.0);
    for digit in digits {
        if sum > (LIMIT - 1) / 10 {
            break;
        }
        sum = sum * 10 + u64::from(digit - b'0');
        scale *= 10.0;
    }
    (sum, scale)
}

/// The text in double quotes as package time writes it: what is beyond ASCII byte by byte.
pub(super) fn quoted(text: &[u8]) -> String {
    let mut out = String::from("\"");
    for byte in text {
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b' '..=b'~' | 0x7F => out.push(char::from(*byte)),
            other => out.extend(["\\x", &hex::encode([*other])]),
        }
    }
    out + "\""
}

/// Such as `1h0m5s`, `1.5ms`.
impl fmt::Display for Duration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        if self.0 < 0 {
            formatter.write_str("-")?;
        }
        match magnitude {
            0 => formatter.write_str("0s"),
            1..1_000 => write!(formatter, "{magnitude}ns"),
            1_000..1_000_000 => write!(formatter, "{}µs", with_fraction(magnitude, 1_000)),
            1_000_000..1_000_000_000 => write!(formatter, "{}ms", with_fraction(magnitude, 1_000_000)),
            _ => {
                let minutes = magnitude / 60_000_000_000;
                match (minutes / 60, minutes % 60) {
                    (0, 0) => {}
                    (0, minutes) => write!(formatter, "{minutes}m")?,
                    (hours, minutes) => write!(formatter, "{hours}h{minutes}m")?,
                }
                write!(formatter, "{}s", with_fraction(magnitude % 60_000_000_000, 1_000_000_000))
            }
        }
    }
}

/// The number of units with as many digits behind the point as there are.
fn with_fraction(nanoseconds: u64, unit: u64) -> String {
    let width = usize::try_from(unit.ilog10()).unwrap_or(0);
    let text = format!("{}.{:0width$}", nanoseconds / unit, nanoseconds % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

const ASKING: Signature = Signature::new(&[]);
const ROUNDING: Signature = Signature::new(&[Param::Any]);

/// The methods without arguments.
const METHODS: &[&str] =
    &["Hours", "Minutes", "Seconds", "Milliseconds", "Microseconds", "Nanoseconds", "String", "Abs"];

impl Object for Duration {
    fn type_name(&self) -> Cow<'static, str> {
        "time.Duration".into()
    }

    fn shape(&self) -> Shape {
        Shape::Scalar(Value::int64(self.0))
    }

    fn method(&self, name: &str) -> Option<Signature> {
        match name {
            "Round" | "Truncate" => Some(ROUNDING),
            _ => METHODS.contains(&name).then_some(ASKING),
        }
    }

    fn call(&self, name: &str, _: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
        let unit = args.all().first().and_then(Self::of).unwrap_or(Self(0));
        Ok(match name {
            "Hours" => self.in_units(3_600_000_000_000).into(),
            "Minutes" => self.in_units(60_000_000_000).into(),
            "Seconds" => self.in_units(1_000_000_000).into(),
            "Milliseconds" => Value::int64(self.0 / 1_000_000),
            "Microseconds" => Value::int64(self.0 / 1_000),
            "Nanoseconds" => Value::int64(self.0),
            "Abs" => Value::object(Self(self.0.saturating_abs())),
            "Round" => Value::object(self.rounded(unit)),
            "Truncate" => Value::object(self.truncated(unit)),
            _ => self.to_string().into(),
        })
    }

    fn display(&self) -> Option<Text> {
        Some(self.to_string().into())
    }
}

/// A named number that prints as a word: `time.Month`, `time.Weekday`.
#[derive(Debug)]
pub(super) struct Named {
    /// Its type.
    pub(super) kind: &'static str,
    /// The number.
    pub(super) number: i64,
    /// What it prints as.
    pub(super) name: &'static str,
}

impl Object for Named {
    fn type_name(&self) -> Cow<'static, str> {
        self.kind.into()
    }

    fn shape(&self) -> Shape {
        Shape::Scalar(self.number.into())
    }

    fn method(&self, name: &str) -> Option<Signature> {
        (name == "String").then_some(ASKING)
    }

    fn call(&self, _: &str, _: &mut Context<'_>, _: Args<'_>) -> Result<Value, FunctionError> {
        Ok(self.name.into())
    }

    fn display(&self) -> Option<Text> {
        Some(self.name.into())
    }
}

#[cfg(test)]
mod tests {
    use super::Duration;

    #[test]
    fn durations_read_and_write() {
        for (text, shown) in [
            ("1h", "1h0m0s"),
            ("-1.5h", "-1h30m0s"),
            ("90m5s", "1h30m5s"),
            ("1ms5us", "1.005ms"),
            ("0", "0s"),
            (".5s", "500ms"),
            ("3µs", "3µs"),
            ("-9223372036854775808ns", "-2562047h47m16.854775808s"),
        ] {
            assert_eq!(Duration::parse(text.as_bytes()).unwrap().to_string(), shown, "{text}");
        }
        for (text, what) in [
            ("", "invalid duration"),
            ("5", "missing unit in duration"),
            ("1x", "unknown unit \"x\" in duration"),
            ("9223372036854775808ns", "invalid duration"),
            (".s", "invalid duration"),
        ] {
            let expected = format!("time: {what} {}", super::quoted(text.as_bytes()));
            assert_eq!(Duration::parse(text.as_bytes()).unwrap_err().to_string(), expected);
        }
    }
}
