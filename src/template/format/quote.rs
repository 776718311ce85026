//! Go's quoting of strings and runes.

use std::fmt::Write as _;

/// How a text is quoted.
#[derive(Debug, Clone, Copy)]
pub(in crate::template) struct Quoting {
    /// What stands around it and is escaped inside.
    pub(super) mark: char,
    /// Whether everything beyond ASCII is escaped.
    pub(super) ascii: bool,
}

impl Quoting {
    /// Double quotes, as `strconv.Quote`.
    pub(in crate::template) const DOUBLE: Self = Self { mark: '"', ascii: false };
}

/// Appends the quoted text. Bytes that are not UTF-8 come out as `\x..`.
pub(in crate::template) fn quote_into(out: &mut Vec<u8>, text: &[u8], quoting: Quoting) {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(quoting.mark);
    for chunk in text.utf8_chunks() {
        for letter in chunk.valid().chars() {
            escape(&mut quoted, letter, quoting);
        }
        for byte in chunk.invalid() {
            push_hex(&mut quoted, 'x', u32::from(*byte), 2);
        }
    }
    quoted.push(quoting.mark);
    out.extend_from_slice(quoted.as_bytes());
}

fn escape(out: &mut String, letter: char, quoting: Quoting) {
    if letter == quoting.mark || letter == '\\' {
        out.push('\\');
        out.push(letter);
        return;
    }
    if if quoting.ascii { letter.is_ascii() && is_printable(letter) } else { is_printable(letter) } {
        out.push(letter);
        return;
    }
    let code = u32::from(letter);
    match letter {
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        _ if code < 0x20 || code == 0x7f => push_hex(out, 'x', code, 2),
        _ if code < 0x1_0000 => push_hex(out, 'u', code, 4),
        _ => push_hex(out, 'U', code, 8),
    }
}

fn push_hex(out: &mut String, letter: char, code: u32, width: usize) {
    // Writing to a string cannot fail.
    let _ = write!(out, "\\{letter}{code:0width$x}");
}

/// Whether Go's `strconv.IsPrint` holds: letters, marks, numbers, punctuation, symbols and the plain space.
pub(in crate::template) fn is_printable(letter: char) -> bool {
    if letter.is_ascii() {
        return letter == ' ' || letter.is_ascii_graphic();
    }
    // The standard library escapes what is not printable; behind another letter also marks are left alone.
    let mut pair = [b'a'; 5];
    let width = letter.encode_utf8(&mut pair[1..]).len();
    std::str::from_utf8(&pair[..=width]).is_ok_and(|pair| pair.escape_debug().nth(1) != Some('\\'))
}

/// Whether the text can stand in backquotes as it is.
pub(super) fn can_backquote(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| {
        !text.chars().any(|letter| matches!(letter, '\u{feff}' | '`' | '\x7f') || (letter < ' ' && letter != '\t'))
    })
}
