//! What the bare word `werf` means in a job.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::Serialize;

use crate::job::environment::Action;
use crate::job::environment::Environment;

/// A verb that a native job can stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Verb {
    /// `werf build`
    Build,
    /// `werf publish`
    Publish,
    /// `werf build-and-publish`
    BuildAndPublish,
    /// `werf deploy`
    Deploy,
    /// `werf dismiss`
    Dismiss,
    /// `werf cleanup`
    Cleanup,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 6] =
        [Self::Build, Self::Publish, Self::BuildAndPublish, Self::Deploy, Self::Dismiss, Self::Cleanup];

    /// The word of the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Publish => "publish",
            Self::BuildAndPublish => "build-and-publish",
            Self::Deploy => "deploy",
            Self::Dismiss => "dismiss",
            Self::Cleanup => "cleanup",
        }
    }

    /// Whether it can need the container engine.
    pub fn needs_engine(self) -> bool {
        matches!(self, Self::Build | Self::BuildAndPublish | Self::Publish)
    }

    /// Whether it talks to the cluster.
    pub fn needs_cluster(self) -> bool {
        matches!(self, Self::Deploy | Self::Dismiss)
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// Which word is meant, or what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not a verb of a native job; there are {}", allowed())]
pub struct UnknownVerb {
    /// The word as it was written.
    pub word: String,
}

impl std::str::FromStr for Verb {
    type Err = UnknownVerb;

    fn from_str(word: &str) -> Result<Self, UnknownVerb> {
        Self::ALL.into_iter().find(|verb| verb.word() == word).ok_or_else(|| UnknownVerb { word: word.to_owned() })
    }
}

impl TryFrom<String> for Verb {
    type Error = UnknownVerb;

    fn try_from(word: String) -> Result<Self, UnknownVerb> {
        word.parse()
    }
}

impl From<Verb> for String {
    fn from(verb: Verb) -> Self {
        verb.word().to_owned()
    }
}

fn allowed() -> String {
    Verb::ALL.map(|verb| format!("`{verb}`")).join(", ")
}

/// What a job says about itself, beside its environment.
#[derive(Debug, Clone, Default)]
pub struct JobPlace {
    /// `WERF_ACTION`.
    pub wish: Option<String>,
    /// `CI_JOB_STAGE`.
    pub stage: Option<String>,
}

/// What a native job does, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The verb.
    pub verb: Verb,
    /// What decided.
    pub because: Reason,
}

/// What decided a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// The variable `WERF_ACTION`.
    Wish,
    /// The job starts or stops this environment, known by what the second text says.
    Environment(String, String),
    /// The settings map this job stage.
    Stage(String),
}

impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "werf {}: ", self.verb)?;
        match &self.because {
            Reason::Wish => write!(formatter, "`WERF_ACTION` asks for it"),
            Reason::Environment(name, how) => {
                let does = if self.verb == Verb::Dismiss { "stops" } else { "starts" };
                write!(formatter, "the job {does} environment `{name}` ({how})")
            }
            Reason::Stage(stage) => write!(formatter, "the job's stage is `{stage}`"),
        }
    }
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// `WERF_ACTION` is no verb.
    #[error("read `WERF_ACTION`: {0}")]
    Wish(#[from] UnknownVerb),
    /// Nothing says what to do.
    #[error("the bare `werf` does not know what to do in {place}")]
    Nothing {
        /// Where the job stands, in words.
        place: String,
        /// The job stages that mean something here.
        stages: Vec<String>,
    },
}

impl PlanError {
    /// What the job's author can do.
    pub fn hint(&self) -> String {
        match self {
            Self::Wish(_) => format!("set `WERF_ACTION` to one of {}", allowed()),
            Self::Nothing { stages, .. } => {
                let stages: Vec<_> = stages.iter().map(|stage| format!("`{stage}`")).collect();
                format!(
                    "set `WERF_ACTION`, give the job an `environment:`, or put it in one of the stages {}",
                    stages.join(", ")
                )
            }
        }
    }
}

