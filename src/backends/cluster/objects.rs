//! Reading and changing objects.

use http::Method;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::Value;
use serde_json::json;

use super::Cluster;
use super::ResourceKind;
use super::call::Call;
use super::error::ClusterError;
use super::error::ErrorKind;
use super::error::Permission;
use crate::model::object::ObjectRef;
use crate::model::object::text;

/// The field manager of everything we apply: Helm's, so that objects that Helm installed stay in one hand.
pub const FIELD_MANAGER: &str = "helm";

/// Objects that one answer to a list holds at most.
const PAGE: usize = 500;

/// Whether an application is real.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apply {
    /// The cluster says what it would do, and does nothing.
    DryRun,
    /// The cluster does it.
    Commit,
}

/// What the cluster made of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The object as it is now, or would be.
    pub object: Value,
    /// What the cluster warned about, such as unknown fields.
    pub warnings: Vec<String>,
}

/// How an object is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// The object goes at once, what it owns goes after it.
    Background,
    /// The object stays until what it owns is gone.
    Foreground,
    /// What it owns stays.
    Orphan,
}

impl Deletion {
    fn word(self) -> &'static str {
        match self {
            Self::Background => "Background",
            Self::Foreground => "Foreground",
            Self::Orphan => "Orphan",
        }
    }
}

