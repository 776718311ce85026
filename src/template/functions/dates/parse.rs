//! Reading times as Go's layouts say.

use jiff::civil;

use crate::template::functions::FunctionError;
use crate::template::functions::dates::duration::Duration;
use crate::template::functions::dates::duration::quoted;
use crate::template::functions::dates::layout::Field;
use crate::template::functions::dates::layout::MONTHS;
use crate::template::functions::dates::layout::OffsetStyle;
use crate::template::functions::dates::layout::Piece;
use crate::template::functions::dates::layout::WEEKDAYS;
use crate::template::functions::dates::time::Time;
use crate::template::functions::dates::zone::Zone;

/// The time that `value` says; what says no zone is in `local`.
pub(super) fn parse(layout: &[u8], value: &[u8], local: &Zone) -> Result<Time, FunctionError> {
    let mut reader = Reader { rest: value, parts: Parts::default() };
    let mut rest = layout;
    loop {
        let piece = Piece::first(rest);
        if !reader.skip(piece.prefix) {
            return Err(cannot(layout, value, piece.prefix, reader.rest));
        }
        let Some((written, field)) = piece.field else { break };
        let before = reader.rest;
        match reader.field(field, piece.rest) {
            Ok(()) => {}
            Err(Trouble::Bad) => return Err(cannot(layout, value, written, before)),
            Err(Trouble::Range(what)) => return Err(refused(value, &format!("{what} out of range"))),
        }
        rest = piece.rest;
    }
    if !reader.rest.is_empty() {
        return Err(refused(value, &format!("extra text: {}", quoted(reader.rest))));
    }
    reader.parts.time(local).map_err(|what| refused(value, what))
}

fn cannot(layout: &[u8], value: &[u8], wanted: &[u8], found: &[u8]) -> FunctionError {
    let (value, layout) = (quoted(value), quoted(layout));
    let (found, wanted) = (quoted(found), quoted(wanted));
    FunctionError::new(format!("parsing time {value} as {layout}: cannot parse {found} as {wanted}"))
}

fn refused(value: &[u8], what: &str) -> FunctionError {
    FunctionError::new(format!("parsing time {}: {what}", quoted(value)))
}

/// Why a piece could not be read.
enum Trouble {
    /// It is not there.
    Bad,
    /// It is there, and too great.
    Range(&'static str),
}

type Read<T> = Result<T, Trouble>;

/// What a text says about a time.
#[derive(Debug, Default)]
struct Parts {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanosecond: i64,
    /// Whether the hour is one after noon.
    after_noon: Option<bool>,
    is_utc: bool,
    offset: Option<i32>,
    abbreviation: Vec<u8>,
}

struct Reader<'a> {
    rest: &'a [u8],
    parts: Parts,
}

impl<'a> Reader<'a> {
    /// Passes what a layout has between its pieces: any number of spaces for any, all else as it is.
    fn skip(&mut self, prefix: &[u8]) -> bool {
        let mut prefix = prefix;
        while let [first, after @ ..] = prefix {
            match (first, self.rest) {
                (b' ', [found, ..]) if *found != b' ' => return false,
                (b' ', _) => {
                    prefix = without_spaces(prefix);
                    self.rest = without_spaces(self.rest);
                }
                (wanted, [found, rest @ ..]) if wanted == found => {
                    prefix = after;
                    self.rest = rest;
                }
                _ => return false,
            }
        }
        true
    }

