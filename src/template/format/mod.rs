//! Go's `fmt`: what `print`, `printf` and every value in a text come out as.

mod directive;
mod flags;
mod number;
mod printer;
mod quote;

use crate::template::text::Text;
use crate::template::value::Kind;
use crate::template::value::Value;

pub(in crate::template) use quote::is_printable;
pub(in crate::template) use quote::quote_into;

use printer::Printer;

/// The value as `%v` prints it, which is also what sprig's `toString` and `quote` start from.
pub fn display(value: &Value) -> Text {
    if let Value::Text(text) = value {
        return text.clone();
    }
    let mut out = Vec::new();
    write(&mut out, value);
    out.into()
}

/// Appends the value as `%v` prints it.
pub fn write(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Text(text) => out.extend_from_slice(text),
        Value::Nil => out.extend_from_slice(b"<nil>"),
        value => Printer::new(out).print(value, 'v'),
    }
}

/// `fmt.Sprint`: a space between two operands where neither is a string.
pub fn sprint(values: &[Value]) -> Text {
    let mut out = Vec::new();
    let mut after_string = true;
    for value in values {
        let is_string = value.kind() == Kind::String;
        if !is_string && !after_string {
            out.push(b' ');
        }
        write(&mut out, value);
        after_string = is_string;
    }
    out.into()
}

/// `fmt.Sprintln`: a space between all operands and a newline at the end.
pub fn sprintln(values: &[Value]) -> Text {
    let mut out = Vec::new();
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        write(&mut out, value);
    }
    out.push(b'\n');
    out.into()
}

/// `fmt.Sprintf`, with its complaints (`%!d(string=x)`, `%!s(MISSING)`, `%!(EXTRA …)`) inside the text.
pub fn sprintf(format: &[u8], values: &[Value]) -> Text {
    let mut out = Vec::new();
    directive::Directives::new(format, values).print(&mut out);
    out.into()
}

/// The text in double quotes as Go's `%q` and `strconv.Quote` write it.
pub fn quoted(text: &[u8]) -> String {
    let mut out = Vec::new();
    quote_into(&mut out, text, quote::Quoting::DOUBLE);
    String::from_utf8_lossy(&out).into_owned()
}

/// A float as Go's `strconv.FormatFloat(number, 'g', -1, 64)` writes it, which `%v` does too.
pub fn float(number: f64) -> String {
    number::float(number, 'g', None)
}

/// A float in Go's format `verb` (`e E f g G b x X`), with so many digits, or as many as are needed.
pub fn float_as(number: f64, verb: char, digits: Option<usize>) -> String {
    number::float(number, verb, digits)
}

#[cfg(test)]
mod tests {
    use super::float;
    use super::sprint;
    use super::sprintf;
    use crate::template::collection::Map;
    use crate::template::value::Value;

    fn printed(format: &str, values: &[Value]) -> String {
        sprintf(format.as_bytes(), values).to_string()
    }

    #[test]
    fn floats_turn_to_exponents_where_gos_do() {
        let cases = [(1e6, "1e+06"), (999_999.0, "999999"), (0.0001, "0.0001"), (0.00001, "1e-05"), (1.5, "1.5")];
        for (number, expected) in cases {
            assert_eq!(float(number), expected);
        }
        assert_eq!(float(123_456_789.0), "1.23456789e+08");
        assert_eq!(float(f64::NEG_INFINITY), "-Inf");
    }

    #[test]
    fn spaces_stand_only_between_operands_that_are_no_strings() {
        let values = [1.into(), 2.into(), "x".into(), 3.into(), 4.into(), Value::Nil];
        assert_eq!(sprint(&values).to_string(), "1 2x3 4 <nil>");
    }

    #[test]
    fn verbs_flags_and_widths() {
        let cases: &[(&str, Value, &str)] = &[
            ("%5d|", 5.into(), "    5|"),
            ("%-5d|", 5.into(), "5    |"),
            ("%05d", 5.into(), "00005"),
            ("%+d", 5.into(), "+5"),
            ("%#x", 255.into(), "0xff"),
            ("%O", 8.into(), "0o10"),
            ("%U", 10004.into(), "U+2714"),
            ("%#U", 10004.into(), "U+2714 '✔'"),
            ("%c", 128_512.into(), "😀"),
            ("%q", 65.into(), "'A'"),
            ("%+q", "é".into(), "\"\\u00e9\""),
            ("%.3s|", "abcdef".into(), "abc|"),
            ("%#q", "ab".into(), "`ab`"),
            ("%x", "hi".into(), "6869"),
            ("% x", "hi".into(), "68 69"),
            ("%08.3f", 2.5.into(), "0002.500"),
            ("%e", 12_345.678.into(), "1.234568e+04"),
            ("%.3g", 1234.5678.into(), "1.23e+03"),
            ("%G", 1e21.into(), "1E+21"),
            ("%t", true.into(), "true"),
            ("%T", 1.5.into(), "float64"),
            ("%v", 1e20.into(), "1e+20"),
            ("%x", 1.0.into(), "0x1p+00"),
            ("%b", 1.0.into(), "4503599627370496p-52"),
            ("%#v", 1.0.into(), "1"),
            ("%#g", 1.0.into(), "1.00000"),
            ("% d", 7.into(), " 7"),
            ("%6.2f|", 2.345_678.into(), "  2.35|"),
        ];
        for (format, value, expected) in cases {
            assert_eq!(&printed(format, std::slice::from_ref(value)), expected, "{format}");
        }
    }

    #[test]
    fn complaints_stand_in_the_text() {
        assert_eq!(printed("%d", &["x".into()]), "%!d(string=x)");
        assert_eq!(printed("%s %s", &["a".into()]), "a %!s(MISSING)");
        assert_eq!(printed("%s", &["a".into(), "b".into()]), "a%!(EXTRA string=b)");
        assert_eq!(printed("%[3]d", &[1.into()]), "%!d(BADINDEX)");
        assert_eq!(printed("%*d", &["a".into(), 3.into()]), "%!(BADWIDTH)3");
        assert_eq!(printed("%", &[]), "%!(NOVERB)");
        assert_eq!(printed("%s", &[Value::Nil]), "%!s(<nil>)");
        assert_eq!(printed("%.*f", &[2.into(), 1.0.into()]), "1.00");
        assert_eq!(printed("%[2]s %[1]s", &["a".into(), "b".into()]), "b a");
    }

    #[test]
    fn collections_print_sorted_and_in_go_syntax() {
        let map = Map::new();
        map.insert("b", 2);
        map.insert("a", Value::from(vec![1.into(), "x".into(), Value::Nil]));
        let map = Value::from(map);
        assert_eq!(printed("%v", std::slice::from_ref(&map)), "map[a:[1 x <nil>] b:2]");
        assert_eq!(
            printed("%#v", &[map]),
            "map[string]interface {}{\"a\":[]interface {}{1, \"x\", interface {}(nil)}, \"b\":2}"
        );
    }

    #[test]
    fn a_map_that_holds_itself_prints_to_an_end() {
        let map = Map::new();
        map.insert("a", map.clone());
        map.insert("b", map.clone());
        assert!(printed("%v", &[map.clone().into()]).contains("%!v(PANIC"));
        map.remove("a");
        map.remove("b");
    }
}
