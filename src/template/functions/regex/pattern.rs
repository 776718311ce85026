//! Compiled patterns, and how Go searches, splits and replaces with them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use ::regex::bytes::Regex;
use ::regex::bytes::RegexBuilder;

use crate::template::functions::regex::dialect;
use crate::template::text::Text;

/// The most memory that a pattern may become, in bytes.
const LARGEST: usize = 32 << 20;

/// The most patterns that are kept compiled.
const KEPT: usize = 512;

thread_local! {
    /// Templates use few patterns, over and over.
    static PATTERNS: RefCell<HashMap<Text, Result<Compiled, String>>> = RefCell::default();
}

/// The pattern, compiled; Go's complaint if it is none.
pub(super) fn compiled(pattern: &Text) -> Result<Compiled, String> {
    PATTERNS.with_borrow_mut(|patterns| {
        if let Some(known) = patterns.get(pattern) {
            return known.clone();
        }
        if patterns.len() >= KEPT {
            patterns.clear();
        }
        let compiled = Compiled::new(pattern);
        patterns.insert(pattern.clone(), compiled.clone());
        compiled
    })
}

/// A pattern that is ready to search.
#[derive(Debug, Clone)]
pub(super) struct Compiled {
    regex: Regex,
    /// The names of the groups, from the whole match on; empty for a group without one.
    names: Rc<[String]>,
}

impl Compiled {
    fn new(pattern: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(pattern)
            .map_err(|_| format!("error parsing regexp: invalid UTF-8: `{}`", String::from_utf8_lossy(pattern)))?;
        let translated = dialect::translate(text).map_err(|trouble| trouble.to_string())?;
        let mut builder = RegexBuilder::new(&translated.pattern);
        let regex = builder.size_limit(LARGEST).nest_limit(4000).build();
        // All that the crate refuses of what was translated is what becomes too large.
        let regex = regex.map_err(|_| format!("error parsing regexp: expression too large: `{text}`"))?;
        Ok(Self { regex, names: translated.names.into() })
    }

    /// The first match.
    pub(super) fn find(&self, text: &[u8]) -> Option<Range<usize>> {
        self.find_from(text, 0)
    }

    /// The first match that begins at `start` or later, at a rune's begin.
    fn find_from(&self, text: &[u8], start: usize) -> Option<Range<usize>> {
        let mut start = start;
        loop {
            let found = self.regex.find_at(text, start)?.range();
            // Only what is empty can match inside of a rune.
            if !found.is_empty() || is_boundary(text, found.start) {
                return Some(found);
            }
            start = found.start + 1;
        }
    }

    /// At most so many matches, none overlapping; an empty one does not touch the end of the one before.
    pub(super) fn find_all(&self, text: &[u8], most: usize) -> Vec<Range<usize>> {
        let mut matches = Vec::new();
        let (mut start, mut previous_end) = (0, None);
        while matches.len() < most && start <= text.len() {
            let Some(found) = self.find_from(text, start) else { break };
            let (from, to) = (found.start, found.end);
            if to != start || previous_end != Some(from) {
                matches.push(found);
            }
            start = if to == start { after_rune(text, start) } else { to };
            previous_end = Some(to);
        }
        matches
    }

    /// Puts `template` for each match, with `$1`, `${1}`, `$name`, `${name}` and `$$` as Go has them.
    pub(super) fn replace_all(&self, text: &[u8], template: &[u8]) -> Vec<u8> {
        if !template.contains(&b'$') {
            return self.replace_all_literal(text, template);
        }
        let template = String::from_utf8_lossy(template);
        self.replaced(text, |out, found| self.expand(out, text, found.start, &template))
    }

    /// Puts `by` for each match, as it is.
    pub(super) fn replace_all_literal(&self, text: &[u8], by: &[u8]) -> Vec<u8> {
        self.replaced(text, |out, _| out.extend_from_slice(by))
    }