    fn take(&mut self, count: usize) -> Read<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Trouble::Bad)?;
        self.rest = rest;
        Ok(taken)
    }

    /// A number of one or two digits; of two where it is padded.
    fn number(&mut self, is_padded: bool) -> Read<i64> {
        let digits = self.rest.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || (is_padded && digits < 2) {
            return Err(Trouble::Bad);
        }
        self.take(digits).map(decimal)
    }

    fn below(&mut self, bound: i64, is_padded: bool, what: &'static str) -> Read<i64> {
        let number = self.number(is_padded)?;
        if number < bound { Ok(number) } else { Err(Trouble::Range(what)) }
    }

    fn name(&mut self, names: &[&str], length: Option<usize>) -> Read<i64> {
        for (index, name) in names.iter().enumerate() {
            let name = &name[..length.unwrap_or(name.len())];
            if self.rest.get(..name.len()).is_some_and(|text| text.eq_ignore_ascii_case(name.as_bytes())) {
                self.take(name.len())?;
                return Ok(i64::try_from(index).unwrap_or_default());
            }
        }
        Err(Trouble::Bad)
    }

    fn pass_space(&mut self) {
        self.rest = self.rest.strip_prefix(b" ").unwrap_or(self.rest);
    }

    fn field(&mut self, field: Field, layout_after: &[u8]) -> Read<()> {
        match field {
            Field::Hour => self.parts.hour = self.below(24, false, "hour")?,
            Field::Hour12 => self.parts.hour = self.below(13, false, "hour")?,
            Field::ZeroHour12 => self.parts.hour = self.below(13, true, "hour")?,
            Field::Minute => self.parts.minute = self.below(60, false, "minute")?,
            Field::ZeroMinute => self.parts.minute = self.below(60, true, "minute")?,
            Field::Second => self.second(false, layout_after)?,
            Field::ZeroSecond => self.second(true, layout_after)?,
            Field::UpperHalf => self.half(b"AM", b"PM")?,
            Field::LowerHalf => self.half(b"am", b"pm")?,
            Field::Abbreviation => self.abbreviation()?,
            Field::Offset(style) if style.zulu && self.rest.starts_with(b"Z") => {
                self.take(1)?;
                self.parts.is_utc = true;
            }
            Field::Offset(style) => self.offset(style)?,
            Field::Fraction { digits, zeros: true, .. } => self.fraction(1 + digits)?,
            Field::Fraction { .. } if self.begins_fraction() => self.fraction(self.fraction_length())?,
            Field::Fraction { .. } => {}
            _ => return self.date(field),
        }
        Ok(())
    }

    fn date(&mut self, field: Field) -> Read<()> {
        match field {
            Field::LongYear if !self.rest.first().is_some_and(u8::is_ascii_digit) => return Err(Trouble::Bad),
            Field::LongYear => self.parts.year = whole(self.take(4)?)?,
            Field::Year => {
                let year = whole(self.take(2)?)?;
                self.parts.year = if year >= 69 { 1900 + year } else { 2000 + year };
            }
            Field::LongMonth => self.parts.month = Some(self.name(&MONTHS, None)? + 1),
            Field::Month => self.parts.month = Some(self.name(&MONTHS, Some(3))? + 1),
            Field::NumMonth | Field::ZeroMonth => {
                let month = self.number(field == Field::ZeroMonth)?;
                if !(1..=12).contains(&month) {
                    return Err(Trouble::Range("month"));
                }
                self.parts.month = Some(month);
            }
            Field::LongWeekday => drop(self.name(&WEEKDAYS, None)?),
            Field::Weekday => drop(self.name(&WEEKDAYS, Some(3))?),
            Field::UnderYearDay | Field::ZeroYearDay => self.year_day(field == Field::ZeroYearDay)?,
            _ => {
                if field == Field::UnderDay {
                    self.pass_space();
                }
                self.parts.day = Some(self.number(field == Field::ZeroDay)?);
            }
        }
        Ok(())
    }

    fn year_day(&mut self, is_padded: bool) -> Read<()> {
        if !is_padded {
            self.pass_space();
            self.pass_space();
        }
        let digits = self.rest.iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || (is_padded && digits < 3) {
            return Err(Trouble::Bad);
        }
        self.parts.year_day = Some(decimal(self.take(digits)?));
        Ok(())
    }

    /// Seconds, and a fraction behind them that the layout does not speak of.
    fn second(&mut self, is_padded: bool, layout_after: &[u8]) -> Read<()> {
        self.parts.second = self.below(60, is_padded, "second")?;
        let spoken_of = matches!(Piece::first(layout_after).field, Some((_, Field::Fraction { .. })));
        if self.begins_fraction() && !spoken_of {
            self.fraction(self.fraction_length())?;
        }
        Ok(())
    }

    fn begins_fraction(&self) -> bool {
        matches!(self.rest, [b'.' | b',', digit, ..] if digit.is_ascii_digit())
    }

    fn fraction_length(&self) -> usize {
        1 + self.rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count()
    }

    /// A point and digits, so many bytes together.
    fn fraction(&mut self, length: usize) -> Read<()> {
        let text = self.take(length)?;
        let [b'.' | b',', digits @ ..] = text else { return Err(Trouble::Bad) };
        let digits = &digits[..digits.len().min(9)];
        if whole(digits)? < 0 {
            return Err(Trouble::Range("fractional second"));
        }
        let missing = u32::try_from(9 - digits.len()).unwrap_or_default();
        self.parts.nanosecond = whole(digits)? * 10_i64.pow(missing);
        Ok(())
    }

    fn half(&mut self, before_noon: &[u8], after_noon: &[u8]) -> Read<()> {
        let text = self.take(2)?;
        if text != before_noon && text != after_noon {
            return Err(Trouble::Bad);
        }
        self.parts.after_noon = Some(text == after_noon);
        Ok(())
    }

    fn offset(&mut self, style: OffsetStyle) -> Read<()> {
        let (count, gap) = (style.numbers, style.between.len());
        let width = 2 + gap;
        let text = self.take(1 + count * width - gap)?;
        let mut parts = [0; 3];
        for (index, part) in parts.iter_mut().enumerate().take(count) {
            let at = 1 + index * width;
            if gap > 0 && index > 0 && text[at - 1] != b':' {
                return Err(Trouble::Bad);
            }
            *part = padded(&text[at..at + 2])?;
        }
        for (part, (most, what)) in parts.iter().zip(OFFSET_PARTS) {
            if *part > most {
                return Err(Trouble::Range(what));
            }
        }
        let seconds = (parts[0] * 60 + parts[1]) * 60 + parts[2];
        self.parts.offset = Some(match text[0] {
            b'+' => seconds,
            b'-' => -seconds,
            _ => return Err(Trouble::Bad),
        });
        Ok(())
    }

    fn abbreviation(&mut self) -> Read<()> {
        if self.rest.starts_with(b"UTC") {
            self.take(3)?;
            self.parts.is_utc = true;
            return Ok(());
        }
        let length = abbreviation_length(self.rest).ok_or(Trouble::Bad)?;
        self.parts.abbreviation = self.take(length)?.to_vec();
        Ok(())
    }
}

