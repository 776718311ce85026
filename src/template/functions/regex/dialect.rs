//! Go's dialect of regular expressions, translated to that of the crate `regex`.
//!
//! The two differ in little: what `\d`, `\w`, `\s`, `\b` mean, `\Q…\E`, octal escapes, a brace or bracket that stands for
//! itself, and in what is refused with which words.

use crate::template::functions::regex::class;
use crate::template::functions::regex::escape;

/// The most that something may be repeated, also counting repetitions in repetitions.
const MOST_REPEATED: u64 = 1000;

/// The deepest nesting of groups.
const DEEPEST: usize = 1000;

/// What is wrong with a pattern. Shows Go's message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("error parsing regexp: {what}: `{at}`")]
pub(super) struct Trouble {
    what: &'static str,
    at: String,
}

impl Trouble {
    /// Trouble of that kind with that part of the pattern.
    pub(super) fn new(what: &'static str, at: &str) -> Self {
        Self { what, at: at.to_owned() }
    }
}

/// A pattern in the crate's words.
#[derive(Debug)]
pub(super) struct Translated {
    /// The pattern; none of its groups has a name.
    pub(super) pattern: String,
    /// The names of the groups, from the whole match on; empty for a group without one.
    pub(super) names: Vec<String>,
}

/// Translates a pattern of Go's.
pub(super) fn translate(pattern: &str) -> Result<Translated, Trouble> {
    let mut translator = Translator {
        whole: pattern,
        rest: pattern,
        out: String::with_capacity(pattern.len() + 16),
        names: vec![String::new()],
        open: vec![Group::default()],
        deepest: 1,
        last: None,
        last_repeat: None,
    };
    while !translator.rest.is_empty() {
        translator.piece()?;
    }
    if translator.open.len() > 1 {
        return Err(Trouble::new("missing closing )", pattern));
    }
    if translator.deepest > DEEPEST {
        return Err(Trouble::new("expression nests too deeply", pattern));
    }
    Ok(Translated { pattern: translator.out, names: translator.names })
}

/// A group that is being read.
#[derive(Debug, Default)]
struct Group {
    /// How often what it holds is repeated at most, repetitions in repetitions multiplied.
    weight: u64,
}

struct Translator<'a> {
    whole: &'a str,
    rest: &'a str,
    out: String,
    names: Vec<String>,
    open: Vec<Group>,
    /// How many were open at once.
    deepest: usize,
    /// The weight of what a repetition would repeat; nothing where nothing is before it.
    last: Option<u64>,
    /// Where the repetition began that was just read.
    last_repeat: Option<&'a str>,
}

impl<'a> Translator<'a> {
    fn piece(&mut self) -> Result<(), Trouble> {
        let last_repeat = self.last_repeat.take();
        let rest = self.rest;
        match rest.as_bytes()[0] {
            b'(' if rest.starts_with("(?") => self.extended_group(),
            b'(' => {
                self.group("(", Some(String::new()), &rest[1..]);
                Ok(())
            }
            b')' => self.close(),
            b'|' => {
                self.out.push('|');
                self.last = None;
                self.rest = &rest[1..];
                Ok(())
            }
            b'[' => {
                let (class, after) = class::bracketed(rest)?;
                self.atom(&class, after);
                Ok(())
            }
            b'^' => self.plain("(?:^)"),
            b'$' => self.plain("(?:$)"),
            b'.' => self.plain("."),
            b'*' | b'+' | b'?' => self.repetition(&rest[..1], &rest[1..], last_repeat, None),
            b'{' => self.braces(last_repeat),
            b'\\' => self.backslash(),
            _ => {
                self.literals(rest.chars().next().map_or(1, char::len_utf8));
                Ok(())
            }
        }
    }

    /// Writes something that can be repeated.
    fn atom(&mut self, pattern: &str, after: &'a str) {
        self.out.push_str(pattern);
        self.rest = after;
        self.last = Some(1);
    }

    fn plain(&mut self, pattern: &str) -> Result<(), Trouble> {
        let after = &self.rest[1..];
        self.atom(pattern, after);
        Ok(())
    }

