//! Sprig's dates.

mod duration;
mod layout;
mod parse;
mod time;
mod zone;

use jiff::Timestamp;

use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::functions::cast;
use crate::template::value::IntType;
use crate::template::value::Value;

use duration::Duration;
use time::Time;
use zone::Zone;

const TIME: Param = Param::Object(time::TYPE);

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("now", &[], now),
    Function::new("date", &[Param::Text, Param::Any], date),
    Function::new("dateInZone", &[Param::Text, Param::Any, Param::Text], date_in_zone),
    Function::new("date_in_zone", &[Param::Text, Param::Any, Param::Text], date_in_zone),
    Function::new("htmlDate", &[Param::Any], html_date),
    Function::new("htmlDateInZone", &[Param::Any, Param::Text], html_date_in_zone),
    Function::new("dateModify", &[Param::Text, TIME], date_modify),
    Function::new("date_modify", &[Param::Text, TIME], date_modify),
    Function::new("mustDateModify", &[Param::Text, TIME], must_date_modify),
    Function::new("must_date_modify", &[Param::Text, TIME], must_date_modify),
    Function::new("ago", &[Param::Any], ago),
    Function::new("duration", &[Param::Any], duration),
    Function::new("durationRound", &[Param::Any], duration_round),
    Function::new("toDate", &[Param::Text, Param::Text], to_date),
    Function::new("mustToDate", &[Param::Text, Param::Text], must_to_date),
    Function::new("unixEpoch", &[TIME], unix_epoch),
];

const HTML: &[u8] = b"2006-01-02";

fn now(context: &mut Context<'_>, _: Args<'_>) -> Result<Value, FunctionError> {
    Ok(Value::object(here_and_now(context)))
}

fn here_and_now(context: &mut Context<'_>) -> Time {
    Time::new(context.world.now(), Zone::local(context.world))
}

/// A time as it is, a number as the second it counts from 1970 on; anything else is now.
fn time_of(context: &mut Context<'_>, value: &Value) -> Result<Time, FunctionError> {
    match value {
        Value::Int(seconds, IntType::Int | IntType::Int32 | IntType::Int64) => {
            let instant = Timestamp::from_second(*seconds).map_err(|_| time::out_of_range())?;
            Ok(Time::new(instant, Zone::local(context.world)))
        }
        other => Ok(Time::of(other).cloned().unwrap_or_else(|| here_and_now(context))),
    }
}

fn formatted(
    context: &mut Context<'_>,
    layout: &[u8],
    value: &Value,
    zone: Option<&[u8]>,
) -> Result<Value, FunctionError> {
    let time = time_of(context, value)?;
    let zone = zone.map_or_else(|| Zone::local(context.world), |name| Zone::named(context.world, name));
    Ok(Value::Text(time.in_zone(zone).format(layout).into()))
}

fn date(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    formatted(context, args.text(0)?, args.any(1)?, None)
}

fn date_in_zone(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    formatted(context, args.text(0)?, args.any(1)?, Some(args.text(2)?))
}

fn html_date(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    formatted(context, HTML, args.any(0)?, None)
}

fn html_date_in_zone(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    formatted(context, HTML, args.any(0)?, Some(args.text(1)?))
}

/// The time later by the duration, or as it is where that is none.
fn date_modify(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    match Duration::parse(args.text(0)?) {
        Ok(duration) => Ok(Value::object(time(args, 1)?.later(duration)?)),
        Err(_) => args.any(1).cloned(),
    }
}

fn must_date_modify(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let duration = Duration::parse(args.text(0)?)?;
    Ok(Value::object(time(args, 1)?.later(duration)?))
}

fn time(args: Args<'_>, index: usize) -> Result<&Time, FunctionError> {
    Time::of(args.any(index)?).ok_or_else(FunctionError::nil_dereference)
}

/// How long ago that was, in whole seconds.
fn ago(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    // Sprig's function does not know a number of 32 bits.
    let value = args.any(0)?;
    let then = match value {
        Value::Int(_, IntType::Int32) => here_and_now(context),
        other => time_of(context, other)?,
    };
    let passed = here_and_now(context).since(&then);
    Ok(passed.rounded(Duration::SECOND).to_string().into())
}

/// So many seconds; a literal number is none, as sprig's function does not know `int`.
fn duration(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let seconds = match args.any(0)? {
        Value::Text(text) => cast::atoi(text),
        Value::Int(seconds, IntType::Int64) => *seconds,
        _ => 0,
    };
    Ok(Duration(seconds.wrapping_mul(Duration::SECOND.0)).to_string().into())
}

/// The duration in the greatest unit that it exceeds.
fn duration_round(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let duration = match args.any(0)? {
        Value::Text(text) => Duration::parse(text).unwrap_or(Duration(0)),
        Value::Int(nanoseconds, IntType::Int64) => Duration(*nanoseconds),
        other => match Time::of(other) {
            Some(time) => here_and_now(context).since(time),
            None => Duration(0),
        },
    };
    Ok(duration.in_one_unit().into())
}

/// The time that the text says; the first of year 1 where it says none.
fn to_date(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let parsed = parse::parse(args.text(0)?, args.text(1)?, &Zone::local(context.world));
    Ok(Value::object(parsed.unwrap_or_else(|_| Time::zero())))
}

fn must_to_date(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let parsed = parse::parse(args.text(0)?, args.text(1)?, &Zone::local(context.world))?;
    Ok(Value::object(parsed))
}

fn unix_epoch(_: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    Ok(time(args, 0)?.unix_seconds().to_string().into())
}

#[cfg(test)]
mod tests {
    use crate::template::functions::call_for_test;

    #[test]
    fn now_is_the_worlds() {
        let now = call_for_test("now", &[]).unwrap();
        assert_eq!(now.type_name(), "time.Time");
        assert_eq!(call_for_test("ago", &[now]).unwrap().as_text().unwrap().to_string(), "0s");
        assert_eq!(call_for_test("ago", &[(-90).into()]).unwrap().as_text().unwrap().to_string(), "1m30s");
    }
}
