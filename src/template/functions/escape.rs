//! `html`, `js` and `urlquery` of text/template.

use std::fmt::Write as _;

use crate::template::context::Context;
use crate::template::format;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::text::Text;
use crate::template::value::Value;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("html", &[], Param::Any, html),
    Function::variadic("js", &[], Param::Any, js),
    Function::variadic("urlquery", &[], Param::Any, urlquery),
];

/// A string as it is, anything else as `print` has it, only that nil is `<no value>`.
fn printed(args: Args<'_>) -> Text {
    if let [Value::Text(text)] = args.all() {
        return text.clone();
    }
    let shown = |value: &Value| if value.is_nil() { "<no value>".into() } else { value.clone() };
    format::sprint(&args.all().iter().map(shown).collect::<Vec<_>>())
}

fn html(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let mut out = Vec::new();
    for byte in printed(args).iter() {
        match byte {
            0 => out.extend_from_slice("\u{fffd}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            other => out.push(*other),
        }
    }
    Ok(Value::Text(out.into()))
}

fn js(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let mut out = String::new();
    for letter in printed(args).lossy().chars() {
        match letter {
            '\\' | '\'' | '"' => {
                out.push('\\');
                out.push(letter);
            }
            '<' | '>' | '&' | '=' | '\0'..='\x1f' => push_code(&mut out, letter),
            letter if letter.is_ascii() || format::is_printable(letter) => out.push(letter),
            letter => push_code(&mut out, letter),
        }
    }
    Ok(out.into())
}

fn push_code(out: &mut String, letter: char) {
    // Writing to a string cannot fail.
    let _ = write!(out, "\\u{:04X}", u32::from(letter));
}

fn urlquery(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let mut out = String::new();
    for byte in printed(args).iter() {
        match byte {
            b' ' => out.push('+'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(*byte)),
            other => {
                // Writing to a string cannot fail.
                let _ = write!(out, "%{other:02X}");
            }
        }
    }
    Ok(out.into())
}

#[cfg(test)]
mod tests {
    use crate::template::functions::call_for_test;
    use crate::template::value::Value;

    fn escaped(name: &str, value: Value) -> String {
        call_for_test(name, &[value]).unwrap().as_text().unwrap().to_string()
    }

    #[test]
    fn each_escapes_what_its_language_needs() {
        assert_eq!(escaped("html", "<a&'\">".into()), "&lt;a&amp;&#39;&#34;&gt;");
        assert_eq!(escaped("html", Value::Nil), "&lt;no value&gt;");
        assert_eq!(escaped("js", "it's <b>\n\u{2028}é".into()), "it\\'s \\u003Cb\\u003E\\u000A\\u2028é");
        assert_eq!(escaped("urlquery", "a b&c/é~".into()), "a+b%26c%2F%C3%A9~");
    }
}
