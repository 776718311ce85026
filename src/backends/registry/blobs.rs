//! Blobs: layers and image configs, by their digest.

use std::path::Path;

use reqwest::Method;
use reqwest::Response;
use reqwest::StatusCode;
use tokio::io::AsyncWriteExt;

use super::Registry;
use super::answer;
use super::send::Access;
use super::send::Call;
use super::send::plain;
use crate::model::digest::Digest;
use crate::model::digest::DigestWriter;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::oci::Descriptor;
use crate::model::reference::Repository;

impl Registry {
    /// Whether the repository has the blob.
    pub async fn has_blob(&self, repository: &Repository, digest: Digest) -> Result<bool, Failure> {
        let call = self.blob_call(repository, Method::HEAD, digest);
        let answer = self.send(&call, &plain).await?;
        match answer.status() {
            StatusCode::NOT_FOUND => Ok(false),
            status if status.is_success() => Ok(true),
            _ => Err(answer::unexpected(&call.doing, answer).await),
        }
    }

    /// Makes the registry take a blob over from another of its repositories; false when it wants it uploaded.
    pub async fn mount_blob(
        &self,
        repository: &Repository,
        digest: Digest,
        from: &Repository,
    ) -> Result<bool, Failure> {
        if repository.host() != from.host() {
            return Ok(false);
        }
        let rest = format!("blobs/uploads/?mount={digest}&from={}", from.path());
        let call = upload_call(repository, digest, Method::POST, self.url(repository, &rest));
        let answer = self.send(&call, &plain).await?;
        match answer.status() {
            StatusCode::CREATED => Ok(true),
            status if status.is_success() => Ok(false),
            _ => Err(answer::unexpected(&call.doing, answer).await),
        }
    }

    /// Uploads bytes; returns without a request's worth of work when the repository has them.
    pub async fn put_blob(&self, repository: &Repository, bytes: Vec<u8>) -> Result<Digest, Failure> {
        let digest = Digest::of(&bytes);
        if self.has_blob(repository, digest).await? {
            return Ok(digest);
        }
        let bytes = bytes::Bytes::from(bytes);
        let location = self.begin_upload(repository, digest).await?;
        let call = upload_call(repository, digest, Method::PUT, location);
        let prepare = |request: reqwest::RequestBuilder| octets(request).body(bytes.clone());
        self.finish_upload(&call, &prepare).await?;
        Ok(digest)
    }

    /// Uploads a file whose digest and size are known, in one stream.
    ///
    /// # Errors
    /// Beside the usual ones when the file cannot be read, or the registry finds another digest.
    pub async fn put_blob_file(
        &self,
        repository: &Repository,
        descriptor: &Descriptor,
        path: &Path,
    ) -> Result<(), Failure> {
        let location = self.begin_upload(repository, descriptor.digest).await?;
        let file = std::fs::File::open(path).map_err(|error| {
            Failure::new(Cause::HostFiles, format!("open layer file `{}`", path.display())).because(error)
        })?;
        let call = upload_call(repository, descriptor.digest, Method::PUT, location);
        let prepare = |request: reqwest::RequestBuilder| match from_start(&file) {
            Ok(file) => octets(request)
                .header("content-length", descriptor.size)
                .body(reqwest::Body::from(tokio::fs::File::from_std(file))),
            // The upload then fails at the registry, which finds another digest.
            Err(_) => octets(request),
        };
        self.finish_upload(&call, &prepare).await
    }

    /// The whole blob, its digest checked.
    pub async fn blob(&self, repository: &Repository, digest: Digest, limit: usize) -> Result<Vec<u8>, Failure> {
        let call = self.blob_call(repository, Method::GET, digest);
        let answer = self.send(&call, &plain).await?;
        if !answer.status().is_success() {
            return Err(answer::unexpected(&call.doing, answer).await);
        }
        let bytes = body(&call.doing, answer, limit).await?;
        if Digest::of(&bytes) == digest { Ok(bytes) } else { Err(lie(&call.doing, Digest::of(&bytes))) }
    }

