//! Go's layouts: how `Mon Jan 2 15:04:05 MST 2006` would be written says how to write a time.

use jiff::civil::DateTime;

/// What a piece of a layout stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperHalf,
    LowerHalf,
    Abbreviation,
    Offset(OffsetStyle),
    /// So many digits of the second's fraction; whether zeros at the end stay.
    Fraction {
        digits: usize,
        zeros: bool,
        mark: u8,
    },
}

/// How an offset is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OffsetStyle {
    /// Whether `Z` stands for none.
    pub(super) zulu: bool,
    /// What stands between its numbers.
    pub(super) between: &'static str,
    /// How many numbers it has: hours, then minutes, then seconds.
    pub(super) numbers: usize,
}

impl OffsetStyle {
    /// An offset that always shows its sign.
    const fn signed(between: &'static str, numbers: usize) -> Field {
        Field::Offset(Self { zulu: false, between, numbers })
    }

    /// An offset as ISO 8601 has it.
    const fn iso(between: &'static str, numbers: usize) -> Field {
        Field::Offset(Self { zulu: true, between, numbers })
    }

    /// What stands for a zone without a name.
    const NAMELESS: Self = Self { zulu: false, between: "", numbers: 2 };
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(super) const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The words of a layout that stand for something wherever they are; of those that begin alike the longer is first.
const WORDS: &[(&str, Field)] = &[
    ("January", Field::LongMonth),
    ("Monday", Field::LongWeekday),
    ("MST", Field::Abbreviation),
    ("002", Field::ZeroYearDay),
    ("01", Field::ZeroMonth),
    ("02", Field::ZeroDay),
    ("03", Field::ZeroHour12),
    ("04", Field::ZeroMinute),
    ("05", Field::ZeroSecond),
    ("06", Field::Year),
    ("15", Field::Hour),
    ("1", Field::NumMonth),
    ("2006", Field::LongYear),
    ("2", Field::Day),
    ("__2", Field::UnderYearDay),
    ("_2", Field::UnderDay),
    ("3", Field::Hour12),
    ("4", Field::Minute),
    ("5", Field::Second),
    ("PM", Field::UpperHalf),
    ("pm", Field::LowerHalf),
    ("-070000", OffsetStyle::signed("", 3)),
    ("-07:00:00", OffsetStyle::signed(":", 3)),
    ("-0700", OffsetStyle::signed("", 2)),
    ("-07:00", OffsetStyle::signed(":", 2)),
    ("-07", OffsetStyle::signed("", 1)),
    ("Z070000", OffsetStyle::iso("", 3)),
    ("Z07:00:00", OffsetStyle::iso(":", 3)),
    ("Z0700", OffsetStyle::iso("", 2)),
    ("Z07:00", OffsetStyle::iso(":", 2)),
    ("Z07", OffsetStyle::iso("", 1)),
];

/// The first piece of a layout that stands for something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    /// What stands before it.
    pub(super) prefix: &'a [u8],
    /// The piece as it is written, and what it stands for; nothing at the end of the layout.
    pub(super) field: Option<(&'a [u8], Field)>,
    /// What stands behind it.
    pub(super) rest: &'a [u8],
}

impl<'a> Piece<'a> {
    /// Finds it.
    pub(super) fn first(layout: &'a [u8]) -> Self {
        for at in 0..layout.len() {
            if let Some((length, field)) = field_at(&layout[at..]) {
                let (prefix, found) = layout.split_at(at);
                let (written, rest) = found.split_at(length);
                return Self { prefix, field: Some((written, field)), rest };
            }
        }
        Self { prefix: layout, field: None, rest: &[] }
    }
}

/// What a layout stands for at its begin, and in how many bytes.
fn field_at(layout: &[u8]) -> Option<(usize, Field)> {
    // Of `_2006` only the year stands for something.
    if layout.starts_with(b"_2006") {
        return None;
    }
    let word = WORDS.iter().find(|(word, _)| layout.starts_with(word.as_bytes()));
    if let Some((word, field)) = word {
        return Some((word.len(), *field));
    }
    match layout {
        [b'J', b'a', b'n', rest @ ..] if !begins_small(rest) => Some((3, Field::Month)),
        [b'M', b'o', b'n', rest @ ..] if !begins_small(rest) => Some((3, Field::Weekday)),
        [mark @ (b'.' | b','), digit @ (b'0' | b'9'), ..] => fraction_at(layout, *mark, *digit),
        _ => None,
    }
}

fn begins_small(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_lowercase)
}

/// Digits behind a point are a fraction where no other digit follows.
fn fraction_at(layout: &[u8], mark: u8, digit: u8) -> Option<(usize, Field)> {
    let digits = layout[1..].iter().take_while(|byte| **byte == digit).count();
    if layout.get(1 + digits).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    Some((1 + digits, Field::Fraction { digits, zeros: digit == b'0', mark }))
}

/// A time on the clock of its zone.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    pub(super) civil: DateTime,
    /// Seconds east of UTC.
    pub(super) offset: i32,
    /// The zone's abbreviation; may be empty.
    pub(super) abbreviation: String,
}

