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

fn files(files: &[(&str, &str)]) -> Vec<ChartFile> {
    files.iter().map(|(name, text)| ChartFile::new(*name, *text)).collect()
}

fn request(values: Table) -> Request {
    let release = Release { name: "rel".into(), namespace: "ns".into(), revision: 1, is_upgrade: false };
    Request { release, values, capabilities: Capabilities::default(), options: RenderOptions::default(), werf: None }
}

fn rendered(chart: &Chart, values: &str) -> Result<Rendered, Error> {
    let source = Source::File { name: "values".into(), text: values.into() };
    chart::render(chart, &request(values::collect(&[source])?), &mut SeededWorld::default())
}

/// The snippets that speak of `.Chart`, `.Files` and `.Capabilities` are rendered here too, beside all others.
#[test]
fn snippets_render_in_a_chart_as_with_the_real_helm() {
    let mut lines = SNIPPETS.lines().filter(|line| !line.starts_with("## ")).peekable();
    let mut differences = Vec::new();
    while let Some(template) = lines.next() {
        let expected = &lines.next_if(|line| line.starts_with("   => ")).expect("each snippet has a result")[6..];
        let actual = snippet(template);
        let same = if expected.len() > 2000 { actual.starts_with(expected) } else { actual == expected };
        if !same {
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
    match chart.and_then(|chart| chart::render::files(&chart, &request(Table::new()), &mut SeededWorld::default())) {
        Ok(files) => format::quoted(files[0].1.as_bytes()),
        Err(error) => format!("ERR {error}"),
    }
}
