//! Go's string and rune literals.

/// What Go says of a literal that is none.
pub(super) const INVALID: &str = "invalid syntax";

/// The value of a literal in double quotes or backquotes; nothing if it is malformed.
pub(super) fn unquote(literal: &[u8]) -> Option<Vec<u8>> {
    let (&mark, rest) = literal.split_first()?;
    let (&last, inner) = rest.split_last()?;
    if last != mark {
        return None;
    }
    if mark == b'`' {
        return Some(inner.iter().copied().filter(|byte| *byte != b'\r').collect());
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((&first, tail)) = rest.split_first() {
        if first != b'\\' {
            out.push(first);
            rest = tail;
            continue;
        }
        let (escaped, tail) = escape(tail, b'"')?;
        escaped.append_to(&mut out);
        rest = tail;
    }
    Some(out)
}

/// The rune of a literal in single quotes; the error is Go's.
pub(super) fn unquote_rune(literal: &[u8]) -> Result<u32, String> {
    let inner = literal.get(1..).unwrap_or_default();
    let (code, tail) = first_rune(inner).ok_or(INVALID)?;
    if tail == b"'" {
        return Ok(code);
    }
    Err(format!("malformed character constant: {}", String::from_utf8_lossy(literal)))
}

fn first_rune(text: &[u8]) -> Option<(u32, &[u8])> {
    match text.first()? {
        b'\'' => None,
        b'\\' => escape(&text[1..], b'\'').map(|(escaped, tail)| (escaped.code(), tail)),
        _ => {
            let head = &text[..text.len().min(4)];
            let letter = head.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
            let (letter, width) = letter.map_or((char::REPLACEMENT_CHARACTER, 1), |letter| (letter, letter.len_utf8()));
            Some((u32::from(letter), &text[width..]))
        }
    }
}

/// What a backslash sequence stands for.
enum Escaped {
    Byte(u8),
    Rune(char),
}

impl Escaped {
    fn append_to(&self, out: &mut Vec<u8>) {
        match self {
            Self::Byte(byte) => out.push(*byte),
            Self::Rune(letter) => out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }

    fn code(&self) -> u32 {
        match self {
            Self::Byte(byte) => u32::from(*byte),
            Self::Rune(letter) => u32::from(*letter),
        }
    }
}

/// Reads what stands behind a backslash; `mark` is the quote that may be escaped.
fn escape(rest: &[u8], mark: u8) -> Option<(Escaped, &[u8])> {
    let (&letter, tail) = rest.split_first()?;
    let byte = match letter {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'\\' => b'\\',
        b'x' => {
            let (code, tail) = digits(tail, 2, 16)?;
            return Some((Escaped::Byte(u8::try_from(code).ok()?), tail));
        }
        b'u' => return rune(tail, 4),
        b'U' => return rune(tail, 8),
        b'0'..=b'7' => {
            let (code, tail) = digits(rest, 3, 8)?;
            return Some((Escaped::Byte(u8::try_from(code).ok()?), tail));
        }
        quote if quote == mark => mark,
        _ => return None,
    };
    Some((Escaped::Byte(byte), tail))
}

fn rune(rest: &[u8], count: usize) -> Option<(Escaped, &[u8])> {
    let (code, tail) = digits(rest, count, 16)?;
    Some((Escaped::Rune(char::from_u32(code)?), tail))
}

fn digits(rest: &[u8], count: usize, base: u32) -> Option<(u32, &[u8])> {
    let (digits, tail) = rest.split_at_checked(count)?;
    let code = digits.iter().try_fold(0_u32, |code, digit| {
        let digit = char::from(*digit).to_digit(base)?;
        code.checked_mul(base)?.checked_add(digit)
    })?;
    Some((code, tail))
}

#[cfg(test)]
mod tests {
    use super::unquote;
    use super::unquote_rune;

    #[test]
    fn strings_as_go_reads_them() {
        assert_eq!(unquote(br#""a\tb\"\\\x41\101\u00e9\U0001F600""#).unwrap(), "a\tb\"\\AA\u{e9}\u{1F600}".as_bytes());
        assert_eq!(unquote(br#""\xff""#).unwrap(), [0xff]);
        assert_eq!(unquote(b"`a\r\n\\n`").unwrap(), b"a\n\\n");
        for malformed in [&br#""\'""#[..], br#""\q""#, br#""\x1""#, br#""\ud800""#, br#""\400""#] {
            assert_eq!(unquote(malformed), None);
        }
    }

    #[test]
    fn runes_as_go_reads_them() {
        assert_eq!(unquote_rune(b"'a'"), Ok(97));
        assert_eq!(unquote_rune("'é'".as_bytes()), Ok(0xe9));
        assert_eq!(unquote_rune(br"'\''"), Ok(39));
        assert_eq!(unquote_rune(br"'\xff'"), Ok(255));
        assert_eq!(unquote_rune(b"''").unwrap_err(), "invalid syntax");
        assert_eq!(unquote_rune(b"'ab'").unwrap_err(), "malformed character constant: 'ab'");
    }
}
