//! Go's `time.Time` as templates see it.

use std::any::Any;
use std::borrow::Cow;

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;

use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::functions::Signature;
use crate::template::functions::dates::duration::Duration;
use crate::template::functions::dates::duration::Named;
use crate::template::functions::dates::layout::Clock;
use crate::template::functions::dates::zone::Zone;
use crate::template::object::Object;
use crate::template::object::Shape;
use crate::template::text::Text;
use crate::template::value::UintType;
use crate::template::value::Value;

/// The type's name in Go.
pub(super) const TYPE: &str = "time.Time";

const ASKING: Signature = Signature::new(&[]);
const COMPARING: Signature = Signature::new(&[Param::Object(TYPE)]);
const SPANNING: Signature = Signature::new(&[Param::Any]);
const FORMATTING: Signature = Signature::new(&[Param::Text]);
const DATING: Signature = Signature::new(&[Param::Int, Param::Int, Param::Int]);

/// The methods without arguments.
const METHODS: &[&str] = &[
    "Year",
    "Month",
    "Day",
    "Hour",
    "Minute",
    "Second",
    "Nanosecond",
    "YearDay",
    "Weekday",
    "Unix",
    "UnixMilli",
    "UnixMicro",
    "UnixNano",
    "IsZero",
    "IsDST",
    "UTC",
    "Local",
    "Location",
    "MarshalText",
    "MarshalJSON",
    "String",
];

/// Seconds from the first of year 1 to 1970.
const UNIX_TO_ZERO: i64 = 62_135_596_800;

/// An instant, and the zone that it is shown in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Time {
    instant: Timestamp,
    zone: Zone,
}

/// The complaint about a time that is not between the years -9999 and 9999.
pub(super) fn out_of_range() -> FunctionError {
    FunctionError::new("the time is not between the years -9999 and 9999")
}

impl Time {
    pub(super) fn new(instant: Timestamp, zone: Zone) -> Self {
        Self { instant, zone }
    }

    /// Go's zero: the first of January of year 1.
    pub(super) fn zero() -> Self {
        Self::new(Timestamp::from_second(-UNIX_TO_ZERO).unwrap_or(Timestamp::MIN), Zone::Utc)
    }

    /// What a clock in that zone shows as `civil`.
    pub(super) fn on_clock(civil: civil::DateTime, zone: Zone) -> Result<Self, FunctionError> {
        let instant = zone.to_jiff().to_ambiguous_zoned(civil).compatible().map_err(|_| out_of_range())?.timestamp();
        Ok(Self { instant, zone })
    }

    /// The time that a value is.
    pub(super) fn of(value: &Value) -> Option<&Self> {
        let Value::Object(object) = value else { return None };
        let object: &dyn Any = object.as_ref();
        object.downcast_ref()
    }

    /// The instant.
    pub(super) fn instant(&self) -> Timestamp {
        self.instant
    }

    /// The same instant, shown in another zone.
    pub(super) fn in_zone(&self, zone: Zone) -> Self {
        Self { instant: self.instant, zone }
    }

    /// Whole seconds since 1970, rounded down.
    pub(super) fn unix_seconds(&self) -> i64 {
        let before = i64::from(self.instant.subsec_nanosecond() < 0);
        self.instant.as_second() - before
    }

    /// The time that much later.
    pub(super) fn later(&self, duration: Duration) -> Result<Self, FunctionError> {
        let instant = self.instant.checked_add(SignedDuration::from_nanos(duration.0)).map_err(|_| out_of_range())?;
        Ok(Self { instant, zone: self.zone.clone() })
    }

    /// How much later this is than `earlier`, as far as a duration goes.
    pub(super) fn since(&self, earlier: &Self) -> Duration {
        let nanoseconds = self.instant.as_nanosecond() - earlier.instant.as_nanosecond();
        let limit = if nanoseconds < 0 { i64::MIN } else { i64::MAX };
        Duration(i64::try_from(nanoseconds).unwrap_or(limit))
    }

    /// What its zone's clock shows.
    pub(super) fn clock(&self) -> Clock {
        let (offset, abbreviation) = self.zone.offset(self.instant);
        let shifted = self.instant.saturating_add(SignedDuration::from_secs(i64::from(offset)));
        let civil = TimeZone::UTC.to_datetime(shifted.unwrap_or(self.instant));
        Clock { civil, offset, abbreviation }
    }

    /// Writes the time as the layout says.
    pub(super) fn format(&self, layout: &[u8]) -> Vec<u8> {
        self.clock().format(layout)
    }

    /// The date so much later, where the days beyond a month's end are those of the next.
    fn add_date(&self, years: i64, months: i64, days: i64) -> Result<Self, FunctionError> {
        let civil = self.clock().civil;
        let months = (i64::from(civil.year()) + years) * 12 + i64::from(civil.month()) - 1 + months;
        let year = i16::try_from(months.div_euclid(12)).map_err(|_| out_of_range())?;
        let month = i8::try_from(months.rem_euclid(12) + 1).map_err(|_| out_of_range())?;
        let first = civil::Date::new(year, month, 1).map_err(|_| out_of_range())?;
        let span = jiff::Span::new().try_days(days + i64::from(civil.day()) - 1).map_err(|_| out_of_range())?;
        let date = first.checked_add(span).map_err(|_| out_of_range())?;
        Self::on_clock(date.to_datetime(civil.time()), self.zone.clone())
    }

