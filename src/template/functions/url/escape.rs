//! Percent-encoding by the rules of each part of a URL.

use crate::template::format;

/// A part of a URL, with its own rules about what must be escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Path,
    Host,
    /// The zone of an IPv6 address.
    Zone,
    User,
    Fragment,
}

impl Part {
    fn must_escape(self, byte: u8) -> bool {
        let plain: &[u8] = match self {
            Self::Host | Self::Zone => b"-_.~!$&'()*+,;=:[]<>\"",
            Self::Path => b"-_.~$&+,/:;=@",
            Self::User => b"-_.~$&+,;=",
            Self::Fragment => b"-_.~$&+,/:;=?@!()*",
        };
        !byte.is_ascii_alphanumeric() && !plain.contains(&byte)
    }
}

/// Escapes what the part does not take as it is.
pub(super) fn escape(text: &[u8], part: Part) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        if part.must_escape(*byte) {
            out.push(b'%');
            out.extend_from_slice(hex::encode_upper([*byte]).as_bytes());
        } else {
            out.push(*byte);
        }
    }
    out
}

/// The text without its escapes; Go's complaint about one that the part does not take.
pub(super) fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let in_host = matches!(part, Part::Host | Part::Zone);
        if *first == b'%' {
            out.push(unescaped(rest, part)?);
            rest = &rest[3..];
            continue;
        }
        if in_host && first.is_ascii() && part.must_escape(*first) {
            return Err(format!("invalid character {} in host name", format::quoted(&[*first])));
        }
        out.push(*first);
        rest = after;
    }
    Ok(out)
}

/// The byte that the escape stands for which `text` begins with.
fn unescaped(text: &[u8], part: Part) -> Result<u8, String> {
    let escape = &text[..text.len().min(3)];
    let invalid = || format!("invalid URL escape {}", format::quoted(escape));
    let digits = escape.get(1..3).and_then(|digits| hex::decode(digits).ok());
    let byte = digits.and_then(|bytes| bytes.first().copied()).ok_or_else(invalid)?;
    let allowed = match part {
        // In a host only bytes beyond ASCII are escaped, and the sign that begins a zone.
        Part::Host => byte >= 0x80 || escape == b"%25",
        Part::Zone => escape == b"%25" || byte == b' ' || !Part::Host.must_escape(byte),
        Part::Path | Part::User | Part::Fragment => true,
    };
    if allowed { Ok(byte) } else { Err(invalid()) }
}
