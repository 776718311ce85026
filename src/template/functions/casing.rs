//! Sprig's `snakecase`, `kebabcase` and `camelcase`.

use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::functions::letters;
use crate::template::value::Value;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("snakecase", &[Param::Text], snakecase),
    Function::new("kebabcase", &[Param::Text], kebabcase),
    Function::new("camelcase", &[Param::Text], camelcase),
];

fn snakecase(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(connected(args.text(0)?, '_').into())
}

fn kebabcase(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(connected(args.text(0)?, '-').into())
}

/// What a word is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// There is no further word.
    End,
    Number,
    /// Begins with a capital.
    Capital,
    /// Begins with a small letter.
    Small,
    /// Spaces, underscores, hyphens.
    Connector,
    Punctuation,
    Other,
}

impl Kind {
    fn of(rune: char) -> Self {
        match rune {
            rune if is_connector(rune) => Self::Connector,
            rune if letters::is_punctuation(rune) => Self::Punctuation,
            rune if letters::is_upper(rune) => Self::Capital,
            rune if is_alphabetic(rune) => Self::Small,
            rune if rune.is_numeric() => Self::Number,
            _ => Self::Other,
        }
    }

    /// Whether a connector goes in front of such a word when another is before it.
    fn takes_connector(self) -> bool {
        !matches!(self, Self::End | Self::Connector | Self::Punctuation)
    }

    fn continues_number(self) -> bool {
        matches!(self, Self::Small | Self::Number)
    }
}

fn is_connector(rune: char) -> bool {
    rune == '-' || rune == '_' || rune.is_whitespace()
}

/// A letter of a script that has words; Chinese characters stand for themselves.
fn is_alphabetic(rune: char) -> bool {
    let is_han = matches!(rune, '\u{3400}'..='\u{4D85}' | '\u{4E00}'..='\u{9FCC}' | '\u{20000}'..='\u{2B81D}');
    !is_han && letters::is_letter(rune)
}

fn is_small(rune: char) -> bool {
    is_alphabetic(rune) && !letters::is_upper(rune)
}

/// The first word of what is not empty: its kind and its length.
fn first_word(runes: &[char]) -> (Kind, usize) {
    let kind = Kind::of(runes[0]);
    let rest = &runes[1..];
    let run = |belongs: fn(char) -> bool| 1 + rest.iter().take_while(|rune| belongs(**rune)).count();
    let length = match kind {
        Kind::Connector => run(is_connector),
        Kind::Punctuation => run(letters::is_punctuation),
        Kind::Small => run(is_small),
        Kind::Number => run(char::is_numeric),
        Kind::Capital => capital_word(runes),
        Kind::Other | Kind::End => run(|rune| Kind::of(rune) == Kind::Other),
    };
    (kind, length)
}

/// `Status` is one word, and of `HTTPStatus` the first is `HTTP`.
fn capital_word(runes: &[char]) -> usize {
    let capitals = runes.iter().take_while(|rune| letters::is_upper(**rune)).count();
    let small_follows = runes.get(capitals).is_some_and(|rune| is_alphabetic(*rune));
    match capitals {
        1 => 1 + runes[1..].iter().take_while(|rune| is_small(**rune)).count(),
        many if small_follows => many - 1,
        many => many,
    }
}

struct Words<'a> {
    all: Vec<(Kind, &'a [char])>,
    at: usize,
    connector: char,
    out: String,
}

impl<'a> Words<'a> {
    fn new(mut runes: &'a [char], connector: char) -> Self {
        let mut words = Vec::new();
        while !runes.is_empty() {
            let (kind, length) = first_word(runes);
            let (word, rest) = runes.split_at(length);
            words.push((kind, word));
            runes = rest;
        }
        Self { all: words, at: 0, connector, out: String::new() }
    }

    fn kind(&self) -> Kind {
        self.all.get(self.at).map_or(Kind::End, |(kind, _)| *kind)
    }

    fn is_last(&self) -> bool {
        self.at + 1 >= self.all.len()
    }

