//! What a deploy tells beside its progress.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::request::DeployRequest;
use super::steps::Plan;
use crate::chart::release::Record;
use crate::report::JobLog;
use crate::report::Style;

/// Shows where the release goes and what every object gets.
pub(super) fn options(request: &DeployRequest, log: &JobLog) {
    let block = log.note("Deploy options", Style::Plain);
    block.line(format!("Kubernetes namespace: {}", request.namespace));
    block.line(format!("Helm release storage namespace: {}", request.namespace));
    block.line("Helm release storage type: secret");
    block.line(format!("Helm release name: {}", request.release));
    for (title, marks) in [("Extra annotations", &request.annotations), ("Extra labels", &request.labels)] {
        if !marks.is_empty() {
            let inner = block.note(title, Style::Plain);
            for (name, value) in marks {
                inner.line(format!("{name}: {value}"));
            }
            inner.done();
        }
    }
    block.done();
    log.blank();
}

/// Shows what would be done.
pub(super) fn plan(plan: &Plan, log: &JobLog) {
    let block = log.note("Plan", Style::Plain);
    plan.to_string().lines().for_each(|line| block.line(line));
    block.done();
}

/// Shows what is deployed now.
pub(super) fn deployed(record: &Record, log: &JobLog) {
    let block = log.note("Deployed release info", Style::Plain);
    let when = record.info.last_deployed.unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC);
    block.line(format!("NAME: {}", record.name));
    block.line(format!("LAST DEPLOYED: {}", when.strftime("%a %b %e %H:%M:%S %Y")));
    block.line(format!("NAMESPACE: {}", record.namespace));
    block.line(format!("STATUS: {}", record.info.status.word().to_uppercase()));
    block.line(format!("REVISION: {}", record.revision));
    if !record.info.notes.trim().is_empty() {
        block.line("NOTES:");
        record.info.notes.trim().lines().for_each(|line| block.line(line));
    }
    block.done();
}