    fn replaced(&self, text: &[u8], replace: impl Fn(&mut Vec<u8>, &Range<usize>)) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len());
        let mut copied = 0;
        for found in self.find_all(text, usize::MAX) {
            out.extend_from_slice(&text[copied..found.start]);
            replace(&mut out, &found);
            copied = found.end;
        }
        out.extend_from_slice(&text[copied..]);
        out
    }

    /// Writes the template for the match that begins at `start`.
    fn expand(&self, out: &mut Vec<u8>, text: &[u8], start: usize, template: &str) {
        let groups = self.regex.captures_at(text, start);
        let group = |index: usize| groups.as_ref().and_then(|groups| groups.get(index));
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('$') {
            out.extend_from_slice(before.as_bytes());
            if let Some(after_dollar) = after.strip_prefix('$') {
                out.push(b'$');
                rest = after_dollar;
                continue;
            }
            let Some((name, after_name)) = reference(after) else {
                out.push(b'$');
                rest = after;
                continue;
            };
            let found = match number(name) {
                Some(index) => group(index),
                None => self.named(name).find_map(group),
            };
            out.extend_from_slice(found.map_or(&[], |found| found.as_bytes()));
            rest = after_name;
        }
        out.extend_from_slice(rest.as_bytes());
    }

    fn named(&self, name: &str) -> impl Iterator<Item = usize> {
        self.names.iter().enumerate().filter(move |(_, known)| *known == name).map(|(index, _)| index)
    }

    /// What stands between the matches, at most so many parts; `is_empty` tells whether the pattern is.
    pub(super) fn split<'t>(&self, is_empty: bool, text: &'t [u8], most: usize) -> Vec<&'t [u8]> {
        if !is_empty && text.is_empty() {
            return vec![text];
        }
        let mut parts = Vec::new();
        let (mut start, mut end) = (0, 0);
        for found in self.find_all(text, most) {
            if parts.len() + 1 == most {
                break;
            }
            end = found.start;
            if found.end != 0 {
                parts.push(&text[start..end]);
            }
            start = found.end;
        }
        if end != text.len() {
            parts.push(&text[start..]);
        }
        parts
    }
}

/// The name or number behind a dollar, and what follows it.
fn reference(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('{').unwrap_or(text);
    let is_part = |rune: char| rune.is_alphanumeric() || rune == '_';
    let end = inner.find(|rune| !is_part(rune)).unwrap_or(inner.len());
    let (name, after) = inner.split_at(end);
    if name.is_empty() {
        return None;
    }
    if inner.len() == text.len() { Some((name, after)) } else { Some((name, after.strip_prefix('}')?)) }
}

/// The number of a group; what begins with a zero is a name unless it is only that.
fn number(name: &str) -> Option<usize> {
    let zeros = name.len() > 1 && name.starts_with('0');
    let digits = name.bytes().all(|byte| byte.is_ascii_digit());
    if zeros || !digits { None } else { Some(name.parse().unwrap_or(usize::MAX)) }
}

fn is_boundary(text: &[u8], at: usize) -> bool {
    text.get(at).is_none_or(|byte| !(0x80..0xC0).contains(byte))
}

/// Where the next rune begins.
fn after_rune(text: &[u8], at: usize) -> usize {
    (at + 1..text.len()).find(|at| is_boundary(text, *at)).unwrap_or_else(|| text.len().max(at + 1))
}

#[cfg(test)]
mod tests {
    use super::compiled;

    fn replaced(pattern: &str, text: &str, template: &str) -> String {
        let replaced = compiled(&pattern.into()).unwrap().replace_all(text.as_bytes(), template.as_bytes());
        String::from_utf8(replaced).unwrap()
    }

    #[test]
    fn a_reference_takes_the_longest_name() {
        assert_eq!(replaced("a(x*)b", "-ab-axxb-", "${1}W"), "-W-xxW-");
        assert_eq!(replaced("a(x*)b", "-ab-axxb-", "$1W"), "---");
        assert_eq!(replaced("(?P<n>.)", "ab", "<$n$$${n}$>"), "<a$a$><b$b$>");
        assert_eq!(replaced("(.)", "a", "${1"), "${1");
    }
}
