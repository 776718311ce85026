//! Conversions as sprig makes them: generous, and zero where nothing fits.

use std::num::IntErrorKind;

use crate::template::format;
use crate::template::parse;
use crate::template::text::Text;
use crate::template::value::Value;

/// Sprig's `strval`: text and bytes as they are, everything else as `%v` prints it.
pub(in crate::template) fn strval(value: &Value) -> Text {
    match value {
        Value::Text(text) | Value::Bytes(text) => text.clone(),
        other => format::display(other),
    }
}

/// `cast.ToInt64`: fractions are cut, texts read as Go's `ParseInt` with base 0 reads them, anything else is 0.
#[expect(clippy::cast_possible_wrap, reason = "Go's conversions, which these are")]
pub(in crate::template) fn to_int64(value: &Value) -> i64 {
    match value {
        Value::Bool(truth) => i64::from(*truth),
        Value::Int(number, _) => *number,
        Value::Uint(number, _) => *number as i64,
        Value::Float(number) => go_truncate(*number),
        Value::Text(text) => parse_int(&text.lossy()).unwrap_or(0),
        Value::Object(object) => match object.shape() {
            crate::template::object::Shape::Scalar(value) => to_int64(&value),
            _ => 0,
        },
        _ => 0,
    }
}

/// `cast.ToFloat64`.
#[expect(clippy::cast_precision_loss, reason = "Go's conversions, which these are")]
pub(in crate::template) fn to_float64(value: &Value) -> f64 {
    match value {
        Value::Bool(truth) => f64::from(u8::from(*truth)),
        Value::Int(number, _) => *number as f64,
        Value::Uint(number, _) => *number as f64,
        Value::Float(number) => *number,
        Value::Text(text) => parse_float(&text.lossy()).unwrap_or(0.0),
        _ => 0.0,
    }
}

/// What amd64 makes of a float that does not fit: the least integer.
#[expect(clippy::cast_possible_truncation, reason = "checked just before")]
fn go_truncate(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&number) { number as i64 } else { i64::MIN }
}

/// Go's `strconv.ParseInt(text, 0, 64)`, behind cast's cutting of `.000`.
pub(in crate::template) fn parse_int(text: &str) -> Option<i64> {
    let text = match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') => whole,
        _ => text,
    };
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = radix_of(digits);
    let plain = without_underscores(digits, radix)?;
    let number = i128::from_str_radix(&plain, radix).ok()?;
    i64::try_from(if negative { -number } else { number }).ok()
}

/// The base that a prefix names, and the digits behind it.
fn radix_of(digits: &str) -> (u32, &str) {
    let lower = digits.to_ascii_lowercase();
    for (prefix, radix) in [("0x", 16), ("0b", 2), ("0o", 8)] {
        if lower.starts_with(prefix) {
            return (radix, &digits[2..]);
        }
    }
    if digits.len() > 1 && digits.starts_with('0') { (8, &digits[1..]) } else { (10, digits) }
}

/// Underscores may part digits, and stand behind a prefix.
fn without_underscores(digits: &str, radix: u32) -> Option<String> {
    let inner = if radix == 10 { digits } else { digits.strip_prefix('_').unwrap_or(digits) };
    let well_placed = !inner.starts_with('_') && !inner.ends_with('_') && !inner.contains("__");
    let plain: String = inner.chars().filter(|character| *character != '_').collect();
    let digits_only = !plain.is_empty() && plain.chars().all(|character| character.is_digit(radix));
    (well_placed && digits_only).then_some(plain)
}

/// Go's `strconv.Atoi`, its error dropped: what does not fit is the nearest number, and 0 what is none.
pub(in crate::template) fn atoi(text: &[u8]) -> i64 {
    String::from_utf8_lossy(text).parse().unwrap_or_else(|error: std::num::ParseIntError| match error.kind() {
        IntErrorKind::PosOverflow => i64::MAX,
        IntErrorKind::NegOverflow => i64::MIN,
        _ => 0,
    })
}

/// Go's `strconv.ParseFloat`, with cast's cutting of underscores.
fn parse_float(text: &str) -> Option<f64> {
    let text = text.replace('_', "").to_ascii_lowercase();
    let plain = text.strip_prefix('+').unwrap_or(&text);
    let (sign, digits) = plain.strip_prefix('-').map_or((1.0, plain), |digits| (-1.0, digits));
    if let Some(hexadecimal) = digits.strip_prefix("0x") {
        return parse::parse_hexadecimal(hexadecimal).map(|number| sign * number);
    }
    let known = plain.bytes().all(|byte| byte.is_ascii_digit() || b"+-.einfaty".contains(&byte));
    if known { plain.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::parse_int;
    use super::to_float64;
    use super::to_int64;

    #[test]
    fn integers_are_read_with_gos_prefixes() {
        for (text, number) in [("12", Some(12)), ("0777", Some(511)), ("0x10", Some(16)), ("-0b11", Some(-3))] {
            assert_eq!(parse_int(text), number, "{text}");
        }
        for (text, number) in [("1_000", Some(1000)), ("0x_1", Some(1)), ("3.00", Some(3)), ("0", Some(0))] {
            assert_eq!(parse_int(text), number, "{text}");
        }
        for text in ["08", "3.9", "", "x", "1__0", "_1", "9223372036854775808", "0x", "+"] {
            assert_eq!(parse_int(text), None, "{text}");
        }
        assert_eq!(parse_int("-9223372036854775808"), Some(i64::MIN));
    }

    #[test]
    fn what_does_not_fit_is_zero() {
        assert_eq!(to_int64(&3.9.into()), 3);
        assert_eq!(to_int64(&true.into()), 1);
        assert_eq!(to_int64(&vec![].into()), 0);
        assert!((to_float64(&"1.5".into()) - 1.5).abs() < f64::EPSILON);
        assert!(to_float64(&"1,5".into()).abs() < f64::EPSILON);
    }
}
