//! Which sub-charts are taken, under which names, and what their parents take from them.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::chart::Chart;
use crate::chart::coalesce;
use crate::chart::coalesce::Nulls;
use crate::chart::compatible::is_compatible;
use crate::chart::error::Error;
use crate::chart::metadata::Dependency;
use crate::template::collection::Map;
use crate::template::format;
use crate::template::value::Value;

/// Names the dependencies that `Chart.yaml` lists and `charts/` has not.
pub(crate) fn missing(chart: &Chart) -> Vec<&str> {
    let listed = chart.metadata.dependencies.iter();
    listed
        .map(|dependency| dependency.name.as_str())
        .filter(|name| !chart.dependencies.iter().any(|child| child.name() == *name))
        .collect()
}

/// Renames by alias, switches off by tags and conditions, and imports values; all through the tree.
pub(crate) fn process(chart: &mut Chart, values: &Map, warnings: &mut Vec<String>) -> Result<(), Error> {
    enable(chart, values, "", warnings)?;
    import(chart, warnings)
}

fn enable(chart: &mut Chart, values: &Map, path: &str, warnings: &mut Vec<String>) -> Result<(), Error> {
    if chart.metadata.dependencies.is_empty() {
        return Ok(());
    }
    chart.dependencies = named(chart);
    for dependency in &mut chart.metadata.dependencies {
        dependency.local_name().to_owned().clone_into(&mut dependency.name);
        dependency.enabled = true;
    }
    let values = coalesce::to_map(&coalesce::to_table(values));
    coalesce::coalesce(chart, &values, Nulls::Delete, warnings)?;
    let tags = values.get("tags").and_then(|tags| tags.as_map());
    for dependency in &mut chart.metadata.dependencies {
        if let Some(tags) = &tags {
            by_tags(dependency, tags, warnings);
        }
        by_condition(dependency, &values, path, warnings);
    }
    let (kept, dropped): (Vec<_>, Vec<_>) =
        std::mem::take(&mut chart.metadata.dependencies).into_iter().partition(|dependency| dependency.enabled);
    let is_dropped = |name: &str| dropped.iter().any(|dependency| dependency.name == name);
    chart.metadata.dependencies = kept.into_iter().filter(|dependency| !is_dropped(&dependency.name)).collect();
    chart.dependencies.retain(|child| !is_dropped(child.name()));
    enable_children(chart, &values, path, warnings)
}

fn enable_children(chart: &mut Chart, values: &Map, path: &str, warnings: &mut Vec<String>) -> Result<(), Error> {
    let mut known = BTreeSet::new();
    for child in &mut chart.dependencies {
        // In Helm the copies of a chart share its list of dependencies, in which the first copy has put the aliases in
        // place of the names: in the others nothing of that name is found any more.
        if !known.insert((child.loaded_name.clone(), child.metadata.version.clone())) {
            for dependency in &mut child.metadata.dependencies {
                dependency.local_name().to_owned().clone_into(&mut dependency.name);
            }
        }
        let below = format!("{path}{}.", child.name());
        enable(child, values, &below, warnings)?;
    }
    Ok(())
}

/// The sub-charts that are not listed, then one for each listed dependency that is there, under its alias.
fn named(chart: &Chart) -> Vec<Chart> {
    let fits = |dependency: &Dependency, child: &Chart| {
        child.name() == dependency.name && is_compatible(&dependency.version, &child.metadata.version)
    };
    let listed = &chart.metadata.dependencies;
    let unlisted = chart.dependencies.iter().filter(|child| !listed.iter().any(|dependency| fits(dependency, child)));
    let found = listed.iter().filter_map(|dependency| {
        let child = chart.dependencies.iter().find(|child| fits(dependency, child))?;
        Some(under_alias(child.clone(), dependency))
    });
    unlisted.cloned().chain(found).collect()
}

fn under_alias(mut child: Chart, dependency: &Dependency) -> Chart {
    if !dependency.alias.is_empty() {
        child.metadata.name.clone_from(&dependency.alias);
    }
    child
}

fn by_tags(dependency: &mut Dependency, tags: &Map, warnings: &mut Vec<String>) {
    let (mut on, mut off) = (false, false);
    for tag in &dependency.tags {
        match tags.get(tag) {
            None => {}
            Some(Value::Bool(true)) => on = true,
            Some(Value::Bool(false)) => off = true,
            Some(_) => warnings.push(format!("Tag '{tag}' for chart {} returned non-bool value", dependency.name)),
        }
    }
    dependency.enabled = on || !off;
}

/// The first path that leads to a boolean decides.
fn by_condition(dependency: &mut Dependency, values: &Map, path: &str, warnings: &mut Vec<String>) {
    for condition in dependency.condition.trim().split(',').filter(|condition| !condition.is_empty()) {
        match scalar_at(values, &format!("{path}{condition}")) {
            None => {}
            Some(Value::Bool(enabled)) => {
                dependency.enabled = enabled;
                return;
            }
            Some(_) => {
                let name = &dependency.name;
                warnings.push(format!("Condition path '{condition}' for chart {name} returned non-bool value"));
            }
        }
    }
}

fn scalar_at(values: &Map, path: &str) -> Option<Value> {
    let (tables, key) = path.rsplit_once('.').unwrap_or(("", path));
    let table = if tables.is_empty() { values.clone() } else { table_at(values, tables)? };
    table.get(key).filter(|value| !matches!(value, Value::Map(_)))
}

/// The table that a path of names separated by dots leads to.
pub(crate) fn table_at(values: &Map, path: &str) -> Option<Map> {
    path.split('.').try_fold(values.clone(), |table, name| match table.get(name) {
        Some(Value::Map(inner)) => Some(inner),
        _ => None,
    })
}

fn import(chart: &mut Chart, warnings: &mut Vec<String>) -> Result<(), Error> {
    for child in &mut chart.dependencies {
        import(child, warnings)?;
    }
    if chart.metadata.dependencies.is_empty() {
        return Ok(());
    }
    let values = Map::new();
    coalesce::coalesce(chart, &values, Nulls::Keep, warnings)?;
    let imported = Map::new();
    for dependency in &chart.metadata.dependencies {
        for wish in &dependency.import_values {
            let Some((child, parent)) = ends(wish) else { continue };
            let path = format!("{}.{child}", dependency.name);
            match table_at(&values, &path) {
                Some(table) => {
                    coalesce::merge_tables(&imported, &nested_at(&parent, table), Nulls::Keep, warnings);
                }
                None => warnings.push(format!(
                    "ImportValues missing table from chart {}: {path:?} is not a table",
                    dependency.name
                )),
            }
        }
    }
    // What is imported lies below the parent's own values.
    let values = coalesce::to_map(&coalesce::to_table(&values));
    coalesce::merge_tables(&values, &imported, Nulls::Keep, warnings);
    chart.values = coalesce::to_table(&values);
    Ok(())
}

/// Where an import comes from and goes to.
fn ends(wish: &Json) -> Option<(String, String)> {
    match wish {
        Json::String(name) => Some((format!("exports.{name}"), ".".to_owned())),
        Json::Object(pair) => {
            let text =
                |key: &str| format::display(&coalesce::to_value(pair.get(key).unwrap_or(&Json::Null))).to_string();
            Some((text("child"), text("parent")))
        }
        _ => None,
    }
}

fn nested_at(path: &str, table: Map) -> Map {
    if path == "." {
        return table;
    }
    path.split('.').rev().fold(table, |inner, name| {
        let outer = Map::new();
        outer.insert(name, inner);
        outer
    })
}
