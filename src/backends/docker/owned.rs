//! What in the engine is ours: found by name or label, without any memory of having made it.

use std::collections::BTreeMap;
use std::collections::HashMap;

use bollard::errors::Error;
use bollard::models::ContainerSummary;
use bollard::models::ContainerSummaryStateEnum;
use bollard::query_parameters::ListContainersOptionsBuilder;
use bollard::query_parameters::ListNetworksOptionsBuilder;
use bollard::query_parameters::ListVolumesOptionsBuilder;
use bollard::query_parameters::RemoveVolumeOptionsBuilder;
use serde::Deserialize;
use serde::Serialize;

use crate::backends::docker::engine::Engine;
use crate::backends::docker::failures;
use crate::model::failure::Failure;
use crate::model::ownership::NAME_PREFIX;
use crate::model::ownership::OWNER_LABEL;
use crate::model::ownership::Owner;

/// Something in the engine that was made for a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owned {
    /// What it is.
    pub kind: OwnedKind,
    /// The engine's id of it; of a volume its name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The job it was made for.
    pub owner: Owner,
    /// Whether it is a container that runs.
    pub running: bool,
}

/// What can be ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum OwnedKind {
    /// A container: removed first, as it holds the others.
    Container,
    /// A network.
    Network,
    /// A volume.
    Volume,
}

impl Engine {
    /// Everything that was made for any job, in the order in which it can be removed.
    pub async fn owned(&self) -> Result<Vec<Owned>, Failure> {
        let mut owned = self.owned_containers().await?;
        owned.extend(self.owned_networks().await?);
        owned.extend(self.owned_volumes().await?);
        Ok(owned)
    }

    /// Removes it, a container even while it runs; `false` when it was gone or something still uses it.
    pub async fn remove_owned(&self, owned: &Owned) -> Result<bool, Failure> {
        let doing = format!("remove `{}`", owned.name);
        match owned.kind {
            OwnedKind::Container => self.remove_container(&owned.id).await.map(|()| true),
            OwnedKind::Network => self.removed(&doing, self.client.remove_network(&owned.id)).await,
            OwnedKind::Volume => {
                let options = RemoveVolumeOptionsBuilder::default().force(false).build();
                self.removed(&doing, self.client.remove_volume(&owned.id, Some(options))).await
            }
        }
    }

    async fn removed(&self, doing: &str, call: impl Future<Output = Result<(), Error>>) -> Result<bool, Failure> {
        match tokio::time::timeout(self.options.answer_limit, call).await {
            Err(_) => Err(failures::too_slow(doing, self.options.answer_limit)),
            Ok(Ok(())) => Ok(true),
            // 403: a network with endpoints; 409: a volume in use.
            Ok(Err(error)) if matches!(failures::status(&error), Some(403 | 404 | 409)) => Ok(false),
            Ok(Err(error)) => Err(failures::refused(doing, error)),
        }
    }

    async fn owned_containers(&self) -> Result<Vec<Owned>, Failure> {
        // Two lists: filters of different kinds are joined by "and".
        let named = self.containers("name", format!("^/?{NAME_PREFIX}\\.")).await?;
        let labelled = self.containers("label", OWNER_LABEL.to_owned()).await?;
        let all = named.into_iter().chain(labelled).filter_map(container);
        let by_id: BTreeMap<_, _> = all.map(|owned| (owned.id.clone(), owned)).collect();
        Ok(by_id.into_values().collect())
    }

    async fn containers(&self, filter: &str, value: String) -> Result<Vec<ContainerSummary>, Failure> {
        let filters = HashMap::from([(filter.to_owned(), vec![value])]);
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        self.answer("list the containers", self.client.list_containers(Some(options))).await
    }

    async fn owned_networks(&self) -> Result<Vec<Owned>, Failure> {
        let options = ListNetworksOptionsBuilder::default().filters(&labelled()).build();
        let networks = self.answer("list the networks", self.client.list_networks(Some(options))).await?;
        let ours = networks.into_iter().filter_map(|network| {
            let owner = network.labels.as_ref()?.get(OWNER_LABEL)?.parse().ok()?;
            let (id, name) = (network.id?, network.name.unwrap_or_default());
            Some(Owned { kind: OwnedKind::Network, id, name, owner, running: false })
        });
        Ok(ours.collect())
    }

    async fn owned_volumes(&self) -> Result<Vec<Owned>, Failure> {
        let options = ListVolumesOptionsBuilder::default().filters(&labelled()).build();
        let volumes = self.answer("list the volumes", self.client.list_volumes(Some(options))).await?;
        let ours = volumes.volumes.into_iter().flatten().filter_map(|volume| {
            let owner = volume.labels.get(OWNER_LABEL)?.parse().ok()?;
            Some(Owned { kind: OwnedKind::Volume, id: volume.name.clone(), name: volume.name, owner, running: false })
        });
        Ok(ours.collect())
    }
}

fn labelled() -> HashMap<String, Vec<String>> {
    HashMap::from([("label".to_owned(), vec![OWNER_LABEL.to_owned()])])
}

fn container(summary: ContainerSummary) -> Option<Owned> {
    let names = summary.names.unwrap_or_default();
    let labelled = summary.labels.as_ref().and_then(|labels| labels.get(OWNER_LABEL)?.parse().ok());
    let owner = labelled.or_else(|| names.iter().find_map(|name| Owner::of_name(name)))?;
    let name = names.first().map(|name| name.trim_start_matches('/').to_owned()).unwrap_or_default();
    let running = summary.state == Some(ContainerSummaryStateEnum::RUNNING);
    Some(Owned { kind: OwnedKind::Container, id: summary.id?, name, owner, running })
}
