//! Which kinds the cluster serves.

use std::collections::BTreeSet;
use std::collections::HashMap;

use http::Method;
use kube::core::discovery::v2::ACCEPT_AGGREGATED_DISCOVERY_V2;
use kube::core::discovery::v2::APIGroupDiscoveryList;
use serde_json::Value;

use super::Cluster;
use super::call::Call;
use super::error::ClusterError;
use super::error::ErrorKind;
use super::error::Permission;
use crate::model::object::list;
use crate::model::object::text;

/// A kind as the cluster serves it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ResourceKind {
    /// The API group; empty for the core group.
    pub group: String,
    /// The version, such as `v1`.
    pub version: String,
    /// The kind, such as `Deployment`.
    pub kind: String,
    /// The name in paths, such as `deployments`.
    pub plural: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// What may be done with it, such as `watch`.
    pub verbs: Vec<String>,
}

impl ResourceKind {
    /// `group/version`, or the version alone for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `plural.group`, as roles and kubectl write it.
    pub fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// The path of its collection in `namespace`, or in the whole cluster.
    pub(super) fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.group.is_empty() { "/api" } else { "/apis" };
        let version = self.api_version();
        match namespace {
            Some(namespace) if self.namespaced => format!("{root}/{version}/namespaces/{namespace}/{}", self.plural),
            _ => format!("{root}/{version}/{}", self.plural),
        }
    }
}

/// Everything that the cluster serves.
#[derive(Debug, Clone, Default)]
pub struct Kinds {
    by_name: HashMap<(String, String), ResourceKind>,
    versions: BTreeSet<String>,
    stale: Vec<String>,
}

impl Kinds {
    /// The kind of `api_version`; `None` if it is not served.
    pub fn find(&self, api_version: &str, kind: &str) -> Option<&ResourceKind> {
        self.by_name.get(&(api_version.to_owned(), kind.to_owned()))
    }

    /// A kind by group, in whatever version the cluster serves it.
    pub fn find_in_group(&self, group: &str, kind: &str) -> Option<&ResourceKind> {
        self.by_name.values().find(|found| found.group == group && found.kind == kind)
    }

    /// Every group version, and every `group version/Kind`, as `.Capabilities.APIVersions` lists them.
    pub fn api_versions(&self) -> Vec<String> {
        let kinds = self.by_name.keys().map(|(version, kind)| format!("{version}/{kind}"));
        let mut all: Vec<String> = self.versions.iter().cloned().chain(kinds).collect();
        all.sort();
        all
    }

    /// Group versions whose own server is down, so that their kinds may be missing here.
    pub fn stale(&self) -> &[String] {
        &self.stale
    }

    /// Every kind that can be listed and deleted, one version of each.
    pub fn deletable(&self) -> Vec<&ResourceKind> {
        let mut seen = BTreeSet::new();
        let mut kinds: Vec<_> = self.by_name.values().collect();
        kinds.sort_by_key(|kind| (kind.group.clone(), kind.kind.clone(), kind.version.clone()));
        let has = |kind: &ResourceKind, verb: &str| kind.verbs.iter().any(|known| known == verb);
        kinds.retain(|kind| {
            has(kind, "list") && has(kind, "delete") && seen.insert((kind.group.clone(), kind.kind.clone()))
        });
        kinds
    }

    fn add(&mut self, kind: ResourceKind) {
        let version = kind.api_version();
        self.versions.insert(version.clone());
        self.by_name.insert((version, kind.kind.clone()), kind);
    }

    fn add_aggregated(&mut self, groups: APIGroupDiscoveryList) {
        for group in groups.items {
            let name = group.metadata.and_then(|metadata| metadata.name).unwrap_or_default();
            for served in group.versions {
                let version = served.version.unwrap_or_default();
                let group_version = if name.is_empty() { version.clone() } else { format!("{name}/{version}") };
                if served.freshness.as_deref() == Some("Stale") {
                    self.stale.push(group_version.clone());
                }
                self.versions.insert(group_version);
                for resource in served.resources {
                    let kind = resource.response_kind.and_then(|named| named.kind).unwrap_or_default();
                    self.add(ResourceKind {
                        group: name.clone(),
                        version: version.clone(),
                        kind,
                        plural: resource.resource.unwrap_or_default(),
                        namespaced: resource.scope.as_deref() == Some("Namespaced"),
                        verbs: resource.verbs,
                    });
                }
            }
        }
    }

