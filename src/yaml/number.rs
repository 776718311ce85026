//! Numbers as Go reads and prints them.

/// The exponent from which Go's `%g` with the shortest digits turns to exponent form.
const GENERAL_LIMIT: i32 = 6;
/// The exponent from which Go's JSON encoder turns to exponent form.
const JSON_LIMIT: i32 = 21;

/// Prints as Go's `strconv.FormatFloat(number, 'g', -1, 64)`: `1e+06`, `0.0001`, `1.5`, `+Inf`, `NaN`.
pub fn format_float(number: f64) -> String {
    match special(number) {
        Some(text) => text.to_owned(),
        None => general(&format!("{number:e}")),
    }
}

/// Prints as Go's `strconv.FormatFloat(number, 'g', -1, 32)`.
pub(crate) fn format_float32(number: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "Go rounds to 32 bits here as well")]
    let narrow = number as f32;
    match special(f64::from(narrow)) {
        Some(text) => text.to_owned(),
        None => general(&format!("{narrow:e}")),
    }
}

/// The whole number that Go's JSON text of `number` reads as, if its text is whole and fits.
pub(crate) fn whole(number: f64) -> Option<serde_json::Number> {
    if number.fract() != 0.0 || number.abs() >= 10f64.powi(JSON_LIMIT) {
        return None;
    }
    // Rust prints the shortest digits and pads with zeros, as Go's 'f' format does.
    let text = format!("{number}");
    text.parse::<i64>()
        .map(serde_json::Number::from)
        .or_else(|_| text.parse::<u64>().map(serde_json::Number::from))
        .ok()
}

/// Reads as Go's `strconv.ParseInt(text, 0, 64)`: base by prefix, a leading zero means octal.
pub(crate) fn parse_int(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let magnitude = parse_uint(digits)?;
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// Reads as Go's `strconv.ParseUint(text, 0, 64)`.
pub(crate) fn parse_uint(text: &str) -> Option<u64> {
    let (digits, base) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', b'b' | b'B', ..] => (&text[2..], 2),
        [b'0', b'o' | b'O', ..] => (&text[2..], 8),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    // Rust would take a sign here, Go does not.
    if digits.starts_with(['+', '-']) { None } else { u64::from_str_radix(digits, base).ok() }
}

fn special(number: f64) -> Option<&'static str> {
    if number.is_nan() {
        Some("NaN")
    } else if number.is_infinite() {
        Some(if number > 0.0 { "+Inf" } else { "-Inf" })
    } else {
        None
    }
}

/// Turns Rust's shortest exponent form (`1.5e-7`) into Go's `%g`.
fn general(scientific: &str) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..GENERAL_LIMIT).contains(&exponent) || exponent_fits(mantissa, exponent) {
        return positional(mantissa, exponent);
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// Zero is the one number whose exponent says nothing.
fn exponent_fits(mantissa: &str, exponent: i32) -> bool {
    exponent == 0 && mantissa.trim_start_matches('-') == "0"
}

fn positional(mantissa: &str, exponent: i32) -> String {
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let digits: String = mantissa.chars().filter(|digit| *digit != '.').collect();
    let point = exponent + 1;
    match usize::try_from(point) {
        Ok(point) if point > 0 && point >= digits.len() => format!("{sign}{digits:0<point$}"),
        Ok(point) if point > 0 => format!("{sign}{}.{}", &digits[..point], &digits[point..]),
        _ => format!("{sign}0.{}{digits}", "0".repeat(point.unsigned_abs() as usize)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_go_prints_them() {
        let cases = [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (1.5, "1.5"),
            (100_000.0, "100000"),
            (999_999.0, "999999"),
            (1_000_000.0, "1e+06"),
            (1_234_567.5, "1.2345675e+06"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (1e20, "1e+20"),
            (1.5e300, "1.5e+300"),
            (-123.25, "-123.25"),
            (f64::INFINITY, "+Inf"),
            (f64::NAN, "NaN"),
        ];
        for (number, text) in cases {
            assert_eq!(format_float(number), text);
        }
        assert_eq!(format_float32(0.1), "0.1");
        assert_eq!(format_float32(16_777_217.0), "1.6777216e+07");
    }

    #[test]
    fn integers_read_by_prefix() {
        let cases = [
            ("0", Some(0)),
            ("0777", Some(511)),
            ("0o17", Some(15)),
            ("-0x1F", Some(-31)),
            ("+0b11", Some(3)),
            ("08", None),
            ("0x", None),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("--1", None),
            ("", None),
        ];
        for (text, number) in cases {
            assert_eq!(parse_int(text), number, "{text}");
        }
        assert_eq!(parse_uint("18446744073709551615"), Some(u64::MAX));
        assert_eq!(parse_uint("+1"), None);
    }

    #[test]
    fn whole_floats_are_found_through_their_json_text() {
        assert_eq!(whole(1e3), Some(1000.into()));
        assert_eq!(whole(12_345_678_901_234_567_890.0), Some(12_345_678_901_234_567_000u64.into()));
        assert_eq!(whole(-0.0), Some(0.into()));
        assert_eq!(whole(1e20), None);
        assert_eq!(whole(1.5), None);
    }
}
