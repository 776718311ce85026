//! Sprig's functions on strings.

use crate::template::collection::Map;
use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::functions::letters;
use crate::template::functions::strval;
use crate::template::text::Text;
use crate::template::value::Value;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("hello", &[], hello),
    Function::new("upper", &[Param::Text], upper),
    Function::new("lower", &[Param::Text], lower),
    Function::new("title", &[Param::Text], title),
    Function::new("untitle", &[Param::Text], untitle),
    Function::new("trim", &[Param::Text], trim),
    Function::new("trimAll", &[Param::Text, Param::Text], trim_all),
    Function::new("trimall", &[Param::Text, Param::Text], trim_all),
    Function::new("trimSuffix", &[Param::Text, Param::Text], trim_suffix),
    Function::new("trimPrefix", &[Param::Text, Param::Text], trim_prefix),
    Function::new("trunc", &[Param::Int, Param::Text], trunc),
    Function::new("substr", &[Param::Int, Param::Int, Param::Text], substr),
    Function::new("repeat", &[Param::Int, Param::Text], repeat),
    Function::new("nospace", &[Param::Text], nospace),
    Function::new("contains", &[Param::Text, Param::Text], contains),
    Function::new("hasPrefix", &[Param::Text, Param::Text], has_prefix),
    Function::new("hasSuffix", &[Param::Text, Param::Text], has_suffix),
    Function::variadic("quote", &[], Param::Any, quote),
    Function::variadic("squote", &[], Param::Any, squote),
    Function::variadic("cat", &[], Param::Any, cat),
    Function::new("indent", &[Param::Int, Param::Text], indent),
    Function::new("nindent", &[Param::Int, Param::Text], nindent),
    Function::new("replace", &[Param::Text, Param::Text, Param::Text], replace),
    Function::new("plural", &[Param::Text, Param::Text, Param::Int], plural),
    Function::new("toString", &[Param::Any], to_string),
    Function::new("toStrings", &[Param::Any], to_strings),
    Function::new("splitList", &[Param::Text, Param::Text], split_list),
    Function::new("split", &[Param::Text, Param::Text], split_map),
    Function::new("splitn", &[Param::Text, Param::Int, Param::Text], splitn),
    Function::new("join", &[Param::Text, Param::Any], join),
    Function::new("sortAlpha", &[Param::Any], sort_alpha),
];

/// The longest text that a function makes by repeating; beyond it Go would run out of memory.
const LONGEST: usize = 256 << 20;

fn hello(_: &mut Context<'_>, _: Args<'_>) -> Result<Value, FunctionError> {
    Ok("Hello!".into())
}

fn upper(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(letters::runes(args.text(0)?).map(letters::to_upper).collect::<String>().into())
}

fn lower(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(letters::runes(args.text(0)?).map(letters::to_lower).collect::<String>().into())
}

/// Go's `strings.Title`: what follows anything but a letter, digit or underscore begins a word, so `it's` is `It'S`.
fn title(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let mut previous = ' ';
    let mut result = String::new();
    for character in letters::runes(args.text(0)?) {
        result.push(if is_separator(previous) { letters::to_title(character) } else { character });
        previous = character;
    }
    Ok(result.into())
}

/// Go's `isSeparator`: of ASCII all but letters, digits and underscore; beyond it only white space.
fn is_separator(character: char) -> bool {
    if character.is_ascii() {
        return !(character.is_ascii_alphanumeric() || character == '_');
    }
    !character.is_alphanumeric() && character.is_whitespace()
}

/// goutils' `Uncapitalize`: the first letter of each word, as white space parts them, in lower case.
fn untitle(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let mut after_space = true;
    let mut result = String::new();
    for character in letters::runes(args.text(0)?) {
        result.push(if after_space { letters::to_lower(character) } else { character });
        after_space = character.is_whitespace();
    }
    Ok(result.into())
}

fn trim(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(args.text(0)?.lossy().trim().into())
}

fn trim_all(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let (cutset, text) = (args.text(0)?.lossy(), args.text(1)?.lossy());
    Ok(text.trim_matches(|character| cutset.contains(character)).into())
}

fn trim_suffix(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let (suffix, text) = (args.text(0)?, args.text(1)?);
    Ok(Value::Text(text.strip_suffix(suffix.bytes()).map_or_else(|| text.clone(), Text::from)))
}

fn trim_prefix(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let (prefix, text) = (args.text(0)?, args.text(1)?);
    Ok(Value::Text(text.strip_prefix(prefix.bytes()).map_or_else(|| text.clone(), Text::from)))
}

/// Cuts to so many bytes, from the end when negative, as Go's slices count.
fn trunc(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let text = args.text(1)?;
    let (wanted, from_end) = (args.int(0)?.unsigned_abs(), args.int(0)? < 0);
    let Ok(wanted) = usize::try_from(wanted) else {
        return Ok(text.clone().into());
    };
    Ok(match text.len().checked_sub(wanted) {
        Some(start) if from_end => Value::Text(text[start..].into()),
        Some(_) if !from_end => Value::Text(text[..wanted].into()),
        _ => Value::Text(text.clone()),
    })
}

