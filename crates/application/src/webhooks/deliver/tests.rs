//! What receivers get when, over a feed, a storage and receivers that are made up.

mod ports;
mod stage;

use std::time::Duration;

use conversations_domain::{DeliveryError, DeliveryStatus, DisabledReason, RetryPolicy};

use super::*;
use stage::{FAILED, Stage, gone, refused_for, statuses};

#[tokio::test]
async fn events_are_sent_in_order_and_the_position_moves() {
    let stage = Stage::with_events(&[1, 1, 2, 1]);

    let end = stage.deliver().await;

    assert!(matches!(end, Ok(DeliveryEnd::Progress)), "{end:?}");
    assert_eq!(stage.sent_of(1), [1, 2, 4]);
    assert_eq!(stage.sent_of(2), [3]);
    assert_eq!(stage.position(), 4);
    assert_eq!(statuses(&stage), [DeliveryStatus::Success; 4]);
}

#[tokio::test]
async fn events_of_other_types_are_skipped() {
    let stage = Stage::with_events(&[1]);
    stage.append_others(30);

    stage.deliver().await.expect("delivered");

    assert_eq!((stage.sent(), stage.position()), (vec![1], 31));
    let again = stage.deliver().await.expect("delivered");
    assert_eq!((stage.sent(), again), (vec![1], DeliveryEnd::NoProgress));
}

#[tokio::test]
async fn a_failed_event_is_retried_and_the_others_go_on() {
    let stage = Stage::with_events(&[1, 2, 3]);
    stage.answer(|number, attempt| if (number, attempt) == (2, 1) { FAILED } else { stage::OK });

    stage.deliver().await.expect("delivered");

    assert_eq!((stage.sent(), stage.position()), (vec![1, 2, 3], 3));
    let failed = stage.delivery(2);
    assert_eq!((failed.status, failed.attempts.len()), (DeliveryStatus::Pending, 1));
    let retry_at = failed.next_attempt_at.expect("a retry").as_unix_millis();
    assert!((4_000..=6_000).contains(&(retry_at - stage.now().as_unix_millis())), "{retry_at}");

    // Not before its time.
    stage.pass(Duration::from_secs(3));
    stage.deliver().await.expect("delivered");
    assert_eq!(stage.sent().len(), 3);

    stage.pass(Duration::from_secs(4));
    stage.deliver().await.expect("delivered");
    let retried = stage.delivery(2);
    assert_eq!((retried.status, retried.attempts.len()), (DeliveryStatus::Success, 2));
    assert_eq!(stage.sent(), [1, 2, 3, 2]);
    let ids = stage.ids();
    assert_eq!(ids[1], ids[3], "the same id in every attempt");
    assert_eq!(stage.service.metrics().attempts[0], ("success", 3));
}

#[tokio::test]
async fn a_delivery_fails_after_its_retries() {
    let stage = Stage::with_policy(&[1], RetryPolicy::new(2).expect("valid"));
    stage.answer(|_, _| FAILED);

    for _ in 0..5 {
        stage.deliver().await.expect("delivered");
        stage.pass(Duration::from_secs(3_600));
    }

    assert_eq!(stage.sent(), [1, 1, 1]);
    assert_eq!(stage.delivery(1).status, DeliveryStatus::Failed);
}