    /// Takes so many bytes as they are.
    fn literals(&mut self, length: usize) {
        let (text, after) = self.rest.split_at(length);
        for rune in text.chars() {
            self.atom(&class::literal(u32::from(rune)), after);
        }
        self.rest = after;
    }

    fn group(&mut self, open: &str, name: Option<String>, after: &'a str) {
        self.out.push_str(open);
        self.names.extend(name);
        self.open.push(Group::default());
        self.deepest = self.deepest.max(self.open.len());
        self.last = None;
        self.rest = after;
    }

    fn close(&mut self) -> Result<(), Trouble> {
        let closed = self.open.pop();
        let (Some(inner), Some(outer)) = (closed, self.open.last_mut()) else {
            return Err(Trouble::new("unexpected )", self.whole));
        };
        outer.weight = outer.weight.max(inner.weight);
        self.out.push(')');
        self.last = Some(inner.weight.max(1));
        self.rest = &self.rest[1..];
        Ok(())
    }

    /// `(?P<name>`, `(?<name>`, `(?:`, `(?flags)`, `(?flags:`.
    fn extended_group(&mut self) -> Result<(), Trouble> {
        let rest = self.rest;
        let start = match () {
            () if rest.starts_with("(?P<") && rest.len() > 4 => 4,
            () if rest.starts_with("(?<") && rest.len() > 3 => 3,
            () => return self.flags(),
        };
        let end = rest.find('>').ok_or_else(|| Trouble::new("invalid named capture", rest))?;
        let name = &rest[start..end];
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name {
            return Err(Trouble::new("invalid named capture", &rest[..=end]));
        }
        self.group("(", Some(name.to_owned()), &rest[end + 1..]);
        Ok(())
    }

    fn flags(&mut self) -> Result<(), Trouble> {
        let rest = self.rest;
        let mut runes = rest[2..].chars();
        let (mut on, mut off) = (String::new(), String::new());
        let mut negative = false;
        for rune in runes.by_ref() {
            match rune {
                'i' | 'm' | 's' | 'U' if negative => off.push(rune),
                'i' | 'm' | 's' | 'U' => on.push(rune),
                '-' if !negative => negative = true,
                ':' | ')' if negative && off.is_empty() => break,
                ':' => {
                    self.group(&format!("(?{}:", settings(&on, &off)), None, runes.as_str());
                    return Ok(());
                }
                ')' => {
                    let settings = settings(&on, &off);
                    if !settings.is_empty() {
                        self.out.extend(["(?", &settings, ")"]);
                        self.last = None;
                    }
                    self.rest = runes.as_str();
                    return Ok(());
                }
                _ => break,
            }
        }
        let read = &rest[..rest.len() - runes.as_str().len()];
        Err(Trouble::new("invalid or unsupported Perl syntax", read))
    }

    /// A repetition written as `operator`; a `?` behind it makes it take as little as it can.
    fn repetition(
        &mut self,
        operator: &str,
        after: &'a str,
        last_repeat: Option<&'a str>,
        count: Option<u64>,
    ) -> Result<(), Trouble> {
        let before = self.rest;
        let (lazy, after) = after.strip_prefix('?').map_or((false, after), |after| (true, after));
        if let Some(start) = last_repeat {
            return Err(Trouble::new("invalid nested repetition operator", &start[..start.len() - after.len()]));
        }
        let written = &before[..before.len() - after.len()];
        let Some(weight) = self.last else {
            return Err(Trouble::new("missing argument to repetition operator", written));
        };
        let weight = count.map_or(weight, |count| count.saturating_mul(weight).max(1));
        if weight > MOST_REPEATED {
            return Err(Trouble::new("invalid repeat count", written));
        }
        self.out.push_str(operator);
        if lazy {
            self.out.push('?');
        }
        if let Some(group) = self.open.last_mut() {
            group.weight = group.weight.max(weight);
        }
        self.last = Some(weight);
        self.last_repeat = Some(before);
        self.rest = after;
        Ok(())
    }

