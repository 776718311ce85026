//! One request and its answer: a limit, a slot among the concurrent ones, and patience while the API server restarts.

use std::sync::atomic::Ordering;
use std::time::Duration;

use http::HeaderMap;
use http::Method;
use http::Request;
use kube::client::Body;
use kube::core::Status;
use serde_json::Value;
use tokio::time::Instant;
use tokio::time::sleep;
use tokio::time::timeout;

use super::Cluster;
use super::error::ClusterError;
use super::error::ErrorKind;
use super::error::Permission;

/// How long one request may take; admission webhooks may use 30 seconds of it.
const REQUEST_LIMIT: Duration = Duration::from_mins(1);

/// How long requests are repeated while the API server, reached before, does not answer.
const OUTAGE_LIMIT: Duration = Duration::from_mins(1);

/// A request, with what is needed to say what it was for.
pub(super) struct Call {
    /// The HTTP method.
    pub(super) method: Method,
    /// The path with its query.
    pub(super) path: String,
    /// The type of `body`.
    pub(super) content_type: &'static str,
    /// The type that is asked for, if not plain JSON.
    pub(super) accept: Option<&'static str>,
    /// The body; empty for none.
    pub(super) body: Vec<u8>,
    /// What is being done, for messages.
    pub(super) doing: String,
    /// What a role must allow.
    pub(super) permission: Permission,
}

/// What the cluster answered to a [`Call`].
pub(super) struct Answer {
    /// The headers, where warnings and the server's clock stand.
    pub(super) headers: HeaderMap,
    /// The body as JSON; `null` if it was empty.
    pub(super) body: Value,
}

impl Answer {
    /// The server's warnings, such as a deprecated API version or an unknown field.
    pub(super) fn warnings(&self) -> Vec<String> {
        let values = self.headers.get_all("warning").iter().filter_map(|value| value.to_str().ok());
        // `299 - "text"`
        values.filter_map(|value| Some(value.split_once('"')?.1.trim_end_matches('"').replace("\\\"", "\""))).collect()
    }
}

impl Cluster {
    /// Sends `call`. While a server that answered before is away, a call that may be repeated safely is repeated.
    pub(super) async fn call(&self, call: &Call) -> Result<Answer, ClusterError> {
        let began = Instant::now();
        let mut pause = Duration::from_millis(100);
        loop {
            let error = match self.call_once(call).await {
                Ok(answer) => {
                    self.reached.store(true, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(error) => error,
            };
            if error.kind != ErrorKind::Unavailable || !self.may_repeat(call) || began.elapsed() > OUTAGE_LIMIT {
                return Err(error);
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(2));
        }
    }

    fn may_repeat(&self, call: &Call) -> bool {
        call.method != Method::POST && self.reached.load(Ordering::Relaxed)
    }

    async fn call_once(&self, call: &Call) -> Result<Answer, ClusterError> {
        let unavailable = |detail: &str| ClusterError::new(ErrorKind::Unavailable, &call.doing, detail);
        let _slot = self.requests.acquire().await.map_err(|_| unavailable("the client is closed"))?;
        let limit = || unavailable(&format!("no answer within {} s", REQUEST_LIMIT.as_secs()));
        timeout(REQUEST_LIMIT, self.exchange(call)).await.map_err(|_| limit())?
    }

    async fn exchange(&self, call: &Call) -> Result<Answer, ClusterError> {
        let kube_error = |error: kube::Error| ClusterError::from_kube(&call.doing, call.permission.clone(), &error);
        let response = self.client.send(request(call)?).await.map_err(kube_error)?;
        let (parts, body) = response.into_parts();
        let bytes = body.collect_bytes().await.map_err(kube_error)?;
        if !parts.status.is_success() {
            let mut status: Status = serde_json::from_slice(&bytes).unwrap_or_else(|_| {
                Status::failure(&first_line(&bytes), parts.status.canonical_reason().unwrap_or(""))
            });
            status.code = parts.status.as_u16();
            return Err(ClusterError::from_status(&call.doing, call.permission.clone(), &status));
        }
        let body = if bytes.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&bytes) };
        let body = body.map_err(|error| {
            ClusterError::new(ErrorKind::Unavailable, &call.doing, format!("the answer is no JSON: {error}"))
        })?;
        Ok(Answer { headers: parts.headers, body })
    }
}

fn request(call: &Call) -> Result<Request<Body>, ClusterError> {
    let mut builder = Request::builder().method(call.method.clone()).uri(&call.path);
    builder = builder.header(http::header::ACCEPT, call.accept.unwrap_or("application/json"));
    if !call.body.is_empty() {
        builder = builder.header(http::header::CONTENT_TYPE, call.content_type);
    }
    builder
        .body(Body::from(call.body.clone()))
        .map_err(|error| ClusterError::new(ErrorKind::Rejected, &call.doing, format!("`{}`: {error}", call.path)))
}

/// The start of an answer that is no Status, such as a proxy's error page.
fn first_line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).lines().next().unwrap_or_default().chars().take(200).collect()
}