    fn add_resource_list(&mut self, resources: &Value) {
        let group_version = text(resources, "/groupVersion").unwrap_or_default();
        let (group, version) = group_version.split_once('/').unwrap_or(("", group_version));
        for resource in list(resources, "/resources") {
            let plural = text(resource, "/name").unwrap_or_default();
            if plural.contains('/') {
                continue;
            }
            let verbs = list(resource, "/verbs").iter().filter_map(Value::as_str).map(str::to_owned).collect();
            self.add(ResourceKind {
                group: group.to_owned(),
                version: version.to_owned(),
                kind: text(resource, "/kind").unwrap_or_default().to_owned(),
                plural: plural.to_owned(),
                namespaced: resource.get("namespaced").and_then(Value::as_bool).unwrap_or(false),
                verbs,
            });
        }
    }
}

impl Cluster {
    /// Everything that the cluster serves, asked once in this cluster's life.
    pub async fn kinds(&self) -> Result<&Kinds, ClusterError> {
        self.kinds.get_or_try_init(|| self.discover()).await
    }

    /// Asks again, such as after a `CustomResourceDefinition` was installed. The cache of other clones stays as it is.
    pub async fn rediscover(&mut self) -> Result<(), ClusterError> {
        let kinds = self.discover().await?;
        self.kinds = std::sync::Arc::new(tokio::sync::OnceCell::new_with(Some(kinds)));
        Ok(())
    }

    /// The kind of `api_version`.
    ///
    /// # Errors
    /// [`ErrorKind::NoSuchKind`] if the cluster does not serve it.
    pub async fn kind(&self, api_version: &str, kind: &str) -> Result<ResourceKind, ClusterError> {
        let kinds = self.kinds().await?;
        if let Some(found) = kinds.find(api_version, kind) {
            return Ok(found.clone());
        }
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let detail = match kinds.find_in_group(group, kind) {
            Some(other) => format!("the cluster serves `{kind}` in `{}`, not in `{api_version}`", other.api_version()),
            None if kinds.stale.iter().any(|stale| stale == api_version) => {
                format!("the server behind the API `{api_version}` is down, so `{kind}` is not known now")
            }
            None => format!("the cluster serves no `{kind}` in `{api_version}`"),
        };
        Err(ClusterError::new(ErrorKind::NoSuchKind, format!("look up kind `{kind}`"), detail))
    }

    /// The server's version, such as `v1.34.4`.
    pub async fn version(&self) -> Result<String, ClusterError> {
        let answer = self.call(&question("/version", None)).await?;
        Ok(text(&answer.body, "/gitVersion").unwrap_or_default().to_owned())
    }

    async fn discover(&self) -> Result<Kinds, ClusterError> {
        let core = question("/api", Some(ACCEPT_AGGREGATED_DISCOVERY_V2));
        let groups = question("/apis", Some(ACCEPT_AGGREGATED_DISCOVERY_V2));
        let (core, groups) = tokio::try_join!(self.call(&core), self.call(&groups))?;
        let mut kinds = Kinds::default();
        for (answer, root) in [(core, "/api"), (groups, "/apis")] {
            if text(&answer.body, "/kind") == Some("APIGroupDiscoveryList") {
                let groups = serde_json::from_value(answer.body).map_err(|error| {
                    ClusterError::new(ErrorKind::Unavailable, "ask which kinds the cluster serves", error.to_string())
                })?;
                kinds.add_aggregated(groups);
            } else {
                self.discover_one_by_one(&mut kinds, root, &answer.body).await?;
            }
        }
        Ok(kinds)
    }

    /// Clusters before 1.26 are asked once a group version; one whose server is down is noted and left out.
    async fn discover_one_by_one(&self, kinds: &mut Kinds, root: &str, index: &Value) -> Result<(), ClusterError> {
        let versions: Vec<String> = if root == "/api" {
            list(index, "/versions").iter().filter_map(Value::as_str).map(str::to_owned).collect()
        } else {
            let groups = list(index, "/groups").iter();
            let versions = groups.flat_map(|group| list(group, "/versions"));
            versions.filter_map(|version| text(version, "/groupVersion")).map(str::to_owned).collect()
        };
        let questions: Vec<Call> =
            versions.iter().map(|version| question(&format!("{root}/{version}"), None)).collect();
        let answers = futures_util::future::join_all(questions.iter().map(|question| self.call(question))).await;
        for (version, answer) in versions.into_iter().zip(answers) {
            match answer {
                Ok(answer) => kinds.add_resource_list(&answer.body),
                Err(_) => kinds.stale.push(version),
            }
        }
        Ok(())
    }
}

fn question(path: &str, accept: Option<&'static str>) -> Call {
    Call {
        method: Method::GET,
        path: path.to_owned(),
        content_type: "application/json",
        accept,
        body: Vec::new(),
        doing: "ask what the cluster serves".to_owned(),
        permission: Permission { verb: "get", resource: path.to_owned(), namespace: None },
    }
}
