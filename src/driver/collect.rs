//! Frees what dead jobs left: those whose Runner died, and those that it forgot.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use crate::driver::cleanup::ENGINE_LIMIT;
use crate::driver::cleanup::Removal;
use crate::driver::record::JobRecord;
use crate::driver::record::Records;
use crate::driver::workplace::remove_tree;
use crate::job::settings::Settings;

/// A private directory without a record is left alone until it is this old: a call may be about to write the record.
const UNRECORDED: Duration = Duration::from_hours(1);

/// What a collection did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Collected {
    /// The marks of the jobs of which nothing is left.
    pub freed: Vec<String>,
    /// What could not be freed, and why.
    pub left: Vec<String>,
    /// How many jobs are alive.
    pub alive: usize,
    /// Whether the limit came before the end.
    pub cut_short: bool,
}

impl Collected {
    /// What is worth telling, a line each.
    pub fn lines(&self) -> Vec<String> {
        let freed = self.freed.iter().map(|mark| format!("freed what job {mark} left"));
        let left = self.left.iter().map(|what| format!("not freed: {what}"));
        let cut = self.cut_short.then(|| "stopped at its limit; the next one goes on".to_owned());
        freed.chain(left).chain(cut).collect()
    }
}

/// Why a job is dead, or that it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Alive,
    /// The process that called is dead, and it was always the same one.
    CallerDead,
    /// The Runner is done with it.
    Over,
    /// Its time is long over.
    Overdue,
}

/// Frees what jobs left that are proven dead, for at most `limit`.
pub fn collect(settings: &Settings, records: &Records, limit: Option<Duration>) -> Collected {
    let started = Instant::now();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut collected = Collected::default();
    let all = records.all();
    for record in &all {
        if limit.is_some_and(|limit| started.elapsed() >= limit) {
            collected.cut_short = true;
            return collected;
        }
        match life(record, now, settings.gc_after) {
            Life::Alive => collected.alive += 1,
            Life::CallerDead | Life::Over | Life::Overdue => {
                let left = limit.map_or(ENGINE_LIMIT, |limit| limit.saturating_sub(started.elapsed()));
                free(&Removal { settings, records, engine_limit: left.min(ENGINE_LIMIT) }, record, &mut collected);
            }
        }
    }
    free_unrecorded(settings, &all, now, &mut collected);
    collected
}

fn free(removal: &Removal<'_>, record: &JobRecord, collected: &mut Collected) {
    let left = removal.remove(record);
    if left.is_nothing() {
        collected.freed.push(record.key.mark());
    }
    collected.left.extend(left.lines());
}

/// A job is dead when nobody can call for it any more.
fn life(record: &JobRecord, now: Duration, margin: Duration) -> Life {
    if record.running.as_ref().is_some_and(|running| running.driver.is_alive()) {
        return Life::Alive;
    }
    if record.over {
        return Life::Over;
    }
    let caller_dead = record.caller.as_ref().is_some_and(|caller| !caller.is_alive());
    if record.caller_proven && caller_dead {
        return Life::CallerDead;
    }
    let due = Duration::from_secs(record.since) + record.timeout + margin;
    if now > due { Life::Overdue } else { Life::Alive }
}

/// Private directories of jobs that no record tells of.
fn free_unrecorded(settings: &Settings, recorded: &[JobRecord], now: Duration, collected: &mut Collected) {
    let known: BTreeSet<_> = recorded.iter().map(|record| record.job_dir.clone()).collect();
    for entry in fs::read_dir(settings.jobs_dir()).into_iter().flatten().flatten() {
        let path = entry.path();
        let changed = entry.metadata().and_then(|found| found.modified()).ok();
        let changed = changed.and_then(|changed| changed.duration_since(UNIX_EPOCH).ok());
        let old = changed.is_some_and(|changed| now.saturating_sub(changed) > UNRECORDED);
        if old && !known.contains(&path) {
            match remove_tree(&path) {
                Ok(()) => collected.freed.push(entry.file_name().to_string_lossy().into_owned()),
                Err(error) => collected.left.push(format!("remove `{}`: {error}", path.display())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Life;
    use super::life;
    use crate::driver::process::ProcessId;
    use crate::driver::record::JobRecord;
    use crate::driver::record::Running;
    use crate::job::identity::JobKey;

    fn dead() -> ProcessId {
        serde_json::from_str(r#"{"pid": 1, "started": 1, "boot": "another"}"#).unwrap()
    }

    fn record(caller: Option<ProcessId>, caller_proven: bool, driver: Option<ProcessId>) -> JobRecord {
        JobRecord {
            key: JobKey::new("gitlab.example.com", 3, 7).unwrap(),
            since: 1000,
            timeout: Duration::from_secs(100),
            caller,
            caller_proven,
            job_dir: "/jobs/x".into(),
            project_dir: None,
            engine_host: None,
            over: false,
            running: driver.map(|driver| Running { driver, supervisor: None }),
        }
    }

    #[test]
    fn t13_only_proven_death_is_death() {
        let me = ProcessId::current();
        let (now, late, margin) = (Duration::from_secs(1050), Duration::from_secs(1111), Duration::from_secs(10));
        for (record, at, expected) in [
            (record(me.clone(), true, None), now, Life::Alive),
            (record(Some(dead()), true, None), now, Life::CallerDead),
            (record(Some(dead()), false, None), now, Life::Alive),
            (record(None, false, None), now, Life::Alive),
            (record(None, false, None), late, Life::Overdue),
            (record(me.clone(), true, None), late, Life::Overdue),
            (record(Some(dead()), true, me.clone()), late, Life::Alive),
            (record(Some(dead()), true, Some(dead())), now, Life::CallerDead),
        ] {
            assert_eq!(life(&record, at, margin), expected, "{record:?}");
        }
        let over = |driver| JobRecord { over: true, ..record(me.clone(), true, driver) };
        assert_eq!(life(&over(None), now, margin), Life::Over);
        assert_eq!(life(&over(me.clone()), now, margin), Life::Alive);
    }
}
