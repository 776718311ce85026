//! The real outside, for templates: this host's clock, randomness and names.

use std::net::ToSocketAddrs;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rand::Rng;

use crate::template::collection::Map;
use crate::template::value::Value;
use crate::template::world::Lookup;
use crate::template::world::World;

/// The outside as it is; no cluster is asked.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SystemWorld;

impl World for SystemWorld {
    fn now(&mut self) -> Timestamp {
        Timestamp::now()
    }

    fn local_zone(&self) -> TimeZone {
        TimeZone::system()
    }

    fn zone(&self, name: &str) -> Option<TimeZone> {
        TimeZone::get(name).ok()
    }

    fn random(&mut self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }

    fn host_address(&mut self, host: &str) -> String {
        let found = (host, 0).to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
        found.map_or_else(String::new, |address| address.ip().to_string())
    }

    fn lookup(&mut self, _query: &Lookup) -> Result<Value, String> {
        Ok(Map::new().into())
    }
}
