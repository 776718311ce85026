//! Go templates against what the real engine made of the same texts.

use gitlab_werf_executor::template::Templates;
use gitlab_werf_executor::template::collection::CollectionType;
use gitlab_werf_executor::template::collection::Element;
use gitlab_werf_executor::template::collection::Map;
use gitlab_werf_executor::template::functions::Functions;
use gitlab_werf_executor::template::options::Options;
use gitlab_werf_executor::template::stack;
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
    entries.iter().for_each(|(key, value)| map.insert(*key, value.clone()));
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
        Ok(text) => gitlab_werf_executor::template::format::quoted(&text),
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
        differences(cases.iter().filter(|case| !OF_A_CHART.iter().any(|word| case.template.contains(word))))
    });
    let differences = differences.unwrap();
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}
