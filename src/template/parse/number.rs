//! Number literals: Go's constants, which are of every type that can hold them.

use crate::template::format;
use crate::template::value::Value;

/// A number as written, with its value in each type that can hold it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::template) struct Number {
    /// As written.
    pub(in crate::template) text: String,
    /// As a signed integer.
    pub(in crate::template) int: Option<i64>,
    /// As an unsigned integer.
    pub(in crate::template) uint: Option<u64>,
    /// As a float.
    pub(in crate::template) float: Option<f64>,
    /// As a complex number; only for literals that are written as such.
    pub(in crate::template) complex: Option<(f64, f64)>,
}

impl Number {
    /// The number of that rune.
    pub(super) fn rune(text: String, code: u32) -> Self {
        let (int, uint, float) = (Some(i64::from(code)), Some(u64::from(code)), Some(f64::from(code)));
        Self { text, int, uint, float, complex: None }
    }

    /// Reads a literal; the error is Go's text.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if let Some(complex) = parse_complex(text) {
            return Ok(Self { text: text.to_owned(), complex: Some(complex), ..of_complex(complex) });
        }
        let int = parse_int(text);
        let uint = parse_uint(text).or(int.filter(|int| *int == 0).map(|_| 0));
        let mut number = Self { text: text.to_owned(), int, uint, float: None, complex: None };
        number.float = as_float(&number);
        if number.float.is_none() {
            let float = parse_float(text).ok_or_else(|| format!("illegal number syntax: {}", quoted(text)))?;
            if !text.contains(['.', 'e', 'E', 'p', 'P']) {
                return Err(format!("integer overflow: {}", quoted(text)));
            }
            (number.float, number.int, number.uint) = (Some(float), whole_int(float), whole_uint(float));
        }
        Ok(number)
    }

    /// The value where no type is asked for; the error is Go's text.
    pub(in crate::template) fn constant(&self) -> Result<Value, String> {
        if let Some((real, imaginary)) = self.complex {
            return Ok(Value::Complex(real, imaginary));
        }
        if let Some(float) = self.float.filter(|_| self.looks_like_a_float()) {
            return Ok(float.into());
        }
        self.int.map(Value::from).ok_or_else(|| format!("{} overflows int", self.text))
    }

    fn looks_like_a_float(&self) -> bool {
        let hexadecimal = self.text.starts_with("0x") || self.text.starts_with("0X");
        if self.text.starts_with('\'') || (hexadecimal && !self.text.contains(['p', 'P'])) {
            return false;
        }
        self.text.contains(['.', 'e', 'E', 'p', 'P'])
    }
}

fn quoted(text: &str) -> String {
    format::quoted(text.as_bytes())
}

#[expect(clippy::cast_precision_loss, reason = "Go converts so too")]
fn as_float(number: &Number) -> Option<f64> {
    number.int.map(|int| int as f64).or(number.uint.map(|uint| uint as f64))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "checked by the comparison")]
#[expect(clippy::float_cmp, reason = "it is asked whether it is the very same number")]
fn whole_int(float: f64) -> Option<i64> {
    Some(float as i64).filter(|int| *int as f64 == float && *int != i64::MAX)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "checked by the comparison")]
#[expect(clippy::cast_sign_loss, clippy::float_cmp, reason = "checked by the comparison")]
fn whole_uint(float: f64) -> Option<u64> {
    Some(float as u64).filter(|uint| *uint as f64 == float && *uint != u64::MAX)
}

fn of_complex((real, imaginary): (f64, f64)) -> Number {
    if imaginary != 0.0 {
        return Number::default();
    }
    Number { float: Some(real), int: whole_int(real), uint: whole_uint(real), ..Number::default() }
}

/// `1i` or `1+2i`.
fn parse_complex(text: &str) -> Option<(f64, f64)> {
    let body = text.strip_suffix('i')?;
    let is_sign = |(at, letter): &(usize, char)| {
        matches!(letter, '+' | '-') && *at > 0 && !body[..*at].ends_with(['e', 'E', 'p', 'P'])
    };
    match body.char_indices().find(is_sign) {
        Some((at, _)) => Some((parse_float(&body[..at])?, parse_float(&body[at..])?)),
        None => Some((0.0, parse_float(body)?)),
    }
}

fn split_sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

/// Whether each underscore stands between digits, or between prefix and digits.
fn underscores_are_good(digits: &str, after_prefix: bool) -> bool {
    let mut before = if after_prefix { '0' } else { '_' };
    let inner = digits.chars().all(|letter| {
        let good = letter != '_' || before.is_ascii_hexdigit();
        let was_underscore = before == '_' && !letter.is_ascii_hexdigit() && letter != '_' && !after_prefix;
        before = letter;
        good && !was_underscore
    });
    inner && before != '_'
}

