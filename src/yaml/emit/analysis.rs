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
    let (mut after_space, mut after_break, mut after_white) = (false, false, true);
    let mut characters = text.chars().peekable();
    let mut first = true;
    while let Some(character) = characters.next() {
        let last = characters.peek().is_none();
        let before_white = characters.peek().is_none_or(|next| is_blank(*next));
        met.indicators |= is_indicator(character, first, after_white, before_white);
        if character == '\t' && dialect == Dialect::Pretty {
            met.tabs = true;
        } else {
            met.special |= !is_printable(character);
        }
        if character == ' ' {
            met.outer_space |= first || last;
            met.trailing_space |= last;
            met.break_space |= after_break;
        } else if is_break(character) {
            met.breaks = true;
            met.outer_break |= first || last;
            met.space_break |= after_space;
        }
        after_space = character == ' ';
        after_break = is_break(character);
        after_white = is_blank(character) || is_break(character) || character == '\0';
        first = false;
    }
    met
}

/// Whether the character would mean something to a reader of a block scalar's line.
fn is_indicator(character: char, first: bool, after_white: bool, before_white: bool) -> bool {
    if first {
        match character {
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => true,
            '?' | ':' | '-' => before_white,
            _ => false,
        }
    } else {
        match character {
            ':' => before_white,
            '#' => after_white,
            _ => false,
        }
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
