//! What a job will need of this host, so that `prepare` can say at once what is missing.

use serde::Deserialize;
use serde::Serialize;

use crate::job::plan::Verb;

/// When a part of the outside world is checked before a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Check {
    /// When the job seems to need it.
    Auto,
    /// Before every job.
    Always,
    /// Before no job.
    Never,
}

/// What a job needs beside bash, git and the Runner's helper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// The container engine.
    pub engine: bool,
    /// A cluster.
    pub cluster: bool,
}

/// What `script` needs, or, where the Runner does not tell the script, what the verb of a native job would.
///
/// `native` is the verb that the bare `werf` would stand for.
pub fn needs(script: Option<&[String]>, native: Option<Verb>) -> Needs {
    match script {
        Some(lines) => lines.iter().map(|line| of_line(line, native)).fold(Needs::default(), Needs::and),
        None => native.map_or_else(Needs::default, of_verb),
    }
}

impl Needs {
    fn and(self, other: Self) -> Self {
        Self { engine: self.engine || other.engine, cluster: self.cluster || other.cluster }
    }
}

fn of_verb(verb: Verb) -> Needs {
    Needs { engine: verb.needs_engine(), cluster: verb.needs_cluster() }
}

/// Reads a line roughly, word by word: a wrong guess only moves a check from the job's start to where it is needed.
fn of_line(line: &str, native: Option<Verb>) -> Needs {
    let words: Vec<_> = line.split(|c: char| c.is_whitespace() || ";&|()\"'`<>".contains(c)).collect();
    let mut needs = Needs::default();
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1).copied().unwrap_or_default();
        needs = needs.and(match *word {
            "werf" if next.is_empty() => native.map_or_else(Needs::default, of_verb),
            "werf" => of_werf(next),
            "docker" => Needs { engine: next != "--version" && !next.is_empty(), cluster: false },
            "kubectl" => Needs { engine: false, cluster: matches!(next, "apply" | "rollout" | "set" | "delete") },
            _ => Needs::default(),
        });
    }
    needs
}

fn of_werf(verb: &str) -> Needs {
    match verb {
        "build" | "build-and-publish" | "publish" | "run" | "stages" => Needs { engine: true, cluster: false },
        "deploy" | "dismiss" => Needs { engine: false, cluster: true },
        "converge" => Needs { engine: true, cluster: true },
        _ => Needs::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::Needs;
    use super::needs;
    use crate::job::plan::Verb;

    #[test]
    fn a_script_tells_what_it_needs() {
        let engine = Needs { engine: true, cluster: false };
        let cluster = Needs { engine: false, cluster: true };
        for (script, native, expected) in [
            (&["npm ci", "npm test"][..], Some(Verb::Deploy), Needs::default()),
            (&["type werf && source <(werf ci-env gitlab)", "werf build-and-publish"], None, engine),
            (&["werf run node -- npm test"], None, engine),
            (&["werf deploy --set x=y"], None, cluster),
            (&["werf"], Some(Verb::Deploy), cluster),
            (&["werf"], Some(Verb::BuildAndPublish), engine),
            (&["docker build -t x .", "kubectl rollout status x"], None, Needs { engine: true, cluster: true }),
            (&["echo werf-deploy docker-compose"], Some(Verb::Deploy), Needs::default()),
        ] {
            let script: Vec<_> = script.iter().map(|&line| line.to_owned()).collect();
            assert_eq!(needs(Some(&script), native), expected, "{script:?}");
        }
    }

    #[test]
    fn without_the_script_the_job_stage_tells() {
        assert_eq!(needs(None, Some(Verb::Deploy)), Needs { engine: false, cluster: true });
        assert_eq!(needs(None, None), Needs::default());
    }
}
