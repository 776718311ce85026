//! Charts against what the real Helm makes of them.

use std::collections::BTreeMap;

use gitlab_werf_executor::chart;
use gitlab_werf_executor::chart::Chart;
use gitlab_werf_executor::chart::ChartFile;
use gitlab_werf_executor::chart::Error;
use gitlab_werf_executor::chart::capabilities::Capabilities;
use gitlab_werf_executor::chart::manifest::Rendered;
use gitlab_werf_executor::chart::print;
use gitlab_werf_executor::chart::print::Printed;
use gitlab_werf_executor::chart::render::Release;
use gitlab_werf_executor::chart::render::RenderOptions;
use gitlab_werf_executor::chart::render::Request;
use gitlab_werf_executor::chart::table::Table;
use gitlab_werf_executor::chart::values;
use gitlab_werf_executor::chart::values::Source;
use gitlab_werf_executor::chart::werf::ImageValues;
use gitlab_werf_executor::chart::werf::ServiceValues;
use gitlab_werf_executor::chart::werf::TagStrategy;
use gitlab_werf_executor::chart::werf::Werf;
use gitlab_werf_executor::model::secret::Secret;
use gitlab_werf_executor::template::format;
use gitlab_werf_executor::template::world::SeededWorld;

const SNIPPETS: &str = include_str!("goldens/template/snippets.txt");
const VALUES: &str = include_str!("goldens/template/values.yaml");

/// `ago 0 | len` depends on it.
const NOW: &str = "2026-01-01T00:01:01Z";

fn files(files: &[(&str, &str)]) -> Vec<ChartFile> {
    files.iter().map(|(name, text)| ChartFile::new(*name, *text)).collect()
}

fn request(values: Table) -> Request {
    let release = Release { name: "rel".into(), namespace: "ns".into(), revision: 1, is_upgrade: false };
    Request { release, values, capabilities: Capabilities::default(), options: RenderOptions::default(), werf: None }
}

fn rendered(chart: &Chart, values: &str) -> Result<Rendered, Error> {
    let source = Source::File { name: "values".into(), text: values.into() };
    chart::render(chart, &request(values::collect(&[source])?), &mut SeededWorld::new(NOW.parse().unwrap(), 0))
}

/// Where we differ from Helm and know it: a struct that is an argument of `print` shows its fields there, its `String()` here.
const DIFFERENT: &str = r#"semverCompare ">=1.19" (print .Capabilities.KubeVersion)"#;

/// The snippets that speak of `.Chart`, `.Files` and `.Capabilities` are rendered here too, beside all others.
#[test]
fn snippets_render_in_a_chart_as_with_the_real_helm() {
    let mut lines = SNIPPETS.lines().filter(|line| !line.starts_with("## ")).peekable();
    let mut differences = Vec::new();
    while let Some(template) = lines.next() {
        let expected = &lines.next_if(|line| line.starts_with("   => ")).expect("each snippet has a result")[6..];
        let actual = snippet(template);
        let same = if expected.len() > 2000 { actual.starts_with(expected) } else { actual == expected };
        if !same && !template.contains(DIFFERENT) {
            differences.push(format!("{template}\n  expected {expected}\n  actual   {actual}"));
        }
    }
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}

/// Renders a snippet as the notes of a chart, because notes need not be YAML.
fn snippet(template: &str) -> String {
    let chart = chart::load(files(&[
        ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.2.3\nappVersion: \"9.9\"\n"),
        ("values.yaml", VALUES),
        ("templates/t.yaml", template),
        ("a.txt", "l1\nl2\n"),
        ("d/b.yaml", "x: 1\n"),
    ]));
    match chart.and_then(|chart| {
        chart::render::files(&chart, &request(Table::new()), &mut SeededWorld::new(NOW.parse().unwrap(), 0))
    }) {
        Ok(files) => format::quoted(files[0].1.as_bytes()),
        Err(error) => format!("ERR {error}"),
    }
}

/// A chart, values, and what the real Helm printed or refused.
#[derive(serde::Deserialize)]
struct Tree {
    files: BTreeMap<String, String>,
    values: Option<String>,
    set: Vec<String>,
    /// The output of `helm template --include-crds`, or its error.
    expected: Result<String, String>,
}

