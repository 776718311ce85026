//! Work that ends early.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// Does `work` until it is done, `cancel` is asked for, or `limit` is over; `doing` says what was being done.
pub async fn until<T>(
    cancel: &CancellationToken,
    limit: Duration,
    doing: &str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(cancelled(doing)),
        outcome = work => outcome,
        () = tokio::time::sleep(limit) => Err(Failure::new(Cause::NotReady, format!("{doing}: not done within {}", seconds(limit)))
            .hint("give it more time with `--timeout SECONDS` if it only needs longer")),
    }
}

/// The failure of a job that was cancelled while `doing`.
pub fn cancelled(doing: &str) -> Failure {
    Failure::new(Cause::Cancelled, format!("{doing}: the job was cancelled"))
}

fn seconds(limit: Duration) -> String {
    format!("{} s", limit.as_secs())
}