/// The bytes from `start` to `end`. A negative start counts from 0, and then `end` must be right; otherwise a negative or
/// too great end goes to the last byte.
fn substr(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let (start, end, text) = (args.int(0)?, args.int(1)?, args.text(2)?);
    let length = text.len();
    let out_of_range =
        |bounds: String| FunctionError::new(format!("runtime error: slice bounds out of range {bounds}"));
    let Ok(from) = usize::try_from(start) else {
        let to = usize::try_from(end).map_err(|_| out_of_range(format!("[:{end}]")))?;
        let part = text.get(..to).ok_or_else(|| out_of_range(format!("[:{to}] with length {length}")))?;
        return Ok(Value::Text(part.into()));
    };
    let to = usize::try_from(end).map_or(length, |end| end.min(length));
    text.get(from..to).map(|part| Value::Text(part.into())).ok_or_else(|| out_of_range(format!("[{from}:{to}]")))
}

fn repeat(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(repeated(args.text(1)?, args.int(0)?)?.into())
}

fn repeated(text: &[u8], count: i64) -> Result<Text, FunctionError> {
    let count = usize::try_from(count).map_err(|_| FunctionError::new("strings: negative Repeat count"))?;
    match text.len().checked_mul(count) {
        Some(length) if length <= LONGEST => Ok(text.repeat(count).into()),
        _ => Err(FunctionError::new("strings: Repeat output length overflow")),
    }
}

/// goutils' `DeleteWhiteSpace`, which takes each byte for a rune: where it deletes anything, what is not ASCII breaks.
fn nospace(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let text = args.text(0)?;
    let is_space = |byte: &u8| char::from(*byte).is_whitespace();
    if !text.iter().any(is_space) {
        return Ok(text.clone().into());
    }
    let kept = text.iter().filter(|byte| !is_space(byte));
    Ok(kept.map(|byte| char::from(*byte)).collect::<String>().into())
}

fn contains(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let (part, whole) = (args.text(0)?, args.text(1)?);
    Ok((part.is_empty() || whole.windows(part.len()).any(|window| window == part.bytes())).into())
}

fn has_prefix(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(args.text(1)?.starts_with(args.text(0)?).into())
}

fn has_suffix(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(args.text(1)?.ends_with(args.text(0)?).into())
}

/// The arguments that are not nil, each in double quotes as Go's `%q` writes them.
fn quote(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(spaced(args, |value, out| out.extend_from_slice(crate::template::format::quoted(&strval(value)).as_bytes())))
}

fn squote(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(spaced(args, |value, out| {
        out.push(b'\'');
        out.extend_from_slice(&crate::template::format::display(value));
        out.push(b'\'');
    }))
}

fn cat(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(spaced(args, |value, out| out.extend_from_slice(&crate::template::format::display(value))))
}

fn spaced(args: Args<'_>, write: impl Fn(&Value, &mut Vec<u8>)) -> Value {
    let mut out = Vec::new();
    for value in args.all().iter().filter(|value| !matches!(value, Value::Nil)) {
        if !out.is_empty() {
            out.push(b' ');
        }
        write(value, &mut out);
    }
    Value::Text(out.into())
}

fn indent(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(indented(args, b"")?.into())
}

fn nindent(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(indented(args, b"\n")?.into())
}

fn indented(args: Args<'_>, before: &[u8]) -> Result<Text, FunctionError> {
    let pad = repeated(b" ", args.int(0)?)?;
    let text = args.text(1)?;
    let lines = text.split(|byte| *byte == b'\n').count();
    let mut out = Vec::with_capacity(before.len() + text.len() + lines * pad.len());
    out.extend_from_slice(before);
    for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
        if number > 0 {
            out.push(b'\n');
        }
        out.extend_from_slice(&pad);
        out.extend_from_slice(line);
    }
    Ok(out.into())
}

fn replace(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let (old, new, text) = (args.text(0)?.lossy(), args.text(1)?.lossy(), args.text(2)?.lossy());
    Ok(text.replace(&*old, &new).into())
}

fn plural(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let index = usize::from(args.int(2)? != 1);
    Ok(args.text(index)?.clone().into())
}

fn to_string(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(strval(args.any(0)?).into())
}

fn to_strings(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(Value::strings(texts(args.any(0)?)))
}

/// Sprig's `strslice`: the items that are not nil as strings; anything but a list is a list of one, nil of none.
fn texts(value: &Value) -> Vec<Text> {
    match (value, value.as_list()) {
        (Value::Nil, _) => Vec::new(),
        (_, Some(list)) => list.items().iter().filter(|item| !matches!(item, Value::Nil)).map(strval).collect(),
        (other, None) => vec![strval(other)],
    }
}

