//! The connection to an engine and what kind of engine it is.

use std::path::PathBuf;
use std::time::Duration;

use bollard::API_DEFAULT_VERSION;
use bollard::ClientVersion;
use bollard::Docker;
use serde::Deserialize;
use serde::Serialize;
use tokio::sync::OnceCell;
use tokio_util::task::TaskTracker;

use crate::backends::docker::failures;
use crate::backends::docker::manifests::KnownDescriptors;
use crate::model::failure::Cause;
use crate::model::failure::Failure;

/// The engine of a host whose address nobody named.
pub const DEFAULT_ADDRESS: &str = "unix:///var/run/docker.sock";
/// The oldest API that has what we need (Docker 19.03).
const OLDEST_API: (usize, usize) = (1, 40);

/// How to reach an engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineOptions {
    /// Where it listens, as `DOCKER_HOST` says it: `unix:///path`, `tcp://host:port` or `http://host:port`.
    pub address: String,
    /// How long it may take to answer a call that only reads or renames.
    pub answer_limit: Duration,
    /// How long it may take over a call that moves data: load, pull, commit, export. Such a call also ends when nothing
    /// moves for `answer_limit`.
    pub transfer_limit: Duration,
    /// A directory in which manifests of images in a containerd store are kept, by image id; `None` asks the engine
    /// anew in each process.
    pub manifest_cache: Option<PathBuf>,
}

impl EngineOptions {
    /// The engine at `address` with limits that a busy engine keeps: a minute to answer, half an hour to move data.
    pub fn at(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            answer_limit: Duration::from_mins(1),
            transfer_limit: Duration::from_mins(30),
            manifest_cache: None,
        }
    }
}

/// How an engine keeps images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Store {
    /// Docker's own: an image id is the digest of its config.
    Classic,
    /// containerd's: an image id is the digest of its manifest or index.
    Containerd,
}

/// What kind of engine it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineFacts {
    /// What it calls itself, such as `Docker Engine` or `Podman Engine`.
    pub name: String,
    /// Its version, such as `20.10.24`.
    pub version: String,
    /// The API version spoken with it, such as `1.41`.
    pub api_version: String,
    /// Its operating system, such as `linux`.
    pub os: String,
    /// Its processor, such as `amd64`.
    pub architecture: String,
}

impl EngineFacts {
    /// Whether it is podman behind Docker's API.
    pub fn is_podman(&self) -> bool {
        self.name.to_ascii_lowercase().contains("podman")
    }
}

/// A connection to a container engine. Cheap to share by reference; one is enough for any number of calls side by side.
#[derive(Debug)]
pub struct Engine {
    pub(super) client: Docker,
    pub(super) options: EngineOptions,
    pub(super) descriptors: KnownDescriptors,
    pub(super) removals: TaskTracker,
    facts: EngineFacts,
    store: OnceCell<Store>,
}

impl Engine {
    /// Connects and asks for the version, with which the API version is agreed.
    ///
    /// Fails with [`Cause::EngineUnavailable`] when nothing answers, the address cannot be used, or the engine is too old.
    pub async fn connect(options: EngineOptions) -> Result<Self, Failure> {
        let doing = || format!("connect to the container engine at `{}`", options.address);
        let client = open(&options).map_err(|error| failures::unreachable(&doing(), error))?;
        let version = tokio::time::timeout(options.answer_limit, client.version())
            .await
            .map_err(|_| failures::too_slow(&doing(), options.answer_limit))?
            .map_err(|error| failures::unreachable(&doing(), error))?;
        let spoken =
            agree(version.api_version.as_deref()).ok_or_else(|| too_old(&doing(), version.api_version.as_deref()))?;
        let client = reopen(&options, spoken).map_err(|error| failures::unreachable(&doing(), error))?;
        let facts = EngineFacts {
            name: engine_name(&version),
            version: version.version.unwrap_or_default(),
            api_version: format!("{}.{}", spoken.0, spoken.1),
            os: version.os.unwrap_or_default(),
            architecture: version.arch.unwrap_or_default(),
        };
        let (descriptors, removals) = (KnownDescriptors::default(), TaskTracker::new());
        Ok(Self { client, options, descriptors, removals, facts, store: OnceCell::new() })
    }

