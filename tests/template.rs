//! Go templates against what the real engines made of the same texts: Helm's snippets, and Go's own text/template.

use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::prelude::prop;
use proptest::proptest;

use gitlab_werf_executor::template::Templates;
use gitlab_werf_executor::template::collection::CollectionType;
use gitlab_werf_executor::template::collection::Element;
use gitlab_werf_executor::template::collection::Map;
use gitlab_werf_executor::template::format;
use gitlab_werf_executor::template::functions::Functions;
use gitlab_werf_executor::template::options::Delimiters;
use gitlab_werf_executor::template::options::Limits;
use gitlab_werf_executor::template::options::MissingKey;
use gitlab_werf_executor::template::options::NoValue;
use gitlab_werf_executor::template::options::Options;
use gitlab_werf_executor::template::stack;
use gitlab_werf_executor::template::value::UintType;
use gitlab_werf_executor::template::value::Value;
use gitlab_werf_executor::template::world::SeededWorld;
use gitlab_werf_executor::yaml;

const SNIPPETS: &str = include_str!("goldens/template/snippets.txt");
const VALUES: &str = include_str!("goldens/template/values.yaml");

/// A snippet that speaks of one of these needs a chart, and is run where charts are.
const OF_A_CHART: &[&str] = &[".Chart", ".Files", ".Capabilities"];

/// The file that the snippets were rendered as.
const FILE: &str = "c/templates/t.yaml";

/// A snippet and what the real engine made of it, as it is written down.
struct Case {
    template: &'static str,
    expected: &'static str,
}

fn cases() -> Vec<Case> {
    let mut lines = SNIPPETS.lines().filter(|line| !line.starts_with("## ")).peekable();
    let mut cases = Vec::new();
    while let Some(template) = lines.next() {
        let expected = lines.next_if(|line| line.starts_with("   => ")).expect("each snippet has a result");
        cases.push(Case { template, expected: &expected[6..] });
    }
    cases
}

fn values_of(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(truth) => (*truth).into(),
        serde_json::Value::Number(number) => number.as_f64().unwrap().into(),
        serde_json::Value::String(text) => text.as_str().into(),
        serde_json::Value::Array(items) => items.iter().map(values_of).collect::<Vec<_>>().into(),
        serde_json::Value::Object(entries) => {
            let map = Map::new();
            entries.iter().for_each(|(key, value)| map.insert(key.as_str(), values_of(value)));
            map.into()
        }
    }
}

fn named(entries: &[(&str, Value)], name: &'static str) -> Value {
    let map = Map::typed(CollectionType { name, element: Element::Any });
    for (key, value) in entries {
        map.insert(*key, value.clone());
    }
    map.into()
}

/// What Helm gives a template, without the parts that are objects of a chart.
fn dot() -> Value {
    let values = values_of(&yaml::from_text(VALUES).unwrap()).as_map().unwrap();
    let release = named(
        &[
            ("Name", "rel".into()),
            ("Namespace", "ns".into()),
            ("IsUpgrade", false.into()),
            ("IsInstall", true.into()),
            ("Revision", 1.into()),
            ("Service", "Helm".into()),
        ],
        CollectionType::MAP.name,
    );
    let template = [("Name", FILE.into()), ("BasePath", "c/templates".into())];
    named(
        &[
            ("Values", values.as_type(CollectionType { name: "chartutil.Values", element: Element::Any }).into()),
            ("Release", release),
            ("Template", named(&template, "chartutil.Values")),
            ("Subcharts", Map::new().into()),
        ],
        "chartutil.Values",
    )
}

/// Renders as Helm does, and shows the result as the file of snippets does.
fn rendered(template: &str) -> String {
    let mut templates = Templates::new(Functions::helm(), Options::default());
    if let Err(error) = templates.add(FILE, template) {
        return format!("ERR {}", error.in_helms_words());
    }
    match templates.render(FILE, dot(), &mut SeededWorld::default()) {
        Ok(text) => format::quoted(&text),
        Err(error) => format!("ERR {}", error.in_helms_words()),
    }
}

/// All of `cases` that come out otherwise, each with what is expected and what is.
fn differences<'a>(cases: impl Iterator<Item = &'a Case>) -> Vec<String> {
    let mut differences = Vec::new();
    for case in cases {
        let actual = rendered(case.template);
        // The longest message was cut when it was written down.
        let same = if case.expected.len() > 2000 { actual.starts_with(case.expected) } else { actual == case.expected };
        if !same {
            differences.push(format!("{}\n  expected {}\n  actual   {actual}", case.template, case.expected));
        }
    }
    differences
}

