//! What becomes of a value on its way through JSON text: Go writes JSON and reads it as YAML before it prints.

use serde_json::Map;
use serde_json::Value;

use crate::yaml::emit::Error;
use crate::yaml::number;

/// The next line: a line break for YAML, an ordinary character for JSON.
const NEXT_LINE: char = '\u{85}';
/// How long a key may be for YAML's reader, in characters, quotes included.
const LONGEST_KEY: usize = 1024;

/// The value as go-yaml reads it from Go's JSON text.
pub(crate) fn through_json_text(value: &Value) -> Result<Value, Error> {
    Ok(match value {
        Value::String(text) => Value::String(read_text(text)?),
        Value::Array(items) => Value::Array(items.iter().map(through_json_text).collect::<Result<_, _>>()?),
        Value::Object(entries) => {
            let mut object = Map::with_capacity(entries.len());
            for (key, value) in entries {
                object.insert(read_key(key)?, through_json_text(value)?);
            }
            Value::Object(object)
        }
        Value::Number(number) if number.is_f64() => {
            let whole = number.as_f64().and_then(number::whole);
            Value::Number(whole.unwrap_or_else(|| number.clone()))
        }
        other => other.clone(),
    })
}

fn read_key(key: &str) -> Result<String, Error> {
    if key.contains(NEXT_LINE) || escaped_length(key) + 2 > LONGEST_KEY {
        return Err(Error("did not find expected ',' or '}'"));
    }
    read_text(key)
}

/// How many characters Go's JSON has for the text.
fn escaped_length(text: &str) -> usize {
    text.chars()
        .map(|character| match character {
            '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => 6,
            _ => 1,
        })
        .sum()
}

fn read_text(text: &str) -> Result<String, Error> {
    if text.chars().any(is_refused) {
        return Err(Error("control characters are not allowed"));
    }
    if text.contains(NEXT_LINE) { folded(text) } else { Ok(text.to_owned()) }
}

/// What Go's JSON leaves as it is and YAML's reader refuses.
fn is_refused(character: char) -> bool {
    matches!(character, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
}

/// Folds line breaks as a quoted scalar does: one break is a space, of more all but the first stay.
fn folded(text: &str) -> Result<String, Error> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(NEXT_LINE) {
        out.push_str(rest[..at].trim_end_matches(' '));
        let end =
            rest[at..].find(|character| character != NEXT_LINE && character != ' ').map_or(rest.len(), |end| at + end);
        match rest[at..end].matches(NEXT_LINE).count() {
            1 => out.push(' '),
            breaks => out.extend(std::iter::repeat_n('\n', breaks - 1)),
        }
        let at_line_start = rest[..end].ends_with(NEXT_LINE);
        rest = &rest[end..];
        if at_line_start && is_document_mark(rest) {
            return Err(Error("found unexpected document indicator"));
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn is_document_mark(line: &str) -> bool {
    let behind = line.strip_prefix("---").or_else(|| line.strip_prefix("..."));
    behind.is_some_and(|behind| behind.starts_with([' ', NEXT_LINE]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_lines_fold() {
        let cases = [
            ("a\u{85}b", "a b"),
            ("a \u{85} \u{85}b", "a\nb"),
            ("a\u{85}", "a "),
            ("\u{85}\u{85}\u{85}x \u{85}", "\n\nx "),
        ];
        for (text, folded_text) in cases {
            assert_eq!(folded(text).unwrap(), folded_text, "{text:?}");
        }
    }

    #[test]
    fn what_the_reader_refuses_is_refused() {
        assert!(read_text("\u{7f}").is_err());
        assert!(read_text("\u{fffe}").is_err());
        assert!(read_text("\u{feff}").is_ok());
        assert!(read_text("a\u{85}--- b").is_err());
        assert!(read_text("a\u{85} --- b").is_ok());
        assert!(read_key(&"k".repeat(1022)).is_ok());
        assert!(read_key(&"k".repeat(1023)).is_err());
    }
}
