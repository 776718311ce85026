//! `values.schema.json`.

use serde_json::Value;

use crate::chart::Chart;
use crate::chart::error::Error;
use crate::chart::table;
use crate::chart::table::Table;

/// Checks the values of the chart and of its sub-charts against their schemas.
///
/// # Errors
/// What does not fit, by chart; a schema that is none, or that points to another place.
pub(crate) fn validate(chart: &Chart, values: &Table) -> Result<(), Error> {
    let mut found = String::new();
    collect(chart, values, &mut found);
    if found.is_empty() {
        return Ok(());
    }
    let text = "values don't meet the specifications of the schema(s) in the following chart(s):";
    Err(Error::new(format!("{text}\n{found}")))
}

fn collect(chart: &Chart, values: &Table, found: &mut String) {
    if let Some(schema) = &chart.schema
        && let Err(problems) = against(schema, values)
    {
        found.extend([chart.name(), ":\n", &problems, "\n"]);
    }
    for child in &chart.dependencies {
        match values.get(child.name()) {
            None | Some(Value::Null) => {}
            Some(Value::Object(values)) => collect(child, values, found),
            Some(other) => {
                let text = "invalid type for values: expected object (map), got";
                found.extend([child.name(), ":\n", text, " ", table::kind(other), "\n"]);
            }
        }
    }
}

fn against(schema: &[u8], values: &Table) -> Result<(), String> {
    let schema: Value = serde_json::from_slice(schema).map_err(|problem| problem.to_string())?;
    let validator = jsonschema::options()
        .with_retriever(Nowhere)
        .build(&schema)
        .map_err(|problem| format!("unable to validate schema: {problem}"))?;
    let values = Value::Object(values.clone());
    let problems: Vec<String> = validator
        .iter_errors(&values)
        .map(|problem| format!("- at '{}': {problem}", problem.instance_path()))
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// Answers for schemas that lie elsewhere: none is fetched, and a `urn:` that nobody knows allows everything, as in Helm.
struct Nowhere;

impl jsonschema::Retrieve for Nowhere {
    fn retrieve(&self, uri: &jsonschema::Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        if uri.scheme().as_str() == "urn" {
            return Ok(Value::Bool(true));
        }
        Err(format!("the schema refers to `{uri}`; only schemas within the file are read").into())
    }
}