#[test]
fn snippets_render_as_with_the_real_engine() {
    let differences = stack::with_stack(512 << 20, || {
        let cases = cases();
        let of_a_chart = |case: &&Case| OF_A_CHART.iter().any(|word| case.template.contains(word));
        differences(cases.iter().filter(|case| !of_a_chart(case)))
    });
    let differences = differences.unwrap();
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}

/// What `goldens/template/go/main.go` renders with.
fn go_dot() -> Value {
    let json = r#"{"i":5,"f":1.5,"s":"str","e":"","n":null,"t":true,"l":[3,1,"x",null],
        "m":{"a":1,"b":{"c":"d"},"n":null},"el":[],"em":{}}"#;
    let dot = values_of(&serde_json::from_str(json).unwrap()).as_map().unwrap();
    let strings = Map::typed(CollectionType::STRING_MAP);
    strings.insert("k", "v");
    dot.insert("int", 7);
    dot.insert("i64", Value::int64(9));
    dot.insert("u", Value::Uint(3, UintType::Uint64));
    dot.insert("sl", Value::strings(["a", "b"]));
    dot.insert("sm", strings);
    dot.insert("by", Value::Bytes("hi".into()));
    dot.into()
}

fn plain_options() -> Options {
    Options { name: "t".to_owned(), no_value: NoValue::Keep, ..Options::default() }
}

/// Renders as Go does, and shows the result as `goldens/template/go/main.go` does.
fn go_rendered(template: &str) -> String {
    let mut templates = Templates::new(Functions::standard(), plain_options());
    if let Err(error) = templates.add("t", template) {
        return format!("ERR {error}");
    }
    match templates.render("t", go_dot(), &mut SeededWorld::default()) {
        Ok(text) => format!("OK {text}"),
        Err(error) => format!("ERR {error}"),
    }
}

#[test]
fn templates_render_and_fail_as_in_go() {
    let mut differences = Vec::new();
    for line in include_str!("goldens/template/go/cases.jsonl").lines() {
        let (template, expected): (String, String) = serde_json::from_str(line).unwrap();
        let actual = go_rendered(&template);
        if actual != expected {
            differences.push(format!("{template:?}\n  expected {expected:?}\n  actual   {actual:?}"));
        }
    }
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}

/// Renders `main` of these templates, each a name and a text.
fn render_set(options: Options, set: &[(&str, &str)]) -> Result<String, String> {
    let mut templates = Templates::new(Functions::helm(), options);
    for (name, text) in set {
        templates.add(name, text).map_err(|error| error.to_string())?;
    }
    let rendered = templates.render("main", Value::Nil, &mut SeededWorld::default());
    rendered.map(|text| text.to_string()).map_err(|error| error.to_string())
}

