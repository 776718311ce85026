//! Patterns for paths: Go's `filepath.Match`, and the globs of `.Files.Glob`.

use std::fmt::Write;

use regex::Regex;

/// A pattern that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("syntax error in pattern")]
pub struct BadPattern;

/// Whether the whole of `name` matches, as Go's `filepath.Match` decides: `*` and `?` stop at a slash, `[a-z]`, `[^a]`.
pub fn matches(pattern: &str, name: &str) -> Result<bool, BadPattern> {
    let pattern = translated(pattern)?;
    Regex::new(&pattern).map(|regex| regex.is_match(name)).map_err(|_| BadPattern)
}

/// The glob as `.Files.Glob` understands it: `**` also crosses slashes, `{a,b}` are alternatives, `[!a]` excludes.
///
/// One that cannot be read matches everything, as in Helm.
pub fn glob(pattern: &str) -> Regex {
    let regex = Regex::new(&glob_translated(pattern));
    regex.or_else(|_| Regex::new("")).unwrap_or_else(|_| unreachable_regex())
}

#[expect(clippy::expect_used, reason = "the empty expression compiles")]
fn unreachable_regex() -> Regex {
    Regex::new("^").expect("a constant expression")
}

fn translated(pattern: &str) -> Result<String, BadPattern> {
    let mut out = String::from("(?s)^");
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '[' => out.push_str(&class(&mut characters)?),
            '\\' => literal(&mut out, characters.next().ok_or(BadPattern)?),
            other => literal(&mut out, other),
        }
    }
    out.push('$');
    Ok(out)
}

/// A class of Go's: at least one range, `]` and `-` only behind a backslash.
fn class(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, BadPattern> {
    let mut out = String::from("[");
    if characters.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    let mut empty = true;
    loop {
        if !empty && characters.next_if_eq(&']').is_some() {
            out.push(']');
            return Ok(out);
        }
        let low = class_character(characters)?;
        let high = if characters.next_if_eq(&'-').is_some() { class_character(characters)? } else { low };
        if low <= high {
            let _ = write!(out, "\\x{{{:x}}}-\\x{{{:x}}}", u32::from(low), u32::from(high));
        }
        empty = false;
    }
}

fn class_character(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<char, BadPattern> {
    match characters.next().ok_or(BadPattern)? {
        '-' | ']' => Err(BadPattern),
        '\\' => characters.next().ok_or(BadPattern),
        other => Ok(other),
    }
}

fn glob_translated(pattern: &str) -> String {
    let mut out = String::from("(?s)^");
    let mut characters = pattern.chars().peekable();
    let mut depth = 0usize;
    while let Some(character) = characters.next() {
        match character {
            '*' if characters.next_if_eq(&'*').is_some() => {
                while characters.next_if_eq(&'*').is_some() {}
                out.push_str(".*");
            }
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '[' => {
                out.push('[');
                if characters.next_if_eq(&'!').is_some() {
                    out.push('^');
                }
                for member in characters.by_ref().take_while(|member| *member != ']') {
                    if member == '-' { out.push('-') } else { literal(&mut out, member) }
                }
                out.push(']');
            }
            '{' => {
                depth += 1;
                out.push_str("(?:");
            }
            '}' if depth > 0 => {
                depth -= 1;
                out.push(')');
            }
            ',' if depth > 0 => out.push('|'),
            '\\' => literal(&mut out, characters.next().unwrap_or('\\')),
            other => literal(&mut out, other),
        }
    }
    out.push('$');
    out
}

fn literal(out: &mut String, character: char) {
    out.push_str(&regex::escape(character.encode_utf8(&mut [0; 4])));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_match_as_in_go() {
        let cases = [
            ("*.yaml", "a.yaml", true),
            ("*.yaml", "d/a.yaml", false),
            ("templates/*", "templates/a", true),
            ("a?c", "abc", true),
            ("a?c", "a/c", false),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("\\*", "*", true),
            ("a.c", "abc", false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(matches(pattern, name), Ok(expected), "{pattern} {name}");
        }
        for bad in ["[", "[]", "a\\", "[-]", "[a"] {
            assert_eq!(matches(bad, "abc"), Err(BadPattern), "{bad}");
        }
    }

    #[test]
    fn globs_cross_slashes_where_told() {
        let cases = [
            ("**.yaml", "d/b.yaml", true),
            ("*.yaml", "d/b.yaml", false),
            ("d/*", "d/b.yaml", true),
            ("{a,b}/**", "b/c/d", true),
            ("{a,b}/**", "c/d", false),
            ("[!x]y", "ay", true),
            ("[", "anything", true),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(glob(pattern).is_match(name), expected, "{pattern} {name}");
        }
    }
}