    /// Writes the blob to a file as it arrives, its digest checked at the end; what is wrong is not left behind.
    pub async fn fetch_blob(&self, repository: &Repository, digest: Digest, to: &Path) -> Result<(), Failure> {
        let call = self.blob_call(repository, Method::GET, digest);
        let answer = self.send(&call, &plain).await?;
        if !answer.status().is_success() {
            return Err(answer::unexpected(&call.doing, answer).await);
        }
        let result = stream_to(&call.doing, answer, digest, to).await;
        if result.is_err() {
            let _ = tokio::fs::remove_file(to).await;
        }
        result
    }

    async fn begin_upload(&self, repository: &Repository, digest: Digest) -> Result<String, Failure> {
        let call = upload_call(repository, digest, Method::POST, self.url(repository, "blobs/uploads/"));
        let answer = self.send(&call, &plain).await?;
        if answer.status() != StatusCode::ACCEPTED {
            return Err(answer::unexpected(&call.doing, answer).await);
        }
        location(&answer, digest).ok_or_else(|| {
            Failure::new(Cause::RegistryUnavailable, format!("{}: the registry names no place for it", call.doing))
        })
    }

    async fn finish_upload(&self, call: &Call<'_>, prepare: super::send::Prepare<'_>) -> Result<(), Failure> {
        let answer = self.send(call, prepare).await?;
        if answer.status().is_success() { Ok(()) } else { Err(answer::unexpected(&call.doing, answer).await) }
    }

    fn blob_call<'a>(&self, repository: &'a Repository, method: Method, digest: Digest) -> Call<'a> {
        let doing = format!("read layer {} of `{repository}`", digest.short());
        Call { repository, access: Access::Pull, method, url: self.url(repository, &format!("blobs/{digest}")), doing }
    }
}

fn upload_call(repository: &Repository, digest: Digest, method: Method, url: String) -> Call<'_> {
    let doing = format!("push layer {} to `{repository}`", digest.short());
    Call { repository, access: Access::Push, method, url, doing }
}

fn octets(request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    request.header("content-type", "application/octet-stream")
}

/// Another handle on the file, at its beginning: an attempt that broke may have read half of it.
fn from_start(mut file: &std::fs::File) -> std::io::Result<std::fs::File> {
    std::io::Seek::rewind(&mut file)?;
    file.try_clone()
}

/// Where the upload goes on, with the digest that ends it.
fn location(answer: &Response, digest: Digest) -> Option<String> {
    let header = answer.headers().get("location")?.to_str().ok()?;
    let mut url = answer.url().join(header).ok()?;
    url.query_pairs_mut().append_pair("digest", &digest.to_string());
    Some(url.into())
}

/// The body, up to a limit.
pub(super) async fn body(doing: &str, mut answer: Response, limit: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| answer::broken(doing, error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > limit {
            return Err(Failure::new(Cause::RegistryUnavailable, format!("{doing}: more than {limit} bytes")));
        }
    }
    Ok(bytes)
}

/// The registry gave other bytes than their name says.
pub(super) fn lie(doing: &str, got: Digest) -> Failure {
    Failure::new(Cause::RegistryUnavailable, format!("{doing}: the content's digest is {got}"))
        .hint("The registry, or a proxy before it, gives wrong content under this digest")
}

async fn stream_to(doing: &str, mut answer: Response, digest: Digest, to: &Path) -> Result<(), Failure> {
    let unwritable =
        |error| Failure::new(Cause::HostFiles, format!("write layer file `{}`", to.display())).because(error);
    let mut file = tokio::fs::File::create(to).await.map_err(unwritable)?;
    let mut hasher = DigestWriter::new(std::io::sink());
    while let Some(chunk) = answer.chunk().await.map_err(|error| answer::broken(doing, error))? {
        std::io::Write::write_all(&mut hasher, &chunk).map_err(unwritable)?;
        file.write_all(&chunk).await.map_err(unwritable)?;
    }
    file.flush().await.map_err(unwritable)?;
    let (_, found, _) = hasher.finish();
    if found == digest { Ok(()) } else { Err(lie(doing, found)) }
}
