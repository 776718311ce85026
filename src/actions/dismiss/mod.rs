//! Removing a release: its hooks, its objects, its records, and its namespace if asked.
//!
//! Never creates anything. What is not there is removed already: dismissing twice, or what never existed, succeeds.
//!
//! - [`request`]: what is asked.
//! - `survey`: where the release lives and what it consists of.
//! - [`steps`]: what will be done, as data.
//! - `execute`: doing it.

mod execute;
pub mod request;
pub mod steps;
mod survey;

use tokio::time::Instant;

pub use request::DismissRequest;
pub use request::DismissTools;
pub use request::Dismissed;
pub use request::Hooks;
pub use request::Namespaces;
pub use request::Which;

use crate::actions::release::lease::Lease;
use crate::actions::release::store::Found;
use crate::actions::release::until::until;
use crate::backends::cluster::ErrorKind;
use crate::model::failure::Failure;
use crate::model::object::ObjectRef;
use crate::model::object::text;
use crate::report::Style;

/// Removes what `request` names.
///
/// # Errors
/// What stands in the way of the first removal that fails; what was removed before stays removed, and the next attempt goes on
/// from there.
pub async fn dismiss(tools: &DismissTools<'_>, request: &DismissRequest) -> Result<Dismissed, Failure> {
    let end = Instant::now() + request.timeout;
    let looking = survey::find(tools.cluster, &request.which);
    let found = until(tools.cancel, request.timeout, "look for the release", looking).await?;
    let mut dismissed = Dismissed { releases: Vec::new(), namespaces: Vec::new() };
    if found.is_empty() {
        tools.log.line(request.which.absent());
    }
    for release in &found {
        if remove(tools, request, release, end).await? {
            dismissed.releases.push(release.release.clone());
        }
    }
    if request.namespaces == Namespaces::Delete {
        for namespace in request.which.namespaces(&found) {
            let work = delete_namespace(tools, &namespace, end);
            let doing = format!("delete namespace `{namespace}`");
            if until(tools.cancel, request.timeout, &doing, work).await? {
                dismissed.namespaces.push(namespace);
            }
        }
    }
    Ok(dismissed)
}

/// Removes one release under its lease. `false` if somebody else removed it meanwhile.
async fn remove(
    tools: &DismissTools<'_>,
    request: &DismissRequest,
    found: &Found,
    end: Instant,
) -> Result<bool, Failure> {
    let block = tools.log.note("Deploy options", Style::Plain);
    block.line(format!("Kubernetes namespace: {}", found.namespace));
    block.line(format!("Helm release name: {}", found.release));
    block.done();
    tools.log.blank();
    let doing = format!("dismiss release `{}`", found.release);
    let taking = Lease::acquire(tools.cluster, &found.namespace, &found.release, &request.holder, tools.log);
    let lease = match until(tools.cancel, request.timeout, &doing, taking).await {
        Ok(lease) => lease,
        Err(failure) => return gone_meanwhile(tools, found, failure).await,
    };
    let work = async {
        let Some(survey) = survey::look(tools.cluster, found, request.hooks).await? else {
            tools.log.line(format!("release {} was not found", found.release));
            return Ok(false);
        };
        execute::carry_out(tools, found, steps::decide(survey), end).await?;
        Ok(true)
    };
    let outcome = tokio::select! {
        outcome = until(tools.cancel, request.timeout, &doing, work) => outcome,
        lost = lease.lost() => lost,
    };
    lease.release().await;
    outcome
}

/// A lease cannot be taken in a namespace that is going: whoever deletes it removes the release as well.
async fn gone_meanwhile(tools: &DismissTools<'_>, found: &Found, failure: Failure) -> Result<bool, Failure> {
    let namespace = ObjectRef::cluster_wide("v1", "Namespace", &found.namespace);
    let is_going = match tools.cluster.get(&namespace).await {
        Ok(Some(namespace)) => text(&namespace, "/status/phase") == Some("Terminating"),
        Ok(None) => true,
        Err(error) => error.kind == ErrorKind::NotFound,
    };
    if !is_going {
        return Err(failure);
    }
    tools.log.line(format!("release {} goes with its namespace, which is being deleted", found.release));
    Ok(false)
}

/// Deletes a namespace and waits until it is gone. `false` if there was none.
async fn delete_namespace(tools: &DismissTools<'_>, name: &str, end: Instant) -> Result<bool, Failure> {
    let inline = tools.log.inline(format!("Deleting namespaces/{name}"));
    match execute::delete_namespace(tools.cluster, name, end).await {
        Ok(deleted) => {
            inline.done();
            if !deleted {
                tools.log.line(format!("namespace {name} was not found"));
            }
            Ok(deleted)
        }
        Err(failure) => {
            inline.failed();
            Err(failure)
        }
    }
}
