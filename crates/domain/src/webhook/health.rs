//! The health of a webhook's receiver: when to retry, when to pause, when to give up.

use std::time::Duration;

use crate::Timestamp;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// Whether a webhook delivers.
    WebhookStatus {
        Healthy = "healthy",
        Failing = "failing",
        Paused = "paused",
        Disabled = "disabled",
    }
}

vocabulary! {
    /// Why the service disabled a webhook.
    DisabledReason {
        Failing = "failing",
        Gone = "gone",
    }
}

/// How often a failed delivery is retried: 0 to 10 times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    max_retries: u8,
}

/// A number of retries that is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be between 0 and {max}", max = RetryPolicy::MAX_RETRIES)]
pub struct InvalidRetryPolicy;

/// A random number by which retries are spread: 0 is the earliest time, `u16::MAX` the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jitter(pub u16);

/// The outcome of an attempt, as far as it tells something about the receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The receiver accepted the delivery.
    Success,
    /// It did not.
    Failure {
        /// How long the receiver asked to wait, in the reply to a 429 or 503.
        retry_after: Option<Duration>,
    },
    /// It replied that it is gone (410).
    Gone,
}

/// What may be sent to a receiver at a given time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Everything.
    Open,
    /// One delivery, to see whether the receiver works again.
    Probe,
    /// Nothing before this time.
    Wait(Timestamp),
    /// Nothing: the webhook is disabled.
    Disabled,
}

/// The health of the receiver of a webhook: a circuit breaker. After five failures in a row it lets
/// through nothing but a probe now and then, until one succeeds; after five days without a success it
/// disables the webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReceiverHealth {
    /// How many attempts failed since the last success.
    pub consecutive_failures: u32,
    /// When the first of them failed.
    pub failing_since: Option<Timestamp>,
    /// Nothing is sent before this time.
    pub resumes_at: Option<Timestamp>,
    /// Why the webhook is disabled, if it is.
    pub disabled: Option<DisabledReason>,
}

const SECOND: u64 = 1;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// The pauses before the retries of a delivery, in seconds.
const RETRY_PAUSES: [u64; RetryPolicy::MAX_RETRIES as usize] = [
    5 * SECOND,
    30 * SECOND,
    2 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    24 * HOUR,
];

impl RetryPolicy {
    /// The most retries.
    pub const MAX_RETRIES: u8 = 10;

    /// This many retries.
    ///
    /// # Errors
    /// When there are more than allowed.
    pub const fn new(max_retries: u8) -> Result<Self, InvalidRetryPolicy> {
        if max_retries <= Self::MAX_RETRIES {
            Ok(Self { max_retries })
        } else {
            Err(InvalidRetryPolicy)
        }
    }

    /// How often a failed delivery is retried.
    #[must_use]
    pub const fn max_retries(self) -> u8 {
        self.max_retries
    }

    /// When a delivery is retried that failed for this time after this many attempts; none if it is not. A
    /// `retry_after` of the receiver is kept, up to an hour.
    #[must_use]
    pub fn next_attempt(
        self,
        attempts: usize,
        (now, jitter): (Timestamp, Jitter),
        retry_after: Option<Duration>,
    ) -> Option<Timestamp> {
        let retry = attempts.checked_sub(1)?;
        if retry >= usize::from(self.max_retries) {
            return None;
        }
        let pause = jitter.spread(Duration::from_secs(*RETRY_PAUSES.get(retry)?));
        let asked = retry_after.map_or(Duration::ZERO, asked_pause);
        Some(now.after(pause.max(asked)))
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { max_retries: Self::MAX_RETRIES }
    }
}

impl Jitter {
    /// A pause of 80 to 120 percent.
    #[must_use]
    pub fn spread(self, pause: Duration) -> Duration {
        let percent = pause / 100;
        80 * percent + (40 * percent).mul_f64(f64::from(self.0) / f64::from(u16::MAX))
    }
}

/// How long a receiver may ask to wait: a second to an hour.
fn asked_pause(retry_after: Duration) -> Duration {
    retry_after.clamp(Duration::from_secs(SECOND), Duration::from_secs(HOUR))
}

