//! Service values: what werf tells a chart about the project, the tag and the images.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use crate::chart::table::Table;

/// What `.Values.global` holds beside the user's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceValues {
    /// The project's name.
    pub project: String,
    /// The environment; nothing where none is given.
    pub env: Option<String>,
    /// The namespace of the release.
    pub namespace: String,
    /// The address that image names are derived from.
    pub repo: String,
    /// The version of werf that is spoken for, such as `v1.1.36`.
    pub version: String,
    /// How the images are tagged.
    pub strategy: TagStrategy,
    /// The images by name; a single one without a name has the empty name.
    pub images: BTreeMap<String, ImageValues>,
}

/// How images are tagged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TagStrategy {
    /// By the git tag of that name.
    GitTag(String),
    /// By the git branch of that name; the second is the docker tag made of it.
    GitBranch(String, String),
    /// By the commit of that id.
    GitCommit(String),
    /// By a tag that the user gave.
    Custom(String),
    /// By the signature of the last stage: each image has a tag of its own.
    StagesSignature,
}

/// An image as templates see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageValues {
    /// The reference, such as `registry.example/app/backend:v1`.
    pub image: String,
    /// The tag alone.
    pub tag: String,
    /// The id of its config; only told for tags that move.
    pub id: Option<String>,
    /// The digest in the registry; only told for tags that move.
    pub digest: Option<String>,
}

impl ServiceValues {
    /// The table to lay over the user's values and under `--set`; empty texts are `"-"`, quotes included.
    pub fn table(&self) -> Table {
        let mut global = json!({ "namespace": self.namespace, "werf": self.werf() });
        if let Some(env) = &self.env {
            global["env"] = json!(env);
        }
        Table::from_iter([("global".to_owned(), global)])
    }

    fn werf(&self) -> Value {
        let nameless = self.images.get("").map(|image| self.image(image));
        let named = || self.images.iter().map(|(name, image)| (name.clone(), self.image(image))).collect::<Table>();
        let mut werf = json!({
            "name": self.project,
            "repo": self.repo,
            "version": self.version,
            "ci": self.ci(),
            "is_nameless_image": nameless.is_some(),
            "image": nameless.unwrap_or_else(|| Value::Object(named())),
        });
        if let Some(tag) = self.strategy.common_tag() {
            werf["docker_tag"] = json!(tag);
        }
        werf
    }

    fn ci(&self) -> Value {
        let (tag, branch, reference) = match &self.strategy {
            TagStrategy::GitTag(tag) => (tag.as_str(), "", tag.as_str()),
            TagStrategy::GitBranch(branch, _) => ("", branch.as_str(), branch.as_str()),
            TagStrategy::GitCommit(_) | TagStrategy::Custom(_) | TagStrategy::StagesSignature => ("", "", ""),
        };
        let mut ci = json!({
            "is_tag": !tag.is_empty(),
            "is_branch": !branch.is_empty(),
            // werf 1.1 leaves this false for custom tags too; charts live with it.
            "is_custom": false,
            "tag": dashed(tag),
            "branch": dashed(branch),
            "ref": dashed(reference),
        });
        match &self.strategy {
            TagStrategy::Custom(_) => ci["is_custom_tag"] = json!(true),
            TagStrategy::StagesSignature => ci["is_tag_by_stages_signatures"] = json!(true),
            _ => {}
        }
        ci
    }

    fn image(&self, image: &ImageValues) -> Value {
        let mut value = json!({ "docker_image": image.image, "docker_tag": image.tag });
        if matches!(self.strategy, TagStrategy::GitBranch(..) | TagStrategy::Custom(_)) {
            value["docker_image_id"] = json!(dashed(image.id.as_deref().unwrap_or_default()));
            value["docker_image_digest"] = json!(dashed(image.digest.as_deref().unwrap_or_default()));
        }
        value
    }
}

impl TagStrategy {
    fn common_tag(&self) -> Option<&str> {
        match self {
            Self::GitTag(tag) | Self::GitBranch(_, tag) | Self::GitCommit(tag) | Self::Custom(tag) => Some(tag),
            Self::StagesSignature => None,
        }
    }
}

fn dashed(text: &str) -> &str {
    if text.is_empty() { "\"-\"" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(strategy: TagStrategy, name: &str) -> Value {
        let image = ImageValues { image: "r/app:t".into(), tag: "t".into(), id: Some("sha256:1".into()), digest: None };
        let values = ServiceValues {
            project: "app".into(),
            env: Some("stage".into()),
            namespace: "app-stage".into(),
            repo: "r/app".into(),
            version: "v1.1.36".into(),
            strategy,
            images: BTreeMap::from([(name.to_owned(), image)]),
        };
        Value::Object(values.table())
    }

    #[test]
    fn signatures_give_each_image_its_own_tag() {
        let values = values(TagStrategy::StagesSignature, "web");
        assert_eq!(
            values,
            json!({"global": {"env": "stage", "namespace": "app-stage", "werf": {
                "name": "app", "repo": "r/app", "version": "v1.1.36", "is_nameless_image": false,
                "ci": {"is_tag": false, "is_branch": false, "is_custom": false, "tag": "\"-\"", "branch": "\"-\"",
                       "ref": "\"-\"", "is_tag_by_stages_signatures": true},
                "image": {"web": {"docker_image": "r/app:t", "docker_tag": "t"}},
            }}})
        );
    }

    #[test]
    fn a_branch_tells_ids_and_a_nameless_image_stands_alone() {
        let values = values(TagStrategy::GitBranch("main".into(), "main".into()), "");
        let werf = &values["global"]["werf"];
        assert_eq!(werf["ci"]["is_branch"], true);
        assert_eq!(werf["docker_tag"], "main");
        assert_eq!(werf["image"]["docker_image_id"], "sha256:1");
        assert_eq!(werf["image"]["docker_image_digest"], "\"-\"");
        assert_eq!(werf["is_nameless_image"], true);
    }
}
