//! What is asked of a dismissal, and what it works with.

use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::actions::release::holder::Environment;
use crate::actions::release::holder::Holder;
use crate::actions::release::store::Found;
use crate::backends::cluster::Cluster;
use crate::report::JobLog;

/// What is to be dismissed and how.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DismissRequest {
    /// Which release.
    pub which: Which,
    /// Who dismisses.
    pub holder: Holder,
    /// Whether its hooks go as well.
    pub hooks: Hooks,
    /// Whether its namespace goes as well.
    pub namespaces: Namespaces,
    /// How long all may take.
    pub timeout: Duration,
}

/// Which release is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Which {
    /// One by name, in whatever namespace it lives.
    Release {
        /// Its name.
        release: String,
        /// The namespace it is expected in; it is looked for elsewhere if it is not there.
        namespace: String,
    },
    /// All that were deployed for a GitLab environment.
    Environment(Environment),
}

impl Which {
    /// The sentence for the log if there is no such release.
    pub fn absent(&self) -> String {
        match self {
            Self::Release { release, .. } => format!("release {release} was not found"),
            Self::Environment(environment) => {
                format!("no release of environment {} was found: nothing to stop", environment.slug)
            }
        }
    }

    /// The namespaces that go with `found`: where the releases live, and the one that was named.
    pub fn namespaces(&self, found: &[Found]) -> Vec<String> {
        let mut names: Vec<String> = found.iter().map(|found| found.namespace.clone()).collect();
        if let Self::Release { namespace, .. } = self {
            names.push(namespace.clone());
        }
        names.sort();
        names.dedup();
        names
    }
}

/// Whether hooks go with their release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hooks {
    /// Those of all revisions go.
    Delete,
    /// They stay.
    Keep,
}

/// Whether the namespace goes with its release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Namespaces {
    /// It goes, with everything else that is in it.
    Delete,
    /// It stays.
    Keep,
}

/// What a dismissal works with.
#[derive(Debug, Clone)]
pub struct DismissTools<'work> {
    /// The cluster.
    pub cluster: &'work Cluster,
    /// Where it tells.
    pub log: &'work JobLog,
    /// Ends it early; the lease is given back.
    pub cancel: &'work CancellationToken,
}

/// What was dismissed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dismissed {
    /// The releases; empty if there were none.
    pub releases: Vec<String>,
    /// The namespaces; empty if none was to go or there were none.
    pub namespaces: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::Which;
    use crate::actions::release::store::Found;

    #[test]
    fn the_seeds_namespace_and_the_releases_both_go() {
        let which = Which::Release { release: "app-review-1".to_owned(), namespace: "review-1".to_owned() };
        let found = [Found { namespace: "app-review-1".to_owned(), release: "app-review-1".to_owned() }];
        assert_eq!(which.namespaces(&found), ["app-review-1", "review-1"]);
        assert_eq!(which.namespaces(&[]), ["review-1"]);
    }
}
