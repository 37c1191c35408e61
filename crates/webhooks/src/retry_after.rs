//! When a receiver wants the next request.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A receiver cannot stop its webhook for longer.
const LONGEST: Duration = Duration::from_secs(3600);

/// A receiver that asks for less is as eager as one that does not ask.
const SHORTEST: Duration = Duration::from_secs(1);

/// The pause that a `Retry-After` asks for at this time, in Unix seconds: a number of seconds, or a
/// date of HTTP.
pub(crate) fn retry_after(text: &str, now: i64) -> Option<Duration> {
    let text = text.trim();
    let pause = if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
        // More digits than fit are a long time.
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        let now: SystemTime = UNIX_EPOCH + Duration::from_secs(u64::try_from(now).ok()?);
        // A date in the past means now.
        httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default()
    };
    Some(pause.clamp(SHORTEST, LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-29 18:06:01 UTC.
    const NOW: i64 = 1_795_975_561;

    #[test]
    fn reads_seconds_and_dates_up_to_an_hour() {
        for (text, seconds) in [
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("0", Some(1)),
            ("86400", Some(3600)),
            ("99999999999999999999999999", Some(3600)),
            ("Sun, 29 Nov 2026 18:07:01 GMT", Some(60)),
            ("Sunday, 29-Nov-26 18:07:01 GMT", Some(60)),
            ("Sun Nov 29 18:07:01 2026", Some(60)),
            ("Sun, 29 Nov 2026 18:05:01 GMT", Some(1)),
            ("Mon, 30 Nov 2026 18:05:01 GMT", Some(3600)),
            ("", None),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
        ] {
            assert_eq!(retry_after(text, NOW), seconds.map(Duration::from_secs), "{text}");
        }
    }
}
