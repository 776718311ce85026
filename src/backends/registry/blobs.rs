//! Blobs: layers and configs.

use std::path::Path;
use std::path::PathBuf;

use bytes::Bytes;
use reqwest::Method;
use reqwest::Response;
use reqwest::StatusCode;
use reqwest::Url;
use reqwest::header;
use serde::Deserialize;
use serde::Serialize;
use sha2::Digest as _;
use sha2::Sha256;
use tokio::io::AsyncWriteExt;

use crate::backends::registry::client::Registry;
use crate::backends::registry::request::Ask;
use crate::backends::registry::request::Content;
use crate::backends::registry::request::scope;
use crate::backends::retry::RetryPolicy;
use crate::model::digest::Digest;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::oci::Descriptor;
use crate::model::reference::Repository;

/// The largest blob that is read into memory, in bytes: a config.
const LARGEST_CONFIG: usize = 16 * 1024 * 1024;

/// A blob to be pushed.
#[derive(Debug, Clone)]
pub struct Blob {
    /// Its digest.
    pub digest: Digest,
    /// Its length in bytes.
    pub size: u64,
    /// Where its bytes are.
    pub content: BlobContent,
}

/// Where the bytes of a blob are; they are read anew in each attempt.
#[derive(Debug, Clone)]
pub enum BlobContent {
    /// In memory.
    Bytes(Bytes),
    /// In a file.
    File(PathBuf),
}

impl Blob {
    /// A blob in memory.
    pub fn of(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self { digest: Digest::of(&bytes), size: bytes.len() as u64, content: BlobContent::Bytes(bytes) }
    }
}

/// How a blob came to be in the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BlobOutcome {
    /// It was there.
    Existed,
    /// The registry took it from another of its repositories.
    Mounted,
    /// It was sent.
    Uploaded,
}

impl Registry {
    /// Whether the repository has the blob.
    pub async fn has_blob(&self, repository: &Repository, digest: Digest) -> Result<bool, Failure> {
        let ask = self.ask_blob(repository, digest, Method::HEAD, "look up");
        Ok(self.exchange(&ask).await?.status() == StatusCode::OK)
    }

    /// Reads a small blob, such as a config; its digest is checked. Fails with [`Cause::ImageMissing`] when it is not there.
    pub async fn blob(&self, repository: &Repository, descriptor: &Descriptor) -> Result<Bytes, Failure> {
        let ask = self.ask_blob(repository, descriptor.digest, Method::GET, "read");
        let response = self.exchange(&ask).await?;
        let response = there(&ask, response)?;
        let bytes = self.body(&ask, response, LARGEST_CONFIG).await?;
        if Digest::of(&bytes) != descriptor.digest {
            return Err(lies(&ask));
        }
        Ok(bytes)
    }

