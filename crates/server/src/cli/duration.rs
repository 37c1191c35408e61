//! Spans of time as people give them at the command line.

use std::time::Duration;

/// The longest, in seconds: 90 days.
const MOST: u64 = 90 * 24 * 60 * 60;

const USAGE: &str = "must be a whole number of s, min, h or d, such as 24h, from 1s to 90d";

/// Reads a span such as `24h`.
pub(super) fn parse(text: &str) -> Result<Duration, &'static str> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let second: u64 = match unit {
        "s" => 1,
        "min" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err(USAGE),
    };
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(second));
    let seconds = seconds.filter(|seconds| (1..=MOST).contains(seconds)).ok_or(USAGE)?;
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        for (text, seconds) in [("1s", 1), ("15min", 900), ("24h", 86_400), ("90d", MOST)] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "1", "s", "0s", "-1s", "+1s", "1 h", "1H", "91d", "99999999999999999999d"]
        {
            assert_eq!(parse(text), Err(USAGE), "{text}");
        }
    }
}
