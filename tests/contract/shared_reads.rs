//! Reads at the same time may share a statement. Callers notice nothing of that.

use std::sync::Arc;
use std::time::Duration;

use conversations_application::ports::{Commit, ConversationToCreate, RepositoryError};
use conversations_domain::{Conversation, ConversationId, WorkspaceId};
use conversations_persistence::{Limits, Repositories, open};
use conversations_testkit::fixtures::{a_conversation, a_workspace, an_inbox, an_origin};
use conversations_testkit::{Engine, LockedTable, TestDatabase};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// How many conversations each workspace has: more than a statement asks for.
const MANY: usize = 100;

/// Two workspaces with conversations of the same ids, each about its workspace and its number.
struct Twins {
    repositories: Repositories,
    workspaces: [WorkspaceId; 2],
    ids: Vec<ConversationId>,
}

impl Twins {
    async fn on(database: &TestDatabase) -> Self {
        let repositories = database.repositories().await;
        let workspaces = [a_workspace("one"), a_workspace("other")];
        let inbox = an_inbox();
        let made: Vec<_> = (0..MANY).map(|_| a_conversation(inbox.id())).collect();
        let ids = made.iter().map(|each| each.clone().build().id()).collect();
        for (which, workspace) in workspaces.iter().enumerate() {
            repositories.workspaces.create(workspace.clone()).await.expect("a workspace");
            let stored = repositories
                .inboxes
                .create(workspace.id, Commit::of(an_origin(), inbox.clone()))
                .await;
            stored.expect("an inbox");
            for (number, each) in made.iter().enumerate() {
                let conversation = each.clone().about(&subject(which, number)).build();
                let thread = ConversationToCreate { conversation, customer: None, message: None };
                let stored = repositories
                    .conversations
                    .create(workspace.id, Commit::of(an_origin(), thread))
                    .await;
                stored.expect("a conversation");
            }
        }
        Self { repositories, workspaces: workspaces.map(|workspace| workspace.id), ids }
    }

    /// Looks for a conversation in a task of its own.
    fn find(
        &self,
        workspace: WorkspaceId,
        id: ConversationId,
    ) -> JoinHandle<Result<Option<Conversation>, RepositoryError>> {
        let conversations = Arc::clone(&self.repositories.conversations);
        tokio::spawn(async move {
            let found = conversations.find(workspace, id).await?;
            Ok(found.map(|details| details.conversation))
        })
    }
}

fn subject(which: usize, number: usize) -> String {
    format!("{which}/{number}")
}

fn subject_of(found: Result<Option<Conversation>, RepositoryError>) -> Option<String> {
    found.expect("an answer").map(|conversation| conversation.into_parts().subject.to_string())
}

#[tokio::test]
async fn every_caller_gets_the_row_it_asked_for() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let twins = Twins::on(&database).await;
        let unknown = a_conversation(an_inbox().id()).build().id();

        let mut asked = Vec::new();
        for round in 0..3 {
            for (number, &id) in twins.ids.iter().enumerate() {
                for (which, &workspace) in twins.workspaces.iter().enumerate() {
                    let wanted = Some(subject(which, number));
                    asked.push((twins.find(workspace, id), wanted));
                }
                if number % 10 == round {
                    asked.push((twins.find(twins.workspaces[0], unknown), None));
                    asked.push((twins.find(a_workspace("none").id, id), None));
                }
            }
        }

        for (asked, wanted) in asked {
            assert_eq!(subject_of(asked.await.expect("no panic")), wanted, "{engine:?}");
        }
    }
}

#[tokio::test]
async fn a_cancelled_read_does_not_affect_the_others() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let twins = Twins::on(&database).await;
        let held = LockedTable::take(&database, "conversations").await;

        let workspace = twins.workspaces[0];
        let asked: Vec<_> = twins.ids.iter().map(|&id| twins.find(workspace, id)).collect();
        sleep(Duration::from_millis(100)).await;
        // The first among them, with which the statement was sent.
        asked.iter().step_by(2).for_each(JoinHandle::abort);
        sleep(Duration::from_millis(50)).await;
        held.release().await;

        for (number, asked) in asked.into_iter().enumerate().filter(|(number, _)| number % 2 == 1) {
            let found = timeout(Duration::from_secs(3), asked).await.expect("an answer");
            let wanted = Some(subject(0, number));
            assert_eq!(subject_of(found.expect("no panic")), wanted, "{engine:?}");
        }
    }
}

#[tokio::test]
async fn an_unreadable_row_fails_only_those_who_ask_for_it() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let twins = Twins::on(&database).await;
        let spoil = "UPDATE conversations SET status = 'asleep' WHERE subject = '0/50'";
        database.execute(spoil).await;

        let workspace = twins.workspaces[0];
        let asked: Vec<_> = twins.ids.iter().map(|&id| twins.find(workspace, id)).collect();

        for (number, asked) in asked.into_iter().enumerate() {
            let found = asked.await.expect("no panic");
            if number == 50 {
                let corrupt =
                    matches!(found, Err(RepositoryError::Corrupt { column: "status", .. }));
                assert!(corrupt, "{engine:?}: {found:?}");
            } else {
                assert_eq!(subject_of(found), Some(subject(0, number)), "{engine:?}");
            }
        }
    }
}

#[tokio::test]
async fn blocked_reads_are_refused_in_time_and_later_ones_are_answered() {
    let request = Duration::from_secs(1);
    let database = TestDatabase::postgres().await;
    let twins = Twins::on(&database).await;
    let url = database.url().parse().expect("a database URL");
    let store = open(&url, Limits { request, ..Limits::default() }).expect("an open database");
    let repositories = store.repositories().expect("repositories");
    let twins = Twins { repositories, ..twins };
    let held = LockedTable::take(&database, "conversations").await;

    let workspace = twins.workspaces[0];
    let asked: Vec<_> = twins.ids.iter().map(|&id| twins.find(workspace, id)).collect();
    for asked in asked {
        let found = timeout(request, asked).await.expect("an answer in time").expect("no panic");
        assert!(matches!(found, Err(RepositoryError::Unavailable(_))), "{found:?}");
    }
    held.release().await;

    let found = twins.find(workspace, twins.ids[0]).await.expect("no panic");
    assert_eq!(subject_of(found), Some(subject(0, 0)));
}

#[tokio::test]
async fn abandoned_reads_are_drained_and_none_starts_after_close() {
    let database = TestDatabase::postgres().await;
    let twins = Twins::on(&database).await;
    let store = open(&database.url().parse().expect("a URL"), Limits::default()).expect("a store");
    let repositories = store.repositories().expect("repositories");
    let twins = Twins { repositories, ..twins };
    let held = LockedTable::take(&database, "conversations").await;

    let workspace = twins.workspaces[0];
    let asked: Vec<_> = twins.ids.iter().map(|&id| twins.find(workspace, id)).collect();
    sleep(Duration::from_millis(100)).await;
    asked.iter().for_each(JoinHandle::abort);
    let waiting = timeout(Duration::from_millis(200), store.drain()).await;
    assert!(waiting.is_err(), "a statement goes on");
    held.release().await;

    timeout(Duration::from_secs(3), store.close()).await.expect("the end of the statement");
    let found = twins.find(workspace, twins.ids[0]).await.expect("no panic");
    assert!(matches!(found, Err(RepositoryError::Unavailable(_))), "{found:?}");
}
