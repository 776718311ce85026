//! What a template may ask of the outside; the engine itself has no clock, randomness, names or cluster.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::Digest;
use sha2::Sha256;

use crate::template::collection::Map;
use crate::template::value::Value;

/// What `lookup` asks the cluster for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// Such as `v1` or `apps/v1`.
    pub api_version: String,
    /// Such as `Deployment`.
    pub kind: String,
    /// Empty for all namespaces, and for what has none.
    pub namespace: String,
    /// Empty for a list of all.
    pub name: String,
}

/// The outside, as a template sees it.
pub trait World {
    /// The time now.
    fn now(&mut self) -> Timestamp;

    /// The zone that Go calls `Local`.
    fn local_zone(&self) -> TimeZone;

    /// The zone of that name, such as `Europe/Prague`; nothing if it is not known.
    fn zone(&self, name: &str) -> Option<TimeZone>;

    /// Fills `bytes` with randomness that is good for keys.
    fn random(&mut self, bytes: &mut [u8]);

    /// One address of the host, as text; empty where names are not looked up or not found.
    fn host_address(&mut self, host: &str) -> String;

    /// The object or list that is asked for; an empty map if it does not exist or no cluster is asked.
    fn lookup(&mut self, query: &Lookup) -> Result<Value, String>;
}

/// A world that repeats itself: a fixed time, randomness from a seed, UTC, no names, no cluster.
#[derive(Debug, Clone)]
pub struct SeededWorld {
    now: Timestamp,
    seed: u64,
    drawn: u64,
}

impl SeededWorld {
    /// A world at that time, with randomness that follows from `seed` alone.
    pub fn new(now: Timestamp, seed: u64) -> Self {
        Self { now, seed, drawn: 0 }
    }
}

impl Default for SeededWorld {
    fn default() -> Self {
        Self::new(Timestamp::UNIX_EPOCH, 0)
    }
}

impl World for SeededWorld {
    fn now(&mut self) -> Timestamp {
        self.now
    }

    fn local_zone(&self) -> TimeZone {
        TimeZone::UTC
    }

    fn zone(&self, name: &str) -> Option<TimeZone> {
        (name == "UTC").then_some(TimeZone::UTC)
    }

    fn random(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let mut hash = Sha256::new();
            hash.update(self.seed.to_le_bytes());
            hash.update(self.drawn.to_le_bytes());
            self.drawn += 1;
            chunk.copy_from_slice(&hash.finalize()[..chunk.len()]);
        }
    }

    fn host_address(&mut self, _host: &str) -> String {
        String::new()
    }

    fn lookup(&mut self, _query: &Lookup) -> Result<Value, String> {
        Ok(Map::new().into())
    }
}

#[cfg(test)]
mod tests {
    use super::SeededWorld;
    use super::World;

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_the_next_draw_others() {
        let draw = |world: &mut SeededWorld| {
            let mut bytes = [0; 40];
            world.random(&mut bytes);
            bytes
        };
        let (mut one, mut two) = (SeededWorld::default(), SeededWorld::default());
        let first = draw(&mut one);
        assert_eq!(first, draw(&mut two));
        assert_ne!(first, draw(&mut one));
    }
}
