//! `cleanup.keepPolicies`: which published images stay.

use serde::Deserialize;
use serde::Serialize;

use crate::project::error::ProjectError;
use crate::project::section::Field;
use crate::project::section::Section;

/// Which images stay, for some references of git.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeepPolicy {
    /// The references it is about.
    pub references: References,
    /// How many images of each stay; all that the history reaches if absent.
    pub images_per_reference: Option<Limit>,
}

/// References of git.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct References {
    /// Tags or branches.
    pub kind: ReferenceKind,
    /// A regular expression on the name, without slashes around; branches without `origin/`.
    pub pattern: String,
    /// Only the latest of them.
    pub limit: Option<Limit>,
}

/// A kind of reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReferenceKind {
    /// Tags.
    Tag,
    /// Branches.
    Branch,
}

/// The last ones by number, by age, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// At most so many; no limit if absent.
    pub last: Option<u32>,
    /// Not older than so many seconds.
    pub within_seconds: Option<u64>,
    /// How both go together.
    pub operator: Operator,
}

/// How two limits go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// Both must hold.
    And,
    /// One is enough.
    Or,
}

/// Reads `cleanup` of the meta document.
pub(super) fn read(meta: &Section<'_>) -> Result<Option<Vec<KeepPolicy>>, ProjectError> {
    let Some(section) = meta.section("cleanup", &["keepPolicies"])? else { return Ok(None) };
    let policies = section.items("keepPolicies")?.iter().map(policy).collect::<Result<_, _>>()?;
    Ok(Some(policies))
}

fn policy(field: &Field<'_>) -> Result<KeepPolicy, ProjectError> {
    let section = field.section(&["references", "imagesPerReference"])?;
    let Some(references) = section.section("references", &["branch", "tag", "limit"])? else {
        return Err(section.error("`references` is required"));
    };
    let images_per_reference = section.get("imagesPerReference").map(|field| limit(&field)).transpose()?;
    Ok(KeepPolicy { references: read_references(&references)?, images_per_reference })
}

fn read_references(section: &Section<'_>) -> Result<References, ProjectError> {
    let (kind, field) = match (section.get("branch"), section.get("tag")) {
        (Some(field), None) => (ReferenceKind::Branch, field),
        (None, Some(field)) => (ReferenceKind::Tag, field),
        _ => {
            return Err(section.error("exactly one of `branch`, `tag` is required: a name or a `/REGULAR EXPRESSION/`"));
        }
    };
    let limit = section.get("limit").map(|field| limit(&field)).transpose()?;
    Ok(References { kind, pattern: pattern(&field)?, limit })
}

/// `/RE/` as it stands, a plain name as the expression that matches it alone.
fn pattern(field: &Field<'_>) -> Result<String, ProjectError> {
    let text = field.text()?;
    let Some(expression) = text.strip_prefix('/').and_then(|text| text.strip_suffix('/')) else {
        return Ok(format!("^{}$", regex::escape(&text)));
    };
    match regex::Regex::new(expression) {
        Ok(_) => Ok(expression.to_owned()),
        Err(error) => Err(field.error(format!("`{text}` is not a regular expression: {error}"))),
    }
}

fn limit(field: &Field<'_>) -> Result<Limit, ProjectError> {
    let section = field.section(&["last", "in", "operator"])?;
    let last = section.get("last").map(|field| last(&field)).transpose()?.flatten();
    let within_seconds = section.get("in").map(|field| seconds(&field)).transpose()?;
    let operator = match section.text("operator")?.as_deref() {
        None | Some("And") => Operator::And,
        Some("Or") => Operator::Or,
        Some(other) => return Err(section.error(format!("unknown operator `{other}`; allowed: `And`, `Or`"))),
    };
    Ok(Limit { last, within_seconds, operator })
}

/// `-1` means no limit.
fn last(field: &Field<'_>) -> Result<Option<u32>, ProjectError> {
    let number = field.number()?;
    if number == -1 {
        return Ok(None);
    }
    u32::try_from(number).map(Some).map_err(|_| field.error(format!("`{number}` must be -1 (no limit) or above")))
}

/// A duration as Go writes it, such as `168h` or `1h30m`.
fn seconds(field: &Field<'_>) -> Result<u64, ProjectError> {
    let text = field.text()?;
    let wrong = || field.error(format!("`{text}` is not a duration such as `168h` or `30m`"));
    let (mut total, mut number) = (0_u64, String::new());
    for letter in text.chars() {
        let unit = match letter {
            '0'..='9' => {
                number.push(letter);
                continue;
            }
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return Err(wrong()),
        };
        let count: u64 = std::mem::take(&mut number).parse().map_err(|_| wrong())?;
        total = count.checked_mul(unit).and_then(|seconds| total.checked_add(seconds)).ok_or_else(wrong)?;
    }
    if number.is_empty() && !text.is_empty() { Ok(total) } else { Err(wrong()) }
}
