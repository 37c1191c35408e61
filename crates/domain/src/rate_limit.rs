//! Rate limits: a number of requests per period.

use std::fmt;
use std::time::Duration;

use crate::vocabulary::vocabulary;

vocabulary! {
    /// The time over which the requests of a [`RateLimit`] are spread.
    RatePeriod {
        Second = "s",
        Minute = "min",
        Hour = "h",
    }
}

/// A number of requests in a period, such as `600/min`: this many at once, refilled over each
/// period. It has one spelling; `60/min` and `1/s` are two limits, which differ in what they allow
/// at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RateLimit {
    requests: u32,
    period: RatePeriod,
}

/// Text that is not a [`RateLimit`], or one outside its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 1000000 requests per s, min or h, such as 600/min")]
pub struct InvalidRateLimit;

impl RatePeriod {
    /// How long it is.
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_secs(match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 60 * 60,
        })
    }
}

impl RateLimit {
    /// The most requests that it may allow in a period.
    pub const MAX_REQUESTS: u32 = 1_000_000;

    /// This many requests in each period.
    ///
    /// # Errors
    /// When there are none, or more than [`RateLimit::MAX_REQUESTS`].
    pub fn new(requests: u32, period: RatePeriod) -> Result<Self, InvalidRateLimit> {
        if (1..=Self::MAX_REQUESTS).contains(&requests) {
            Ok(Self { requests, period })
        } else {
            Err(InvalidRateLimit)
        }
    }

    /// Reads a limit from its one spelling.
    ///
    /// # Errors
    /// When the text is anything else, or outside the bounds.
    pub fn parse(text: &str) -> Result<Self, InvalidRateLimit> {
        let (requests, period) = text.split_once('/').ok_or(InvalidRateLimit)?;
        // `parse` would take `+1` and `01` as well.
        if requests.starts_with(['+', '0']) {
            return Err(InvalidRateLimit);
        }
        let requests = requests.parse().map_err(|_| InvalidRateLimit)?;
        Self::new(requests, period.parse().map_err(|_| InvalidRateLimit)?)
    }

    /// How many requests it allows in a period, and at once.
    #[must_use]
    pub const fn requests(self) -> u32 {
        self.requests
    }

    /// The period.
    #[must_use]
    pub const fn period(self) -> RatePeriod {
        self.period
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.requests, self.period)
    }
}

impl std::str::FromStr for RateLimit {
    type Err = InvalidRateLimit;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for RateLimit {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

crate::text::deserialize_from_str!(RateLimit);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_limit_has_one_spelling() {
        for text in ["1/s", "600/min", "1000000/h"] {
            assert_eq!(RateLimit::parse(text).map(|limit| limit.to_string()), Ok(text.to_owned()));
        }
        for text in [
            "",
            "/",
            "600",
            "600/",
            "/min",
            "600/minute",
            "600/MIN",
            "600 / min",
            " 600/min",
            "600/min ",
            "+600/min",
            "0600/min",
            "-1/s",
            "1.5/s",
            "1/s/s",
            "1/d",
            "٣/s",
        ] {
            assert_eq!(RateLimit::parse(text), Err(InvalidRateLimit), "{text:?}");
        }
    }

    #[test]
    fn the_bounds_are_part_of_it() {
        for text in ["0/s", "00/s", "1000001/h", "4294967296/s", "99999999999999999999/s"] {
            assert_eq!(RateLimit::parse(text), Err(InvalidRateLimit), "{text}");
        }
        assert!(InvalidRateLimit.to_string().contains(&RateLimit::MAX_REQUESTS.to_string()));
        assert!(RateLimit::new(0, RatePeriod::Second).is_err());
        assert!(RateLimit::new(RateLimit::MAX_REQUESTS + 1, RatePeriod::Hour).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            requests in 1..=RateLimit::MAX_REQUESTS,
            period in prop::sample::select(RatePeriod::ALL),
        ) {
            let limit = RateLimit::new(requests, period);

            prop_assert_eq!(limit.and_then(|limit| limit.to_string().parse()), limit);
        }

        #[test]
        fn what_is_read_is_written_as_it_was(text in "[+0-9]{0,8}/?(s|min|h|m)?") {
            if let Ok(limit) = RateLimit::parse(&text) {
                prop_assert_eq!(limit.to_string(), text);
            }
        }
    }
}