/// Go's `strings.Split`: an empty separator splits after each character.
fn pieces(separator: &Text, text: &Text) -> Vec<Text> {
    let (separator, text) = (separator.lossy(), text.lossy());
    if separator.is_empty() {
        return text.chars().map(|character| Text::from(character.to_string())).collect();
    }
    text.split(&*separator).map(Text::from).collect()
}

fn split_list(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(Value::strings(pieces(args.text(0)?, args.text(1)?)))
}

fn split_map(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(numbered(pieces(args.text(0)?, args.text(1)?)))
}

fn splitn(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let (separator, count, text) = (args.text(0)?, args.int(1)?, args.text(2)?);
    let Ok(count) = usize::try_from(count) else { return Ok(numbered(pieces(separator, text))) };
    let mut pieces = pieces(separator, text);
    if count == 0 {
        pieces.clear();
    } else if pieces.len() > count {
        let rest: Vec<&[u8]> = pieces[count - 1..].iter().map(Text::bytes).collect();
        let rest = Text::from(rest.join(separator.bytes()));
        pieces.truncate(count - 1);
        pieces.push(rest);
    }
    Ok(numbered(pieces))
}

/// The pieces under the keys `_0`, `_1` ….
fn numbered(pieces: Vec<Text>) -> Value {
    let map = Map::typed(crate::template::collection::CollectionType::STRING_MAP);
    for (number, piece) in pieces.into_iter().enumerate() {
        map.insert(format!("_{number}"), piece);
    }
    map.into()
}

fn join(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let texts = texts(args.any(1)?);
    let parts: Vec<&[u8]> = texts.iter().map(Text::bytes).collect();
    Ok(Value::Text(parts.join(args.text(0)?.bytes()).into()))
}

fn sort_alpha(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let value = args.any(0)?;
    let mut texts = if value.as_list().is_some() { texts(value) } else { vec![strval(value)] };
    texts.sort_unstable();
    Ok(Value::strings(texts))
}

#[cfg(test)]
mod tests {
    use crate::template::functions::call_for_test;
    use crate::template::value::Value;

    fn text(name: &str, args: &[Value]) -> String {
        call_for_test(name, args).unwrap().as_text().unwrap().to_string()
    }

    #[test]
    fn trunc_counts_bytes_from_either_end() {
        let trunc = |length: i64, of: &str| text("trunc", &[length.into(), of.into()]);
        assert_eq!(trunc(3, "abcdef"), "abc");
        assert_eq!(trunc(-3, "abcdef"), "def");
        assert_eq!(trunc(-10, "abc"), "abc");
        assert_eq!(trunc(5, "héé"), "héé");
        assert_eq!(trunc(i64::MIN, "abc"), "abc");
    }

    #[test]
    fn contains_finds_a_part_and_the_empty_one() {
        let contains = |part: &str, whole: &str| call_for_test("contains", &[part.into(), whole.into()]).unwrap();
        assert!(contains("a", "cat").is_true());
        assert!(contains("", "").is_true());
        assert!(!contains("x", "cat").is_true());
    }

    #[test]
    fn indentation_reaches_every_line_the_empty_ones_too() {
        assert_eq!(text("nindent", &[2.into(), "a\n\nb\n".into()]), "\n  a\n  \n  b\n  ");
        assert!(call_for_test("indent", &[(-1).into(), "a".into()]).unwrap_err().contains("negative Repeat count"));
        assert!(call_for_test("repeat", &[i64::MAX.into(), "ab".into()]).is_err());
    }

    #[test]
    fn quotes_skip_nil() {
        assert_eq!(text("quote", &["a\"b".into(), Value::Nil, 1.into()]), "\"a\\\"b\" \"1\"");
        assert_eq!(text("squote", &["a".into(), Value::Nil]), "'a'");
        assert_eq!(text("cat", &["a".into(), Value::Nil, 2.into()]), "a 2");
    }

    #[test]
    fn words() {
        assert_eq!(text("title", &["it's a_b c-d".into()]), "It'S A_b C-D");
        assert_eq!(text("untitle", &["First Try".into()]), "first try");
        assert_eq!(text("substr", &[0.into(), (-1).into(), "abc".into()]), "abc");
        assert_eq!(text("substr", &[1.into(), 2.into(), "abc".into()]), "b");
        assert!(call_for_test("substr", &[5.into(), 9.into(), "abc".into()]).is_err());
    }

    #[test]
    fn splits() {
        let splitn = call_for_test("splitn", &["$".into(), 2.into(), "a$b$c".into()]).unwrap().as_map().unwrap();
        assert_eq!(splitn.get("_1").unwrap().as_text().unwrap().to_string(), "b$c");
        let list = Value::from(vec!["b".into(), Value::Nil, 3.into()]);
        assert_eq!(text("join", &[",".into(), list.clone()]), "b,3");
        assert_eq!(text("join", &[",".into(), Value::Nil]), "");
        let sorted = call_for_test("sortAlpha", &[list]).unwrap().as_list().unwrap();
        assert_eq!(sorted.get(0).unwrap().as_text().unwrap().to_string(), "3");
    }
}