/// The most that each part of an offset may be; some people write 24 hours and 60 minutes.
const OFFSET_PARTS: [(i32, &str); 3] =
    [(24, "time zone offset hour"), (60, "time zone offset minute"), (60, "time zone offset second")];

fn without_spaces(text: &[u8]) -> &[u8] {
    &text[text.iter().position(|byte| *byte != b' ').unwrap_or(text.len())..]
}

fn decimal(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'))
}

fn padded(text: &[u8]) -> Read<i32> {
    match text {
        [a, b] if a.is_ascii_digit() && b.is_ascii_digit() => Ok(i32::from(a - b'0') * 10 + i32::from(b - b'0')),
        _ => Err(Trouble::Bad),
    }
}

/// A whole number with its sign, if there is one.
fn whole(text: &[u8]) -> Read<i64> {
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or(Trouble::Bad)
}

/// How long the abbreviation of a zone is that the text begins with.
fn abbreviation_length(text: &[u8]) -> Option<usize> {
    let capitals = text.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count();
    match text {
        [_, _] | [_] | [] => None,
        [b'C', b'h', b'S', b'T', ..] | [b'M', b'e', b'S', b'T', ..] => Some(4),
        [b'G', b'M', b'T', rest @ ..] => Some(3 + signed_length(rest).unwrap_or(0)),
        [b'+' | b'-', ..] => signed_length(text),
        _ if capitals == 5 && text[4] == b'T' => Some(5),
        _ if capitals == 4 && (text[3] == b'T' || text.starts_with(b"WITA")) => Some(4),
        _ if capitals == 3 => Some(3),
        _ => None,
    }
}

/// The length of a signed number up to 23.
fn signed_length(text: &[u8]) -> Option<usize> {
    let [b'+' | b'-', digits @ ..] = text else { return None };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number: u64 = std::str::from_utf8(&digits[..count]).ok()?.parse().ok()?;
    (number <= 23).then_some(1 + count)
}

