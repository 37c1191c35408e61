//! What is taken, given back and refused.

use super::quota::tests::owner;
use super::*;

fn load(requests: usize, requests_per_key: usize) -> Arc<Load> {
    let limits = LoadLimits { requests, requests_per_key, ..LoadLimits::default() };
    Arc::new(Load::new(LoadLimits { waiting: 0, ..limits }))
}

#[actix_web::test]
async fn each_reason_for_a_refusal_is_counted() {
    let load = load(2, 1);

    let entered = (load.enter(), load.enter());
    assert!(entered.0.is_ok() && entered.1.is_ok());
    assert_eq!(load.enter().err(), Some(Reason::Process));
    let place = load.place(owner(1, 1)).await;
    assert_eq!(load.place(owner(1, 1)).await.err(), Some(Reason::Key));
    let mut body = load.body(owner(1, 1), 1).expect("a byte");
    assert_eq!(load.more_body(&mut body, usize::MAX), Err(Reason::Bodies));
    let reply = load.reply_anyway(owner(1, 1), bytes::QUOTA.key);
    assert_eq!(load.reply(owner(1, 1), 1).err(), Some(Reason::Replies));
    assert_eq!(load.expect_reply(owner(1, 1)), Err(Reason::Replies));
    assert_eq!(load.expect_reply(owner(1, 2)), Ok(()));

    let metrics = load.metrics();
    assert_eq!((metrics.places_taken, metrics.body_bytes), (1, 1));
    assert_eq!(metrics.reply_bytes, bytes::QUOTA.key);
    assert_eq!((metrics.refused_by_process, metrics.refused_by_key), (1, 1));
    assert_eq!((metrics.refused_for_bodies, metrics.refused_for_replies), (1, 2));
    assert_eq!((load.take_refused(), load.take_refused()), (5, 0));
    drop((entered, place, body, reply));
    let metrics = load.metrics();
    assert_eq!((metrics.places_taken, metrics.body_bytes, metrics.reply_bytes), (0, 0, 0));
    assert!(load.enter().is_ok());
}

#[test]
fn what_came_between_two_looks_shows() {
    let load = load(9, 9);

    let (_, before) = load.requests();
    drop(load.begin());

    assert_eq!(load.requests(), (0, before + 1));
}
