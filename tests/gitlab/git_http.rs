//! Repositories over HTTP, by git's own server program.

use std::path::Path;
use std::process::Stdio;

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::Response;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use base64::Engine;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// The password of basic authentication, which is the job's token.
pub(crate) fn password(headers: &HeaderMap) -> Option<String> {
    let encoded = headers.get("authorization")?.to_str().ok()?.strip_prefix("Basic ")?;
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    text.split_once(':').map(|(_, password)| password.to_owned())
}

/// One request of a git client.
pub(crate) struct Request {
    pub(crate) method: String,
    /// The part behind the repository, such as `info/refs`.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Answers a git client from a bare repository.
pub(crate) async fn serve(repository: &Path, request: Request) -> Response<axum::body::Body> {
    let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let mut child = Command::new("git")
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", repository)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", format!("/{}", request.path))
        .env("REQUEST_METHOD", &request.method)
        .env("QUERY_STRING", &request.query)
        .env("CONTENT_TYPE", header("content-type"))
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("start git http-backend");
    let mut stdin = child.stdin.take().expect("a pipe");
    let body = request.body;
    tokio::spawn(async move { stdin.write_all(&body).await });
    let output = child.wait_with_output().await.expect("git http-backend");
    answer(&output.stdout)
}

/// Turns a CGI answer into an HTTP one.
fn answer(output: &[u8]) -> Response<axum::body::Body> {
    let split = output.windows(4).position(|window| window == b"\r\n\r\n");
    let Some(split) = split else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let head = String::from_utf8_lossy(&output[..split]).into_owned();
    let mut response = Response::builder();
    for line in head.lines() {
        let Some((name, value)) = line.split_once(": ") else { continue };
        response = if name == "Status" {
            response.status(value.split(' ').next().and_then(|code| code.parse().ok()).unwrap_or(500))
        } else {
            response.header(name, value)
        };
    }
    response.body(axum::body::Body::from(output[split + 4..].to_vec())).expect("a response")
}
