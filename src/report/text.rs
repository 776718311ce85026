//! Text of others, made fit for a line of the log. Pure.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;
use unicode_width::UnicodeWidthStr;

/// A tab goes to the next multiple of this many columns.
const TAB: usize = 8;

/// The marks before the names of images and artifacts; left out of a log that is not pretty.
const EMOJI: &[&str] = &["⛵ ", "🛸 "];

/// One line without what would move the cursor: the last state of a progress bar, tabs as blanks, no control
/// characters, colours only with `color`.
pub(super) fn clean(line: &str, color: bool) -> Cow<'_, str> {
    let line = last_state(line);
    if line.bytes().all(|byte| byte >= 0x20 && byte != 0x7f) && !line.contains('\u{9b}') {
        return Cow::Borrowed(line);
    }
    let mut cleaned = String::with_capacity(line.len());
    for part in parts(line) {
        match part {
            Part::Sgr(sequence) if color => cleaned.push_str(sequence),
            Part::Sgr(_) | Part::Other(_) => {}
            Part::Char("\t") => {
                let blanks = TAB - width(&cleaned) % TAB;
                cleaned.extend(std::iter::repeat_n(' ', blanks));
            }
            Part::Char(char) if char.chars().any(char::is_control) => {}
            Part::Char(char) => cleaned.push_str(char),
        }
    }
    Cow::Owned(cleaned)
}

/// What a terminal would show in the end: the text after the last carriage return that is followed by any.
fn last_state(line: &str) -> &str {
    line.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default()
}

/// `title` without the marks of images and artifacts.
pub(super) fn without_emoji(title: &str) -> Cow<'_, str> {
    if EMOJI.iter().all(|mark| !title.contains(mark)) {
        return Cow::Borrowed(title);
    }
    Cow::Owned(EMOJI.iter().fold(title.to_owned(), |text, mark| text.replace(mark, "")))
}

/// The columns that `text` takes; colours take none.
pub(super) fn width(text: &str) -> usize {
    if !text.contains('\x1b') {
        return text.width();
    }
    parts(text).map(Part::width).sum()
}

/// `text` cut to `limit` columns; what was cut is marked by ` ...`.
pub(super) fn shorten(text: &str, limit: usize) -> Cow<'_, str> {
    const CUT: &str = " ...";
    if width(text) <= limit {
        return Cow::Borrowed(text);
    }
    let room = limit.saturating_sub(CUT.len());
    let mut taken = 0;
    let kept: String = text
        .chars()
        .take_while(|char| {
            taken += char.width().unwrap_or(0);
            taken <= room
        })
        .collect();
    Cow::Owned(format!("{}{CUT}", kept.trim_end()))
}

/// A part of a line: a character, a colour, or an escape sequence that does something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// One character.
    Char(&'a str),
    /// `ESC [ … m`.
    Sgr(&'a str),
    /// Any other escape sequence.
    Other(&'a str),
}

impl<'a> Part<'a> {
    /// The bytes of the part.
    pub(super) fn text(self) -> &'a str {
        match self {
            Self::Char(text) | Self::Sgr(text) | Self::Other(text) => text,
        }
    }

    /// The columns it takes.
    pub(super) fn width(self) -> usize {
        match self {
            Self::Char(text) => text.width(),
            Self::Sgr(_) | Self::Other(_) => 0,
        }
    }
}

/// Takes `line` apart; the parts' texts joined are the line.
pub(super) fn parts(line: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let length = if first == '\x1b' { escape_length(rest) } else { first.len_utf8() };
        let (text, behind) = rest.split_at(length);
        rest = behind;
        Some(match first {
            '\x1b' if text.starts_with("\x1b[") && text.ends_with('m') => Part::Sgr(text),
            '\x1b' => Part::Other(text),
            _ => Part::Char(text),
        })
    })
}

/// The length of the escape sequence at the start of `text`; of an unknown one, the escape character alone.
fn escape_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes.get(1) {
        Some(b'[') => {
            let last = bytes[2..].iter().position(|byte| !(0x20..=0x3f).contains(byte));
            match last {
                Some(at) if (0x40..=0x7e).contains(&bytes[at + 2]) => at + 3,
                _ => 1,
            }
        }
        Some(b']') => text.find('\x07').map_or(1, |end| end + 1),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::clean;
    use super::shorten;
    use super::width;

    #[test]
    fn a_progress_bar_is_its_last_state() {
        assert_eq!(clean("10%\r50%\r100%\r", false), "100%");
    }

    #[test]
    fn colours_stay_only_in_colour() {
        let text = "\x1b[32mok\x1b[0m\x1b[2K\x1b]0;title\x07.";
        assert_eq!(clean(text, false), "ok.");
        assert_eq!(clean(text, true), "\x1b[32mok\x1b[0m.");
    }

    #[test]
    fn tabs_and_control_characters_do_not_move_the_border() {
        assert_eq!(clean("a\tb\x08\x1b", false), "a       b");
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(width("⛵ 日本"), 7);
        assert_eq!(width("\x1b[1mab\x1b[0m"), 2);
        assert_eq!(shorten("日本日本日", 9), "日本 ...");
        assert_eq!(shorten("short", 5), "short");
    }
}
