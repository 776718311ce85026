//! One TOML table over another that is its schema.

use toml::de::DeTable;
use toml::de::DeValue;

/// Tables that hold whatever keys the operator likes; the operator's replaces the default one.
const FREE: &[&str] = &["stages"];

/// Names farther than this (1 is equal) are no help.
const NEAR: f64 = 0.8;

/// Puts `over` over `base`; `path` is where both stand. An error is an offset in the text of `over`, and a sentence.
pub(super) fn overlay<'i>(
    base: &mut DeTable<'i>,
    over: DeTable<'i>,
    path: &mut Vec<String>,
) -> Result<(), (usize, String)> {
    for (key, value) in over {
        let name = key.get_ref().to_string();
        path.push(name.clone());
        let Some(known) = base.get_mut(name.as_str()) else {
            return Err((key.span().start, unknown(&name, base, path)));
        };
        if !value.get_ref().same_type(known.get_ref()) {
            let message = format!(
                "`{}` is {}, but must be {}",
                path.join("."),
                article(value.get_ref()),
                article(known.get_ref())
            );
            return Err((value.span().start, message));
        }
        match (known.get_mut(), value.get_ref()) {
            (DeValue::Table(inner), DeValue::Table(table)) if !FREE.contains(&name.as_str()) => {
                overlay(inner, table.clone(), path)?;
            }
            _ => *known = value,
        }
        path.pop();
    }
    Ok(())
}

fn unknown(name: &str, known: &DeTable<'_>, path: &[String]) -> String {
    let near = |candidate: &str| strsim::jaro_winkler(name, candidate);
    let nearest = known
        .keys()
        .map(|key| key.get_ref().as_ref())
        .max_by(|left, right| near(left).total_cmp(&near(right)))
        .filter(|candidate| near(candidate) >= NEAR);
    let path = path.join(".");
    match nearest {
        Some(nearest) => format!("there is no setting `{path}`; did you mean `{nearest}`?"),
        None => format!("there is no setting `{path}`; `gitlab-werf-executor settings` prints all there are"),
    }
}

fn article(value: &DeValue<'_>) -> String {
    let name = value.type_str();
    let article = if name.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {name}")
}
