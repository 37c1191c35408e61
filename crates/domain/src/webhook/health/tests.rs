use super::*;

const MIDDLE: Jitter = Jitter(u16::MAX / 2 + 1);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_millis(seconds * 1_000).expect("a time")
}

fn failure() -> AttemptOutcome {
    AttemptOutcome::Failure { retry_after: None }
}

/// The health after this many failures, one a second from 0 on.
fn failed(times: u32) -> ReceiverHealth {
    (0..times).fold(ReceiverHealth::default(), |health, second| {
        health.after(failure(), at(second.into()))
    })
}

/// The pause before each retry, in whole seconds.
fn pauses(policy: RetryPolicy, jitter: Jitter) -> Vec<i64> {
    let next = |attempts| policy.next_attempt(attempts, (at(0), jitter), None);
    (1..).map_while(next).map(|time| (time.as_unix_millis() + 500) / 1_000).collect()
}

#[test]
fn retries_wait_longer_each_time() {
    let expected = [5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400];

    assert_eq!(pauses(RetryPolicy::default(), MIDDLE), expected);
    assert_eq!(pauses(RetryPolicy::new(2).expect("valid"), MIDDLE), expected[..2]);
    assert_eq!(pauses(RetryPolicy::new(0).expect("valid"), MIDDLE), []);
    assert_eq!(RetryPolicy::new(11), Err(InvalidRetryPolicy));
}

#[test]
fn retries_are_spread_by_a_fifth() {
    assert_eq!(pauses(RetryPolicy::default(), Jitter(0))[..3], [4, 24, 96]);
    assert_eq!(pauses(RetryPolicy::default(), Jitter(u16::MAX))[..3], [6, 36, 144]);
}

#[test]
fn a_receiver_may_ask_for_a_longer_pause_up_to_an_hour() {
    let next = |asked| {
        let asked = Some(Duration::from_secs(asked));
        RetryPolicy::default().next_attempt(1, (at(0), MIDDLE), asked)
    };

    assert_eq!(next(7), Some(at(7)));
    assert_eq!(next(1_000_000), Some(at(3_600)));
    assert!(next(0) < Some(at(6)));
}

#[test]
fn a_retry_waits_for_its_receiver() {
    let (working, failing) = (ReceiverHealth::default(), failed(5));
    let disabled = ReceiverHealth { disabled: Some(DisabledReason::Gone), ..failing };

    assert_eq!(working.next_attempt(true, at(7)), Some(at(7)));
    assert_eq!(failing.resumes_at, Some(at(34)));
    assert_eq!(failing.next_attempt(true, at(7)), Some(at(34)));
    assert_eq!(failing.next_attempt(true, at(99)), Some(at(99)));
    for (health, is_active) in [(working, false), (failing, false), (disabled, true)] {
        assert_eq!(health.next_attempt(is_active, at(7)), None);
    }
}

#[test]
fn five_failures_in_a_row_leave_nothing_but_probes() {
    assert_eq!(failed(4).admission(at(4)), Admission::Open);
    assert_eq!(failed(4).status(true), WebhookStatus::Healthy);

    let failing = failed(5);

    assert_eq!(failing.status(true), WebhookStatus::Failing);
    assert_eq!(failing.failing_since, Some(at(0)));
    assert_eq!(failing.admission(at(33)), Admission::Wait(at(34)));
    assert_eq!(failing.admission(at(34)), Admission::Probe);
}

#[test]
fn probes_double_up_to_an_hour() {
    let mut health = failed(5);
    let mut pauses = Vec::new();
    for _ in 0..9 {
        let probe = health.resumes_at.expect("a probe");
        health = health.after(failure(), probe);
        let next = health.resumes_at.expect("a probe");
        pauses.push((next.as_unix_millis() - probe.as_unix_millis()) / 1_000);
    }

    assert_eq!(pauses, [60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600]);
}

#[test]
fn a_success_closes_the_breaker() {
    let healthy = failed(7).after(AttemptOutcome::Success, at(100));

    assert_eq!(healthy, ReceiverHealth::default());
    assert_eq!(healthy.admission(at(100)), Admission::Open);
}

#[test]
fn five_days_without_a_success_disable() {
    let five_days = 5 * 24 * 3_600;
    let health = failed(ReceiverHealth::FAILURES_UNTIL_OPEN - 1);

    let before = health.after(failure(), at(five_days - 1));
    let disabled = health.after(failure(), at(five_days));
    // Two failures with days of silence in between say nothing of the receiver.
    let rare = failed(1).after(failure(), at(five_days));

    assert_eq!(rare.disabled, None);

    assert_eq!(before.disabled, None);
    assert_eq!(disabled.disabled, Some(DisabledReason::Failing));
    assert_eq!(disabled.admission(at(five_days * 2)), Admission::Disabled);
    assert_eq!(disabled.status(true), WebhookStatus::Disabled);
    assert_eq!(
        disabled.after(AttemptOutcome::Success, at(0)).status(true),
        WebhookStatus::Disabled
    );
}

#[test]
fn a_receiver_that_is_gone_is_disabled_at_once() {
    let gone = ReceiverHealth::default().after(AttemptOutcome::Gone, at(1));

    assert_eq!(gone.disabled, Some(DisabledReason::Gone));
}

#[test]
fn a_receiver_that_asks_for_a_pause_gets_it() {
    let asked =
        |seconds| AttemptOutcome::Failure { retry_after: Some(Duration::from_secs(seconds)) };
    let after = |seconds| ReceiverHealth::default().after(asked(seconds), at(0)).admission(at(0));

    assert_eq!(after(90), Admission::Wait(at(90)));
    assert_eq!(after(0), Admission::Wait(at(1)));
    assert_eq!(after(90_000), Admission::Wait(at(3_600)));
    assert_eq!(ReceiverHealth::default().after(asked(9), at(0)).admission(at(9)), Admission::Open);
    let failing = failed(4).after(asked(7), at(4));
    assert_eq!(failing.admission(at(4)), Admission::Wait(at(34)));
}

#[test]
fn a_paused_webhook_says_so_unless_it_is_disabled() {
    assert_eq!(failed(9).status(false), WebhookStatus::Paused);
}