    /// Waits until what cancelled calls had left in the engine is removed, at most `limit`. To be called before exit.
    pub async fn settle(&self, limit: Duration) {
        self.removals.close();
        // What is still there after the limit carries its owner's name: `cleanup` finds it.
        drop(tokio::time::timeout(limit, self.removals.wait()).await);
        self.removals.reopen();
    }

    /// What kind of engine it is.
    pub fn facts(&self) -> &EngineFacts {
        &self.facts
    }

    /// How it keeps images; asked once.
    pub async fn store(&self) -> Result<Store, Failure> {
        self.store.get_or_try_init(|| self.ask_store()).await.copied()
    }

    async fn ask_store(&self) -> Result<Store, Failure> {
        let info = self.answer("ask the container engine for its store", self.client.info()).await?;
        let rows = info.driver_status.unwrap_or_default();
        let containerd = rows.iter().flatten().any(|cell| cell.starts_with("io.containerd.snapshotter"));
        Ok(if containerd { Store::Containerd } else { Store::Classic })
    }

    /// Waits for the answer to a call that only reads or renames, at most `answer_limit`.
    pub(super) async fn answer<T>(
        &self,
        doing: &str,
        call: impl Future<Output = Result<T, bollard::errors::Error>>,
    ) -> Result<T, Failure> {
        tokio::time::timeout(self.options.answer_limit, call)
            .await
            .map_err(|_| failures::too_slow(doing, self.options.answer_limit))?
            .map_err(|error| failures::refused(doing, error))
    }

    /// Waits for the end of a call that moves data, at most `transfer_limit`.
    pub(super) async fn transfer<T>(
        &self,
        doing: &str,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::time::timeout(self.options.transfer_limit, call)
            .await
            .map_err(|_| failures::too_slow(doing, self.options.transfer_limit))?
    }
}

fn open(options: &EngineOptions) -> Result<Docker, bollard::errors::Error> {
    connect_with(options, API_DEFAULT_VERSION)
}

fn reopen(options: &EngineOptions, (major, minor): (usize, usize)) -> Result<Docker, bollard::errors::Error> {
    connect_with(options, &ClientVersion { major_version: major, minor_version: minor })
}

fn connect_with(options: &EngineOptions, version: &ClientVersion) -> Result<Docker, bollard::errors::Error> {
    // bollard's own limit ends only the wait for the headers; ours are around every call.
    let seconds = options.transfer_limit.as_secs().max(1);
    let address = options.address.trim();
    match address.split_once("://") {
        Some(("unix", _)) | None => Docker::connect_with_unix(address, seconds, version),
        Some(("tcp" | "http", _)) => Docker::connect_with_http(address, seconds, version),
        Some((other, _)) => Err(bollard::errors::Error::UnsupportedURISchemeError { uri: other.to_owned() }),
    }
}

/// The newest API version that both sides speak; `None` when the engine's is too old or unreadable.
fn agree(offered: Option<&str>) -> Option<(usize, usize)> {
    let (major, minor) = offered?.split_once('.')?;
    let offered = (major.parse().ok()?, minor.parse().ok()?);
    let ours = (API_DEFAULT_VERSION.major_version, API_DEFAULT_VERSION.minor_version);
    (offered >= OLDEST_API).then_some(offered.min(ours))
}

fn too_old(doing: &str, offered: Option<&str>) -> Failure {
    let offered = offered.unwrap_or("none");
    let (major, minor) = OLDEST_API;
    Failure::new(
        Cause::EngineUnavailable,
        format!("{doing}: it speaks API `{offered}`, at least {major}.{minor} is needed"),
    )
    .hint("Use Docker 19.03 or newer")
}

fn engine_name(version: &bollard::models::SystemVersion) -> String {
    let component = version.components.iter().flatten().next().map(|component| component.name.clone());
    component.unwrap_or_else(|| "Engine".to_owned())
}

#[cfg(test)]
mod tests {
    use super::agree;

    #[test]
    fn the_newest_common_api_is_spoken() {
        assert_eq!(agree(Some("1.41")), Some((1, 41)));
        assert_eq!(agree(Some("1.40")), Some((1, 40)));
        assert_eq!(agree(Some("9.0")), agree(Some("1.99")));
        assert_eq!([agree(Some("1.39")), agree(Some("x")), agree(None)], [None; 3]);
    }
}
