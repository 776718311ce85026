//! `--set` and its relatives: Helm's little language of keys and values.

mod parser;

use serde_json::Value;

use crate::chart::error::Error;
use crate::chart::table::Table;

use parser::Parser;
use parser::Syntax;

/// Applies `a.b=1,c[0]=x,d={p,q}`: whole numbers, `true`, `false` and `null` are typed, everything else is text.
///
/// # Errors
/// Helm's texts; `values` may then hold a part of the assignments and should be thrown away.
pub fn typed(text: &str, values: &mut Table) -> Result<(), Error> {
    Parser::new(text, Syntax::Escaped, &typed_value).apply(values)
}

/// Applies the same with every value as text.
pub fn strings(text: &str, values: &mut Table) -> Result<(), Error> {
    Parser::new(text, Syntax::Escaped, &|value| Value::String(value)).apply(values)
}

/// Sets `key` to the content of a file.
pub fn file(key: &str, content: &str, values: &mut Table) -> Result<(), Error> {
    let assignment = format!("{key}=content");
    Parser::new(&assignment, Syntax::Escaped, &|_| Value::String(content.to_owned())).apply(values)
}

/// Applies `key=rest`, where the rest is text as it stands: no commas, no escapes.
pub fn literal(text: &str, values: &mut Table) -> Result<(), Error> {
    Parser::new(text, Syntax::Literal, &|value| Value::String(value)).apply(values)
}

/// Applies `a=JSON,b=JSON`; numbers are `float64`, an empty value is null.
pub fn json(text: &str, values: &mut Table) -> Result<(), Error> {
    Parser::new(text, Syntax::Json, &|value| Value::String(value)).apply(values)
}

fn typed_value(text: String) -> Value {
    if text.eq_ignore_ascii_case("true") {
        Value::Bool(true)
    } else if text.eq_ignore_ascii_case("false") {
        Value::Bool(false)
    } else if text.eq_ignore_ascii_case("null") {
        Value::Null
    } else if text == "0" {
        Value::from(0)
    } else {
        // A leading zero makes it text: a port is a number, a phone number is none.
        let whole = if text.starts_with('0') { None } else { text.parse::<i64>().ok() };
        whole.map_or(Value::String(text), Value::from)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    type Apply = fn(&str, &mut Table) -> Result<(), Error>;

    fn after(apply: Apply, text: &str) -> Value {
        let mut values = Table::new();
        apply(text, &mut values).unwrap();
        Value::Object(values)
    }

    fn error(apply: Apply, text: &str) -> String {
        apply(text, &mut Table::new()).unwrap_err().to_string()
    }

    #[test]
    fn assignments_are_typed() {
        let cases = [
            (
                "a=1,b=true,c=FALSE,d=null,e=0,f=007,g=1.5,h=",
                json!({"a": 1, "b": true, "c": false, "d": null, "e": 0, "f": "007", "g": "1.5", "h": ""}),
            ),
            ("a.b.c=x", json!({"a": {"b": {"c": "x"}}})),
            ("a\\.b=x\\,y", json!({"a.b": "x,y"})),
            ("a={1,x,true},b=2", json!({"a": [1, "x", true], "b": 2})),
            ("a={}", json!({"a": [""]})),
            ("a[1]=x", json!({"a": [null, "x"]})),
            ("a[0].b=1,a[0].c=2", json!({"a": [{"b": 1, "c": 2}]})),
            ("a[0][1]=x", json!({"a": [[null, "x"]]})),
            ("a=-5,b=+6", json!({"a": -5, "b": 6})),
            ("a=b=c", json!({"a": "b=c"})),
            ("", json!({})),
            ("=x", json!({})),
        ];
        for (text, expected) in cases {
            assert_eq!(after(typed, text), expected, "{text}");
        }
    }

    #[test]
    fn the_other_forms_keep_or_read_the_value() {
        assert_eq!(after(strings, "a=1,b={true,2}"), json!({"a": "1", "b": ["true", "2"]}));
        assert_eq!(after(literal, "a.b=x,y={\\,}"), json!({"a": {"b": "x,y={\\,}"}}));
        assert_eq!(
            after(json, "a={\"b\": [1, null]} ,c=\"x,y\",d="),
            json!({"a": {"b": [1.0, null]}, "c": "x,y", "d": null})
        );
        let mut values = Table::new();
        file("a.b", "x,y={z}\n", &mut values).unwrap();
        assert_eq!(Value::Object(values), json!({"a": {"b": "x,y={z}\n"}}));
    }

    #[test]
    fn mistakes_are_told_in_helms_words() {
        let cases = [
            ("a", "key \"a\" has no value"),
            ("a,b=1", "key \"a\" has no value (cannot end with ,)"),
            ("a.=,b=1", "key map \"a\" has no value"),
            ("a[-1]=x", "negative -1 index not allowed"),
            ("a[x]=1", "error parsing index: strconv.Atoi: parsing \"x\": invalid syntax"),
            ("a[65537]=x", "index of 65537 is greater than maximum supported index of 65536"),
            ("a[0]x=1", "unexpected data at end of array index: \"x\""),
            ("a={1", "list must terminate with '}'"),
            (
                "a=1,a.b=2",
                "unable to parse key: interface conversion: interface {} is int64, not map[string]interface {}",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(error(typed, text), expected, "{text}");
        }
        let deep = format!("{}=1", vec!["a"; 32].join("."));
        assert!(error(typed, &deep).contains("nested level is greater than maximum supported nested level of 30"));
    }
}