#[tokio::test]
async fn a_receiver_that_fails_gets_one_probe_at_a_time() {
    let stage = Stage::with_events(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    stage.answer(|_, _| FAILED);

    stage.deliver().await.expect("delivered");
    let begun = stage.sent().len();
    let place = stage.position();
    assert!((5..=8).contains(&begun), "{begun}");
    assert_eq!(place, begun as u64);

    // Nothing before the first probe is due.
    stage.pass(Duration::from_secs(29));
    stage.deliver().await.expect("delivered");
    assert_eq!(stage.sent().len(), begun);

    // The same event each time, whose place stands.
    stage.pass(Duration::from_secs(1));
    stage.deliver().await.expect("delivered");
    stage.pass(Duration::from_secs(60));
    stage.deliver().await.expect("delivered");
    assert_eq!(stage.sent()[begun..], [place + 1, place + 1]);
    assert_eq!(stage.position(), place);
    assert_eq!(stage.delivery(place + 1).attempts.len(), 2);

    // It works again: the rest follows in order, and what failed is retried.
    stage.answer(|_, _| stage::OK);
    stage.pass(Duration::from_secs(120));
    stage.deliver().await.expect("delivered");
    assert_eq!(stage.position(), 12);
    assert_eq!(statuses(&stage), [DeliveryStatus::Success; 12]);
    assert_eq!(stage.delivery(place + 1).attempts.len(), 3);
    assert_eq!(stage.health().consecutive_failures, 0);
}

#[tokio::test]
async fn failures_in_flight_count_as_one_outage() {
    let stage = Stage::with_events(&[1, 2, 3, 4, 5, 6, 7, 8]);
    stage.answer(|_, _| FAILED);

    stage.deliver().await.expect("delivered");

    assert_eq!(stage.health().consecutive_failures, 5);
    let resumes = stage.health().resumes_at.expect("a probe").as_unix_millis();
    assert_eq!(resumes - stage.now().as_unix_millis(), 30_000);
}

#[tokio::test]
async fn an_outage_of_days_loses_nothing() {
    let stage = Stage::with_events(&[1; 20]);
    stage.answer(|_, _| FAILED);
    for _ in 0..100 {
        stage.deliver().await.expect("delivered");
        stage.pass(Duration::from_secs(3_600));
    }

    stage.answer(|_, _| stage::OK);
    for _ in 0..3 {
        stage.deliver().await.expect("delivered");
        stage.pass(Duration::from_secs(86_400));
    }

    assert_eq!(stage.position(), 20);
    assert_eq!(statuses(&stage), [DeliveryStatus::Success; 20]);
}

#[tokio::test]
async fn a_webhook_without_success_for_days_is_disabled() {
    let stage = Stage::with_events(&[1; 20]);
    stage.answer(|_, _| FAILED);

    for _ in 0..130 {
        stage.deliver().await.expect("delivered");
        stage.pass(Duration::from_secs(3_600));
    }

    assert_eq!(stage.health().disabled, Some(DisabledReason::Failing));
    let sent = stage.sent().len();
    stage.deliver().await.expect("delivered");
    assert_eq!(stage.sent().len(), sent);
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_disabled_at_once() {
    let stage = Stage::with_events(&[1; 9]);
    stage.answer(|_, _| gone());

    stage.deliver().await.expect("delivered");

    assert_eq!((stage.sent(), stage.health().disabled), (vec![1], Some(DisabledReason::Gone)));
}

#[tokio::test]
async fn a_receiver_that_asks_for_a_pause_gets_it() {
    let stage = Stage::with_events(&[1; 3]);
    stage.answer(|_, attempt| if attempt == 1 { refused_for(90) } else { stage::OK });

    stage.deliver().await.expect("delivered");
    stage.pass(Duration::from_secs(89));
    stage.deliver().await.expect("delivered");
    assert_eq!(stage.sent(), [1]);

    stage.pass(Duration::from_secs(1));
    stage.answer(|_, _| stage::OK);
    stage.deliver().await.expect("delivered");
    assert_eq!((stage.sent().len(), stage.position()), (4, 3));
    assert_eq!(stage.delivery(1).status, DeliveryStatus::Success);
}

#[tokio::test]
async fn a_position_that_is_gone_becomes_a_reset() {
    let stage = Stage::with_events(&[1, 2, 3]);
    stage.lose_position();
    stage.answer(|_, _| FAILED);
    stage.deliver().await.expect("delivered");
    assert_eq!((stage.resets(), stage.position()), (1, 0));

    stage.answer(|_, _| stage::OK);
    stage.deliver().await.expect("delivered");

    assert_eq!((stage.resets(), stage.sent(), stage.position()), (2, vec![], 3));
}

#[tokio::test]
async fn a_delivery_whose_event_is_gone_is_given_up() {
    let stage = Stage::with_events(&[1, 2]);
    stage.answer(|number, _| if number == 1 { FAILED } else { stage::OK });
    stage.deliver().await.expect("delivered");

    stage.expire(1);
    stage.pass(Duration::from_secs(10));
    stage.deliver().await.expect("delivered");

    let given_up = stage.delivery(1);
    assert_eq!((given_up.status, given_up.attempts.len()), (DeliveryStatus::Failed, 1));
    assert_eq!(given_up.attempts[0].error, Some(DeliveryError::Status));
    assert_eq!(stage.sent(), [1, 2]);
}

#[tokio::test]
async fn a_replay_sends_all_events_in_order() {
    let stage = Stage::with_events(&[1, 1, 1]);
    stage.answer(|number, attempt| if (number, attempt) == (2, 1) { FAILED } else { stage::OK });
    stage.deliver().await.expect("delivered");

    stage.return_to_the_start();
    stage.pass(Duration::from_secs(10));
    stage.deliver().await.expect("delivered");

    assert_eq!(stage.sent(), [1, 2, 3, 1, 2, 3]);
    let ids = stage.ids();
    assert_eq!(ids[..3], ids[3..]);
}

#[tokio::test]
async fn too_many_failed_deliveries_stop_new_ones() {
    let stage = Stage::with_events(&[1]);
    stage.pretend_pending(DeliveryService::MAX_PENDING);

    let end = stage.deliver().await.expect("delivered");

    assert_eq!((stage.sent(), end), (vec![], DeliveryEnd::NoProgress));
}

#[tokio::test]
async fn a_process_without_the_lease_stops() {
    let stage = Stage::with_events(&[1; 5]);
    stage.lose_lease();

    let end = stage.deliver().await;

    assert!(matches!(end, Err(Error::WriteConflict)), "{end:?}");
    assert_eq!((stage.sent(), stage.position()), (vec![1], 0));
    // The other process sends it again, with the same id.
    stage.find_lease();
    stage.deliver().await.expect("delivered");
    assert_eq!(stage.sent(), [1, 1, 2, 3, 4, 5]);
    assert_eq!(stage.ids()[0], stage.ids()[1]);
}

#[tokio::test]
async fn an_event_that_comes_meanwhile_is_sent_unless_the_webhook_was_changed() {
    for (is_changed, sent) in [(false, vec![1, 2]), (true, vec![1])] {
        let stage = Stage::with_events(&[1]);
        stage.append_meanwhile(1, is_changed);

        stage.deliver().await.expect("delivered");

        assert_eq!(stage.sent(), sent);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_answer_does_not_delay_new_events() {
    let stage = Stage::with_events(&[1]);
    stage.append_meanwhile(2, false);
    stage.hold();

    let delivering = tokio::spawn(stage.clone().deliver_owned());
    stage.wait_for_requests(2).await;

    assert_eq!(stage.sent(), [1, 2]);
    stage.let_go();
    delivering.await.expect("no panic").expect("delivered");
    assert_eq!(stage.position(), 2);
}

#[tokio::test]
async fn each_lease_has_a_holder_of_its_own() {
    let stage = Stage::with_events(&[1]);

    for _ in 0..2 {
        stage.service.lease(9).await.expect("leases");
    }

    let holders = stage.holders();
    assert_eq!(holders.len(), 2);
    assert_ne!(holders[0], holders[1]);
}

#[tokio::test]
async fn a_server_that_stops_begins_nothing() {
    let stage = Stage::with_events(&[1]);
    stage.service.stop();

    let end = stage.deliver().await.expect("delivered");

    assert_eq!((stage.sent(), end), (vec![], DeliveryEnd::NoProgress));
}

#[tokio::test]
async fn eight_conversations_are_sent_at_the_same_time() {
    let stage = Stage::with_events(&[1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    stage.hold();

    let delivering = tokio::spawn(stage.clone().deliver_owned());
    stage.wait_for_requests(8).await;
    assert_eq!(stage.sent(), [1, 3, 4, 5, 6, 7, 8, 9]);

    // What is in flight ends when the server stops, and is stored.
    stage.service.stop();
    stage.let_go();
    delivering.await.expect("no panic").expect("delivered");
    assert_eq!(stage.sent().len(), 8);
    assert_eq!(stage.position(), 1);
    assert_eq!(statuses(&stage), [DeliveryStatus::Success; 8]);
}