impl Tree {
    fn rendered(&self) -> Result<String, String> {
        let files = self.files.iter().map(|(name, text)| ChartFile::new(name, text.as_str())).collect();
        let file = self.values.iter().map(|text| Source::File { name: "values.yaml".into(), text: text.clone() });
        let sources: Vec<Source> = file.chain(self.set.iter().cloned().map(Source::Set)).collect();
        let printed = chart::load_directory(files).and_then(|chart| {
            let rendered = chart::render(
                &chart,
                &request(values::collect(&sources)?),
                &mut SeededWorld::new(NOW.parse().unwrap(), 0),
            )?;
            Ok(print::template_text(&rendered, Printed { crds: true, ..Printed::default() }))
        });
        printed.map_err(|error| error.to_string())
    }
}

/// Trees of charts with globals, nulls, aliases, conditions, tags and imported values.
#[test]
fn trees_of_charts_render_as_with_the_real_helm() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/goldens/chart");
    let mut seen = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let tree: Tree = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(tree.rendered(), tree.expected, "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 20, "only {seen} trees found");
}

const WERF_TEMPLATE: &str = "kind: Deployment
metadata: {name: web}
spec:
{{ tuple \"web\" . | include \"werf_container_image\" | indent 2 }}
  env:
{{ tuple \"web\" . | include \"werf_container_env\" | indent 2 }}
  id: {{ image_id \"web\" . }}
  image: {{ tuple \"web\" $ | include \"image\" }}
  user: {{ env \"USER_NAME\" | quote }} {{ expandenv \"-${USER_NAME}-$NOPE\" | quote }}
  secret: {{ werf_secret_file \"token\" | quote }}
";

fn werf_rendered(template: &str, strategy: TagStrategy) -> Result<Rendered, Error> {
    let image =
        ImageValues { image: "r/app/web:main".into(), tag: "main".into(), id: Some("sha256:1".into()), digest: None };
    let service = ServiceValues {
        project: "app".into(),
        env: None,
        namespace: "ns".into(),
        repo: "r/app".into(),
        version: "v1.1.36".into(),
        strategy,
        images: BTreeMap::from([("web".to_owned(), image)]),
    };
    let werf = Werf {
        env: BTreeMap::from([("USER_NAME".to_owned(), "ann".to_owned())]),
        secret_files: BTreeMap::from([("token".to_owned(), Secret::new("s3cret"))]),
    };
    let chart = chart::load_werf(files(&[("templates/web.yaml", template)]), "app")?;
    chart::render(
        &chart,
        &Request { werf: Some(werf), ..request(service.table()) },
        &mut SeededWorld::new(NOW.parse().unwrap(), 0),
    )
}

#[test]
fn werfs_helpers_name_images_variables_and_secrets() {
    let template = WERF_TEMPLATE.replace("{{ expandenv", "# {{ expandenv");
    let rendered = werf_rendered(&template, TagStrategy::GitBranch("main".into(), "main".into())).unwrap();
    assert_eq!(rendered.manifests[0].source, "app/templates/web.yaml");
    let spec = &rendered.manifests[0].object["spec"];
    assert_eq!(spec["image"], "r/app/web:main");
    assert_eq!(spec["imagePullPolicy"], "Always");
    assert_eq!(spec["env"][0], serde_json::json!({"name": "DOCKER_IMAGE_ID", "value": "sha256:1"}));
    assert_eq!((&spec["id"], &spec["user"], &spec["secret"]), (&"sha256:1".into(), &"ann".into(), &"s3cret".into()));
    assert!(rendered.manifests[0].text.contains("# \"-ann-\""));
}

#[test]
fn an_image_that_does_not_exist_is_told_with_those_that_do() {
    let template = "kind: Pod\nspec:\n{{ tuple \"wed\" . | include \"werf_container_image\" | indent 2 }}";
    let error = werf_rendered(template, TagStrategy::StagesSignature).unwrap_err().to_string();
    let expected = "execution error at (app/templates/web.yaml:3:19): image `wed` does not exist in werf.yaml; \
                    there are: web, did you mean `web`?";
    assert_eq!(error, expected);
}

fn packed(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let entries: Vec<_> = entries.iter().map(|(name, data)| (*name, *data, data.len() as u64)).collect();
    packed_as(&entries)
}

/// Packs entries whose headers may promise another size than they have.
fn packed_as(entries: &[(&str, &[u8], u64)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (name, data, size) in entries {
        let mut header = tar::Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(*size);
        header.set_cksum();
        archive.append(&header, *data).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

#[test]
fn a_packed_chart_loads_with_its_packed_sub_chart() {
    let child = packed(&[("child/Chart.yaml", b"apiVersion: v2\nname: child\nversion: 1.0.0\n")]);
    let parent = packed(&[
        ("parent/Chart.yaml", b"apiVersion: v2\nname: parent\nversion: 1.0.0\n"),
        ("parent/charts/child-1.0.0.tgz", &child),
        ("parent/charts/.keep", b"no chart"),
    ]);
    let chart = chart::load_archive(&parent).unwrap();
    assert_eq!((chart.name(), chart.dependencies[0].name()), ("parent", "child"));
}

#[test]
fn hostile_archives_are_refused() {
    let error = |entries: &[(&str, &[u8])]| chart::load_archive(&packed(entries)).unwrap_err().to_string();
    assert_eq!(error(&[("c/../../etc/passwd", b"x")]), "chart illegally references parent directory");
    assert_eq!(error(&[("c//etc/passwd", b"x")]), "chart illegally contains absolute paths");
    assert_eq!(error(&[("c\\..\\..\\x", b"x")]), "chart illegally references parent directory");
    assert_eq!(error(&[("c/c:/x", b"x")]), "chart contains illegally named files");
    assert_eq!(
        error(&[("Chart.yaml", b"x")]),
        "chart illegally contains content outside the base directory: \"Chart.yaml\""
    );
    assert_eq!(error(&[]), "no files in chart archive");
    let promised = |size| chart::load_archive(&packed_as(&[("c/big", b"x", size)])).unwrap_err().to_string();
    let too_big = "decompressed chart file \"c/big\" is larger than the maximum file size 5242880";
    assert_eq!(promised((5 << 20) + 1), too_big);
    assert_eq!(promised(100 << 20), "decompressed chart is larger than the maximum file size 104857600");
    assert_eq!(promised(4 << 20), "unexpected EOF");
    assert_eq!(chart::load_archive(b"PK").unwrap_err().to_string(), "gzip: invalid header");
    assert!(chart::load_archive(&packed(&[("c/a", b"x")])[..20]).is_err());
}

#[test]
fn a_bad_chart_is_told_in_helms_words() {
    let error = |chart: &[(&str, &str)]| chart::load(files(chart)).unwrap_err().to_string();
    assert_eq!(error(&[("values.yaml", "")]), "Chart.yaml file is missing");
    assert_eq!(error(&[("Chart.yaml", "version: 1.0.0")]), "validation: chart.metadata.name is required");
    assert_eq!(
        error(&[("Chart.yaml", "name: a/b\nversion: 1.0.0")]),
        "validation: chart.metadata.name \"a/b\" is invalid"
    );
    assert_eq!(error(&[("Chart.yaml", "name: a\nversion: x")]), "validation: chart.metadata.version \"x\" is invalid");
    assert_eq!(
        error(&[("Chart.yaml", "name: a\nversion: 1.0.0"), ("values.yaml", "a: b: c")]),
        "cannot load values.yaml: error converting YAML to JSON: yaml: mapping values are not allowed in this context"
    );
    let missing = "name: a\nversion: 1.0.0\ndependencies: [{name: redis, version: 1.x.x}]";
    let chart = chart::load(files(&[("Chart.yaml", missing)])).unwrap();
    let refused = rendered(&chart, "").unwrap_err().to_string();
    assert!(refused.ends_with("found in Chart.yaml, but missing in charts/ directory: redis"), "{refused}");
}

#[test]
fn documents_can_be_picked_by_their_source() {
    let chart = chart::load(files(&[
        ("Chart.yaml", "name: c\nversion: 1.0.0"),
        ("templates/a.yaml", "kind: A\n---\nkind: B\n"),
        ("templates/b.yaml", "kind: C"),
    ]));
    let text = print::template_text(&rendered(&chart.unwrap(), "").unwrap(), Printed::default());
    let picked = print::show_only(&text, &["templates/b*".to_owned()]).unwrap();
    assert_eq!(picked, "---\n# Source: c/templates/b.yaml\nkind: C\n");
    let error = print::show_only(&text, &["templates/z.yaml".to_owned()]).unwrap_err();
    assert_eq!(error.to_string(), "could not find template templates/z.yaml in chart");
}
