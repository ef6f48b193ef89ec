//! Times and dates without a clock: milliseconds since 1970-01-01T00:00:00Z and proleptic Gregorian days.

use std::fmt;

/// Milliseconds since the Unix epoch, UTC. Facts, deadlines and receipts are in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

/// One day in milliseconds.
pub const DAY_MS: u64 = 86_400_000;

impl Millis {
    /// This time and `ms` milliseconds.
    pub fn plus_ms(self, ms: u64) -> Self {
        Millis(self.0.saturating_add(ms))
    }

    /// Whole seconds since the epoch, the unit of cosignature times.
    pub fn seconds(self) -> u64 {
        self.0 / 1000
    }

    /// The UTC day this time is in.
    pub fn date(self) -> Date {
        Date(u32::try_from(self.0 / DAY_MS).unwrap_or(u32::MAX))
    }

    /// Parses `YYYY-MM-DDThh:mm:ss[.mmm]Z` (RFC 3339, UTC only).
    pub fn parse(text: &str) -> Option<Self> {
        let (day, clock) = text.strip_suffix('Z')?.split_once('T')?;
        let (clock, ms) = match clock.split_once('.') {
            Some((clock, ms)) => (clock, digits(ms, 3)?),
            None => (clock, 0),
        };
        let mut parts = clock.split(':');
        let (hour, minute, second) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
        if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let of_day =
            u64::from(hour) * 3_600_000 + u64::from(minute) * 60_000 + u64::from(second) * 1000 + u64::from(ms);
        Some(Date::parse(day)?.start().plus_ms(of_day))
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_day = self.0 % DAY_MS;
        let (hour, minute, second, ms) = (of_day / 3_600_000, of_day / 60_000 % 60, of_day / 1000 % 60, of_day % 1000);
        write!(out, "{}T{hour:02}:{minute:02}:{second:02}", self.date())?;
        if ms != 0 {
            write!(out, ".{ms:03}")?;
        }
        out.write_str("Z")
    }
}

/// A calendar day as days since 1970-01-01. Shown and parsed as `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub u32);

impl Date {
    /// Midnight UTC at which the day starts.
    pub fn start(self) -> Millis {
        Millis(u64::from(self.0) * DAY_MS)
    }

    /// The last millisecond of the day: what is known as of a day is known by then.
    pub fn end(self) -> Millis {
        self.start().plus_ms(DAY_MS - 1)
    }

    /// Parses `YYYY-MM-DD` from 1970 on; dates that do not exist are `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
        if parts.next().is_some() || year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        let date = Date(days_from_civil(year, month, day)?);
        (date.to_string() == text).then_some(date)
    }

    /// Year, month and day.
    pub fn civil(self) -> (u32, u32, u32) {
        // H. Hinnant, "chrono-Compatible Low-Level Date Algorithms": eras of 400 years that start on 1 March.
        let z = u64::from(self.0) + 719_468;
        let (era, of_era) = (z / 146_097, z % 146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        (small(year), small(month), small(day))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(out, "{year:04}-{month:02}-{day:02}")
    }
}

fn days_from_civil(year: u32, month: u32, day: u32) -> Option<u32> {
    let year = u64::from(year) - u64::from(month <= 2);
    let (era, of_era) = (year / 400, year % 400);
    let shifted = u64::from(if month > 2 { month - 3 } else { month + 9 });
    let day_of_year = (153 * shifted + 2) / 5 + u64::from(day) - 1;
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + day_of_year;
    u32::try_from((era * 146_097 + day_of_era).checked_sub(719_468)?).ok()
}

fn digits(text: &str, len: usize) -> Option<u32> {
    (text.len() == len && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_round_trip_and_refuse_what_does_not_exist() {
        for text in ["1970-01-01", "2000-02-29", "2021-07-20", "2024-02-29", "2100-03-01"] {
            assert_eq!(Date::parse(text).map(|d| d.to_string()).as_deref(), Some(text));
        }
        for text in ["2021-02-29", "2021-13-01", "1969-12-31", "2021-7-20", "2021-07-20x"] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
        let at = Millis::parse("2021-07-20T18:30:00Z").unwrap();
        assert_eq!((at.0, at.to_string().as_str()), (1_626_805_800_000, "2021-07-20T18:30:00Z"));
        assert_eq!(Millis::parse("2021-07-20T24:00:00Z"), None);
        let day = at.date();
        assert_eq!((day.end().date(), day.end().plus_ms(1)), (day, Date(day.0 + 1).start()));
        assert_eq!(Millis::parse("2021-07-20T18:30:00+08:00"), None);
    }
}
