//! Sprig's functions against what they gave in Helm: the tables in `goldens/template/sprig`, written by `rig/oracle`.

use std::fs;
use std::path::Path;

use gitlab_werf_executor::template::Templates;
use gitlab_werf_executor::template::collection::CollectionType;
use gitlab_werf_executor::template::collection::Element;
use gitlab_werf_executor::template::collection::Map;
use gitlab_werf_executor::template::format;
use gitlab_werf_executor::template::functions::Functions;
use gitlab_werf_executor::template::options::Options;
use gitlab_werf_executor::template::value::Value;
use gitlab_werf_executor::template::world::Lookup;
use gitlab_werf_executor::template::world::SeededWorld;
use gitlab_werf_executor::template::world::World;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The file that the snippets were rendered as.
const FILE: &str = "c/templates/t.yaml";

/// A world that repeats itself and knows the zones of the world.
struct Earth(SeededWorld);

impl World for Earth {
    fn now(&mut self) -> Timestamp {
        self.0.now()
    }

    fn local_zone(&self) -> TimeZone {
        self.0.local_zone()
    }

    fn zone(&self, name: &str) -> Option<TimeZone> {
        TimeZone::get(name).ok()
    }

    fn random(&mut self, bytes: &mut [u8]) {
        self.0.random(bytes);
    }

    fn host_address(&mut self, host: &str) -> String {
        self.0.host_address(host)
    }

    fn lookup(&mut self, query: &Lookup) -> Result<Value, String> {
        self.0.lookup(query)
    }
}

/// Renders as Helm does, and shows the result as the tables do.
fn rendered(template: &str) -> String {
    let mut templates = Templates::new(Functions::helm(), Options::default());
    if let Err(error) = templates.add(FILE, template) {
        return format!("ERR {}", error.in_helms_words());
    }
    let values = Map::typed(CollectionType { name: "chartutil.Values", element: Element::Any });
    values.insert("Values", Map::new());
    match templates.render(FILE, values.into(), &mut Earth(SeededWorld::default())) {
        Ok(text) => format::quoted(&text),
        Err(error) => format!("ERR {}", error.in_helms_words().replace('\n', "\\n")),
    }
}

/// The cases of a table that come out otherwise, each with what is expected and what is.
fn differences(table: &str) -> Vec<String> {
    let mut lines = table.lines().filter(|line| !line.starts_with("## "));
    let mut differences = Vec::new();
    while let Some(template) = lines.next() {
        let expected = lines.next().and_then(|line| line.strip_prefix("   => ")).expect("each snippet has a result");
        let actual = rendered(template);
        if actual != expected {
            differences.push(format!("{template}\n  expected {expected}\n  actual   {actual}"));
        }
    }
    differences
}

#[test]
fn functions_give_what_they_give_in_helm() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/template/sprig");
    let mut wrong = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        for difference in differences(&fs::read_to_string(&path).unwrap()) {
            wrong.push(format!("{}: {difference}", path.file_name().unwrap().display()));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
