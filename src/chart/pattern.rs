//! Patterns for paths: Go's `filepath.Match`, and the globs of `.Files.Glob`.

use std::iter::Peekable;
use std::str::Chars;

use regex::Regex;

/// A pattern that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("syntax error in pattern")]
pub struct BadPattern;

/// A pattern of Go's `filepath.Match`: `*` and `?` stop at a slash, `[a-z]`, `[^a]`, a backslash takes the meaning away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(char),
    AnyOne,
    AnyMany,
    /// Whether it excludes, and the ranges.
    Class(bool, Vec<(char, char)>),
}

impl PathPattern {
    /// Reads the pattern.
    pub fn parse(pattern: &str) -> Result<Self, BadPattern> {
        let mut pieces = Vec::new();
        let mut characters = pattern.chars().peekable();
        while let Some(character) = characters.next() {
            pieces.push(match character {
                '*' => Piece::AnyMany,
                '?' => Piece::AnyOne,
                '[' => class(&mut characters)?,
                '\\' => Piece::Literal(characters.next().ok_or(BadPattern)?),
                other => Piece::Literal(other),
            });
        }
        Ok(Self(pieces))
    }

    /// Whether the whole of `name` matches.
    pub fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let (mut at, mut piece) = (0, 0);
        // Where the last `*` stands, and what it has taken so far.
        let mut star: Option<(usize, usize)> = None;
        loop {
            match (self.0.get(piece), name.get(at)) {
                (None, None) => return true,
                (Some(Piece::AnyMany), _) => {
                    star = Some((piece, at));
                    piece += 1;
                }
                (Some(wanted), Some(character)) if wanted.admits(*character) => {
                    piece += 1;
                    at += 1;
                }
                _ => match star {
                    Some((place, taken)) if name.get(taken).is_some_and(|character| *character != '/') => {
                        star = Some((place, taken + 1));
                        (piece, at) = (place + 1, taken + 1);
                    }
                    _ => return false,
                },
            }
        }
    }
}

impl Piece {
    fn admits(&self, character: char) -> bool {
        match self {
            Self::Literal(literal) => *literal == character,
            Self::AnyOne | Self::AnyMany => character != '/',
            Self::Class(excludes, ranges) => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&character)) != *excludes
            }
        }
    }
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

/// A class: at least one range, `]` and `-` only behind a backslash.
fn class(characters: &mut Peekable<Chars<'_>>) -> Result<Piece, BadPattern> {
    let excludes = characters.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    while ranges.is_empty() || characters.next_if_eq(&']').is_none() {
        let low = class_character(characters)?;
        let high = if characters.next_if_eq(&'-').is_some() { class_character(characters)? } else { low };
        ranges.push((low, high));
    }
    Ok(Piece::Class(excludes, ranges))
}

fn class_character(characters: &mut Peekable<Chars<'_>>) -> Result<char, BadPattern> {
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
            ("*a*b", "xaybzb", true),
            ("*a*b", "xay/bzb", false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(PathPattern::parse(pattern).unwrap().matches(name), expected, "{pattern} {name}");
        }
        for bad in ["[", "[]", "a\\", "[-]", "[a"] {
            assert_eq!(PathPattern::parse(bad), Err(BadPattern), "{bad}");
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
