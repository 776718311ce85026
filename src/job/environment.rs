//! GitLab's environment of a job: its name, and whether the job starts or stops it.

use std::fmt;

use globset::GlobBuilder;
use serde::Deserialize;
use serde::Serialize;

/// What a job does to its environment (`environment: action:`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Deploys to it.
    Start,
    /// Takes it down.
    Stop,
    /// Prepares it, without a deployment.
    Prepare,
    /// Checks it, without a deployment.
    Verify,
    /// Uses it, without a deployment.
    Access,
}

impl Action {
    /// GitLab's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Prepare => "prepare",
            Self::Verify => "verify",
            Self::Access => "access",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Start, Self::Stop, Self::Prepare, Self::Verify, Self::Access].into_iter().find(|a| a.word() == word)
    }
}

/// How the action is known. GitLab says it since 13.11; before, it has to be found out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KnownBy {
    /// `CI_ENVIRONMENT_ACTION` is set.
    Gitlab,
    /// The job's name fits this pattern of the settings' `stop.job_names`.
    JobName(String),
    /// The job's script calls `werf dismiss`.
    Script,
    /// Nothing speaks against GitLab's default, `start`.
    Default,
}

impl fmt::Display for KnownBy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gitlab => formatter.write_str("`CI_ENVIRONMENT_ACTION` says so"),
            Self::JobName(pattern) => {
                write!(formatter, "this GitLab does not say; the job's name fits `{pattern}` of `stop.job_names`")
            }
            Self::Script => formatter.write_str("this GitLab does not say; the script calls `werf dismiss`"),
            Self::Default => formatter.write_str("GitLab's default"),
        }
    }
}

/// What the edges know about the environment, as GitLab wrote it. Empty values are absent.
#[derive(Debug, Clone, Default)]
pub struct EnvironmentFacts {
    /// `CI_ENVIRONMENT_NAME`.
    pub name: Option<String>,
    /// `CI_ENVIRONMENT_SLUG`.
    pub slug: Option<String>,
    /// `CI_ENVIRONMENT_URL`.
    pub url: Option<String>,
    /// `CI_ENVIRONMENT_TIER`.
    pub tier: Option<String>,
    /// `CI_ENVIRONMENT_ACTION`.
    pub action: Option<String>,
    /// `CI_JOB_NAME`.
    pub job_name: Option<String>,
    /// The lines of the job's script, where the Runner tells them.
    pub script: Vec<String>,
}

/// The environment that a job belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The expanded name, such as `review/feature-x`.
    pub name: String,
    /// GitLab's slug of it, at most 24 characters; never changes for an environment.
    pub slug: Option<String>,
    /// Its address.
    pub url: Option<String>,
    /// Its tier, such as `production`.
    pub tier: Option<String>,
    /// What the job does to it.
    pub action: Action,
    /// How that is known.
    pub known_by: KnownBy,
}

/// Why what GitLab says of the environment is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// Not GitLab's form of a slug.
    #[error("`CI_ENVIRONMENT_SLUG` is `{0}`, which is not the slug of an environment")]
    Slug(String),
    /// Not a name that GitLab accepts.
    #[error("`CI_ENVIRONMENT_NAME` is `{0}`, which is not the name of an environment")]
    Name(String),
    /// Not an action that GitLab knows.
    #[error("`CI_ENVIRONMENT_ACTION` is `{0}`; GitLab knows start, stop, prepare, verify, access")]
    Action(String),
}

/// The environment that `facts` tell of, or `None` for a job without one.
///
/// `stop_names` are the patterns (`*`, `?`; case does not matter) by which a stop job is known where GitLab does not
/// say the action.
pub fn environment(facts: &EnvironmentFacts, stop_names: &[String]) -> Result<Option<Environment>, EnvironmentError> {
    let Some(name) = given(facts.name.as_ref()) else { return Ok(None) };
    if !is_name(&name) {
        return Err(EnvironmentError::Name(shown(&name)));
    }
    let slug = given(facts.slug.as_ref());
    if let Some(slug) = slug.as_deref().filter(|slug| !is_slug(slug)) {
        return Err(EnvironmentError::Slug(shown(slug)));
    }
    let (action, known_by) = action(facts, stop_names)?;
    let environment =
        Environment { name, slug, url: given(facts.url.as_ref()), tier: given(facts.tier.as_ref()), action, known_by };
    Ok(Some(environment))
}

