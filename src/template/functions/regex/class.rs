//! Classes of runes in Go's regular expressions, written as the crate `regex` reads them.

use ::regex::Regex;

use crate::template::functions::regex::dialect::Trouble;
use crate::template::functions::regex::escape;

/// A class that nothing is in: what a half of a surrogate pair matches.
const NOTHING: &str = "[a&&b]";

const POSIX: &[&str] = &[
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];

/// One rune as a pattern.
pub(super) fn literal(code: u32) -> String {
    match char::from_u32(code) {
        Some(rune) if rune.is_ascii_alphanumeric() || !rune.is_ascii() => rune.to_string(),
        Some(_) => format!("\\x{{{code:x}}}"),
        None => NOTHING.to_owned(),
    }
}

/// `\d`, `\s`, `\w` and their opposites, which are of ASCII in Go.
pub(super) fn perl(text: &str) -> Option<(&'static str, &str)> {
    let class = match text.as_bytes().get(1)? {
        b'd' => "[0-9]",
        b'D' => "[^0-9]",
        b's' => "[\\t\\n\\x0c\\r ]",
        b'S' => "[^\\t\\n\\x0c\\r ]",
        b'w' => "[0-9A-Za-z_]",
        b'W' => "[^0-9A-Za-z_]",
        _ => return None,
    };
    Some((class, &text[2..]))
}

/// `\pL`, `\p{Greek}`, `\P{^Lu}`.
pub(super) fn unicode(text: &str) -> Result<(String, &str), Trouble> {
    let bad = |sequence: &str| Trouble::new("invalid character class range", sequence);
    let mut rest = text[2..].chars();
    let length = match rest.next() {
        Some('{') => text.find('}').ok_or_else(|| bad(text))? + 1,
        Some(_) => text.len() - rest.as_str().len(),
        None => return Err(bad(text)),
    };
    let (sequence, after) = text.split_at(length);
    let name = sequence[2..].trim_start_matches('{').trim_end_matches('}');
    let (inverted, name) = name.strip_prefix('^').map_or((false, name), |name| (true, name));
    let letter = if sequence.starts_with("\\P") == inverted { 'p' } else { 'P' };
    let class = format!("\\{letter}{{{name}}}");
    // Go knows categories and scripts by their names, nothing else.
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name || Regex::new(&class).is_err() {
        return Err(bad(sequence));
    }
    Ok((class, after))
}

/// A class in brackets, and what follows it.
///
/// `text` begins with the bracket.
pub(super) fn bracketed(text: &str) -> Result<(String, &str), Trouble> {
    let negated = text[1..].starts_with('^');
    let mut rest = &text[if negated { 2 } else { 1 }..];
    let mut class = if negated { "[^".to_owned() } else { "[".to_owned() };
    // A bracket that closes is a rune like any other where it comes first.
    let mut is_first = true;
    while is_first || !rest.starts_with(']') {
        let (item, after) = item(rest, text)?;
        class.push_str(&item);
        rest = after;
        is_first = false;
    }
    class.push(']');
    Ok((class, &rest[1..]))
}

fn item<'a>(rest: &'a str, whole: &'a str) -> Result<(String, &'a str), Trouble> {
    if let Some(named) = posix(rest)? {
        return Ok(named);
    }
    if rest.starts_with("\\p") || rest.starts_with("\\P") {
        return unicode(rest);
    }
    if let Some((class, after)) = rest.starts_with('\\').then(|| perl(rest)).flatten() {
        return Ok((class.to_owned(), after));
    }
    range(rest, whole)
}

/// `[:alpha:]`, `[:^alpha:]`.
fn posix(rest: &str) -> Result<Option<(String, &str)>, Trouble> {
    let Some(end) = rest.strip_prefix("[:").and_then(|inside| inside.find(":]")) else { return Ok(None) };
    let (class, after) = rest.split_at(end + 4);
    let name = &rest[2..end + 2];
    if !POSIX.contains(&name.strip_prefix('^').unwrap_or(name)) {
        return Err(Trouble::new("invalid character class range", class));
    }
    Ok(Some((class.to_owned(), after)))
}

/// A rune, or all from one to another.
fn range<'a>(rest: &'a str, whole: &'a str) -> Result<(String, &'a str), Trouble> {
    let (low, after_low) = rune(rest, whole)?;
    let (high, after) = match after_low.strip_prefix('-') {
        Some(behind) if !behind.is_empty() && !behind.starts_with(']') => rune(behind, whole)?,
        _ => (low, after_low),
    };
    if high < low {
        return Err(Trouble::new("invalid character class range", &rest[..rest.len() - after.len()]));
    }
    // No text holds a half of a surrogate pair.
    let is_surrogate = |code: u32| (0xD800..0xE000).contains(&code);
    let low = if is_surrogate(low) { 0xE000 } else { low };
    let high = if is_surrogate(high) { 0xD7FF } else { high };
    let item = if low <= high { format!("\\x{{{low:x}}}-\\x{{{high:x}}}") } else { NOTHING.to_owned() };
    Ok((item, after))
}

fn rune<'a>(rest: &'a str, whole: &'a str) -> Result<(u32, &'a str), Trouble> {
    if rest.starts_with('\\') {
        return escape::rune(rest);
    }
    let mut runes = rest.chars();
    let rune = runes.next().ok_or_else(|| Trouble::new("missing closing ]", whole))?;
    Ok((u32::from(rune), runes.as_str()))
}
