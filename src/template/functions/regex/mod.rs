//! Sprig's regular expressions: Go's dialect of RE2, run by the crate `regex`, which is of the same family.

mod class;
mod dialect;
mod escape;
mod pattern;

use std::borrow::Cow;

use crate::template::collection::CollectionType;
use crate::template::collection::List;
use crate::template::context::Context;
use crate::template::format;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::object::Object;
use crate::template::object::Shape;
use crate::template::text::Text;
use crate::template::value::Value;

use pattern::Compiled;
use pattern::compiled;

const TWO: &[Param] = &[Param::Text, Param::Text];
const THREE: &[Param] = &[Param::Text, Param::Text, Param::Text];
const COUNTED: &[Param] = &[Param::Text, Param::Text, Param::Int];

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("regexMatch", TWO, regex_match),
    Function::new("mustRegexMatch", TWO, must_regex_match),
    Function::new("regexFind", TWO, regex_find),
    Function::new("mustRegexFind", TWO, must_regex_find),
    Function::new("regexFindAll", COUNTED, regex_find_all),
    Function::new("mustRegexFindAll", COUNTED, must_regex_find_all),
    Function::new("regexReplaceAll", THREE, regex_replace_all),
    Function::new("mustRegexReplaceAll", THREE, must_regex_replace_all),
    Function::new("regexReplaceAllLiteral", THREE, regex_replace_all_literal),
    Function::new("mustRegexReplaceAllLiteral", THREE, must_regex_replace_all_literal),
    Function::new("regexSplit", COUNTED, regex_split),
    Function::new("mustRegexSplit", COUNTED, must_regex_split),
    Function::new("regexQuoteMeta", &[Param::Text], regex_quote_meta),
];

/// A `[]string` that is nil: empty in every way, but `null` in JSON and YAML.
#[derive(Debug)]
struct NilStrings;

impl Object for NilStrings {
    fn type_name(&self) -> Cow<'static, str> {
        CollectionType::STRINGS.name.into()
    }

    fn shape(&self) -> Shape {
        Shape::List(List::typed(CollectionType::STRINGS, Vec::new()))
    }

    fn json(&self) -> Option<Value> {
        Some(Value::Nil)
    }
}

/// The pattern of a `must` function.
fn must(args: Args<'_>) -> Result<Compiled, FunctionError> {
    compiled(args.text(0)?).map_err(FunctionError::new)
}

/// The pattern of a function that panics in Go where it is none.
fn expected(args: Args<'_>) -> Result<Compiled, FunctionError> {
    let pattern = args.text(0)?;
    compiled(pattern)
        .map_err(|error| FunctionError::new(format!("regexp: Compile({}): {error}", in_backquotes(pattern))))
}

/// The text in backquotes where Go allows that, else as a string literal.
fn in_backquotes(text: &[u8]) -> String {
    let fits = |rune: char| rune == '\t' || (rune >= ' ' && !matches!(rune, '`' | '\u{7F}' | '\u{FEFF}'));
    match std::str::from_utf8(text) {
        Ok(text) if text.chars().all(fits) => format!("`{text}`"),
        _ => format::quoted(text),
    }
}

fn list(parts: Vec<&[u8]>) -> Value {
    List::typed(CollectionType::STRINGS, parts.into_iter().map(|part| Value::Text(part.into())).collect()).into()
}

/// What is no pattern matches nothing.
fn regex_match(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let text = args.text(1)?;
    Ok(compiled(args.text(0)?).is_ok_and(|pattern| pattern.find(text).is_some()).into())
}

fn must_regex_match(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(must(args)?.find(args.text(1)?).is_some().into())
}

fn found(pattern: &Compiled, args: Args<'_>) -> Result<Value, FunctionError> {
    let text = args.text(1)?;
    Ok(Value::Text(pattern.find(text).map_or_else(Text::default, |found| text[found].into())))
}

fn regex_find(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    found(&expected(args)?, args)
}

