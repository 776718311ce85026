//! The tags of a repository.

use reqwest::Method;
use reqwest::Response;
use reqwest::StatusCode;
use serde::Deserialize;

use super::Registry;
use super::answer;
use super::send::Access;
use super::send::Call;
use super::send::plain;
use crate::model::failure::Failure;
use crate::model::reference::Repository;

/// Tags asked for at a time.
const PAGE: usize = 1000;
/// The longest page that is read.
const LARGEST_PAGE: usize = 16 << 20;

#[derive(Deserialize)]
struct Page {
    /// Some registries write null for an empty repository.
    tags: Option<Vec<String>>,
}

impl Registry {
    /// All tags, page by page, sorted; none when the repository does not exist.
    pub async fn tags(&self, repository: &Repository) -> Result<Vec<String>, Failure> {
        let mut tags = Vec::new();
        let mut next = Some(self.url(repository, &format!("tags/list?n={PAGE}")));
        while let Some(url) = next {
            let doing = format!("list the tags of `{repository}`");
            let call = Call { repository, access: Access::Pull, method: Method::GET, url, doing };
            let answer = self.send(&call, &plain).await?;
            if answer.status() == StatusCode::NOT_FOUND {
                break;
            }
            if !answer.status().is_success() {
                return Err(answer::unexpected(&call.doing, answer).await);
            }
            next = next_page(&answer);
            let bytes = super::blobs::body(&call.doing, answer, LARGEST_PAGE).await?;
            let page: Page = serde_json::from_slice(&bytes).unwrap_or(Page { tags: None });
            tags.extend(page.tags.unwrap_or_default());
        }
        tags.sort_unstable();
        tags.dedup();
        Ok(tags)
    }
}

/// `Link: </v2/…>; rel="next"`.
fn next_page(answer: &Response) -> Option<String> {
    let link = answer.headers().get("link")?.to_str().ok()?;
    let (address, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
    rest.contains("next").then(|| answer.url().join(address).ok().map(Into::into))?
}
