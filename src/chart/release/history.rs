//! Which revision of a release counts, and which are forgotten.

use super::record::Record;
use super::record::Status;

/// Every known revision of one release.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    revisions: Vec<Record>,
}

impl History {
    /// The history of `revisions`, given in any order.
    pub fn new(mut revisions: Vec<Record>) -> Self {
        revisions.sort_by_key(|record| record.revision);
        Self { revisions }
    }

    /// The revisions, oldest first.
    pub fn revisions(&self) -> &[Record] {
        &self.revisions
    }

    /// The newest revision, however it went.
    pub fn last(&self) -> Option<&Record> {
        self.revisions.last()
    }

    /// The newest revision that is deployed.
    pub fn deployed(&self) -> Option<&Record> {
        self.newest(&[Status::Deployed])
    }

    /// The revision whose objects are in the cluster as far as anybody knows: the deployed one, else the newest that
    /// was deployed once.
    pub fn last_good(&self) -> Option<&Record> {
        self.deployed().or_else(|| self.newest(&[Status::Superseded]))
    }

    /// The revision to compare an upgrade with: the last good one, else whatever is newest.
    pub fn current(&self) -> Option<&Record> {
        self.last_good().or_else(|| self.last())
    }

    /// Whether revisions exist and none of them ever was deployed: the first installation failed.
    pub fn never_succeeded(&self) -> bool {
        !self.revisions.is_empty() && self.last_good().is_none()
    }

    /// The number of the next revision.
    pub fn next_revision(&self) -> u64 {
        self.last().map_or(1, |record| record.revision + 1)
    }

    /// The revisions to forget so that one more fits into `limit`, oldest first; the deployed one is never among them.
    /// A limit of 0 keeps all.
    pub fn to_prune(&self, limit: usize) -> Vec<&Record> {
        if limit == 0 || self.revisions.len() < limit {
            return Vec::new();
        }
        let keep = self.last_good().map(|record| record.revision);
        let surplus = self.revisions.len() + 1 - limit;
        self.revisions.iter().filter(|record| Some(record.revision) != keep).take(surplus).collect()
    }

    fn newest(&self, statuses: &[Status]) -> Option<&Record> {
        self.revisions.iter().rev().find(|record| statuses.contains(&record.info.status))
    }
}

#[cfg(test)]
mod tests {
    use super::History;
    use crate::chart::release::record::Info;
    use crate::chart::release::record::Record;
    use crate::chart::release::record::RecordedChart;
    use crate::chart::release::record::Status;

    fn history(statuses: &[Status]) -> History {
        let record = |(index, status): (usize, &Status)| Record {
            name: "app".to_owned(),
            info: Info { status: *status, ..Info::default() },
            chart: RecordedChart::default(),
            config: serde_json::Map::new(),
            manifest: String::new(),
            hooks: Vec::new(),
            revision: index as u64 + 1,
            namespace: "prod".to_owned(),
        };
        History::new(statuses.iter().enumerate().map(record).collect())
    }

    #[test]
    fn an_upgrade_is_compared_with_what_was_deployed() {
        let failed_since = history(&[Status::Superseded, Status::Deployed, Status::Failed]);
        assert_eq!(failed_since.current().unwrap().revision, 2);
        assert_eq!(failed_since.next_revision(), 4);
        let lost = history(&[Status::Superseded, Status::Failed]);
        assert_eq!(lost.current().unwrap().revision, 1);
    }

    #[test]
    fn a_first_installation_that_failed_is_known() {
        assert!(history(&[Status::Failed]).never_succeeded());
        assert!(history(&[Status::PendingInstall]).never_succeeded());
        assert!(!history(&[Status::Superseded, Status::Failed]).never_succeeded());
        assert!(!history(&[]).never_succeeded());
    }

    #[test]
    fn pruning_keeps_what_is_deployed() {
        let statuses = [Status::Deployed, Status::Failed, Status::Failed, Status::Failed];
        let pruned: Vec<_> = history(&statuses).to_prune(3).iter().map(|record| record.revision).collect();
        assert_eq!(pruned, [2, 3]);
        assert!(history(&statuses).to_prune(0).is_empty());
        assert!(history(&statuses).to_prune(5).is_empty());
    }
}
