//! What a batch takes in, and whose turn it is.

use conversations_application::owner::{Owner, scope};
use conversations_domain::{KeyId, WorkspaceId};
use uuid::Uuid;

use super::*;

#[tokio::test]
async fn writes_beyond_the_batch_time_wait_for_the_next_batch() {
    let fixture = Fixture::new(PATIENT);
    let (release, _holding) = fixture.hold().await;
    let slow = |number| {
        let writer = fixture.writer.clone();
        tokio::spawn(async move {
            let work = async move |connection: &mut Connection| {
                std::thread::sleep(MAX_BATCH_TIME);
                insert(connection, number).await
            };
            writer.write_shared(work, |_| {}).await
        })
    };
    let slow = [slow(1), slow(2)];
    queued().await;
    let others = [
        fixture.unit(&["INSERT INTO numbers VALUES (3)"]),
        fixture.unit(&["INSERT INTO numbers VALUES (4)"]),
    ];
    queued().await;
    drop(release);

    for unit in slow.into_iter().chain(others) {
        assert!(matches!(outcome(unit).await, Ok(1)));
    }
    assert_eq!(fixture.numbers(), [1, 2, 3, 4]);
    assert_eq!(fixture.commits.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_light_writer_does_not_wait_for_all_writes_of_a_heavy_one() {
    let fixture = Fixture::new(PATIENT);
    let (release, _holding) = fixture.hold().await;
    let (tell, told) = mpsc::channel();
    let write = |number: u128| {
        let (writer, tell, id) = (fixture.writer.clone(), tell.clone(), Uuid::from_u128(number));
        let owner = Owner { workspace: WorkspaceId::from_uuid(id), key: KeyId::from_uuid(id) };
        tokio::spawn(scope(owner, async move {
            let work = async move |_: &mut Connection| {
                let _told = tell.send(number);
                Ok(0)
            };
            writer.write_shared(work, |_| {}).await
        }))
    };
    let mut writes: Vec<_> = (0..10).map(|_| write(1)).collect();
    queued().await;
    writes.push(write(2));
    queued().await;
    drop(release);

    for written in writes {
        assert!(outcome(written).await.is_ok());
    }
    assert_eq!(told.try_iter().position(|number| number == 2), Some(1));
}
