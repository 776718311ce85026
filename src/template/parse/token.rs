//! What a template's text is made of.

use crate::template::format;

/// The kinds of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// Something that is no token; the text says why.
    Error,
    /// The end.
    Eof,
    /// Text outside of actions.
    Text,
    /// `{{`.
    LeftDelim,
    /// `}}`.
    RightDelim,
    /// White space inside an action.
    Space,
    /// `true` or `false`.
    Bool,
    /// A character that is nothing else, such as a comma.
    Char,
    /// A rune in single quotes.
    Rune,
    /// A number with an imaginary part.
    Complex,
    /// Any other number.
    Number,
    /// `=`.
    Assign,
    /// `:=`.
    Declare,
    /// A name behind a dot.
    Field,
    /// A name.
    Identifier,
    /// A name behind `$`, or `$` alone.
    Variable,
    /// `(`.
    LeftParen,
    /// `)`.
    RightParen,
    /// `|`.
    Pipe,
    /// A text in double quotes.
    Quoted,
    /// A text in backquotes.
    RawQuoted,
    /// `.` alone.
    Dot,
    /// One of the words that the language reserves.
    Keyword(Keyword),
}

/// The reserved words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    /// `block`
    Block,
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `define`
    Define,
    /// `else`
    Else,
    /// `end`
    End,
    /// `if`
    If,
    /// `nil`
    Nil,
    /// `range`
    Range,
    /// `template`
    Template,
    /// `with`
    With,
}

impl Keyword {
    /// The keyword of that spelling.
    pub(super) fn of(word: &[u8]) -> Option<Self> {
        Some(match word {
            b"block" => Self::Block,
            b"break" => Self::Break,
            b"continue" => Self::Continue,
            b"define" => Self::Define,
            b"else" => Self::Else,
            b"end" => Self::End,
            b"if" => Self::If,
            b"nil" => Self::Nil,
            b"range" => Self::Range,
            b"template" => Self::Template,
            b"with" => Self::With,
            _ => return None,
        })
    }
}

/// A piece of a template's text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    /// What it is.
    pub(super) kind: TokenKind,
    /// Where it begins, in bytes.
    pub(super) pos: usize,
    /// Its text; of an error, what is wrong.
    pub(super) text: &'a [u8],
    /// The line it begins on, counted from 1.
    pub(super) line: usize,
}

impl Token<'_> {
    /// As Go's messages show it.
    pub(super) fn shown(&self) -> String {
        let text = String::from_utf8_lossy(self.text);
        match self.kind {
            TokenKind::Eof => "EOF".to_owned(),
            TokenKind::Error => text.into_owned(),
            TokenKind::Keyword(_) | TokenKind::Dot => format!("<{text}>"),
            _ if self.text.len() > 10 => {
                format!("{}...", format::sprintf(b"%.10q", &[crate::template::value::Value::Text(self.text.into())]))
            }
            _ => format::quoted(self.text),
        }
    }
}