    /// `{2}`, `{2,}`, `{2,3}`; a brace that begins nothing of that kind stands for itself.
    fn braces(&mut self, last_repeat: Option<&'a str>) -> Result<(), Trouble> {
        let rest = self.rest;
        let Some((least, most, length)) = bounds(rest) else {
            self.literals(1);
            return Ok(());
        };
        let (operator, after) = rest.split_at(length);
        if least > MOST_REPEATED || most.is_some_and(|most| most > MOST_REPEATED || least > most) {
            return Err(Trouble::new("invalid repeat count", operator));
        }
        self.repetition(operator, after, last_repeat, Some(most.unwrap_or(least)))
    }

    fn backslash(&mut self) -> Result<(), Trouble> {
        let rest = self.rest;
        match rest.as_bytes().get(1) {
            Some(b'A') => self.atom("(?:\\A)", &rest[2..]),
            Some(b'z') => self.atom("(?:\\z)", &rest[2..]),
            Some(b'b') => self.atom("(?-u:\\b)", &rest[2..]),
            Some(b'B') => self.atom("(?-u:\\B)", &rest[2..]),
            Some(b'C') => return Err(Trouble::new("invalid escape sequence", "\\C")),
            Some(b'Q') => {
                self.rest = &rest[2..];
                let length = self.rest.find("\\E").unwrap_or(self.rest.len());
                self.literals(length);
                self.rest = self.rest.strip_prefix("\\E").unwrap_or(self.rest);
            }
            Some(b'p' | b'P') => {
                let (class, after) = class::unicode(rest)?;
                self.atom(&class, after);
            }
            _ => {
                if let Some((class, after)) = class::perl(rest) {
                    self.atom(class, after);
                    return Ok(());
                }
                let (code, after) = escape::rune(rest)?;
                self.atom(&class::literal(code), after);
            }
        }
        Ok(())
    }
}

/// Each flag once; what is switched on and off is off.
fn settings(on: &str, off: &str) -> String {
    let once = |flags: &str| "imsU".chars().filter(|flag| flags.contains(*flag)).collect::<String>();
    let (on, off) = (once(on), once(off));
    let on: String = on.chars().filter(|flag| !off.contains(*flag)).collect();
    if off.is_empty() { on } else { format!("{on}-{off}") }
}

/// The bounds of a repetition in braces, and how long it is; no upper one if it has none.
fn bounds(text: &str) -> Option<(u64, Option<u64>, usize)> {
    let length = text.find('}')? + 1;
    let inside = &text[1..length - 1];
    let (least, most) = match inside.split_once(',') {
        Some((least, "")) => (number(least)?, None),
        Some((least, most)) => (number(least)?, Some(number(most)?)),
        None => (number(inside)?, Some(number(inside)?)),
    };
    Some((least, most, length))
}

/// A number without zeros in front; one that is far too great is told as some that is.
fn number(digits: &str) -> Option<u64> {
    let zeros = digits.len() > 1 && digits.starts_with('0');
    if digits.is_empty() || zeros || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::translate;

    #[test]
    fn patterns_translate() {
        for (from, to) in [
            (r"\d+\b", r"[0-9]+(?-u:\b)"),
            (r"\Qa.b\E*", r"a\x{2e}b*"),
            (r"a{,2}", r"a\x{7b}\x{2c}2\x{7d}"),
            (r"[]a-z[&&]", r"[\x{5d}-\x{5d}\x{61}-\x{7a}\x{5b}-\x{5b}\x{26}-\x{26}\x{26}-\x{26}]"),
            (r"(?P<n>x)(?ii-s:y)", r"(x)(?i-s:y)"),
        ] {
            assert_eq!(translate(from).unwrap().pattern, to);
        }
        assert_eq!(translate("(?P<n>x)(y)").unwrap().names, ["", "n", ""]);
    }

    #[test]
    fn trouble_is_told_in_gos_words() {
        for (pattern, message) in [
            ("a**", "invalid nested repetition operator: `**`"),
            ("(a{500}){3}", "invalid repeat count: `{3}`"),
            ("|*", "missing argument to repetition operator: `*`"),
            ("[b-a]", "invalid character class range: `b-a`"),
            ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ] {
            assert_eq!(translate(pattern).unwrap_err().to_string(), format!("error parsing regexp: {message}"));
        }
    }
}
