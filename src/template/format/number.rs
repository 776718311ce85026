//! Numbers in Go's formats.

use crate::template::format::flags::Flags;

/// The digits of an integer and how it is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Integer {
    /// The number without its sign.
    pub(super) magnitude: u64,
    /// Whether it is below zero.
    pub(super) negative: bool,
}

/// Appends an integer for the verb `b d o O v x X`.
pub(super) fn integer(out: &mut Vec<u8>, flags: &Flags, number: Integer, verb: char) {
    if flags.precision == Some(0) && number.magnitude == 0 {
        out.resize(out.len() + flags.width.unwrap_or(0), b' ');
        return;
    }
    let signed = number.negative || flags.plus || flags.space;
    let least = match (flags.precision, flags.width) {
        (Some(precision), _) => precision,
        (None, Some(width)) if flags.zero && !flags.minus => width.saturating_sub(usize::from(signed)),
        _ => 0,
    };
    let digits = digits(number.magnitude, verb);
    let mut text = String::with_capacity(digits.len() + 4);
    if number.negative {
        text.push('-');
    } else if flags.plus {
        text.push('+');
    } else if flags.space {
        text.push(' ');
    }
    let zeros = least.saturating_sub(digits.len());
    let first = if zeros > 0 { '0' } else { digits.chars().next().unwrap_or('0') };
    text.push_str(prefix(flags.sharp, verb, first));
    text.extend(std::iter::repeat_n('0', zeros));
    text.push_str(&digits);
    flags.pad_spaces(out, text.as_bytes());
}

fn digits(magnitude: u64, verb: char) -> String {
    match verb {
        'b' => format!("{magnitude:b}"),
        'o' | 'O' => format!("{magnitude:o}"),
        'x' => format!("{magnitude:x}"),
        'X' => format!("{magnitude:X}"),
        _ => magnitude.to_string(),
    }
}

/// What stands in front of the digits; behind a zero octal numbers need no other.
fn prefix(sharp: bool, verb: char, first: char) -> &'static str {
    match verb {
        'O' if sharp && first != '0' => "0o0",
        'O' => "0o",
        'b' if sharp => "0b",
        'o' if sharp && first != '0' => "0",
        'x' if sharp => "0x",
        'X' if sharp => "0X",
        _ => "",
    }
}

/// Appends a float for the verb `b e E f F g G v x X`; `digits` is what applies without a precision.
pub(super) fn float_padded(out: &mut Vec<u8>, flags: &Flags, number: f64, verb: char, digits: Option<usize>) {
    let digits = flags.precision.or(digits);
    let mut text = float(number, verb, digits);
    if !text.starts_with('-') {
        text.insert(0, if flags.space && !flags.plus { ' ' } else { '+' });
    }
    if !number.is_finite() {
        let plain = text.strip_prefix('+').filter(|_| !flags.plus).unwrap_or(&text);
        flags.pad_spaces(out, plain.as_bytes());
        return;
    }
    if flags.sharp && verb != 'b' {
        text = with_point(&text, verb, digits);
    }
    if !flags.plus && text.starts_with('+') {
        flags.pad(out, &text.as_bytes()[1..]);
        return;
    }
    match flags.width {
        Some(width) if flags.zero && !flags.minus && width > text.len() => {
            out.push(text.as_bytes()[0]);
            out.resize(out.len() + width - text.len(), b'0');
            out.extend_from_slice(&text.as_bytes()[1..]);
        }
        _ => flags.pad(out, text.as_bytes()),
    }
}

/// `#`: a decimal point in any case, and for `%g` the zeros at the end.
fn with_point(text: &str, verb: char, digits: Option<usize>) -> String {
    let mut wanted = if matches!(verb, 'g' | 'G' | 'x') { digits.unwrap_or(6) } else { 0 };
    let exponent = |letter: char| match letter {
        'p' | 'P' => true,
        'e' | 'E' => !matches!(verb, 'x' | 'X'),
        _ => false,
    };
    let split = text.find(exponent).unwrap_or(text.len());
    let (mantissa, tail) = text.split_at(split);
    let significant = mantissa[1..].trim_start_matches(['0', '.']).chars().filter(|letter| *letter != '.').count();
    wanted = wanted.saturating_sub(significant);
    let mut result = mantissa.to_owned();
    if !mantissa.contains('.') {
        wanted = wanted.saturating_sub(usize::from(&mantissa[1..] == "0"));
        result.push('.');
    }
    result.extend(std::iter::repeat_n('0', wanted));
    result + tail
}