fn must_regex_find(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    found(&must(args)?, args)
}

/// How many are asked for; all where the number is negative.
fn count(args: Args<'_>) -> Result<usize, FunctionError> {
    Ok(usize::try_from(args.int(2)?).unwrap_or(usize::MAX))
}

fn all_found(pattern: &Compiled, args: Args<'_>) -> Result<Value, FunctionError> {
    let text = args.text(1)?;
    let matches = pattern.find_all(text, count(args)?);
    if matches.is_empty() {
        return Ok(Value::object(NilStrings));
    }
    Ok(list(matches.into_iter().map(|found| &text[found]).collect()))
}

fn regex_find_all(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    all_found(&expected(args)?, args)
}

fn must_regex_find_all(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    all_found(&must(args)?, args)
}

fn regex_replace_all(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(Value::Text(expected(args)?.replace_all(args.text(1)?, args.text(2)?).into()))
}

fn must_regex_replace_all(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(Value::Text(must(args)?.replace_all(args.text(1)?, args.text(2)?).into()))
}

fn regex_replace_all_literal(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(Value::Text(expected(args)?.replace_all_literal(args.text(1)?, args.text(2)?).into()))
}

fn must_regex_replace_all_literal(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(Value::Text(must(args)?.replace_all_literal(args.text(1)?, args.text(2)?).into()))
}

fn split(pattern: &Compiled, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(match count(args)? {
        0 => Value::object(NilStrings),
        most => list(pattern.split(args.text(0)?.is_empty(), args.text(1)?, most)),
    })
}

fn regex_split(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    split(&expected(args)?, args)
}

fn must_regex_split(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    split(&must(args)?, args)
}

fn regex_quote_meta(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let mut quoted = Vec::new();
    for byte in args.text(0)?.iter() {
        if br"\.+*?()|[]{}^$".contains(byte) {
            quoted.push(b'\\');
        }
        quoted.push(*byte);
    }
    Ok(Value::Text(quoted.into()))
}

#[cfg(test)]
mod tests {
    use proptest::proptest;

    use crate::template::format::display;
    use crate::template::functions::call_for_test;
    use crate::template::value::Value;

    fn shown(name: &str, args: &[Value]) -> String {
        call_for_test(name, args).map_or_else(|error| error, |value| display(&value).to_string())
    }

    #[test]
    fn empty_matches_are_gos() {
        assert_eq!(shown("regexReplaceAll", &["a*".into(), "baaé".into(), "x".into()]), "xbxéx");
        assert_eq!(shown("regexFindAll", &[r"\B".into(), "éa".into(), (-1).into()]), "[]");
        assert_eq!(shown("regexSplit", &["".into(), "aéb".into(), (-1).into()]), "[a é b]");
    }

    #[test]
    fn a_bad_pattern_is_told_as_in_go() {
        let error = "regexp: Compile(`a(`): error parsing regexp: missing closing ): `a(`";
        assert_eq!(shown("regexFind", &["a(".into(), "".into()]), error);
        assert_eq!(shown("regexMatch", &["a(".into(), "a(".into()]), "false");
    }

    proptest! {
        #[test]
        fn what_is_quoted_matches_itself_and_nothing_makes_it_panic(text in "\\PC{0,20}") {
            let quoted = call_for_test("regexQuoteMeta", &[text.as_str().into()]).unwrap();
            assert_eq!(shown("regexFind", &[quoted, text.as_str().into()]), text);
            let _ = shown("regexReplaceAll", &[text.as_str().into(), "aé1".into(), text.as_str().into()]);
        }

        #[test]
        fn no_pattern_that_go_takes_is_refused(pattern in "([a-c.^$é]|\\\\[dDwWsSbBAz.]|\\[[^]\\\\\\[]{1,3}\\]|\\(|\\)|\\||[*+?])(?s:.{0,12})") {
            let _ = shown("mustRegexFindAll", &[pattern.as_str().into(), "abc é1 \n".into(), (-1).into()]);
        }
    }
}
