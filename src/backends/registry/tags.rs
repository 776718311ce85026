//! Tags: list and delete.

use bytes::Bytes;
use reqwest::Method;
use reqwest::Response;
use reqwest::StatusCode;
use reqwest::Url;
use reqwest::header;
use serde::Deserialize;

use crate::backends::registry::blobs::Blob;
use crate::backends::registry::client::Registry;
use crate::backends::registry::request::Ask;
use crate::backends::registry::request::Content;
use crate::backends::registry::request::scope;
use crate::model::digest::Digest;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::oci::Descriptor;
use crate::model::oci::Manifest;
use crate::model::oci::media_type;
use crate::model::reference::Reference;
use crate::model::reference::Repository;

/// How many tags are asked for at once.
const PAGE: usize = 1000;
/// More pages than any repository has: a registry that goes in circles is left.
const MOST_PAGES: usize = 10_000;
/// The largest page, in bytes.
const LARGEST_PAGE: usize = 16 * 1024 * 1024;

#[derive(Deserialize)]
struct TagPage {
    tags: Option<Vec<String>>,
}

impl Registry {
    /// All tags of the repository, sorted; none for one that is not there.
    pub async fn tags(&self, repository: &Repository) -> Result<Vec<String>, Failure> {
        let mut url = format!("{}/{}/tags/list?n={PAGE}", self.api(repository), repository.path());
        let mut tags = Vec::new();
        for _ in 0..MOST_PAGES {
            let ask = self.ask_tags(repository, url.clone());
            let response = self.exchange(&ask).await?;
            if response.status() == StatusCode::NOT_FOUND {
                return Ok(Vec::new());
            }
            let next = next_page(&response);
            let page = self.body(&ask, response, LARGEST_PAGE).await?;
            let page: TagPage = serde_json::from_slice(&page)
                .map_err(|error| Failure::new(Cause::RegistryUnavailable, &*ask.doing).because(error))?;
            tags.extend(page.tags.unwrap_or_default());
            match next {
                Some(next) if next != url => url = next,
                _ => break,
            }
        }
        tags.sort_unstable();
        tags.dedup();
        Ok(tags)
    }

    /// Deletes a manifest with all tags that name it; `false` when it was not there.
    ///
    /// Fails with [`Cause::RegistryUnavailable`] where the registry does not allow deletion.
    pub async fn delete_manifest(&self, repository: &Repository, digest: Digest) -> Result<bool, Failure> {
        Ok(self.delete(&repository.at(digest)).await?.status() != StatusCode::NOT_FOUND)
    }

    /// Deletes one tag and no other that names the same image; `false` when it was not there.
    ///
    /// A registry that cannot delete a tag by itself first gets an image of nothing under that tag, and that is deleted.
    pub async fn delete_tag(&self, reference: &Reference) -> Result<bool, Failure> {
        if self.digest(reference).await?.is_none() {
            return Ok(false);
        }
        if self.delete(reference).await?.status() == StatusCode::ACCEPTED {
            return Ok(true);
        }
        let empty = self.put_empty(reference).await?;
        self.delete_manifest(&reference.repository, empty).await
    }

    async fn delete(&self, reference: &Reference) -> Result<Response, Failure> {
        let mut ask = self.ask_manifest(reference, Method::DELETE, "delete");
        ask.scopes = vec![scope(&reference.repository, "pull,push,delete")];
        ask.accept = "";
        ask.expected = if reference.digest().is_some() {
            &[StatusCode::ACCEPTED, StatusCode::OK, StatusCode::NOT_FOUND]
        } else {
            // What registries answer that know deletion by digest only.
            &[StatusCode::ACCEPTED, StatusCode::NOT_FOUND, StatusCode::BAD_REQUEST, StatusCode::METHOD_NOT_ALLOWED]
        };
        self.exchange(&ask).await
    }

    /// Puts an image under the tag that no other tag names.
    async fn put_empty(&self, reference: &Reference) -> Result<Digest, Failure> {
        let unique = format!(r#"{{"architecture":"unknown","os":"deleted","id":"{}"}}"#, uuid::Uuid::new_v4());
        let config = Blob::of(Bytes::from(unique));
        self.put_blob(&reference.repository, &config, None).await?;
        let manifest = Manifest::oci(Descriptor::new(media_type::OCI_CONFIG, config.digest, config.size), Vec::new());
        let manifest = serde_json::to_vec(&manifest)
            .map_err(|error| Failure::new(Cause::Defect, "write a manifest").because(error))?;
        self.put_manifest(reference, media_type::OCI_MANIFEST, manifest.into()).await
    }

    fn ask_tags<'a>(&self, repository: &'a Repository, url: String) -> Ask<'a> {
        Ask {
            doing: format!("list the tags of `{repository}`"),
            method: Method::GET,
            url,
            repository,
            scopes: vec![scope(repository, "pull")],
            accept: "",
            content: Content::Nothing,
            limit: self.options.answer_limit,
            expected: &[StatusCode::OK, StatusCode::NOT_FOUND],
        }
    }
}

/// The address of the next page, if the registry names one of its own.
fn next_page(response: &Response) -> Option<String> {
    let link = response.headers().get(header::LINK)?.to_str().ok()?;
    let next = link.split(',').find(|part| part.contains("rel=\"next\"") || part.contains("rel=next"))?;
    let address = next.split_once('<')?.1.split_once('>')?.0;
    let next: Url = response.url().join(address).ok()?;
    // With the login of this registry no other one is asked.
    (next.origin() == response.url().origin()).then(|| next.to_string())
}
