//! What is taken, given back and refused.

use super::quota::tests::owner;
use super::*;

fn load(requests: usize, requests_per_key: usize) -> Arc<AdmissionControl> {
    let limits = AdmissionLimits { requests, requests_per_key, ..AdmissionLimits::default() };
    Arc::new(AdmissionControl::new(AdmissionLimits { waiting: 0, ..limits }))
}

#[actix_web::test]
async fn each_reason_for_a_refusal_is_counted() {
    let admission = load(2, 1);

    let entered = (admission.enter(), admission.enter());
    assert!(entered.0.is_ok() && entered.1.is_ok());
    assert_eq!(admission.enter().err(), Some(RefusalReason::Process));
    let permit = admission.acquire(owner(1, 1)).await;
    assert_eq!(admission.acquire(owner(1, 1)).await.err(), Some(RefusalReason::Key));
    let mut body = admission.body(owner(1, 1), 1).expect("a byte");
    assert_eq!(admission.grow_body(&mut body, usize::MAX), Err(RefusalReason::Bodies));
    let reply = admission.force_reply(owner(1, 1), byte_budget::QUOTA.key);
    assert_eq!(admission.reply(owner(1, 1), 1).err(), Some(RefusalReason::Replies));
    assert_eq!(admission.check_reply_budget(owner(1, 1)), Err(RefusalReason::Replies));
    assert_eq!(admission.check_reply_budget(owner(1, 2)), Ok(()));

    let metrics = admission.metrics();
    assert_eq!((metrics.permits_taken, metrics.body_bytes), (1, 1));
    assert_eq!(metrics.reply_bytes, byte_budget::QUOTA.key);
    assert_eq!((metrics.refused_by_process, metrics.refused_by_key), (1, 1));
    assert_eq!((metrics.refused_for_bodies, metrics.refused_for_replies), (1, 2));
    assert_eq!((admission.take_refused(), admission.take_refused()), (5, 0));
    drop((entered, permit, body, reply));
    let metrics = admission.metrics();
    assert_eq!((metrics.permits_taken, metrics.body_bytes, metrics.reply_bytes), (0, 0, 0));
    assert!(admission.enter().is_ok());
}

#[test]
fn what_came_between_two_looks_shows() {
    let admission = load(9, 9);

    let (_, before) = admission.requests();
    drop(admission.begin());

    assert_eq!(admission.requests(), (0, before + 1));
}