impl Clock {
    /// Writes the time as the layout says.
    pub(super) fn format(&self, layout: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(layout.len() + 10);
        let mut rest = layout;
        loop {
            let piece = Piece::first(rest);
            out.extend_from_slice(piece.prefix);
            let Some((_, field)) = piece.field else { return out };
            out.extend_from_slice(self.written(field).as_bytes());
            rest = piece.rest;
        }
    }

    fn written(&self, field: Field) -> String {
        match field {
            Field::Hour | Field::Hour12 | Field::ZeroHour12 | Field::UpperHalf | Field::LowerHalf => self.hour(field),
            Field::Minute => self.civil.minute().to_string(),
            Field::ZeroMinute => format!("{:02}", self.civil.minute()),
            Field::Second => self.civil.second().to_string(),
            Field::ZeroSecond => format!("{:02}", self.civil.second()),
            Field::Abbreviation if self.abbreviation.is_empty() => self.written_offset(OffsetStyle::NAMELESS),
            Field::Abbreviation => self.abbreviation.clone(),
            Field::Offset(style) => self.written_offset(style),
            Field::Fraction { digits, zeros, mark } => self.fraction(digits, zeros, mark),
            _ => self.day(field),
        }
    }

    fn day(&self, field: Field) -> String {
        let civil = &self.civil;
        match field {
            Field::LongYear if civil.year() < 0 => format!("-{:04}", civil.year().unsigned_abs()),
            Field::LongYear => format!("{:04}", civil.year()),
            Field::Year => format!("{:02}", civil.year().unsigned_abs() % 100),
            Field::LongMonth => self.month_name().to_owned(),
            Field::Month => self.month_name()[..3].to_owned(),
            Field::NumMonth => civil.month().to_string(),
            Field::ZeroMonth => format!("{:02}", civil.month()),
            Field::LongWeekday => self.weekday_name().to_owned(),
            Field::Weekday => self.weekday_name()[..3].to_owned(),
            Field::Day => civil.day().to_string(),
            Field::UnderDay => format!("{:2}", civil.day()),
            Field::ZeroDay => format!("{:02}", civil.day()),
            Field::UnderYearDay => format!("{:3}", civil.day_of_year()),
            _ => format!("{:03}", civil.day_of_year()),
        }
    }

    fn hour(&self, field: Field) -> String {
        let hour = self.civil.hour();
        let of_twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
        match field {
            Field::Hour => format!("{hour:02}"),
            Field::Hour12 => of_twelve.to_string(),
            Field::ZeroHour12 => format!("{of_twelve:02}"),
            Field::UpperHalf => if hour < 12 { "AM" } else { "PM" }.to_owned(),
            _ => if hour < 12 { "am" } else { "pm" }.to_owned(),
        }
    }

    fn written_offset(&self, style: OffsetStyle) -> String {
        if style.zulu && self.offset == 0 {
            return "Z".to_owned();
        }
        let minutes = self.offset / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        let numbers = [minutes.abs() / 60, minutes.abs() % 60, self.offset.abs() % 60];
        let written: Vec<String> = numbers.iter().take(style.numbers).map(|number| format!("{number:02}")).collect();
        format!("{sign}{}", written.join(style.between))
    }

    fn fraction(&self, digits: usize, zeros: bool, mark: u8) -> String {
        let nanoseconds = format!("{:09}", self.civil.subsec_nanosecond());
        let kept = &nanoseconds[..digits.min(9)];
        let kept = if zeros { kept } else { kept.trim_end_matches('0') };
        if kept.is_empty() { String::new() } else { format!("{}{kept}", char::from(mark)) }
    }

    /// The month's name.
    pub(super) fn month_name(&self) -> &'static str {
        MONTHS[usize::from(self.civil.month().unsigned_abs().clamp(1, 12)) - 1]
    }

    /// The day's name.
    pub(super) fn weekday_name(&self) -> &'static str {
        WEEKDAYS[usize::from(self.civil.weekday().to_sunday_zero_offset().unsigned_abs()) % 7]
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::Clock;

    fn formatted(layout: &str) -> String {
        let civil = date(2020, 2, 3).at(4, 5, 6, 70_000_000);
        let clock = Clock { civil, offset: -12_600, abbreviation: String::new() };
        String::from_utf8(clock.format(layout.as_bytes())).unwrap()
    }

    #[test]
    fn layouts_say_how_to_write() {
        for (layout, shown) in [
            ("2006-01-02T15:04:05Z07:00", "2020-02-03T04:05:06-03:30"),
            ("Mon Jan _2 3:04PM 2006", "Mon Feb  3 4:05AM 2020"),
            ("Monday, January __2 002 06", "Monday, February  34 034 20"),
            ("05.000 05.999 05,99 .0002", "06.070 06.07 06,07 .0034"),
            ("Janx Monx _2006 MST -07", "Janx Monx _2020 -0330 -03"),
            ("Z070000 -07:00:00", "-033000 -03:30:00"),
        ] {
            assert_eq!(formatted(layout), shown);
        }
    }
}