impl Parts {
    /// The time that they make up; what is wrong otherwise.
    fn time(self, local: &Zone) -> Result<Time, &'static str> {
        let (month, day) = self.month_and_day()?;
        let out_of_range = |_| "day out of range";
        let field = |number: i64| i8::try_from(number).unwrap_or(-1);
        let year = i16::try_from(self.year).unwrap_or(-1);
        let date = civil::Date::new(year, field(month), field(day)).map_err(out_of_range)?;
        let hour = match self.after_noon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let nanosecond = i32::try_from(self.nanosecond).unwrap_or_default();
        let civil = date.at(field(hour), field(self.minute), field(self.second), nanosecond);
        self.in_zone(civil, local).map_err(|_| "day out of range")
    }

    fn month_and_day(&self) -> Result<(i64, i64), &'static str> {
        let Some(year_day) = self.year_day else { return Ok((self.month.unwrap_or(1), self.day.unwrap_or(1))) };
        let year = i16::try_from(self.year).unwrap_or_default();
        let first = civil::Date::new(year, 1, 1).map_err(|_| "day-of-year out of range")?;
        if year_day < 1 || year_day > i64::from(first.days_in_year()) {
            return Err("day-of-year out of range");
        }
        let date = first.saturating_add(jiff::Span::new().days(year_day - 1));
        let (month, day) = (i64::from(date.month()), i64::from(date.day()));
        if self.month.is_some_and(|given| given != month) {
            return Err("day-of-year does not match month");
        }
        if self.day.is_some_and(|given| given != day) {
            return Err("day-of-year does not match day");
        }
        Ok((month, day))
    }

    fn in_zone(&self, civil: civil::DateTime, local: &Zone) -> Result<Time, FunctionError> {
        if self.is_utc {
            return Time::on_clock(civil, Zone::Utc);
        }
        let name = String::from_utf8_lossy(&self.abbreviation).into_owned();
        match self.offset {
            // Go's mark for no offset at all.
            Some(-1) | None if name.is_empty() => Time::on_clock(civil, local.clone()),
            Some(offset) if offset != -1 => with_offset(civil, offset, name, local),
            _ => with_abbreviation(civil, name, local),
        }
    }
}

/// In the local zone if that has this offset then, else in one of that offset.
fn with_offset(civil: civil::DateTime, offset: i32, name: String, local: &Zone) -> Result<Time, FunctionError> {
    let time = Time::on_clock(civil, Zone::Utc)?.later(Duration(-i64::from(offset) * Duration::SECOND.0))?;
    let (local_offset, local_name) = local.offset(time.instant());
    let is_local = local_offset == offset && (name.is_empty() || name == local_name);
    Ok(time.in_zone(if is_local { local.clone() } else { Zone::Fixed(offset, name) }))
}

/// In the local zone if that has this abbreviation, else in one of that name without an offset, but for `GMT+3`.
fn with_abbreviation(civil: civil::DateTime, name: String, local: &Zone) -> Result<Time, FunctionError> {
    let time = Time::on_clock(civil, local.clone())?;
    if local.offset(time.instant()).1 == name {
        return Ok(time);
    }
    let hours = name.strip_prefix("GMT").and_then(|hours| hours.parse::<i32>().ok()).unwrap_or(0);
    // The clock is taken as UTC's, whatever the offset is shown as.
    Ok(Time::on_clock(civil, Zone::Utc)?.in_zone(Zone::Fixed(hours * 3600, name)))
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::template::format::display;
    use crate::template::functions::dates::zone::Zone;
    use crate::template::value::Value;

    fn shown(layout: &str, value: &str) -> String {
        match parse(layout.as_bytes(), value.as_bytes(), &Zone::Utc) {
            Ok(time) => display(&Value::object(time)).to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn times_are_read_as_the_layout_says() {
        assert_eq!(
            shown("2006-01-02 15:04:05 -0700", "2020-02-03 04:05:06.5 +0330"),
            "2020-02-03 04:05:06.5 +0330 +0330"
        );
        assert_eq!(shown("Jan _2 3:04PM 06", "feb  3 12:05AM 70"), "1970-02-03 00:05:00 +0000 UTC");
        assert_eq!(shown("2006", "x"), "parsing time \"x\" as \"2006\": cannot parse \"x\" as \"2006\"");
        assert_eq!(shown("2006-01-02", "2021-02-29"), "parsing time \"2021-02-29\": day out of range");
        assert_eq!(shown("2006", "20201"), "parsing time \"20201\": extra text: \"1\"");
    }
}