fn magnitude(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let prefixed = [("0x", 16), ("0o", 8), ("0b", 2)]
        .iter()
        .find_map(|(prefix, base)| lower.strip_prefix(prefix).map(|digits| (digits.to_owned(), *base)));
    let (digits, base, after_prefix) = match prefixed {
        Some((digits, base)) => (digits, base, true),
        None if lower.len() > 1 && lower.starts_with('0') => (lower[1..].to_owned(), 8, true),
        None => (lower, 10, false),
    };
    let good = digits.starts_with(|first: char| first.is_ascii_hexdigit() || (first == '_' && after_prefix));
    if !good || !underscores_are_good(&digits, after_prefix) {
        return None;
    }
    u64::from_str_radix(&digits.replace('_', ""), base).ok()
}

fn parse_uint(text: &str) -> Option<u64> {
    if text.starts_with(['+', '-']) { None } else { magnitude(text) }
}

fn parse_int(text: &str) -> Option<i64> {
    let (negative, digits) = split_sign(text);
    let magnitude = magnitude(digits)?;
    if negative { 0_i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

fn parse_float(text: &str) -> Option<f64> {
    let (negative, digits) = split_sign(text);
    let lower = digits.to_ascii_lowercase();
    let number = match lower.strip_prefix("0x") {
        Some(hexadecimal) => parse_hexadecimal(hexadecimal)?,
        None => parse_decimal(&lower)?,
    };
    Some(if negative { -number } else { number })
}

fn parse_decimal(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"._e+-".contains(&byte));
    if !plain || (text.contains('_') && !underscores_are_good(text, false)) {
        return None;
    }
    text.replace('_', "").parse().ok().filter(|number: &f64| number.is_finite())
}

/// What stands behind `0x`: digits and `p` with an exponent of two.
pub(in crate::template) fn parse_hexadecimal(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let (mantissa, mut exponent) = (mantissa.replace('_', ""), exponent.parse::<i32>().ok()?);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((&mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let (mut number, mut sticky) = (0_u64, false);
    for (at, letter) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = u64::from(letter.to_digit(16)?);
        let shift = if at >= whole.len() { 4 } else { 0 };
        if number >> 58 == 0 {
            number = number << 4 | digit;
            exponent = exponent.checked_sub(shift)?;
        } else {
            sticky |= digit != 0;
            exponent = exponent.checked_add(4 - shift)?;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "rounds to the nearest, the lowest bit standing for the rest")]
    let number = (number << 1 | u64::from(sticky)) as f64 * 2_f64.powi(exponent.clamp(-1100, 1100) - 1);
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::Number;

    fn constant(text: &str) -> String {
        match Number::parse(text).and_then(|number| number.constant()) {
            Ok(value) => format!("{}({})", value.type_name(), crate::template::format::display(&value)),
            Err(error) => error,
        }
    }

    #[test]
    fn literals_have_gos_types_and_values() {
        let cases = [
            ("1", "int(1)"),
            ("-3", "int(-3)"),
            ("1_000", "int(1000)"),
            ("0x1F", "int(31)"),
            ("0b11", "int(3)"),
            ("0o17", "int(15)"),
            ("017", "int(15)"),
            ("0_7", "int(7)"),
            ("1.0", "float64(1)"),
            ("1e3", "float64(1000)"),
            ("1_0.5", "float64(10.5)"),
            ("0x1p4", "float64(16)"),
            ("0x1.8p1", "float64(3)"),
            ("1i", "complex128((0+1i))"),
            ("1+2i", "complex128((1+2i))"),
            ("-0", "int(0)"),
            ("9223372036854775807", "int(9223372036854775807)"),
            ("9223372036854775808", "9223372036854775808 overflows int"),
            ("100000000000000000000", "integer overflow: \"100000000000000000000\""),
            ("08", "integer overflow: \"08\""),
            ("1__0", "illegal number syntax: \"1__0\""),
            ("1_", "illegal number syntax: \"1_\""),
            ("0x", "illegal number syntax: \"0x\""),
            ("+", "illegal number syntax: \"+\""),
        ];
        for (text, expected) in cases {
            assert_eq!(constant(text), expected, "{text}");
        }
    }

    #[test]
    fn a_float_that_is_whole_is_an_integer_too() {
        let number = Number::parse("1e3").unwrap();
        assert_eq!((number.int, number.uint, number.float), (Some(1000), Some(1000), Some(1000.0)));
    }
}
