//! Points in time, as precise as callers see them.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};

/// A point in time in UTC, in milliseconds: what is stored and what is shown have the same
/// precision, so that a time from a reply can be used in a request (docs/api.md#ids-and-times).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

/// Text that is not a point in time in RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a time in RFC 3339, such as 2026-11-22T15:04:05.123Z")]
pub struct InvalidTimestamp;

impl Timestamp {
    /// The time that many milliseconds after the Unix epoch; `None` outside what a calendar holds.
    #[must_use]
    pub fn from_unix_millis(millis: i64) -> Option<Self> {
        DateTime::from_timestamp_millis(millis).map(Self)
    }

    /// Reads a time in RFC 3339; anything finer than a millisecond is cut off.
    ///
    /// # Errors
    /// When the text is not a time in RFC 3339.
    pub fn parse(text: &str) -> Result<Self, InvalidTimestamp> {
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| InvalidTimestamp)?;
        Self::from_unix_millis(time.timestamp_millis()).ok_or(InvalidTimestamp)
    }

    /// Reads a time in RFC 3339 that is exact to the millisecond.
    ///
    /// # Errors
    /// When the text is not a time in RFC 3339, or one between two milliseconds.
    pub fn parse_exact(text: &str) -> Result<Self, InvalidTimestamp> {
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| InvalidTimestamp)?;
        let read = Self::from(time.to_utc());
        if read.0 == time { Ok(read) } else { Err(InvalidTimestamp) }
    }

    /// The time of a change, given the time of the previous one: a millisecond after that if the
    /// clock is behind, so that every change moves the time forward.
    #[must_use]
    pub fn following(self, last: Self) -> Self {
        if self >= last {
            return self;
        }
        Self::from_unix_millis(last.as_unix_millis().saturating_add(1)).unwrap_or(last)
    }

    /// The time this long after it; what the calendar does not hold is its last time.
    #[must_use]
    pub fn after(self, pause: Duration) -> Self {
        let millis = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
        let later = Self::from_unix_millis(self.as_unix_millis().saturating_add(millis));
        later.unwrap_or(Self(DateTime::<Utc>::MAX_UTC))
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn as_unix_millis(self) -> i64 {
        self.0.timestamp_millis()
    }

    /// The same time for `chrono`.
    #[must_use]
    pub fn as_date_time(self) -> DateTime<Utc> {
        self.0
    }
}

impl From<DateTime<Utc>> for Timestamp {
    /// Cuts off anything finer than a millisecond.
    fn from(time: DateTime<Utc>) -> Self {
        Self::from_unix_millis(time.timestamp_millis()).unwrap_or(Self(time))
    }
}

/// The form in which times are shown, as bytes: `2026-11-22T15:04:05.123Z`.
const SHAPE: [u8; 24] = *b"0000-00-00T00:00:00.000Z";

impl Timestamp {
    /// Writes the time into a buffer, and answers the text; `None` for a year without four digits.
    fn encode(self, buffer: &mut [u8; SHAPE.len()]) -> Option<&str> {
        let (date, time) = (self.0.date_naive(), self.0.time());
        let year = u32::try_from(date.year()).ok().filter(|year| *year <= 9_999)?;
        let mut put = |place: usize, digits: usize, mut value: u32| {
            for digit in buffer[place..place + digits].iter_mut().rev() {
                *digit = b'0' + (value % 10) as u8;
                value /= 10;
            }
        };
        put(0, 4, year);
        put(5, 2, date.month());
        put(8, 2, date.day());
        put(11, 2, time.hour());
        put(14, 2, time.minute());
        put(17, 2, time.second());
        put(20, 3, self.0.timestamp_subsec_millis());
        std::str::from_utf8(buffer).ok()
    }
}

impl fmt::Display for Timestamp {
    /// In RFC 3339, to the millisecond. Lists contain many times: with chrono, formatting took an
    /// eighth of the instructions of a list.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.encode(&mut SHAPE.clone()) {
            Some(text) => formatter.write_str(text),
            None => formatter.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true)),
        }
    }
}

impl std::str::FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.encode(&mut SHAPE.clone()) {
            Some(text) => serializer.serialize_str(text),
            None => serializer.collect_str(self),
        }
    }
}

crate::text::deserialize_from_str!(Timestamp);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_milliseconds_in_utc() {
        let shown = Timestamp::parse("2026-11-22T16:04:05.1239+01:00").map(|time| time.to_string());

        assert_eq!(shown, Ok("2026-11-22T15:04:05.123Z".to_owned()));
    }

    #[test]
    fn a_change_is_never_before_the_last_one() {
        let at = |millis| Timestamp::from_unix_millis(millis).expect("in the calendar");

        assert_eq!(at(7).following(at(5)), at(7));
        assert_eq!(at(5).following(at(5)), at(5));
        assert_eq!(at(3).following(at(5)), at(6));
    }

    #[test]
    fn an_exact_time_has_no_more_than_milliseconds() {
        let exact = |text| Timestamp::parse_exact(text).map(|time| time.to_string());

        for same in ["2026-11-22T15:04:05.12Z", "2026-11-22T16:04:05.120000+01:00"] {
            assert_eq!(exact(same), Ok("2026-11-22T15:04:05.120Z".to_owned()), "{same}");
        }
        for wrong in ["2026-11-22T15:04:05.1234Z", "2026-11-22T15:04:05.000000001Z", "2026-11-22"] {
            assert_eq!(exact(wrong), Err(InvalidTimestamp), "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn is_shown_as_chrono_shows_it(millis in -70_000_000_000_000_i64..260_000_000_000_000) {
            let time = Timestamp::from_unix_millis(millis).expect("in the calendar");
            let expected = time.0.to_rfc3339_opts(SecondsFormat::Millis, true);

            proptest::prop_assert_eq!(time.to_string(), expected);
        }
    }

    #[test]
    fn what_is_shown_reads_back() {
        let time = Timestamp::from_unix_millis(1_795_359_845_123);

        assert_eq!(time.map(|time| Timestamp::parse(&time.to_string())), time.map(Ok));
    }
}
