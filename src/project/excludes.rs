//! Implicit excludes: where one mapping's place lies below another's, the upper one leaves it alone.

use crate::project::git::Copy;
use crate::project::image::Stapel;

/// Adds the excludes that follow from nested places.
///
/// # Errors
///
/// When two mappings want the same place.
pub(super) fn apply(stapel: &mut Stapel) -> Result<(), String> {
    let reach: Vec<Vec<String>> = copies(stapel).map(reach).collect();
    for (index, copy) in copies_mut(stapel).enumerate() {
        for (_, theirs) in reach.iter().enumerate().filter(|(other, _)| *other != index) {
            leave(copy, &reach[index], theirs)?;
        }
    }
    Ok(())
}

fn copies(stapel: &Stapel) -> impl Iterator<Item = &Copy> {
    stapel.git.iter().map(|mapping| &mapping.copy).chain(stapel.imports.iter().map(|import| &import.copy))
}

fn copies_mut(stapel: &mut Stapel) -> impl Iterator<Item = &mut Copy> {
    let git = stapel.git.iter_mut().map(|mapping| &mut mapping.copy);
    git.chain(stapel.imports.iter_mut().map(|import| &mut import.copy))
}

/// The places that `copy` fills.
fn reach(copy: &Copy) -> Vec<String> {
    if copy.include.is_empty() {
        return vec![copy.to.clone()];
    }
    copy.include.iter().map(|path| format!("{}/{path}", copy.to.trim_end_matches('/'))).collect()
}

fn leave(copy: &mut Copy, ours: &[String], theirs: &[String]) -> Result<(), String> {
    for their in theirs {
        for our in ours {
            if our == their {
                return Err(format!("two mappings both want `{our}`; give them other `to` or other `includePaths`"));
            }
            if let (Some(_), Some(inner)) = (below(our, their), below(&copy.to, their)) {
                let inner = inner.to_owned();
                if !copy.exclude.iter().any(|path| *path == inner || below(path, &inner).is_some()) {
                    copy.exclude.push(inner);
                }
            }
        }
    }
    Ok(())
}

/// What of `path` lies below `dir`, both without a closing slash.
fn below<'a>(dir: &str, path: &'a str) -> Option<&'a str> {
    path.strip_prefix(dir.trim_end_matches('/'))?.strip_prefix('/').filter(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::below;

    #[test]
    fn below_goes_by_whole_names() {
        assert_eq!(below("/app", "/app/static"), Some("static"));
        assert_eq!(below("/", "/app"), Some("app"));
        assert_eq!(below("/app", "/application"), None);
        assert_eq!(below("/app", "/app"), None);
    }
}
