//! Which styles a scalar can be written in: libyaml's analysis with go-yaml's quirks.

use crate::yaml::emit::Dialect;

/// What a text allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four independent answers about one text")]
pub(crate) struct Analysis {
    /// It has a line break of any kind.
    pub(crate) multiline: bool,
    /// It can stand without quotes.
    pub(crate) plain: bool,
    /// It can stand in single quotes.
    pub(crate) single_quoted: bool,
    /// It can stand as a block.
    pub(crate) block: bool,
}

/// What was met while looking through a text.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that was or was not met")]
struct Met {
    indicators: bool,
    breaks: bool,
    special: bool,
    tabs: bool,
    outer_space: bool,
    outer_break: bool,
    trailing_space: bool,
    break_space: bool,
    space_break: bool,
}

/// Analyses a text.
pub(crate) fn analyse(text: &str, dialect: Dialect) -> Analysis {
    if text.is_empty() {
        return Analysis { multiline: false, plain: true, single_quoted: true, block: false };
    }
    let met = look(text, dialect);
    let quoting_needed = met.space_break || met.special;
    Analysis {
        multiline: met.breaks,
        plain: !(met.indicators || met.breaks || met.outer_space || met.outer_break || quoting_needed || met.tabs),
        single_quoted: !(met.break_space || quoting_needed || met.tabs),
        block: !(met.trailing_space || quoting_needed),
    }
}

fn look(text: &str, dialect: Dialect) -> Met {
    let mut met = Met { indicators: text.starts_with("---") || text.starts_with("..."), ..Met::default() };
    let mut before = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        let outer = before.is_none() || next.is_none();
        met.indicators |= is_indicator(before, character, next);
        if character == '\t' && dialect == Dialect::Pretty {
            met.tabs = true;
        } else {
            met.special |= !is_printable(character);
        }
        if character == ' ' {
            met.outer_space |= outer;
            met.trailing_space |= next.is_none();
            met.break_space |= before.is_some_and(is_break);
        } else if is_break(character) {
            met.breaks = true;
            met.outer_break |= outer;
            met.space_break |= before == Some(' ');
        }
        before = Some(character);
    }
    met
}

/// Whether the character would mean something to a reader of a line.
fn is_indicator(before: Option<char>, character: char, next: Option<char>) -> bool {
    let ends_word = next.is_none_or(is_blank);
    match (before, character) {
        (None, '?' | '-') | (_, ':') => ends_word,
        (None, '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`') => true,
        (Some(before), '#') => is_blank(before) || is_break(before) || before == '\0',
        _ => false,
    }
}

/// A space or a tab.
pub(crate) fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

/// A line break as YAML 1.1 counts them.
pub(crate) fn is_break(character: char) -> bool {
    matches!(character, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What go-yaml prints without an escape: nothing above U+FFFF, no tab, no carriage return.
pub(crate) fn is_printable(character: char) -> bool {
    matches!(character, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}
