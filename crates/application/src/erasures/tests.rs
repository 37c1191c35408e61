use mockall::Sequence;
use mockall::predicate::{always, eq};

use super::*;
use crate::ports::{ErasureKind, MockErasureRepository};
use crate::testing::{
    NOW, PATIENCE, context_factory, conversation_id, customer_id, time, workspace,
};

fn pending(target: impl Into<Uuid>) -> PendingErasure {
    let (kind, requested_at) = (ErasureKind::Customer, time(NOW));
    PendingErasure { workspace: workspace(), target: target.into(), kind, requested_at }
}

fn service(erasures: MockErasureRepository, patience: Duration) -> ErasureService {
    ErasureService::new(Arc::new(erasures), patience, context_factory())
}

fn failure() -> RepositoryError {
    RepositoryError::Unavailable("it is gone".into())
}

#[tokio::test]
async fn the_caller_waits_for_the_last_step() {
    let (mut erasures, mut order) = (MockErasureRepository::new(), Sequence::new());
    for (times, progress) in [(3, ErasureProgress::Pending), (1, ErasureProgress::Complete)] {
        erasures
            .expect_step()
            .times(times)
            .in_sequence(&mut order)
            .with(eq(workspace()), eq(conversation_id().as_uuid()), always())
            .returning(move |_, _, _| Ok(progress));
    }

    let progress = service(erasures, PATIENCE).finish(workspace(), conversation_id()).await;

    assert_eq!(progress, ErasureProgress::Complete);
}

#[tokio::test]
async fn the_caller_waits_no_longer_than_the_limit() {
    let mut erasures = MockErasureRepository::new();
    erasures.expect_step().times(1).returning(|_, _, _| Ok(ErasureProgress::Pending));

    let progress = service(erasures, Duration::ZERO).finish(workspace(), conversation_id()).await;

    assert_eq!(progress, ErasureProgress::Pending);
}

#[tokio::test]
async fn a_step_that_fails_undoes_no_deletion() {
    let mut erasures = MockErasureRepository::new();
    erasures.expect_step().times(1).returning(|_, _, _| Err(failure()));

    let progress = service(erasures, PATIENCE).finish(workspace(), conversation_id()).await;

    assert_eq!(progress, ErasureProgress::Pending);
}

#[tokio::test]
async fn every_pending_deletion_has_its_turn_also_beside_one_that_fails() {
    let mut erasures = MockErasureRepository::new();
    erasures
        .expect_pending()
        .times(1)
        .returning(|| Ok([1, 2, 3].map(|number| pending(customer_id(number))).to_vec()));
    erasures.expect_step().times(3).returning(|_, target, _| {
        if target == customer_id(1).as_uuid() {
            Err(failure())
        } else {
            Ok(ErasureProgress::Pending)
        }
    });

    assert!(matches!(service(erasures, PATIENCE).step_all().await, Ok(true)));
}

#[tokio::test]
async fn nothing_is_done_when_nothing_is_pending_or_all_fails() {
    let mut erasures = MockErasureRepository::new();
    erasures.expect_pending().times(1).returning(|| Ok(Vec::new()));
    assert!(matches!(service(erasures, PATIENCE).step_all().await, Ok(false)));

    let mut erasures = MockErasureRepository::new();
    erasures.expect_pending().times(1).returning(|| Ok(vec![pending(customer_id(1))]));
    erasures.expect_step().times(1).returning(|_, _, _| Err(failure()));
    let failed = service(erasures, PATIENCE).step_all().await;
    assert!(matches!(failed, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn all_that_is_pending_can_be_finished() {
    let (mut erasures, mut order) = (MockErasureRepository::new(), Sequence::new());
    for found in [vec![pending(customer_id(1)), pending(customer_id(2))], Vec::new()] {
        let found = move || Ok(found.clone());
        erasures.expect_pending().times(1).in_sequence(&mut order).returning(found);
    }
    erasures.expect_step().times(2).returning(|_, _, _| Ok(ErasureProgress::Complete));

    assert!(matches!(service(erasures, PATIENCE).finish_all().await, Ok(2)));
}
