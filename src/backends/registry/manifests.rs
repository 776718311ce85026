//! Manifests: what an image is made of.

use reqwest::Method;
use reqwest::Response;
use reqwest::StatusCode;

use super::Registry;
use super::answer;
use super::send::Access;
use super::send::Call;
use super::send::plain;
use crate::model::digest::Digest;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::oci::Image;
use crate::model::oci::Index;
use crate::model::oci::Manifest;
use crate::model::oci::media_type;
use crate::model::reference::Reference;

/// The largest manifest or image config that is read; registries themselves take no more.
const LARGEST: usize = 4 << 20;

/// A manifest as the registry has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedManifest {
    /// The digest of the bytes, checked.
    pub digest: Digest,
    /// What kind of manifest it is.
    pub media_type: String,
    /// The bytes as they are.
    pub bytes: Vec<u8>,
}

/// An image of a registry: its manifest and its config.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteImage {
    /// The manifest's digest.
    pub digest: Digest,
    /// Which config and layers it is made of.
    pub manifest: Manifest,
    /// How to run it.
    pub image: Image,
}

impl Registry {
    /// The digest that a tag stands for now; nothing when there is no such image.
    pub async fn manifest_digest(&self, reference: &Reference) -> Result<Option<Digest>, Failure> {
        let call = self.manifest_call(reference, Method::HEAD, Access::Pull);
        let answer = self.send(&call, &accept).await?;
        match answer.status() {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => match digest_header(&answer) {
                Some(digest) => Ok(Some(digest)),
                None => Ok(self.manifest(reference).await?.map(|manifest| manifest.digest)),
            },
            _ => Err(answer::unexpected(&call.doing, answer).await),
        }
    }

    /// The manifest, whatever kind it is; nothing when there is none.
    ///
    /// # Errors
    /// Beside the usual ones when the bytes are not those of the digest that was asked for.
    pub async fn manifest(&self, reference: &Reference) -> Result<Option<FetchedManifest>, Failure> {
        let call = self.manifest_call(reference, Method::GET, Access::Pull);
        let answer = self.send(&call, &accept).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        if !answer.status().is_success() {
            return Err(answer::unexpected(&call.doing, answer).await);
        }
        let kind = answer.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or("");
        let media_type = kind.split(';').next().unwrap_or(kind).trim().to_owned();
        let bytes = super::blobs::body(&call.doing, answer, LARGEST).await?;
        let digest = Digest::of(&bytes);
        match reference.digest() {
            Some(wanted) if wanted != digest => Err(super::blobs::lie(&call.doing, digest)),
            _ => Ok(Some(FetchedManifest { digest, media_type, bytes })),
        }
    }

    /// The image for that platform, such as `linux`, `amd64`; nothing when there is none.
    pub async fn image(&self, reference: &Reference, platform: (&str, &str)) -> Result<Option<RemoteImage>, Failure> {
        let Some(fetched) = self.manifest(reference).await? else { return Ok(None) };
        if !matches!(fetched.media_type.as_str(), media_type::OCI_INDEX | media_type::DOCKER_LIST) {
            return self.with_config(reference, &fetched).await.map(Some);
        }
        let index: Index = parse(reference, &fetched.bytes)?;
        let Some(descriptor) = index.manifest_for(platform.0, platform.1) else {
            let message = format!("`{reference}` has no image for {}/{}", platform.0, platform.1);
            return Err(Failure::new(Cause::BaseImageMissing, message));
        };
        let own = reference.repository.at(descriptor.digest);
        match self.manifest(&own).await? {
            Some(fetched) => self.with_config(&own, &fetched).await.map(Some),
            None => Ok(None),
        }
    }

    async fn with_config(&self, reference: &Reference, fetched: &FetchedManifest) -> Result<RemoteImage, Failure> {
        let manifest: Manifest = parse(reference, &fetched.bytes)?;
        let config = self.blob(&reference.repository, manifest.config.digest, LARGEST).await?;
        let image: Image = parse(reference, &config)?;
        Ok(RemoteImage { digest: fetched.digest, manifest, image })
    }

    /// Puts a manifest under a tag or its digest; returns its digest. The blobs must be there already.
    pub async fn put_manifest(
        &self,
        reference: &Reference,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<Digest, Failure> {
        let digest = Digest::of(&bytes);
        let call = self.manifest_call(reference, Method::PUT, Access::Push);
        let prepare = |request: reqwest::RequestBuilder| request.header("content-type", media_type).body(bytes.clone());
        let answer = self.send(&call, &prepare).await?;
        if answer.status().is_success() { Ok(digest) } else { Err(answer::unexpected(&call.doing, answer).await) }
    }

    /// Deletes a tag or a manifest; false when it was not there.
    ///
    /// # Errors
    /// When the registry does not allow deletion (405): the hint says which setting is missing.
    pub async fn delete_manifest(&self, reference: &Reference) -> Result<bool, Failure> {
        let call = self.manifest_call(reference, Method::DELETE, Access::Delete);
        let answer = self.send(&call, &plain).await?;
        match answer.status() {
            StatusCode::NOT_FOUND => Ok(false),
            status if status.is_success() => Ok(true),
            StatusCode::METHOD_NOT_ALLOWED => Err(answer::unexpected(&call.doing, answer)
                .await
                .hint("The registry does not allow deletion: set `storage.delete.enabled` in its configuration")),
            _ => Err(answer::unexpected(&call.doing, answer).await),
        }
    }

    fn manifest_call<'a>(&self, reference: &'a Reference, method: Method, access: Access) -> Call<'a> {
        let verb = match method {
            Method::PUT => "put the manifest of",
            Method::DELETE => "delete",
            _ => "read the manifest of",
        };
        Call {
            repository: &reference.repository,
            access,
            doing: format!("{verb} `{reference}`"),
            url: self.url(&reference.repository, &format!("manifests/{}", reference.manifest_name())),
            method,
        }
    }
}

fn accept(request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    let kinds = [media_type::OCI_MANIFEST, media_type::DOCKER_MANIFEST, media_type::OCI_INDEX, media_type::DOCKER_LIST];
    request.header("accept", kinds.join(", "))
}

fn digest_header(answer: &Response) -> Option<Digest> {
    answer.headers().get("docker-content-digest")?.to_str().ok()?.parse().ok()
}

fn parse<T: serde::de::DeserializeOwned>(reference: &Reference, bytes: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(bytes).map_err(|error| {
        Failure::new(Cause::RegistryUnavailable, format!("read `{reference}`: the registry's answer")).because(error)
    })
}
