//! A registry's answers as failures with the right cause.

use std::time::Duration;

use reqwest::Response;
use serde::Deserialize;

use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// As much of an error's body as is read.
const LONGEST_BODY: usize = 4096;
/// As much of it as is shown when it is no error list.
const LONGEST_EXCERPT: usize = 200;

#[derive(Deserialize)]
struct ErrorList {
    errors: Vec<ErrorEntry>,
}

#[derive(Deserialize)]
struct ErrorEntry {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

/// No answer at all, or a broken one.
pub(super) fn broken(doing: &str, error: reqwest::Error) -> Failure {
    Failure::new(Cause::RegistryUnavailable, doing)
        .because(error.without_url())
        .hint("Check that the registry runs and can be reached from this host")
}

/// 401 or 403.
pub(super) async fn refused(doing: &str, scope: &str, answer: Response) -> Failure {
    let status = answer.status();
    Failure::new(Cause::RegistryDenied, format!("{doing}: {}{}", status_text(status), said(answer).await))
        .hint(format!("The user needs the right `{scope}` there"))
}

/// 429 or 5xx that stayed.
pub(super) async fn unavailable(doing: &str, answer: Response) -> Failure {
    let status = answer.status();
    Failure::new(Cause::RegistryUnavailable, format!("{doing}: {}{}", status_text(status), said(answer).await))
}

/// Any other status that is not what was hoped for.
pub(super) async fn unexpected(doing: &str, answer: Response) -> Failure {
    unavailable(doing, answer).await
}

/// How long the registry asks us to wait, in seconds.
pub(super) fn retry_after(answer: &Response) -> Option<Duration> {
    let value = answer.headers().get("retry-after")?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

fn status_text(status: reqwest::StatusCode) -> String {
    format!("the registry answered {} {}", status.as_u16(), status.canonical_reason().unwrap_or("")).trim().to_owned()
}

async fn said(mut answer: Response) -> String {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() >= LONGEST_BODY {
            break;
        }
    }
    excerpt(&String::from_utf8_lossy(&body))
}

fn excerpt(body: &str) -> String {
    if let Ok(list) = serde_json::from_str::<ErrorList>(body) {
        let texts: Vec<String> = list.errors.into_iter().map(|it| format!("{}: {}", it.code, it.message)).collect();
        return format!(": {}", texts.join("; "));
    }
    let line: String = body.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST_EXCERPT).collect();
    if line.is_empty() { line } else { format!(": {line}") }
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn errors_are_told_in_the_registrys_words() {
        let body = r#"{"errors":[{"code":"DENIED","message":"requested access is denied","detail":{"secret":1}}]}"#;
        assert_eq!(excerpt(body), ": DENIED: requested access is denied");
        assert_eq!(excerpt("<html>\n  502  </html>"), ": <html> 502 </html>");
        assert_eq!(excerpt(""), "");
        assert_eq!(excerpt(&"x".repeat(5000)).len(), 202);
    }
}