fn action(facts: &EnvironmentFacts, stop_names: &[String]) -> Result<(Action, KnownBy), EnvironmentError> {
    if let Some(word) = given(facts.action.as_ref()) {
        let action = Action::from_word(&word).ok_or_else(|| EnvironmentError::Action(shown(&word)))?;
        return Ok((action, KnownBy::Gitlab));
    }
    let job = facts.job_name.as_deref().unwrap_or_default();
    if let Some(pattern) = stop_names.iter().find(|pattern| name_fits(pattern, job)) {
        return Ok((Action::Stop, KnownBy::JobName(pattern.clone())));
    }
    if facts.script.iter().any(|line| calls_dismiss(line)) {
        return Ok((Action::Stop, KnownBy::Script));
    }
    Ok((Action::Start, KnownBy::Default))
}

/// Whether `name` fits the pattern; a pattern that is none fits nothing.
pub(crate) fn name_fits(pattern: &str, name: &str) -> bool {
    GlobBuilder::new(pattern)
        .case_insensitive(true)
        .build()
        .is_ok_and(|glob| !name.is_empty() && glob.compile_matcher().is_match(name))
}

fn calls_dismiss(line: &str) -> bool {
    let words: Vec<_> = line.split_whitespace().collect();
    words.windows(2).any(|pair| pair == ["werf", "dismiss"])
}

fn given(value: Option<&String>) -> Option<String> {
    value.filter(|text| !text.is_empty()).cloned()
}

/// GitLab's rule: a letter, then letters, digits and dashes, no dash at the end, at most 24.
fn is_slug(slug: &str) -> bool {
    slug.len() <= 24
        && slug.starts_with(|c: char| c.is_ascii_lowercase())
        && !slug.ends_with('-')
        && slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// GitLab's rule: letters, digits, spaces and `-_/$.{}`, at most 255, no slash at either end.
fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_/${}. ".contains(c);
    name.len() <= 255 && !name.starts_with('/') && !name.ends_with('/') && name.chars().all(fits)
}

/// A value of the job, fit for one line of a message.
fn shown(value: &str) -> String {
    value.chars().take(60).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::Action;
    use super::Environment;
    use super::EnvironmentError;
    use super::EnvironmentFacts;
    use super::KnownBy;
    use super::environment;

    fn facts(action: Option<&str>, job: &str, script: &[&str]) -> EnvironmentFacts {
        EnvironmentFacts {
            name: Some("review/feature-x".to_owned()),
            slug: Some("review-feature-x-abc123".to_owned()),
            action: action.map(str::to_owned),
            job_name: Some(job.to_owned()),
            script: script.iter().map(|&line| line.to_owned()).collect(),
            ..EnvironmentFacts::default()
        }
    }

    fn found(facts: &EnvironmentFacts) -> Environment {
        environment(facts, &["stop*".to_owned()]).unwrap().unwrap()
    }

    #[test]
    fn gitlab_says_the_action() {
        let stop = found(&facts(Some("stop"), "Undeploy", &[]));
        assert_eq!((stop.action, stop.known_by), (Action::Stop, KnownBy::Gitlab));
        let start = found(&facts(Some("start"), "Stop nothing", &["werf dismiss"]));
        assert_eq!((start.action, start.known_by), (Action::Start, KnownBy::Gitlab));
    }

    #[test]
    fn t30_without_the_action_a_rule_decides_and_is_named() {
        let by_name = found(&facts(None, "Stop Review", &[]));
        assert_eq!(by_name.action, Action::Stop);
        assert_eq!(
            by_name.known_by.to_string(),
            "this GitLab does not say; the job's name fits `stop*` of `stop.job_names`"
        );
        let by_script = found(&facts(None, "Undeploy", &["  werf  dismiss --env x"]));
        assert_eq!((by_script.action, by_script.known_by), (Action::Stop, KnownBy::Script));
        let start = found(&facts(None, "Deploy", &["echo dismiss"]));
        assert_eq!((start.action, start.known_by), (Action::Start, KnownBy::Default));
    }

    #[test]
    fn a_job_without_an_environment_has_none() {
        assert_eq!(environment(&EnvironmentFacts::default(), &[]), Ok(None));
        let empty = EnvironmentFacts { name: Some(String::new()), ..EnvironmentFacts::default() };
        assert_eq!(environment(&empty, &[]), Ok(None));
    }

    #[test]
    fn t19_a_forged_slug_name_or_action_is_refused() {
        for slug in ["../x", "--all", "9a", "a-", "A", "a b", &"a".repeat(25), "a\n"] {
            let forged = EnvironmentFacts { slug: Some(slug.to_owned()), ..facts(None, "d", &[]) };
            assert!(matches!(environment(&forged, &[]), Err(EnvironmentError::Slug(_))), "{slug}");
        }
        let forged = EnvironmentFacts { name: Some("a\r\x1b[0Ksection_end".to_owned()), ..facts(None, "d", &[]) };
        let message = environment(&forged, &[]).unwrap_err().to_string();
        assert!(!message.contains('\x1b') && !message.contains('\r'), "{message}");
        assert!(environment(&facts(Some("explode"), "d", &[]), &[]).is_err());
    }
}