    /// What a method gives that asks for one thing.
    fn answer(&self, name: &str, context: &mut Context<'_>) -> Value {
        let civil = self.clock().civil;
        match name {
            "Year" => i64::from(civil.year()).into(),
            "Month" => self.month(),
            "Day" => i64::from(civil.day()).into(),
            "Hour" => i64::from(civil.hour()).into(),
            "Minute" => i64::from(civil.minute()).into(),
            "Second" => i64::from(civil.second()).into(),
            "Nanosecond" => i64::from(civil.subsec_nanosecond()).into(),
            "YearDay" => i64::from(civil.day_of_year()).into(),
            "Weekday" => self.weekday(),
            "Unix" => Value::int64(self.unix_seconds()),
            "UnixMilli" => Value::int64(self.in_units(1_000_000)),
            "UnixMicro" => Value::int64(self.in_units(1_000)),
            "UnixNano" => Value::int64(self.in_units(1)),
            "IsZero" => (self.instant == Self::zero().instant).into(),
            "IsDST" => self.zone.is_dst(self.instant).into(),
            "UTC" => Value::object(self.in_zone(Zone::Utc)),
            "Local" => Value::object(self.in_zone(Zone::local(context.world))),
            "Location" => self.zone.name().into(),
            "MarshalText" => Value::Bytes(self.rfc3339().into()),
            "MarshalJSON" => Value::Bytes(format!("\"{}\"", self.rfc3339()).into()),
            _ => self.shown().into(),
        }
    }

    fn month(&self) -> Value {
        let clock = self.clock();
        Value::object(Named { kind: "time.Month", number: i64::from(clock.civil.month()), name: clock.month_name() })
    }

    fn weekday(&self) -> Value {
        let clock = self.clock();
        let number = i64::from(clock.civil.weekday().to_sunday_zero_offset());
        Value::object(Named { kind: "time.Weekday", number, name: clock.weekday_name() })
    }

    /// So many nanoseconds counted from 1970, rounded down; wraps around as Go's number does.
    #[expect(clippy::cast_possible_truncation, reason = "Go's conversion, which this is")]
    fn in_units(&self, nanoseconds: i128) -> i64 {
        self.instant.as_nanosecond().div_euclid(nanoseconds) as i64
    }

    fn compared(&self, name: &str, other: &Self) -> Value {
        let order = self.instant.cmp(&other.instant);
        match name {
            "After" => order.is_gt().into(),
            "Before" => order.is_lt().into(),
            "Equal" => order.is_eq().into(),
            "Sub" => Value::object(self.since(other)),
            _ => (i64::from(order.is_gt()) - i64::from(order.is_lt())).into(),
        }
    }

    /// To a multiple of `unit` counted from year 1.
    fn rounded(&self, name: &str, unit: Duration) -> Result<Self, FunctionError> {
        if unit.0 <= 0 {
            return Ok(self.clone());
        }
        let unit = i128::from(unit.0);
        let past = (self.instant.as_nanosecond() + i128::from(UNIX_TO_ZERO) * 1_000_000_000).rem_euclid(unit);
        let shift = if name == "Round" && past * 2 >= unit { unit - past } else { -past };
        self.later(Duration(i64::try_from(shift).map_err(|_| out_of_range())?))
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.format(b"2006-01-02 15:04:05.999999999 -0700 MST")).into_owned()
    }

    fn rfc3339(&self) -> String {
        String::from_utf8_lossy(&self.format(b"2006-01-02T15:04:05.999999999Z07:00")).into_owned()
    }
}

impl Object for Time {
    fn type_name(&self) -> Cow<'static, str> {
        TYPE.into()
    }

    /// What Go keeps inside; a template sees it only when it prints a time with a verb for numbers.
    fn shape(&self) -> Shape {
        let nanoseconds = u64::try_from(self.instant.as_nanosecond().rem_euclid(1_000_000_000)).unwrap_or_default();
        let location = if self.zone == Zone::Utc { 0.into() } else { self.zone.name().into() };
        Shape::Struct(vec![
            ("wall", Value::Uint(nanoseconds, UintType::Uint64)),
            ("ext", Value::int64(self.unix_seconds() + UNIX_TO_ZERO)),
            ("loc", location),
        ])
    }

    /// None of the fields is exported.
    fn field(&self, _: &str) -> Option<Value> {
        None
    }

    fn method(&self, name: &str) -> Option<Signature> {
        match name {
            "After" | "Before" | "Equal" | "Compare" | "Sub" => Some(COMPARING),
            "Add" | "Round" | "Truncate" => Some(SPANNING),
            "Format" => Some(FORMATTING),
            "AddDate" => Some(DATING),
            _ => METHODS.contains(&name).then_some(ASKING),
        }
    }

    fn call(&self, name: &str, context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
        let duration = || {
            let given = args.any(0)?;
            let message = format!("wrong type for value; expected time.Duration; got {}", given.type_name());
            Duration::of(given).ok_or(FunctionError::Argument { index: 0, message })
        };
        Ok(match name {
            "Format" => Value::Text(self.format(args.text(0)?).into()),
            "AddDate" => Value::object(self.add_date(args.int(0)?, args.int(1)?, args.int(2)?)?),
            "Add" => Value::object(self.later(duration()?)?),
            "Round" | "Truncate" => Value::object(self.rounded(name, duration()?)?),
            _ if self.method(name) == Some(COMPARING) => {
                let other = Self::of(args.any(0)?).ok_or_else(FunctionError::nil_dereference)?;
                self.compared(name, other)
            }
            _ => self.answer(name, context),
        })
    }

    fn display(&self) -> Option<Text> {
        Some(self.shown().into())
    }

    fn json(&self) -> Option<Value> {
        Some(self.rfc3339().into())
    }
}
