//! The names of a release and its namespace.

use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::slug;
use crate::project::DeployNames;

/// The template of both names if werf.yaml gives none.
const DEFAULT: &str = "[[ project ]]-[[ env ]]";

/// A release and its namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    /// The release.
    pub release: String,
    /// The namespace.
    pub namespace: String,
}

/// What names are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'parts> {
    /// The project.
    pub project: &'parts str,
    /// The environment, if there is one.
    pub env: Option<&'parts str>,
    /// `--release`: taken as it is.
    pub release: Option<&'parts str>,
    /// `--namespace`: taken as it is.
    pub namespace: Option<&'parts str>,
    /// The templates of werf.yaml.
    pub templates: &'parts DeployNames,
}

impl Parts<'_> {
    /// Makes the names. What is given must be valid; what is made of a template is slugged unless werf.yaml says otherwise.
    pub(super) fn names(self) -> Result<Names, Failure> {
        Ok(Names { release: self.release()?, namespace: self.namespace()? })
    }

    fn release(self) -> Result<String, Failure> {
        let kind = "Helm release";
        if let Some(given) = self.release {
            return check(given.to_owned(), slug::is_helm_release, kind, 53);
        }
        let name = self.fill(self.templates.helm_release.as_deref().unwrap_or(DEFAULT), kind)?;
        let name = if self.templates.helm_release_slug { slug::helm_release(&name) } else { name };
        check(name, slug::is_helm_release, kind, 53)
    }

    fn namespace(self) -> Result<String, Failure> {
        let kind = "Kubernetes namespace";
        if let Some(given) = self.namespace {
            return check(given.to_owned(), slug::is_kubernetes_namespace, kind, 63);
        }
        let name = self.fill(self.templates.namespace.as_deref().unwrap_or(DEFAULT), kind)?;
        let name = if self.templates.namespace_slug { slug::kubernetes_namespace(&name) } else { name };
        check(name, slug::is_kubernetes_namespace, kind, 63)
    }

    fn fill(self, template: &str, kind: &str) -> Result<String, Failure> {
        let mut filled = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("[[") {
            filled.push_str(before);
            let (word, behind) =
                after.split_once("]]").ok_or_else(|| self.refuse(kind, template, "`[[` has no `]]`"))?;
            match word.trim() {
                "project" => filled.push_str(self.project),
                "env" => filled.push_str(self.env.ok_or_else(|| needs_env(template))?),
                other => {
                    return Err(self.refuse(
                        kind,
                        template,
                        &format!("`{other}` is not known: use `project` or `env`"),
                    ));
                }
            }
            rest = behind;
        }
        filled.push_str(rest);
        if filled.is_empty() {
            return Err(self.refuse(kind, template, "it gives an empty name"));
        }
        Ok(filled)
    }

    fn refuse(self, kind: &str, template: &str, why: &str) -> Failure {
        Failure::new(
            Cause::ProjectInvalid,
            format!("{kind} of project `{}` by template '{template}': {why}", self.project),
        )
    }
}

fn needs_env(template: &str) -> Failure {
    let text = format!("--env option or $WERF_ENV variable required to construct name by template '{template}'");
    Failure::new(Cause::Usage, text).hint("give the environment, or both `--release` and `--namespace`")
}

fn check(name: String, valid: impl Fn(&str) -> bool, kind: &str, longest: usize) -> Result<String, Failure> {
    if valid(&name) {
        return Ok(name);
    }
    Err(Failure::new(Cause::Usage, format!("`{name}` is no valid name of a {kind}")).hint(format!(
        "use small letters, digits and `-`, at most {longest} characters; `werf slugify` makes such a name"
    )))
}

#[cfg(test)]
mod tests {
    use super::Parts;
    use crate::project::DeployNames;

    fn parts<'parts>(env: Option<&'parts str>, templates: &'parts DeployNames) -> Parts<'parts> {
        Parts { project: "wb-demo", env, release: None, namespace: None, templates }
    }

    #[test]
    fn templates_are_filled_and_slugged() {
        let templates = DeployNames { helm_release: Some("demo-[[ env ]]".to_owned()), ..DeployNames::default() };
        let names = parts(Some("production"), &templates).names().unwrap();
        assert_eq!((names.release.as_str(), names.namespace.as_str()), ("demo-production", "wb-demo-production"));
        let slugged = parts(Some("review/Feature_X"), &templates).names().unwrap();
        assert!(slugged.namespace.starts_with("wb-demo-review-feature-x-"), "{slugged:?}");
    }

    #[test]
    fn what_is_missing_or_wrong_is_said() {
        let templates = DeployNames::default();
        let missing = parts(None, &templates).names().unwrap_err().to_string();
        assert_eq!(
            missing,
            "--env option or $WERF_ENV variable required to construct name by template '[[ project ]]-[[ env ]]'"
        );
        let given = Parts { release: Some("Bad_Name"), ..parts(Some("x"), &templates) };
        assert!(given.names().unwrap_err().message.contains("`Bad_Name`"));
    }
}
