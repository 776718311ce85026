//! What can go wrong with a cluster, sorted by what a caller does about it.

use kube::core::Status;
use thiserror::Error;

use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// A request to the cluster that did not succeed.
#[derive(Debug, Error)]
#[error("{doing}: {detail}")]
pub struct ClusterError {
    /// What kind of refusal it is.
    pub kind: ErrorKind,
    /// What was being done and on what.
    pub doing: String,
    /// What the cluster said, or why it said nothing.
    pub detail: String,
    /// For [`ErrorKind::Denied`]: the verb and resource that a role must allow.
    pub needed: Option<Permission>,
}

/// Kinds of refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// No such object.
    NotFound,
    /// The cluster serves no such kind.
    NoSuchKind,
    /// Somebody else changed it meanwhile.
    Conflict,
    /// It is there already.
    AlreadyExists,
    /// The object is wrong, or an admission webhook or a quota refused it.
    Rejected,
    /// The object is fine but changes a field that never may change.
    Immutable,
    /// The namespace is being deleted.
    Terminating,
    /// The credentials are not accepted.
    Unauthorized,
    /// A role is missing.
    Denied,
    /// The kubeconfig is wrong or refused.
    Access,
    /// The cluster does not answer, or fails.
    Unavailable,
}

/// What a role must allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// The verb, such as `patch`.
    pub verb: &'static str,
    /// The resource, such as `deployments.apps`.
    pub resource: String,
    /// The namespace; `None` for the whole cluster.
    pub namespace: Option<String>,
}

impl Permission {
    fn hint(&self) -> String {
        let (role, place) = match &self.namespace {
            Some(namespace) => ("Role", format!(" in namespace `{namespace}`")),
            None => ("ClusterRole", String::new()),
        };
        format!("give the job's account a {role} that allows `{}` on `{}`{place}", self.verb, self.resource)
    }
}

impl ClusterError {
    /// An error that is not the answer to a request.
    pub(super) fn new(kind: ErrorKind, doing: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { kind, doing: doing.into(), detail: detail.into(), needed: None }
    }

    /// Sorts what kube's client said.
    pub(super) fn from_kube(doing: &str, permission: Permission, error: &kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::from_status(doing, permission, status),
            kube::Error::Auth(error) => Self::new(ErrorKind::Access, doing, error.to_string()),
            other => Self::new(ErrorKind::Unavailable, doing, chain(other)),
        }
    }

    /// Sorts the status that the cluster answered.
    pub(super) fn from_status(doing: &str, permission: Permission, status: &Status) -> Self {
        let kind = kind_of(status);
        let message = if status.message.is_empty() { &status.reason } else { &status.message };
        let needed = (kind == ErrorKind::Denied).then_some(permission);
        Self { kind, doing: doing.to_owned(), detail: message.clone(), needed }
    }

    /// Whether the object, or its kind, is simply not there.
    pub fn is_absent(&self) -> bool {
        matches!(self.kind, ErrorKind::NotFound | ErrorKind::NoSuchKind)
    }
}

fn kind_of(status: &Status) -> ErrorKind {
    let message = status.message.as_str();
    match status.code {
        401 => ErrorKind::Unauthorized,
        403 if message.contains("because it is being terminated") => ErrorKind::Terminating,
        403 if message.contains("exceeded quota") || message.contains("violates PodSecurity") => ErrorKind::Rejected,
        403 if message.contains("admission webhook") => ErrorKind::Rejected,
        403 => ErrorKind::Denied,
        404 => ErrorKind::NotFound,
        409 if status.reason == "AlreadyExists" => ErrorKind::AlreadyExists,
        409 => ErrorKind::Conflict,
        422 if message.contains("field is immutable") || message.contains("updates to statefulset spec") => {
            ErrorKind::Immutable
        }
        // An admission webhook that cannot be called answers 500 with the webhook's name.
        500 if message.contains("failed calling webhook") => ErrorKind::Rejected,
        400 | 413 | 422 => ErrorKind::Rejected,
        _ => ErrorKind::Unavailable,
    }
}

/// The error and everything below it, in one line, nothing said twice.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        source = inner.source();
    }
    text
}

impl From<ClusterError> for Failure {
    fn from(error: ClusterError) -> Self {
        let cause = match error.kind {
            ErrorKind::Unauthorized | ErrorKind::Denied | ErrorKind::Access => Cause::ClusterDenied,
            ErrorKind::Unavailable => Cause::ClusterUnavailable,
            ErrorKind::Rejected
            | ErrorKind::Immutable
            | ErrorKind::NoSuchKind
            | ErrorKind::Terminating
            | ErrorKind::NotFound
            | ErrorKind::Conflict
            | ErrorKind::AlreadyExists => Cause::ManifestRejected,
        };
        let failure = Self::new(cause, format!("{}: {}", error.doing, error.detail));
        match (error.kind, error.needed) {
            (ErrorKind::Denied, Some(permission)) => failure.hint(permission.hint()),
            (ErrorKind::Unauthorized, _) => {
                failure.hint("check the kubeconfig's credentials: the cluster does not know them, or they expired")
            }
            (ErrorKind::Unavailable, _) => failure.hint("check that the API server runs and that this host reaches it"),
            (ErrorKind::NoSuchKind, _) => {
                failure.hint("install the CustomResourceDefinition first, or correct `apiVersion` and `kind`")
            }
            (ErrorKind::Terminating, _) => {
                failure.hint("the namespace is being deleted; wait until it is gone and run the job again")
            }
            _ => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::ClusterError;
    use super::ErrorKind;
    use super::Permission;
    use crate::model::failure::Cause;
    use crate::model::failure::Failure;

    fn answered(code: u16, reason: &str, message: &str) -> ClusterError {
        let permission =
            Permission { verb: "patch", resource: "deployments.apps".to_owned(), namespace: Some("prod".to_owned()) };
        let status = Status::failure(message, reason).with_code(code);
        ClusterError::from_status("apply `Deployment/web`", permission, &status)
    }

    #[test]
    fn a_missing_role_names_verb_and_resource() {
        let failure = Failure::from(answered(403, "Forbidden", "deployments.apps is forbidden"));
        assert_eq!(failure.cause, Cause::ClusterDenied);
        assert_eq!(
            failure.hints,
            ["give the job's account a Role that allows `patch` on `deployments.apps` in namespace `prod`"]
        );
    }

    #[test]
    fn refusals_are_told_apart() {
        let cases = [
            (403, "Forbidden", "pods \"x\" is forbidden: exceeded quota: q", ErrorKind::Rejected),
            (
                403,
                "Forbidden",
                "unable to create new content in namespace x because it is being terminated",
                ErrorKind::Terminating,
            ),
            (404, "NotFound", "not found", ErrorKind::NotFound),
            (409, "AlreadyExists", "exists", ErrorKind::AlreadyExists),
            (409, "Conflict", "modified", ErrorKind::Conflict),
            (422, "Invalid", "spec.template: Invalid value: field is immutable", ErrorKind::Immutable),
            (422, "Invalid", "spec.replicas: Invalid value", ErrorKind::Rejected),
            (503, "ServiceUnavailable", "etcd", ErrorKind::Unavailable),
        ];
        for (code, reason, message, kind) in cases {
            assert_eq!(answered(code, reason, message).kind, kind, "{code} {message}");
        }
    }
}
