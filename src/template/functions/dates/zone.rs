//! Go's `time.Location`.

use jiff::Timestamp;
use jiff::tz::Offset;
use jiff::tz::TimeZone;

use crate::template::world::World;

/// A time zone under the name that Go has for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Zone {
    /// `UTC`.
    Utc,
    /// What Go calls `Local`.
    Local(TimeZone),
    /// A zone of the database.
    Named(TimeZone),
    /// An offset that a text gave, in seconds east of UTC, with an abbreviation that may be empty.
    Fixed(i32, String),
}

impl Zone {
    /// The local zone of the world.
    pub(super) fn local(world: &dyn World) -> Self {
        let zone = world.local_zone();
        if zone == TimeZone::UTC { Self::Utc } else { Self::Local(zone) }
    }

    /// The zone of that name; UTC if there is none.
    pub(super) fn named(world: &dyn World, name: &[u8]) -> Self {
        match name {
            b"" | b"UTC" => Self::Utc,
            b"Local" => Self::local(world),
            other => {
                let name = String::from_utf8_lossy(other);
                // Go's names are the names of files, so the case of letters counts.
                let zone = world.zone(&name).filter(|zone| zone.iana_name().is_none_or(|known| known == name));
                zone.map_or(Self::Utc, Self::Named)
            }
        }
    }

    /// Seconds east of UTC at that time, and the abbreviation, which may be empty.
    pub(super) fn offset(&self, instant: Timestamp) -> (i32, String) {
        match self {
            Self::Utc => (0, "UTC".to_owned()),
            Self::Fixed(offset, name) => (*offset, name.clone()),
            Self::Local(zone) | Self::Named(zone) => {
                let info = zone.to_offset_info(instant);
                (info.offset().seconds(), info.abbreviation().to_owned())
            }
        }
    }

    /// Whether it is summer time then.
    pub(super) fn is_dst(&self, instant: Timestamp) -> bool {
        match self {
            Self::Utc | Self::Fixed(..) => false,
            Self::Local(zone) | Self::Named(zone) => zone.to_offset_info(instant).dst().is_dst(),
        }
    }

    /// The zone as jiff knows it.
    pub(super) fn to_jiff(&self) -> TimeZone {
        match self {
            Self::Utc => TimeZone::UTC,
            Self::Fixed(offset, _) => Offset::from_seconds(*offset).map_or(TimeZone::UTC, TimeZone::fixed),
            Self::Local(zone) | Self::Named(zone) => zone.clone(),
        }
    }

    /// The name of the location.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Utc => "UTC".to_owned(),
            Self::Local(_) => "Local".to_owned(),
            Self::Named(zone) => zone.iana_name().unwrap_or_default().to_owned(),
            Self::Fixed(_, name) => name.clone(),
        }
    }
}