    /// Writes the word at hand in lower case and goes on to the next.
    fn write(&mut self) {
        let Some((kind, word)) = self.all.get(self.at) else { return };
        match kind {
            Kind::Connector => self.out.extend(word.iter().map(|_| self.connector)),
            Kind::Capital => self.out.extend(word.iter().map(|rune| lower(*rune))),
            _ => self.out.extend(word.iter()),
        }
        self.at += 1;
    }

    fn connect(&mut self) {
        if self.kind().takes_connector() {
            self.out.push(self.connector);
        }
    }

    /// Small letters and digits that follow a number belong to it.
    fn rest_of_number(&mut self) {
        while self.kind().continues_number() {
            self.write();
        }
        self.connect();
    }

    /// A number behind a word belongs to the word, unless small letters follow: `bld4_floor`, `http_2xx`.
    fn after_letters(&mut self) {
        if self.kind() != Kind::Number {
            return self.connect();
        }
        if self.is_last() {
            return;
        }
        if self.all.get(self.at + 1).is_some_and(|(kind, _)| *kind == Kind::Small) {
            self.out.push(self.connector);
            self.write();
            return self.rest_of_number();
        }
        self.write();
        self.connect();
    }
}

fn lower(rune: char) -> char {
    if letters::is_upper(rune) { letters::to_lower(rune) } else { rune }
}

/// The words in lower case with `connector` between them.
fn connected(text: &[u8], connector: char) -> String {
    let runes: Vec<char> = letters::runes(text).collect();
    let mut words = Words::new(&runes, connector);
    while !words.is_last() {
        let kind = words.kind();
        words.write();
        match kind {
            Kind::Number => words.rest_of_number(),
            Kind::Connector | Kind::Punctuation => {}
            _ => words.after_letters(),
        }
    }
    words.write();
    words.out
}

/// Each word with a capital, together. Of capitals in a row only the first stays one.
fn camelcase(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let runes: Vec<char> = letters::runes(args.text(0)?).collect();
    let leading = runes.iter().take_while(|rune| is_connector(**rune)).count();
    let mut out: String = runes[..leading].iter().collect();
    let Some(first) = runes.get(leading) else {
        // Sprig's function writes the last of nothing but connectors twice.
        out.extend(runes.last());
        return Ok(out.into());
    };
    let mut in_capitals = letters::is_upper(*first);
    let mut previous = letters::to_upper(*first);
    for rune in &runes[leading + 1..] {
        let mut rune = *rune;
        if is_connector(previous) && !is_connector(rune) {
            in_capitals = letters::is_upper(rune);
            rune = letters::to_upper(rune);
        } else {
            if !is_connector(previous) && in_capitals {
                in_capitals = letters::is_upper(rune);
                rune = lower(rune);
            }
            out.push(previous);
        }
        previous = rune;
    }
    out.push(previous);
    Ok(out.into())
}

#[cfg(test)]
mod tests {
    use crate::template::functions::call_for_test;

    fn text(name: &str, of: &str) -> String {
        call_for_test(name, &[of.into()]).unwrap().as_text().unwrap().to_string()
    }

    #[test]
    fn snakes() {
        for (from, to) in [
            ("FirstName", "first_name"),
            ("HTTPServer", "http_server"),
            ("NoHTTPS", "no_https"),
            ("GO PATH", "go_path"),
            ("http2xx", "http_2xx"),
            ("HTTP20xOK", "http_20x_ok"),
            ("Duration2m3s", "duration_2m3s"),
            ("Bld4Floor3rd", "bld4_floor_3rd"),
            ("", ""),
        ] {
            assert_eq!(text("snakecase", from), to);
            assert_eq!(text("kebabcase", from), to.replace('_', "-"));
        }
    }

    #[test]
    fn camels() {
        for (from, to) in [
            ("http_server", "HttpServer"),
            ("_complex__case_", "_Complex_Case_"),
            ("GOLANG_IS_GREAT", "GolangIsGreat"),
            ("a", "A"),
            ("", ""),
        ] {
            assert_eq!(text("camelcase", from), to);
        }
    }
}