impl Cluster {
    /// The object; `None` if it is not there or its kind is not served any more.
    pub async fn get(&self, object: &ObjectRef) -> Result<Option<Value>, ClusterError> {
        let doing = format!("read {}", object.placed());
        let answer = match self.locate(object, "get", doing).await {
            Ok(call) => self.call(&call).await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(answer) => Ok(Some(answer.body)),
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The objects of a kind in `namespace`, or in the whole cluster, that carry the labels of `selector` (all if it is
    /// empty).
    pub async fn list(
        &self,
        kind: &ResourceKind,
        namespace: Option<&str>,
        selector: &str,
    ) -> Result<Vec<Value>, ClusterError> {
        self.list_as(kind, namespace, selector, None).await
    }

    /// Like [`Cluster::list`], but only the objects' metadata.
    pub async fn list_metadata(
        &self,
        kind: &ResourceKind,
        namespace: Option<&str>,
        selector: &str,
    ) -> Result<Vec<Value>, ClusterError> {
        const ACCEPT: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
        self.list_as(kind, namespace, selector, Some(ACCEPT)).await
    }

    async fn list_as(
        &self,
        kind: &ResourceKind,
        namespace: Option<&str>,
        selector: &str,
        accept: Option<&'static str>,
    ) -> Result<Vec<Value>, ClusterError> {
        let mut objects = Vec::new();
        let mut page = String::new();
        loop {
            let mut path = format!("{}?limit={PAGE}", kind.path(namespace));
            if !selector.is_empty() {
                path = format!("{path}&labelSelector={}", escape(selector));
            }
            if !page.is_empty() {
                path = format!("{path}&continue={}", escape(&page));
            }
            let place = namespace.map_or_else(String::new, |namespace| format!(" in namespace `{namespace}`"));
            let call = Call {
                method: Method::GET,
                path,
                content_type: "application/json",
                accept,
                body: Vec::new(),
                doing: format!("list {}{place}", kind.qualified()),
                permission: permission("list", kind, namespace),
            };
            let mut answer = self.call(&call).await?;
            text(&answer.body, "/metadata/continue").unwrap_or_default().clone_into(&mut page);
            if let Some(Value::Array(items)) = answer.body.get_mut("items").map(Value::take) {
                objects.extend(items.into_iter().map(|item| typed(item, kind)));
            }
            if page.is_empty() {
                return Ok(objects);
            }
        }
    }

    /// Brings `object` into being or up to date by server-side apply; its fields become ours whoever set them.
    pub async fn apply(&self, object: &Value, mode: Apply) -> Result<Applied, ClusterError> {
        let named = named(object)?;
        let dry_run = if mode == Apply::DryRun { "&dryRun=All" } else { "" };
        let mut call = self.locate(&named, "patch", format!("apply {}", named.placed())).await?;
        call.method = Method::PATCH;
        call.path = format!("{}?fieldManager={FIELD_MANAGER}&force=true&fieldValidation=Warn{dry_run}", call.path);
        call.content_type = "application/apply-patch+yaml";
        call.body = object.to_string().into_bytes();
        let answer = self.call(&call).await?;
        let warnings = answer.warnings();
        Ok(Applied { object: answer.body, warnings })
    }

    /// Creates `object`; with [`Apply::DryRun`] the cluster only says what would come of it.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] if it is there.
    pub async fn create(&self, object: &Value, mode: Apply) -> Result<Value, ClusterError> {
        let named = named(object)?;
        let dry_run = if mode == Apply::DryRun { "&dryRun=All" } else { "" };
        let mut call = self.locate(&named, "create", format!("create {}", named.placed())).await?;
        call.method = Method::POST;
        let collection = call.path.rsplit_once('/').map_or("", |(collection, _)| collection).to_owned();
        call.path = format!("{collection}?fieldManager={FIELD_MANAGER}{dry_run}");
        call.body = object.to_string().into_bytes();
        Ok(self.call(&call).await?.body)
    }

    /// Puts `object` in place of the one with its name; if it carries a `resourceVersion`, only of that version.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if it was changed meanwhile.
    pub async fn replace(&self, object: &Value) -> Result<Value, ClusterError> {
        let named = named(object)?;
        let mut call = self.locate(&named, "update", format!("replace {}", named.placed())).await?;
        call.method = Method::PUT;
        call.path = format!("{}?fieldManager={FIELD_MANAGER}", call.path);
        call.body = object.to_string().into_bytes();
        Ok(self.call(&call).await?.body)
    }

    /// Changes the fields that `patch` names (a JSON merge patch).
    pub async fn merge(&self, object: &ObjectRef, patch: &Value) -> Result<Value, ClusterError> {
        let mut call = self.locate(object, "patch", format!("change {}", object.placed())).await?;
        call.method = Method::PATCH;
        call.path = format!("{}?fieldManager={FIELD_MANAGER}", call.path);
        call.content_type = "application/merge-patch+json";
        call.body = patch.to_string().into_bytes();
        Ok(self.call(&call).await?.body)
    }

    /// Asks for the deletion of an object, of exactly the one with `uid` if that is given. Answers whether there was one;
    /// does not wait until it is gone.
    pub async fn delete(&self, object: &ObjectRef, how: Deletion, uid: Option<&str>) -> Result<bool, ClusterError> {
        let mut options = json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": how.word()});
        if let Some(uid) = uid {
            options["preconditions"] = json!({"uid": uid});
        }
        let doing = format!("delete {}", object.placed());
        let answer = match self.locate(object, "delete", doing).await {
            Ok(mut call) => {
                call.method = Method::DELETE;
                call.body = options.to_string().into_bytes();
                self.call(&call).await
            }
            Err(error) => Err(error),
        };
        match answer {
            Ok(_) => Ok(true),
            // A conflict says that the object with that uid is gone and another one has its name.
            Err(error) if error.is_absent() || (uid.is_some() && error.kind == ErrorKind::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The API server's clock, to the second: the one clock that all jobs share.
    pub async fn clock(&self) -> Result<Timestamp, ClusterError> {
        let doing = "ask the API server's clock";
        let call = Call {
            method: Method::GET,
            path: "/version".to_owned(),
            content_type: "application/json",
            accept: None,
            body: Vec::new(),
            doing: doing.to_owned(),
            permission: Permission { verb: "get", resource: "/version".to_owned(), namespace: None },
        };
        let answer = self.call(&call).await?;
        let date = answer.headers.get(http::header::DATE).and_then(|value| value.to_str().ok());
        let parsed = date.and_then(|date| rfc2822::parse(date).ok()).map(|zoned| zoned.timestamp());
        parsed.ok_or_else(|| ClusterError::new(ErrorKind::Unavailable, doing, "the answer carries no date"))
    }

    async fn locate(&self, object: &ObjectRef, verb: &'static str, doing: String) -> Result<Call, ClusterError> {
        let kind = self.kind(&object.api_version, &object.kind).await.map_err(|mut error| {
            error.doing.clone_from(&doing);
            error
        })?;
        let namespace = match &object.namespace {
            Some(namespace) => Some(namespace.as_str()),
            None if kind.namespaced => Some(self.default_namespace.as_str()),
            None => None,
        };
        Ok(Call {
            method: Method::GET,
            path: format!("{}/{}", kind.path(namespace), escape(&object.name)),
            content_type: "application/json",
            accept: None,
            body: Vec::new(),
            doing,
            permission: permission(verb, &kind, namespace),
        })
    }
}

fn named(object: &Value) -> Result<ObjectRef, ClusterError> {
    ObjectRef::of(object).ok_or_else(|| {
        ClusterError::new(ErrorKind::Rejected, "send an object", "it lacks `apiVersion`, `kind` or `metadata.name`")
    })
}

pub(super) fn permission(verb: &'static str, kind: &ResourceKind, namespace: Option<&str>) -> Permission {
    let namespace = namespace.filter(|_| kind.namespaced).map(str::to_owned);
    Permission { verb, resource: kind.qualified(), namespace }
}

/// Items of a list carry no kind; objects do.
fn typed(mut item: Value, kind: &ResourceKind) -> Value {
    if let Some(fields) = item.as_object_mut() {
        fields.insert("apiVersion".to_owned(), Value::from(kind.api_version()));
        fields.insert("kind".to_owned(), Value::from(kind.kind.clone()));
    }
    item
}

/// Escapes a part of a path or query.
pub(super) fn escape(part: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    part.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::ResourceKind;
    use super::escape;

    fn kind(group: &str, version: &str, plural: &str, namespaced: bool) -> ResourceKind {
        ResourceKind {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: String::new(),
            plural: plural.to_owned(),
            namespaced,
            verbs: Vec::new(),
        }
    }

    #[test]
    fn paths_follow_group_and_scope() {
        assert_eq!(kind("", "v1", "pods", true).path(Some("prod")), "/api/v1/namespaces/prod/pods");
        assert_eq!(kind("apps", "v1", "deployments", true).path(None), "/apis/apps/v1/deployments");
        assert_eq!(kind("", "v1", "namespaces", false).path(Some("prod")), "/api/v1/namespaces");
    }

    #[test]
    fn names_cannot_leave_their_place() {
        assert_eq!(escape("../../secrets?x=1&y"), "..%2F..%2Fsecrets%3Fx%3D1%26y");
    }
}
