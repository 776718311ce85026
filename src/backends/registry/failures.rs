//! What registries answer, as failures with the right cause.

use std::time::Duration;

use reqwest::Response;
use reqwest::StatusCode;
use reqwest::header;
use reqwest::header::HeaderMap;
use serde::Deserialize;

use crate::backends::registry::client::Broken;
use crate::backends::registry::request::Ask;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// How much of an error's body is read, in bytes.
const LONGEST_ERROR: usize = 16 * 1024;

#[derive(Deserialize)]
struct ErrorBody {
    errors: Vec<ErrorEntry>,
}

#[derive(Deserialize)]
struct ErrorEntry {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

/// The failure that an unexpected answer means.
pub(super) async fn of_response(ask: &Ask<'_>, response: Response) -> Failure {
    let status = response.status();
    let said = said(bounded(response, LONGEST_ERROR).await.as_ref());
    let host = ask.repository.host();
    let message = format!("{}: `{host}` answers {}{said}", ask.doing, status.as_u16());
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => denied(ask, message),
        StatusCode::NOT_FOUND => Failure::new(Cause::ImageMissing, message),
        StatusCode::PAYLOAD_TOO_LARGE => {
            let failure = Failure::new(Cause::RegistryUnavailable, message);
            failure.hint("A proxy in front of the registry limits the size of requests")
        }
        _ => Failure::new(Cause::RegistryUnavailable, message),
    }
}

/// The failure of a login or of a right that is missing, with the right by its name.
pub(super) fn denied(ask: &Ask<'_>, message: String) -> Failure {
    let scopes = ask.scopes.join("`, `");
    Failure::new(Cause::RegistryDenied, message)
        .hint(format!("The right `{scopes}` is needed at `{}`", ask.repository.host()))
        .hint("Check the credentials in the Docker config, or `CI_REGISTRY_USER` and `CI_REGISTRY_PASSWORD`")
}

/// The failure of a request without an answer, and whether it may pass.
pub(super) fn of_transport(ask: &Ask<'_>, error: reqwest::Error) -> Broken {
    let passing = !(error.is_builder() || error.is_redirect() || is_certificate(&error));
    let failure = Failure::new(Cause::RegistryUnavailable, ask.doing.as_str()).because(error.without_url());
    if passing { Broken::Passing(failure) } else { Broken::Final(failure) }
}

/// How long the registry asks to be left alone (`Retry-After` in seconds).
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The beginning of a body; nothing when it cannot be read.
pub(super) async fn bounded(mut response: Response, limit: usize) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(piece)) = response.chunk().await {
        body.extend(piece.iter().take(limit - body.len()));
        if body.len() == limit {
            break;
        }
    }
    body
}

/// What the body of an error says, with `: ` in front; empty for nothing readable.
fn said(body: &[u8]) -> String {
    let Ok(body) = serde_json::from_slice::<ErrorBody>(body) else { return String::new() };
    let one = |error: &ErrorEntry| match (error.code.as_str(), error.message.as_str()) {
        ("", message) => message.to_owned(),
        (code, "") => code.to_owned(),
        (code, message) => format!("{code} ({message})"),
    };
    let all: Vec<_> = body.errors.iter().map(one).collect();
    if all.is_empty() { String::new() } else { format!(": {}", all.join(", ")) }
}

fn is_certificate(error: &reqwest::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if error.downcast_ref::<rustls::Error>().is_some() {
            return true;
        }
        source = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn errors_of_a_registry_are_repeated_and_other_bodies_are_not() {
        assert_eq!(said(br#"{"errors":[{"code":"DENIED","message":"no access"}]}"#), ": DENIED (no access)");
        assert_eq!(said(br#"{"errors":[{"code":"A"},{"message":"b"}]}"#), ": A, b");
        assert_eq!(said(b"<html>Bad Gateway</html>"), "");
        assert_eq!(said(br#"{"errors":[]}"#), "");
    }
}