/// Decides what the bare `werf` does: the wish, else the environment, else the job stage by the settings' map.
///
/// Letter case of the job stage does not matter.
pub fn plan(
    place: &JobPlace,
    environment: Option<&Environment>,
    stages: &BTreeMap<String, Verb>,
) -> Result<Plan, PlanError> {
    if let Some(wish) = place.wish.as_deref().filter(|wish| !wish.is_empty()) {
        return Ok(Plan { verb: wish.trim().parse()?, because: Reason::Wish });
    }
    if let Some(plan) = environment.and_then(by_environment) {
        return Ok(plan);
    }
    let stage = place.stage.as_deref().unwrap_or_default();
    match stages.iter().find(|(name, _)| name.eq_ignore_ascii_case(stage)) {
        Some((_, &verb)) => Ok(Plan { verb, because: Reason::Stage(stage.to_owned()) }),
        None => Err(nothing(stage, environment, stages)),
    }
}

fn by_environment(environment: &Environment) -> Option<Plan> {
    let verb = match environment.action {
        Action::Start => Verb::Deploy,
        Action::Stop => Verb::Dismiss,
        Action::Prepare | Action::Verify | Action::Access => return None,
    };
    let because = Reason::Environment(environment.name.clone(), environment.known_by.to_string());
    Some(Plan { verb, because })
}

fn nothing(stage: &str, environment: Option<&Environment>, stages: &BTreeMap<String, Verb>) -> PlanError {
    let stage: String = stage.chars().take(60).flat_map(char::escape_debug).collect();
    let place = match environment {
        Some(environment) => {
            format!("stage `{stage}` with environment `{}`, action {}", environment.name, environment.action.word())
        }
        None => format!("stage `{stage}` without an environment"),
    };
    PlanError::Nothing { place, stages: stages.keys().cloned().collect() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::JobPlace;
    use super::Verb;
    use super::plan;
    use crate::job::environment::EnvironmentFacts;
    use crate::job::environment::environment;

    /// (`WERF_ACTION`, environment's action, job stage, what is said)
    const TABLE: &[(&str, &str, &str, &str)] = &[
        ("", "", "build", "werf build-and-publish: the job's stage is `build`"),
        ("", "", "Build", "werf build-and-publish: the job's stage is `Build`"),
        ("", "", "deploy", "werf deploy: the job's stage is `deploy`"),
        ("", "", "cleanup", "werf cleanup: the job's stage is `cleanup`"),
        ("", "start", "build", "werf deploy: the job starts environment `review/x` (`CI_ENVIRONMENT_ACTION` says so)"),
        ("", "stop", "deploy", "werf dismiss: the job stops environment `review/x` (`CI_ENVIRONMENT_ACTION` says so)"),
        ("", "verify", "build", "werf build-and-publish: the job's stage is `build`"),
        ("dismiss", "start", "build", "werf dismiss: `WERF_ACTION` asks for it"),
        (" build ", "", "deploy", "werf build: `WERF_ACTION` asks for it"),
        ("", "", "test", "the bare `werf` does not know what to do in stage `test` without an environment"),
        (
            "",
            "access",
            "test",
            "the bare `werf` does not know what to do in stage `test` with environment `review/x`, action access",
        ),
        ("", "", "", "the bare `werf` does not know what to do in stage `` without an environment"),
        (
            "explode",
            "",
            "build",
            "read `WERF_ACTION`: `explode` is not a verb of a native job; there are `build`, `publish`, \
             `build-and-publish`, `deploy`, `dismiss`, `cleanup`",
        ),
    ];

    #[test]
    fn the_place_in_the_pipeline_decides() {
        let stages: BTreeMap<_, _> = [
            ("build".to_owned(), Verb::BuildAndPublish),
            ("deploy".to_owned(), Verb::Deploy),
            ("cleanup".to_owned(), Verb::Cleanup),
        ]
        .into();
        for &(wish, action, stage, says) in TABLE {
            let facts = EnvironmentFacts {
                name: (!action.is_empty()).then(|| "review/x".to_owned()),
                action: Some(action.to_owned()),
                ..EnvironmentFacts::default()
            };
            let environment = environment(&facts, &[]).unwrap();
            let place = JobPlace { wish: Some(wish.to_owned()), stage: Some(stage.to_owned()) };
            let said = match plan(&place, environment.as_ref(), &stages) {
                Ok(plan) => plan.to_string(),
                Err(error) => error.to_string(),
            };
            assert_eq!(said, says, "{wish} {action} {stage}");
        }
    }

    #[test]
    fn a_hint_names_what_would_help() {
        let stages = [("build".to_owned(), Verb::Build)].into();
        let error = plan(&JobPlace::default(), None, &stages).unwrap_err();
        assert_eq!(
            error.hint(),
            "set `WERF_ACTION`, give the job an `environment:`, or put it in one of the stages `build`"
        );
    }
}
