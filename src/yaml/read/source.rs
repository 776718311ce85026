//! From bytes to the text that is scanned.

use std::borrow::Cow;

use crate::yaml::error::Error;

/// The longest text that is read; the biggest charts print a tenth of it.
const LONGEST: usize = 64 << 20;
/// How much go-yaml decodes at a time: what is wrong with a character is seen before anything else in its chunk.
const CHUNK: usize = 512;

/// What can be scanned of some bytes.
#[derive(Debug)]
pub(super) struct Source<'t> {
    /// UTF-8 without a byte order mark.
    bytes: Cow<'t, [u8]>,
    end: usize,
    problem: Option<Error>,
}

impl<'t> Source<'t> {
    /// The text in `bytes`, up to the chunk in which something is no text.
    ///
    /// # Errors
    /// More than 64 MiB, broken UTF-16.
    pub(super) fn new(bytes: &'t [u8]) -> Result<Self, Error> {
        if bytes.len() > LONGEST {
            return Err(Error::plain(format!("the text is longer than {} MiB", LONGEST >> 20), None));
        }
        let bytes = decoded(bytes)?;
        let Some((at, problem)) = refused(&bytes) else {
            return Ok(Self { end: bytes.len(), bytes, problem: None });
        };
        let chunk = at / CHUNK * CHUNK;
        let end = (0..=chunk).rev().find(|end| bytes.get(*end).is_none_or(|byte| byte & 0xc0 != 0x80)).unwrap_or(0);
        Ok(Self { bytes, end, problem: Some(Error::plain(problem, None)) })
    }

    /// The text.
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.end]).unwrap_or_default()
    }

    /// What is wrong with the bytes behind the text.
    pub(super) fn problem(&self) -> Option<Error> {
        self.problem.clone()
    }
}

/// The first byte that is no text, and why.
fn refused(bytes: &[u8]) -> Option<(usize, &'static str)> {
    let (valid, broken) = match std::str::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(problem) => {
            let valid = std::str::from_utf8(&bytes[..problem.valid_up_to()]).unwrap_or_default();
            (valid, Some((problem.valid_up_to(), bad_utf8(bytes))))
        }
    };
    let control = valid.char_indices().find(|(_, character)| !is_allowed(*character));
    control.map(|(at, _)| (at, "control characters are not allowed")).or(broken)
}

fn is_allowed(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' => true,
        '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => false,
        other => other >= '\u{a0}',
    }
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