    /// Reads a blob into the file `to`, which must not exist; its digest is checked while it comes. On failure there is no file.
    ///
    /// A transfer that breaks off is begun anew as often as the retry policy says.
    pub async fn download(&self, repository: &Repository, descriptor: &Descriptor, to: &Path) -> Result<(), Failure> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let failure = match self.download_once(repository, descriptor, to).await {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            // What is not there to be removed was never written.
            drop(std::fs::remove_file(to));
            let passes = failure.cause == Cause::RegistryUnavailable;
            let wait = self.options.retry.wait_after(attempt, None, rand::random()).filter(|_| passes);
            let Some(wait) = wait else { return Err(failure) };
            tokio::time::sleep(wait).await;
        }
    }

    async fn download_once(&self, repository: &Repository, descriptor: &Descriptor, to: &Path) -> Result<(), Failure> {
        let mut ask = self.ask_blob(repository, descriptor.digest, Method::GET, "read");
        ask.limit = self.options.transfer_limit;
        let response = self.exchange(&ask).await?;
        let mut response = there(&ask, response)?;
        let write = |error| Failure::new(Cause::HostFiles, format!("write `{}`", to.display())).because(error);
        let broken = || Failure::new(Cause::RegistryUnavailable, ask.doing.as_str());
        let mut file = tokio::fs::File::create_new(to).await.map_err(write)?;
        let (mut hasher, mut left) = (Sha256::new(), descriptor.size);
        loop {
            let piece = tokio::time::timeout(self.options.answer_limit, response.chunk()).await;
            let piece = piece.map_err(|error| broken().because(error))?;
            let Some(piece) = piece.map_err(|error| broken().because(error.without_url()))? else { break };
            left = left.checked_sub(piece.len() as u64).ok_or_else(|| lies(&ask))?;
            hasher.update(&piece);
            file.write_all(&piece).await.map_err(write)?;
        }
        file.flush().await.map_err(write)?;
        let digest = format!("sha256:{}", hex::encode(hasher.finalize()));
        if left == 0 && digest == descriptor.digest.to_string() { Ok(()) } else { Err(lies(&ask)) }
    }

    /// Sees to it that the repository has the blob: it is there, or mounted from `from` of the same registry, or sent.
    pub async fn put_blob(
        &self,
        repository: &Repository,
        blob: &Blob,
        from: Option<&Repository>,
    ) -> Result<BlobOutcome, Failure> {
        if self.has_blob(repository, blob.digest).await? {
            return Ok(BlobOutcome::Existed);
        }
        let from = from.filter(|from| from.host() == repository.host() && *from != repository);
        let Some(session) = self.open_upload(repository, blob.digest, from).await? else {
            return Ok(BlobOutcome::Mounted);
        };
        self.upload(repository, blob, session).await?;
        Ok(BlobOutcome::Uploaded)
    }

    /// Asks the registry to take a blob from another of its repositories. `false` when it does not: then nothing changed.
    pub async fn mount(&self, repository: &Repository, digest: Digest, from: &Repository) -> Result<bool, Failure> {
        let Some(session) = self.open_upload(repository, digest, Some(from)).await? else { return Ok(true) };
        let mut ask = self.ask_blob(repository, digest, Method::DELETE, "give up");
        ask.url = session.to_string();
        ask.scopes = vec![scope(repository, "pull,push")];
        // The registry drops an upload by itself after a while: that it would not now is no failure.
        drop(self.exchange(&ask).await);
        Ok(false)
    }

    /// Sends the blob, with a new upload for each attempt: what an upload holds after it broke off is not known.
    async fn upload(&self, repository: &Repository, blob: &Blob, session: Url) -> Result<(), Failure> {
        let mut session = session;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let failure = match self.send_blob(repository, blob, session).await {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            let passes = failure.cause == Cause::RegistryUnavailable;
            let wait = self.options.retry.wait_after(attempt, None, rand::random()).filter(|_| passes);
            let Some(wait) = wait else { return Err(failure) };
            tracing::debug!(%failure, attempt, ?wait, "a blob is sent again");
            tokio::time::sleep(wait).await;
            match self.open_upload(repository, blob.digest, None).await? {
                Some(opened) => session = opened,
                None => return Ok(()),
            }
        }
    }

    async fn send_blob(&self, repository: &Repository, blob: &Blob, mut session: Url) -> Result<(), Failure> {
        session.query_pairs_mut().append_pair("digest", &blob.digest.to_string());
        let mut ask = self.ask_blob(repository, blob.digest, Method::PUT, "send");
        ask.url = session.into();
        ask.scopes = vec![scope(repository, "pull,push")];
        ask.limit = self.options.transfer_limit;
        ask.expected = &[StatusCode::CREATED, StatusCode::OK, StatusCode::NO_CONTENT];
        ask.content = match &blob.content {
            BlobContent::Bytes(bytes) => {
                Content::Bytes { media_type: "application/octet-stream", bytes: bytes.clone() }
            }
            BlobContent::File(path) => Content::File { path, size: blob.size },
        };
        self.exchange_with(&ask, RetryPolicy::ONCE).await.map(drop)
    }

    /// Opens an upload, or has the blob mounted: then `None`.
    async fn open_upload(
        &self,
        repository: &Repository,
        digest: Digest,
        from: Option<&Repository>,
    ) -> Result<Option<Url>, Failure> {
        let mut ask = self.ask_blob(repository, digest, Method::POST, "send");
        ask.url = format!("{}/{}/blobs/uploads/", self.api(repository), repository.path());
        ask.scopes = vec![scope(repository, "pull,push")];
        ask.expected = &[StatusCode::CREATED, StatusCode::ACCEPTED];
        if let Some(from) = from {
            ask.url = format!("{}?mount={digest}&from={}", ask.url, from.path());
            ask.scopes.push(scope(from, "pull"));
        }
        let response = self.exchange(&ask).await?;
        if response.status() == StatusCode::CREATED {
            return Ok(None);
        }
        let location = response.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
        let session = location.and_then(|location| response.url().join(location).ok());
        let nowhere =
            || Failure::new(Cause::RegistryUnavailable, format!("{}: the registry does not say where to", ask.doing));
        session.map(Some).ok_or_else(nowhere)
    }

    fn ask_blob<'a>(&self, repository: &'a Repository, digest: Digest, method: Method, verb: &str) -> Ask<'a> {
        Ask {
            doing: format!("{verb} the blob `{}` of `{repository}`", digest.short()),
            method,
            url: format!("{}/{}/blobs/{digest}", self.api(repository), repository.path()),
            repository,
            scopes: vec![scope(repository, "pull")],
            accept: "",
            content: Content::Nothing,
            limit: self.options.answer_limit,
            expected: &[StatusCode::OK, StatusCode::NOT_FOUND, StatusCode::NO_CONTENT],
        }
    }
}

fn there(ask: &Ask<'_>, response: Response) -> Result<Response, Failure> {
    if response.status() == StatusCode::NOT_FOUND {
        return Err(Failure::new(Cause::ImageMissing, format!("{}: it is not there", ask.doing)));
    }
    Ok(response)
}

fn lies(ask: &Ask<'_>) -> Failure {
    let message = format!("{}: `{}` sends other content than its digest says", ask.doing, ask.repository.host());
    Failure::new(Cause::RegistryUnavailable, message).hint("The registry's storage or a proxy in front of it is broken")
}
