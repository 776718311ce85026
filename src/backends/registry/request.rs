//! One request to a registry, in a form that can be sent again.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use reqwest::Body;
use reqwest::Client;
use reqwest::Method;
use reqwest::RequestBuilder;
use reqwest::StatusCode;
use reqwest::header;
use reqwest::header::HeaderValue;
use tokio_util::io::ReaderStream;

use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::reference::Repository;

/// The size in which files are read, in bytes.
const PIECE: usize = 256 * 1024;

/// What is sent with a request.
#[derive(Debug, Clone)]
pub(super) enum Content<'a> {
    Nothing,
    Bytes { media_type: &'a str, bytes: Bytes },
    File { path: &'a Path, size: u64 },
}

/// What a registry is asked.
pub(super) struct Ask<'a> {
    /// What is being done, for failures.
    pub(super) doing: String,
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) repository: &'a Repository,
    /// What we need to be allowed, such as `repository:app:pull,push`.
    pub(super) scopes: Vec<String>,
    pub(super) accept: &'static str,
    pub(super) content: Content<'a>,
    pub(super) limit: Duration,
    /// The answers that are no failures.
    pub(super) expected: &'static [StatusCode],
}

impl Ask<'_> {
    pub(super) fn expects(&self, status: StatusCode) -> bool {
        self.expected.contains(&status)
    }

    pub(super) async fn build(
        &self,
        client: &Client,
        authorization: Option<HeaderValue>,
    ) -> Result<RequestBuilder, Failure> {
        let mut request = client.request(self.method.clone(), &self.url).timeout(self.limit);
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        if !self.accept.is_empty() {
            request = request.header(header::ACCEPT, self.accept);
        }
        Ok(match &self.content {
            Content::Nothing if self.method == Method::POST => request.header(header::CONTENT_LENGTH, 0),
            Content::Nothing => request,
            Content::Bytes { media_type, bytes } => {
                request.header(header::CONTENT_TYPE, *media_type).body(Body::from(bytes.clone()))
            }
            Content::File { path, size } => {
                let file = tokio::fs::File::open(path).await.map_err(|error| {
                    Failure::new(Cause::HostFiles, format!("read `{}`", path.display())).because(error)
                })?;
                request
                    .header(header::CONTENT_TYPE, "application/octet-stream")
                    .header(header::CONTENT_LENGTH, *size)
                    .body(Body::wrap_stream(ReaderStream::with_capacity(file, PIECE)))
            }
        })
    }
}

/// The scope of what is to be done with a repository.
pub(super) fn scope(repository: &Repository, actions: &str) -> String {
    format!("repository:{}:{actions}", repository.path())
}