/// Go's `strconv.FormatFloat`: `digits` is how many, nothing for the fewest that read back as the same number.
pub(super) fn float(number: f64, verb: char, digits: Option<usize>) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    match verb {
        'e' | 'E' => exponential(number, verb, digits),
        'f' | 'F' => digits.map_or_else(|| number.to_string(), |digits| fixed(number, digits)),
        'b' => binary(number),
        'x' | 'X' => hexadecimal(number, verb, digits),
        _ => general(number, verb, digits),
    }
}

/// No float has more digits than these that are not zero; Rust's formatting takes no great precisions.
const DIGITS: usize = 1100;

/// So many digits behind the point.
fn fixed(number: f64, digits: usize) -> String {
    let mut text = format!("{number:.*}", digits.min(DIGITS));
    text.extend(std::iter::repeat_n('0', digits.saturating_sub(DIGITS)));
    text
}

/// The mantissa with so many digits behind its point, and the exponent.
fn scientific(number: f64, digits: Option<usize>) -> (String, String) {
    let text = digits.map_or_else(|| format!("{number:e}"), |digits| format!("{number:.*e}", digits.min(DIGITS)));
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mut mantissa = mantissa.to_owned();
    mantissa.extend(std::iter::repeat_n('0', digits.unwrap_or(0).saturating_sub(DIGITS)));
    (mantissa, exponent.to_owned())
}

fn exponential(number: f64, verb: char, digits: Option<usize>) -> String {
    let (mantissa, exponent) = scientific(number, digits);
    let letter = if verb.is_ascii_uppercase() { 'E' } else { 'e' };
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent.as_str()), |exponent| ('-', exponent));
    format!("{mantissa}{letter}{sign}{exponent:0>2}")
}

/// `%g`: an exponent where it is below -4 or has as many digits as are shown (six, when none are asked for).
fn general(number: f64, verb: char, digits: Option<usize>) -> String {
    let shown = digits.map(|digits| digits.max(1));
    let (mantissa, exponent) = scientific(number, shown.map(|shown| shown - 1));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let mantissa =
        if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { &mantissa };
    let significant = mantissa.chars().filter(char::is_ascii_digit).count();
    let whole = usize::try_from(exponent + 1).unwrap_or(0);
    let limit = match shown {
        None => 6,
        Some(shown) if shown > significant && significant >= whole => significant,
        Some(shown) => shown,
    };
    if exponent < -4 || whole > limit {
        return exponential(number, if verb == 'G' { 'E' } else { 'e' }, Some(significant - 1));
    }
    fixed(number, fraction_digits(significant, exponent))
}

/// How many digits stand behind the point when the first significant one has that exponent.
fn fraction_digits(significant: usize, exponent: i32) -> usize {
    let significant = i32::try_from(significant).unwrap_or(i32::MAX);
    usize::try_from(significant.saturating_sub(1).saturating_sub(exponent)).unwrap_or(0)
}

/// Mantissa and exponent of `mantissa × 2^exponent`.
fn parts(number: f64) -> (u64, i32) {
    let bits = number.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let exponent = i32::try_from((bits >> 52) & 0x7ff).unwrap_or(0);
    if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) }
}

fn binary(number: f64) -> String {
    let (mantissa, exponent) = parts(number);
    format!("{}{mantissa}p{exponent:+}", if number.is_sign_negative() { "-" } else { "" })
}

fn hexadecimal(number: f64, verb: char, digits: Option<usize>) -> String {
    let (mut mantissa, mut exponent) = parts(number);
    exponent = if mantissa == 0 { 0 } else { exponent + 52 };
    while mantissa != 0 && mantissa >> 52 == 0 {
        mantissa <<= 1;
        exponent -= 1;
    }
    if let Some(digits) = digits.filter(|digits| *digits < 13) {
        let shift = 52 - digits * 4;
        let (rest, half) = (mantissa & ((1 << shift) - 1), 1 << (shift - 1));
        mantissa >>= shift;
        if rest > half || (rest == half && mantissa & 1 == 1) {
            mantissa += 1;
        }
        mantissa <<= shift;
        if mantissa >> 53 == 1 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let fraction = format!("{:013x}", mantissa & ((1 << 52) - 1));
    let fraction = match digits {
        None => fraction.trim_end_matches('0').to_owned(),
        Some(digits) => fraction.chars().chain(std::iter::repeat('0')).take(digits).collect(),
    };
    let sign = if number.is_sign_negative() { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    let text = format!("{sign}0x{}{point}{fraction}p{exponent_sign}{:02}", mantissa >> 52, exponent.abs());
    if verb == 'X' { text.to_uppercase() } else { text }
}
