//! Manifests and the images behind them.

use bytes::Bytes;
use http::header::HeaderMap;
use reqwest::Method;
use reqwest::Response;
use reqwest::StatusCode;
use reqwest::header;

use crate::backends::registry::client::Registry;
use crate::backends::registry::request::Ask;
use crate::backends::registry::request::Content;
use crate::backends::registry::request::scope;
use crate::model::digest::Digest;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::oci::Image;
use crate::model::oci::Index;
use crate::model::oci::Manifest;
use crate::model::oci::media_type;
use crate::model::reference::Reference;

/// Every kind of manifest that we can read.
const ACCEPT: &str = concat!(
    "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, ",
    "application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json"
);
/// The limit that registries themselves set, in bytes.
const LARGEST_MANIFEST: usize = 4 * 1024 * 1024;
const DIGEST_HEADER: &str = "docker-content-digest";

/// A manifest as it came from a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteManifest {
    /// Its digest, checked.
    pub digest: Digest,
    /// What it is, one of [`media_type`].
    pub media_type: String,
    /// Its bytes.
    pub bytes: Bytes,
}

/// An image for one platform in a registry.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteImage {
    /// The digest of what the name means: the manifest, or the index it was found in.
    pub digest: Digest,
    /// The digest of the platform's manifest.
    pub manifest_digest: Digest,
    /// The platform's manifest.
    pub manifest: Manifest,
    /// The image's config.
    pub image: Image,
}

impl Registry {
    /// Reads the manifest or index that `reference` names; `None` when there is none.
    pub async fn manifest(&self, reference: &Reference) -> Result<Option<RemoteManifest>, Failure> {
        let ask = self.ask_manifest(reference, Method::GET, "read");
        let response = self.exchange(&ask).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let told = told_digest(response.headers());
        let media_type = content_type(&response);
        let bytes = self.body(&ask, response, LARGEST_MANIFEST).await?;
        let digest = Digest::of(&bytes);
        let wanted = reference.digest().or(told);
        if wanted.is_some_and(|wanted| wanted != digest) {
            return Err(lies(&ask.doing, reference, digest));
        }
        Ok(Some(RemoteManifest { digest, media_type, bytes }))
    }

    /// The digest of what `reference` names; `None` when there is none. One small request; the content is not read.
    pub async fn digest(&self, reference: &Reference) -> Result<Option<Digest>, Failure> {
        let response = self.exchange(&self.ask_manifest(reference, Method::HEAD, "look up")).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        match told_digest(response.headers()) {
            Some(digest) => Ok(Some(digest)),
            None => Ok(self.manifest(reference).await?.map(|manifest| manifest.digest)),
        }
    }

    /// Reads the image that `reference` names for that platform (`linux`, `amd64`); `None` when there is none.
    ///
    /// Fails with [`Cause::ImageMissing`] when there is an index without that platform.
    pub async fn image(
        &self,
        reference: &Reference,
        os: &str,
        architecture: &str,
    ) -> Result<Option<RemoteImage>, Failure> {
        let Some(named) = self.manifest(reference).await? else { return Ok(None) };
        let doing = format!("read the image `{reference}`");
        let is_index = matches!(named.media_type.as_str(), media_type::OCI_INDEX | media_type::DOCKER_LIST);
        let (digest, found) = if is_index {
            let index: Index = parse(&doing, &named.bytes)?;
            let missing =
                || Failure::new(Cause::ImageMissing, format!("{doing}: it is not there for `{os}/{architecture}`"));
            let chosen = index.manifest_for(os, architecture).ok_or_else(missing)?.digest;
            let below = self.manifest(&reference.repository.at(chosen)).await?;
            (named.digest, below.ok_or_else(missing)?)
        } else {
            (named.digest, named)
        };
        let manifest: Manifest = parse(&doing, &found.bytes)?;
        let config = self.blob(&reference.repository, &manifest.config).await?;
        let image = parse(&doing, &config)?;
        Ok(Some(RemoteImage { digest, manifest_digest: found.digest, manifest, image }))
    }

    /// Puts a manifest under the name (a tag or its own digest) and answers with its digest.
    ///
    /// Everything that it refers to must be there already. What the name meant before stays, without it.
    pub async fn put_manifest(&self, reference: &Reference, media_type: &str, bytes: Bytes) -> Result<Digest, Failure> {
        let digest = Digest::of(&bytes);
        let mut ask = self.ask_manifest(reference, Method::PUT, "publish");
        ask.scopes = vec![scope(&reference.repository, "pull,push")];
        ask.accept = "";
        ask.content = Content::Bytes { media_type, bytes };
        ask.expected = &[StatusCode::CREATED, StatusCode::OK, StatusCode::ACCEPTED];
        let response = self.exchange(&ask).await?;
        match told_digest(response.headers()) {
            Some(told) if told != digest => Err(lies(&ask.doing, reference, told)),
            _ => Ok(digest),
        }
    }

    pub(super) fn ask_manifest<'a>(&self, reference: &'a Reference, method: Method, verb: &str) -> Ask<'a> {
        let repository = &reference.repository;
        Ask {
            doing: format!("{verb} the manifest of `{reference}`"),
            method,
            url: format!("{}/{}/manifests/{}", self.api(repository), repository.path(), reference.manifest_name()),
            repository,
            scopes: vec![scope(repository, "pull")],
            accept: ACCEPT,
            content: Content::Nothing,
            limit: self.options.answer_limit,
            expected: &[StatusCode::OK, StatusCode::NOT_FOUND],
        }
    }

    /// A whole body of at most `limit` bytes.
    pub(super) async fn body(&self, ask: &Ask<'_>, mut response: Response, limit: usize) -> Result<Bytes, Failure> {
        let broken = |error: reqwest::Error| {
            Failure::new(Cause::RegistryUnavailable, ask.doing.as_str()).because(error.without_url())
        };
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(broken)? {
            if body.len() + piece.len() > limit {
                let message = format!("{}: it is larger than {limit} bytes", ask.doing);
                return Err(Failure::new(Cause::RegistryUnavailable, message));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body.into())
    }
}

fn parse<T: serde::de::DeserializeOwned>(doing: &str, bytes: &[u8]) -> Result<T, Failure> {
    let refuse = |error: serde_json::Error| {
        Failure::new(Cause::ImageMissing, format!("{doing}: it is of no known form")).because(error)
    };
    serde_json::from_slice(bytes).map_err(refuse)
}

fn told_digest(headers: &HeaderMap) -> Option<Digest> {
    headers.get(DIGEST_HEADER)?.to_str().ok()?.parse().ok()
}

fn content_type(response: &Response) -> String {
    let value = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_owned()
}

fn lies(doing: &str, reference: &Reference, digest: Digest) -> Failure {
    let host = reference.repository.host();
    Failure::new(
        Cause::RegistryUnavailable,
        format!("{doing}: `{host}` has other content there, with the digest `{digest}`"),
    )
    .hint("The registry's storage or a proxy in front of it is broken")
}
