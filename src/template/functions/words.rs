//! Sprig's functions on the words of a text: shortening, wrapping, initials.
//!
//! They count bytes, as the Go functions do that they stand for.

use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::functions::letters;
use crate::template::text::Text;
use crate::template::value::Value;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("abbrev", &[Param::Int, Param::Text], abbrev),
    Function::new("abbrevboth", &[Param::Int, Param::Int, Param::Text], abbrevboth),
    Function::new("initials", &[Param::Text], initials),
    Function::new("swapcase", &[Param::Text], swapcase),
    Function::new("wrap", &[Param::Int, Param::Text], wrap),
    Function::new("wrapWith", &[Param::Int, Param::Text, Param::Text], wrap_with),
];

const ELLIPSIS: &[u8] = b"...";

fn abbrev(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let (width, text) = (args.int(0)?, args.text(1)?);
    Ok(if width < 4 { text.clone() } else { abbreviated(text, 0, count(width)) }.into())
}

fn abbrevboth(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let (left, width, text) = (args.int(0)?, args.int(1)?, args.text(2)?);
    let too_narrow = width < 4 || (left > 0 && width < 7);
    Ok(if too_narrow { text.clone() } else { abbreviated(text, count(left), count(width)) }.into())
}

/// A negative number of bytes is none.
fn count(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

/// The text in at most `width` bytes, from about `left` on, with dots where something is left out.
fn abbreviated(text: &[u8], left: usize, width: usize) -> Text {
    if text.len() <= width {
        return text.into();
    }
    let kept = width - ELLIPSIS.len();
    // Not so far to the right that the rest would not fill the width.
    let left = left.min(text.len() - kept);
    if left <= 4 {
        return [&text[..kept], ELLIPSIS].concat().into();
    }
    if left + kept < text.len() {
        return [ELLIPSIS, &abbreviated(&text[left..], 0, kept)].concat().into();
    }
    [ELLIPSIS, &text[text.len() - kept..]].concat().into()
}

/// The first byte of each word, each as a rune of its own.
fn initials(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let mut after_gap = true;
    let mut initials = String::new();
    for character in args.text(0)?.iter().map(|byte| char::from(*byte)) {
        let is_gap = character.is_whitespace();
        if after_gap && !is_gap {
            initials.push(character);
        }
        after_gap = is_gap;
    }
    Ok(initials.into())
}

/// Upper case for lower and the other way round; a word that begins in lower case begins in title case.
fn swapcase(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let mut at_start = true;
    let mut swapped = String::new();
    for rune in letters::runes(args.text(0)?) {
        let (rune, is_cased) = match rune {
            rune if letters::is_upper(rune) || letters::is_title(rune) => (letters::to_lower(rune), true),
            rune if letters::is_lower(rune) && at_start => (letters::to_title(rune), true),
            rune if letters::is_lower(rune) => (letters::to_upper(rune), true),
            rune => (rune, false),
        };
        at_start = !is_cased && rune.is_whitespace();
        swapped.push(rune);
    }
    Ok(swapped.into())
}

fn wrap(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(wrapped(args.text(1)?, args.int(0)?, b"\n", false).into())
}

/// Like `wrap` with another line end, and words longer than a line are cut.
fn wrap_with(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let line_end: &[u8] = if args.text(1)?.is_empty() { b"\n" } else { args.text(1)? };
    Ok(wrapped(args.text(2)?, args.int(0)?, line_end, true).into())
}

fn wrapped(text: &[u8], width: i64, line_end: &[u8], cut_words: bool) -> Text {
    let width = count(width).max(1);
    let mut rest = text;
    let mut out = Vec::with_capacity(text.len());
    while rest.len() > width {
        if rest[0] == b' ' {
            rest = &rest[1..];
            continue;
        }
        let space = rest[..=width].iter().rposition(|byte| *byte == b' ');
        let (line, skipped) = match space {
            Some(at) => (at, 1),
            None if cut_words => (width, 0),
            None => match rest[width..].iter().position(|byte| *byte == b' ') {
                Some(at) => (width + at, 1),
                None => break,
            },
        };
        out.extend_from_slice(&rest[..line]);
        out.extend_from_slice(line_end);
        rest = &rest[line + skipped..];
    }
    out.extend_from_slice(rest);
    out.into()
}

#[cfg(test)]
mod tests {
    use crate::template::functions::call_for_test;
    use crate::template::value::Value;

    fn text(name: &str, args: &[Value]) -> String {
        call_for_test(name, args).unwrap().as_text().unwrap().to_string()
    }

    #[test]
    fn abbreviations_keep_to_the_width() {
        assert_eq!(text("abbrev", &[5.into(), "hello world".into()]), "he...");
        assert_eq!(text("abbrev", &[3.into(), "hello world".into()]), "hello world");
        assert_eq!(text("abbrevboth", &[5.into(), 10.into(), "1234 5678 9123".into()]), "...5678...");
        assert_eq!(text("abbrevboth", &[i64::MAX.into(), 10.into(), "1234 5678 9123".into()]), "...78 9123");
        assert_eq!(text("abbrevboth", &[i64::MIN.into(), i64::MAX.into(), "1234".into()]), "1234");
    }

    #[test]
    fn words_wrap_at_spaces() {
        assert_eq!(text("wrap", &[5.into(), "Hello World abcdefghij k".into()]), "Hello\nWorld\nabcdefghij\nk");
        assert_eq!(text("wrapWith", &[5.into(), "\t".into(), "Hello abcdefghij".into()]), "Hello\tabcde\tfghij");
        assert_eq!(text("wrap", &[(-1).into(), "a b".into()]), "a\nb");
        assert_eq!(text("initials", &["First  Try".into()]), "FT");
        assert_eq!(text("swapcase", &["This Is a.Test".into()]), "tHIS iS A.tEST");
    }
}
