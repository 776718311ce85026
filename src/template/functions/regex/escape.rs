//! Escapes of Go's regular expressions that stand for one rune.

use crate::template::functions::regex::dialect::Trouble;

/// What follows a backslash: the rune that it stands for, and what follows.
///
/// `text` begins with the backslash.
pub(super) fn rune(text: &str) -> Result<(u32, &str), Trouble> {
    let mut rest = text[1..].chars();
    let Some(first) = rest.next() else { return Err(Trouble::new("trailing backslash at end of expression", "")) };
    let after = rest.as_str();
    let plain = |rune: char| Ok((u32::from(rune), after));
    match first {
        'a' => plain('\u{7}'),
        'f' => plain('\u{C}'),
        'n' => plain('\n'),
        'r' => plain('\r'),
        't' => plain('\t'),
        'v' => plain('\u{B}'),
        '0' => Ok(octal(after, 0)),
        '1'..='7' if after.starts_with(|next: char| matches!(next, '0'..='7')) => {
            Ok(octal(after, first.to_digit(8).unwrap_or_default()))
        }
        'x' => hexadecimal(text, after),
        other if other.is_ascii() && !other.is_ascii_alphanumeric() => plain(other),
        _ => Err(invalid(text, after)),
    }
}

/// The complaint about all up to what follows.
fn invalid(text: &str, after: &str) -> Trouble {
    Trouble::new("invalid escape sequence", &text[..text.len() - after.len()])
}

/// At most two further digits.
fn octal(text: &str, first: u32) -> (u32, &str) {
    let count = text.bytes().take(2).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    let number = text.bytes().take(count).fold(first, |sum, digit| sum * 8 + u32::from(digit - b'0'));
    (number, &text[count..])
}

fn hexadecimal<'a>(text: &'a str, after: &'a str) -> Result<(u32, &'a str), Trouble> {
    let mut rest = after.chars();
    match rest.next() {
        None => return Err(invalid(text, after)),
        Some('{') => return in_braces(text, rest.as_str()),
        Some(_) => {}
    }
    rest.next();
    let (digits, after_digits) = after.split_at(after.len() - rest.as_str().len());
    if digits.len() != 2 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(invalid(text, after_digits));
    }
    Ok((u32::from_str_radix(digits, 16).unwrap_or_default(), after_digits))
}

fn in_braces<'a>(text: &'a str, inside: &'a str) -> Result<(u32, &'a str), Trouble> {
    let mut number = 0;
    let mut rest = inside.chars();
    let mut digits = 0;
    while let Some(next) = rest.next() {
        let digit = match next.to_digit(16) {
            Some(digit) => digit,
            None if next == '}' && digits > 0 => return Ok((number, rest.as_str())),
            None => break,
        };
        number = number * 16 + digit;
        digits += 1;
        if number > u32::from(char::MAX) {
            break;
        }
    }
    Err(invalid(text, rest.as_str()))
}

#[cfg(test)]
mod tests {
    use super::rune;

    #[test]
    fn escapes_stand_for_runes() {
        for (text, code, after) in
            [(r"\n1", 10, "1"), (r"\x41b", 0x41, "b"), (r"\x{1F600}", 0x1F600, ""), (r"\_", 0x5F, "")]
        {
            assert_eq!(rune(text).ok(), Some((code, after)), "{text}");
        }
        assert_eq!(rune(r"\0129").ok(), Some((10, "9")));
        for text in [r"\", r"\y", r"\8", r"\1", r"\x", r"\x4", r"\x{}", r"\x{110000}", r"\é"] {
            assert!(rune(text).is_err(), "{text}");
        }
    }
}
