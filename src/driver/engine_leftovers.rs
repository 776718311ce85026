//! What a job left in a container engine: found by the job's mark, and removed.

use std::path::Path;
use std::time::Duration;

use crate::backends::docker::Engine;
use crate::backends::docker::EngineOptions;
use crate::backends::docker::Owned;
use crate::model::failure::Cause;
use crate::model::failure::Failure;
use crate::model::ownership::Owner;

/// An engine that needs longer for one answer is taken for dead.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Whether an engine may listen at `host`: at a socket that is not there, none does.
pub(super) fn may_listen(host: &str) -> bool {
    host.strip_prefix("unix://").is_none_or(|socket| Path::new(socket).exists())
}

/// Removes the containers, networks and volumes of `owner`, and of nobody else, from the engine at `host`, for at most
/// `limit`. Gives the names of those that something still uses.
///
/// Fails when the engine does not answer or refuses; what could be removed until then is.
pub(super) fn remove(host: &str, owner: &Owner, limit: Duration) -> Result<Vec<String>, Failure> {
    let doing = format!("remove what the job left in the container engine at `{host}`");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Cause::HostFiles, &doing).because(error))?;
    let late = || Failure::new(Cause::EngineUnavailable, format!("{doing}: no end after {} ms", limit.as_millis()));
    runtime
        .block_on(async { tokio::time::timeout(limit, remove_from(host, owner)).await.unwrap_or_else(|_| Err(late())) })
}

async fn remove_from(host: &str, owner: &Owner) -> Result<Vec<String>, Failure> {
    let engine = Engine::connect(EngineOptions { answer_limit: ANSWER_LIMIT, ..EngineOptions::at(host) }).await?;
    let mut kept = Vec::new();
    // One after the other: a container holds its networks and volumes until it is gone.
    for owned in owned_by(&engine, owner).await? {
        if !engine.remove_owned(&owned).await? {
            kept.push(owned.id);
        }
    }
    if kept.is_empty() {
        return Ok(Vec::new());
    }
    // Not removed means gone or in use; only a second look tells which.
    let there = owned_by(&engine, owner).await?;
    Ok(there.into_iter().filter(|owned| kept.contains(&owned.id)).map(|owned| owned.name).collect())
}

async fn owned_by(engine: &Engine, owner: &Owner) -> Result<Vec<Owned>, Failure> {
    let all = engine.owned().await?;
    Ok(all.into_iter().filter(|owned| owned.owner == *owner).collect())
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::time::Duration;
    use std::time::Instant;

    use super::may_listen;
    use super::remove;
    use crate::model::failure::Cause;
    use crate::model::ownership::Owner;

    #[test]
    fn a_socket_that_is_missing_has_no_engine() {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("sock");
        let host = format!("unix://{}", socket.display());
        assert!(!may_listen(&host));
        let _listener = UnixListener::bind(&socket).unwrap();
        assert!(may_listen(&host) && may_listen("tcp://engine:2375"));
    }

    #[test]
    fn an_engine_that_hangs_is_given_up() {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("sock");
        let _listener = UnixListener::bind(&socket).unwrap();
        let started = Instant::now();
        let host = format!("unix://{}", socket.display());
        let failure = remove(&host, &Owner::of_job("a", 1, 2), Duration::from_millis(50)).unwrap_err();
        assert_eq!(failure.cause, Cause::EngineUnavailable);
        assert!(failure.to_string().ends_with("no end after 50 ms"), "{failure}");
        assert!(started.elapsed() < Duration::from_secs(2));
    }
}