impl ReceiverHealth {
    /// After this many failures in a row nothing but probes is sent.
    pub const FAILURES_UNTIL_OPEN: u32 = 5;
    /// The pause before the first probe.
    pub const FIRST_PROBE: Duration = Duration::from_secs(30 * SECOND);
    /// The longest pause between two probes.
    pub const LONGEST_PROBE: Duration = Duration::from_secs(HOUR);
    /// A webhook is disabled after this time without a success.
    pub const GIVES_UP_AFTER: Duration = Duration::from_secs(5 * 24 * HOUR);

    /// The health after an attempt that ended at this time.
    #[must_use]
    pub fn after(self, outcome: AttemptOutcome, now: Timestamp) -> Self {
        let retry_after = match outcome {
            AttemptOutcome::Success => return Self { disabled: self.disabled, ..Self::default() },
            AttemptOutcome::Failure { retry_after } => retry_after,
            AttemptOutcome::Gone => None,
        };
        let failures = self.consecutive_failures.saturating_add(1);
        let since = self.failing_since.unwrap_or(now);
        let probe = probe_pause(failures);
        let pause = match (probe, retry_after.map(asked_pause)) {
            (Some(probe), Some(asked)) => Some(probe.max(asked)),
            (probe, asked) => probe.or(asked),
        };
        let disabled = if outcome == AttemptOutcome::Gone {
            Some(DisabledReason::Gone)
        } else if failures >= Self::FAILURES_UNTIL_OPEN && since.after(Self::GIVES_UP_AFTER) <= now
        {
            Some(DisabledReason::Failing)
        } else {
            None
        };
        Self {
            consecutive_failures: failures,
            failing_since: Some(since),
            // Of attempts at the same time, the first to end shall not shorten the pause of another.
            resumes_at: self.resumes_at.max(pause.map(|pause| now.after(pause))),
            disabled: self.disabled.or(disabled),
        }
    }

    /// What may be sent at this time.
    #[must_use]
    pub fn admission(self, now: Timestamp) -> Admission {
        match self.resumes_at {
            _ if self.disabled.is_some() => Admission::Disabled,
            Some(resumes_at) if resumes_at > now => Admission::Wait(resumes_at),
            _ if self.is_failing() => Admission::Probe,
            _ => Admission::Open,
        }
    }

    /// When a delivery of a webhook with this health is attempted that is scheduled for this time: not
    /// before the receiver gets anything again. None while the webhook is switched off or disabled, because
    /// its owner decides when that ends.
    #[must_use]
    pub fn next_attempt(self, is_active: bool, scheduled: Timestamp) -> Option<Timestamp> {
        match self.status(is_active) {
            WebhookStatus::Healthy | WebhookStatus::Failing => {
                Some(self.resumes_at.map_or(scheduled, |resumes_at| scheduled.max(resumes_at)))
            }
            WebhookStatus::Paused | WebhookStatus::Disabled => None,
        }
    }

    /// The status of a webhook with this health that its owner switched on or off.
    #[must_use]
    pub fn status(self, is_active: bool) -> WebhookStatus {
        if self.disabled.is_some() {
            WebhookStatus::Disabled
        } else if !is_active {
            WebhookStatus::Paused
        } else if self.is_failing() {
            WebhookStatus::Failing
        } else {
            WebhookStatus::Healthy
        }
    }

    /// Whether nothing but probes is sent.
    #[must_use]
    pub fn is_failing(self) -> bool {
        self.consecutive_failures >= Self::FAILURES_UNTIL_OPEN
    }
}

/// The pause before the next probe after this many failures in a row, if nothing but probes is sent.
fn probe_pause(failures: u32) -> Option<Duration> {
    let probes = failures.checked_sub(ReceiverHealth::FAILURES_UNTIL_OPEN)?;
    let doubled =
        2_u32.checked_pow(probes).and_then(|by| ReceiverHealth::FIRST_PROBE.checked_mul(by));
    Some(doubled.unwrap_or(Duration::MAX).min(ReceiverHealth::LONGEST_PROBE))
}

#[cfg(test)]
mod tests;
