//! Events of a text, and libyaml's problems in go-yaml's words.

use std::borrow::Cow;
use std::io::BufReader;
use std::io::Chain;
use std::io::Cursor;
use std::io::Read;

use libyaml_safer::ErrorKind;
use libyaml_safer::Event;
use libyaml_safer::EventData;
use libyaml_safer::Mark;
use libyaml_safer::Parser;
use libyaml_safer::ScalarStyle;

use crate::yaml::error::Error;
use crate::yaml::node::Position;

/// The longest text that is read; the biggest charts print a tenth of it.
const LONGEST: usize = 64 << 20;
/// How much of the text is decoded at a time, as in go-yaml: a bad character far behind an error is not seen.
const CHUNK: usize = 512;

/// The events of a text.
pub(crate) struct Source<'t> {
    parser: Parser<BufReader<Chain<Bytes<'t>, &'static [u8]>>>,
    text: Cow<'t, [u8]>,
}

/// The bytes of a text, borrowed or decoded.
type Bytes<'t> = Cursor<Cow<'t, [u8]>>;

impl<'t> Source<'t> {
    /// The events of `text`, which may begin with a byte order mark.
    pub(crate) fn new(text: &'t [u8]) -> Result<Self, Error> {
        if text.len() > LONGEST {
            return Err(Error::plain(format!("the text is longer than {} MiB", LONGEST >> 20), None));
        }
        let text = decoded(text)?;
        let mut parser = Parser::new();
        parser.set_encoding(libyaml_safer::Encoding::Utf8);
        // The scanner panics where a block scalar ends the text without a line break.
        let end: &[u8] = if text.ends_with(b"\n") { b"" } else { b"\n" };
        parser.set_input(BufReader::with_capacity(CHUNK, Cursor::new(text.clone()).chain(end)));
        Ok(Self { parser, text })
    }

    /// The next event; behind the last one, the end of the stream again and again.
    pub(crate) fn next(&mut self) -> Result<Event, Error> {
        let mut event = self.parser.parse().map_err(|problem| explain(&problem, &self.text))?;
        if let EventData::Scalar { value, style: ScalarStyle::Literal | ScalarStyle::Folded, .. } = &mut event.data
            && event.end_mark.index > self.text.len() as u64
            && self.ends_without_break(value)
        {
            value.pop();
        }
        Ok(event)
    }

    /// Whether the last line break of a block scalar at the end is the one that was added.
    fn ends_without_break(&self, value: &str) -> bool {
        let last = self.text.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let Some(lines) = value.strip_suffix('\n') else { return false };
        match lines.rsplit('\n').next().unwrap_or_default() {
            "" => last.trim_ascii().is_empty(),
            line => last.ends_with(line.as_bytes()),
        }
    }
}

/// A place as people count it.
pub(crate) fn position(mark: Mark) -> Position {
    let count = |number: u64| usize::try_from(number).map_or(usize::MAX, |number| number.saturating_add(1));
    Position { line: count(mark.line), column: count(mark.column) }
}

/// UTF-16 becomes UTF-8; a UTF-8 mark is dropped.
fn decoded(text: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16(&units)
            .ok()
            .filter(|_| rest.len().is_multiple_of(2))
            .map(|text| Cow::Owned(text.into_bytes()))
            .ok_or_else(|| Error::plain("incomplete UTF-16 character", None))
    };
    match text {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => Ok(Cow::Borrowed(rest)),
        _ => Ok(Cow::Borrowed(text)),
    }
}

fn explain(problem: &libyaml_safer::Error, text: &[u8]) -> Error {
    // Behind the line break that was added, the text itself ends at the line before.
    let ends_early = problem.problem() == "found unexpected end of stream";
    let added = |mark: &Mark| ends_early && mark.index > text.len() as u64;
    let lines = |mark: Option<Mark>| mark.map_or(0, |mark| mark.line - u64::from(added(&mark)));
    let at = problem.problem_mark().or_else(|| problem.context_mark()).map(|mark| {
        let at = position(mark);
        Position { line: at.line - usize::from(added(&mark)), ..at }
    });
    let is_bad_text = problem.kind() == ErrorKind::Io || problem.problem() == "invalid UTF-8";
    if is_bad_text {
        return Error::plain(bad_utf8(text), at);
    }
    let shown = match (lines(problem.problem_mark()), lines(problem.context_mark())) {
        (0, context) => context,
        // go-yaml shows libyaml's line, which counts from 0, one higher only for the scanner; line 0 it does not show.
        (line, _) => line + u64::from(problem.kind() == ErrorKind::Scanner),
    };
    match usize::try_from(shown) {
        Ok(line) if line > 0 => Error::on_line(line, problem.problem(), at),
        _ => Error::plain(problem.problem(), at),
    }
}

/// Names what is wrong with the first sequence of bytes that is no UTF-8.
fn bad_utf8(text: &[u8]) -> &'static str {
    let Err(problem) = std::str::from_utf8(text) else { return "invalid UTF-8" };
    let rest = &text[problem.valid_up_to()..];
    let width = match rest.first() {
        Some(0xc0..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf7) => 4,
        _ => return "invalid leading UTF-8 octet",
    };
    if rest.len() < width {
        return "incomplete UTF-8 octet sequence";
    }
    if rest[1..width].iter().any(|byte| byte & 0xc0 != 0x80) {
        return "invalid trailing UTF-8 octet";
    }
    match rest {
        [0xc0 | 0xc1, ..] | [0xe0, 0x80..=0x9f, ..] | [0xf0, 0x80..=0x8f, ..] => "invalid length of a UTF-8 sequence",
        _ => "invalid Unicode character",
    }
}