#[test]
fn a_later_file_redefines_unless_it_is_empty() {
    let set = [
        ("a", r#"{{ define "x" }}one{{ end }}"#),
        ("b", r#"{{ define "x" }}two{{ end }}"#),
        ("c", r#"{{ define "x" }} {{/* nothing */}} {{ end }}"#),
        ("main", r#"{{ include "x" . }}"#),
    ];
    assert_eq!(render_set(Options::default(), &set), Ok("two".to_owned()));
}

#[test]
fn other_delimiters_leave_gos_alone() {
    let options = Options { delimiters: Delimiters::new("[[", "]]"), ..Options::default() };
    let set = [("main", "{{ a }}[[- /* gone */ -]] [[ print 1 ]]-[[ `x` ]]")];
    assert_eq!(render_set(options, &set), Ok("{{ a }}1-x".to_owned()));
}

#[test]
fn a_missing_key_is_an_error_where_asked_for() {
    let options = Options { missing_key: MissingKey::Error, ..Options::default() };
    let mut templates = Templates::new(Functions::helm(), options);
    templates.add("main", "{{ .a }}").unwrap();
    let error = templates.render("main", Map::new().into(), &mut SeededWorld::default()).unwrap_err();
    let expected = "template: main:1:3: executing \"main\" at <.a>: map has no entry for key \"a\"";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn an_endless_template_ends_with_an_error_that_names_it() {
    let limited = Options { limits: Limits { steps: 10_000, output: 1000, ..Limits::default() }, ..Options::default() };
    let steps = render_set(limited.clone(), &[("main", "{{ range 100000000 }}{{ end }}")]).unwrap_err();
    assert!(steps.starts_with("template: main:1:9: executing \"main\""), "{steps}");
    assert!(steps.ends_with("more than 10000 steps"), "{steps}");
    let output = render_set(limited.clone(), &[("main", "{{ range 5000 }}xxxx{{ end }}")]);
    assert!(output.unwrap_err().ends_with("more than 1000 bytes of text"));
    let doubling = r#"{{ $x := "x" }}{{ range 100 }}{{ $x = print $x $x }}{{ end }}"#;
    let memory = render_set(limited, &[("main", doubling)]).unwrap_err();
    assert!(memory.ends_with("at <print $x $x>: more than 1000 bytes of text"), "{memory}");
}

#[test]
fn recursion_ends_as_in_go_and_helm() {
    let small = [("main", r#"{{ template "main" . }}"#)];
    let depth = render_set(Options::default(), &small).unwrap_err();
    assert!(depth.ends_with("exceeded maximum template depth (100000)"), "{depth}");
    let nested = [
        ("a", r#"{{ define "f" }}{{ include "g" . }}{{ end }}"#),
        ("main", r#"{{ define "g" }}{{ include "f" . }}{{ end }}{{ include "f" . }}"#),
    ];
    let great = stack::with_stack(1 << 30, || render_set(Options::default(), &nested)).unwrap().unwrap_err();
    assert!(great.contains("rendering template has a nested reference name: f"), "{}", &great[great.len() - 200..]);
    let small = render_set(Options::default(), &nested).unwrap_err();
    assert!(small.contains("too deeply"), "{small}");
}

#[test]
fn deep_nesting_is_refused_and_not_fatal() {
    let parens = format!("{{{{ {}1{} }}}}", "(".repeat(9_000), ")".repeat(9_000));
    let blocks = "{{ if 1 }}".repeat(200_000) + &"{{ end }}".repeat(200_000);
    for text in [parens.as_str(), blocks.as_str()] {
        let error = render_set(Options::default(), &[("main", text)]).unwrap_err();
        assert!(error.contains("depth exceeded"), "{error}");
    }
}

#[test]
fn a_thousand_tpl_copy_no_templates() {
    let mut set: Vec<(String, String)> = Vec::new();
    for index in 0..2000 {
        set.push((format!("f{index}"), format!("{{{{ define \"t{index}\" }}}}{}{{{{ end }}}}", "x".repeat(100))));
    }
    let text = r#"{{ range 1000 }}{{ tpl (printf "{{ include \"t%d\" . | len }}{{/* %d */}}" . .) . }}{{ end }}"#;
    let mut set: Vec<(&str, &str)> = set.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    set.push(("main", text));
    assert_eq!(render_set(Options::default(), &set), Ok("100".repeat(1000)));
}

/// Texts that are much like templates.
fn template_like() -> impl Strategy<Value = String> {
    let words = vec![
        "{{", "}}", "{{-", "-}}", " ", "\n", ".", ".a", "$", "$x", ":=", "=", "|", "(", ")", ",", "if", "else", "end",
        "range", "with", "define", "template", "block", "break", "continue", "nil", "true", "1", "-3", "1.5", "0x",
        "'a'", "\"x\"", "`y`", "/*", "*/", "and", "or", "eq", "index", "printf", "\"%d\"", "len", "include", "tpl",
        "dict", "list", "é", "\\",
    ];
    prop::collection::vec(prop::sample::select(words), 0..40).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn no_text_makes_the_engine_panic(text in template_like()) {
        let _ = rendered(&text);
        let _ = rendered(&format!("{{{{ {text} }}}}"));
        let _ = go_rendered(&text.replace(' ', ""));
    }

    #[test]
    fn bytes_that_are_no_text_are_taken_as_they_are(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let mut templates = Templates::new(Functions::standard(), plain_options());
        if templates.add("t", &bytes).is_ok() && !bytes.windows(2).any(|pair| pair == b"{{") {
            let rendered = templates.render("t", Value::Nil, &mut SeededWorld::default()).unwrap();
            assert_eq!(rendered.bytes(), bytes);
        }
    }

    #[test]
    fn a_text_without_actions_is_its_own_rendering(text in "[^{]{0,80}") {
        assert_eq!(go_rendered(&text), format!("OK {text}"));
    }
}
