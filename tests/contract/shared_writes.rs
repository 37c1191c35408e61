//! Conversations that are opened at the same time may share a transaction. Callers notice nothing of
//! that.

use std::sync::Arc;
use std::time::Duration;

use conversations_application::ports::{Commit, ConversationToCreate, RepositoryError};
use conversations_application::read_model::{ConversationFilter, ConversationOrder};
use conversations_application::{PageStart, PageWindow};
use conversations_domain::{Conversation, Inbox, InboxId, WorkspaceId};
use conversations_persistence::Repositories;
use conversations_testkit::fixtures::{a_conversation, a_workspace, an_inbox, an_origin, tags};
use conversations_testkit::{Engine, LockedTable, TestDatabase};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// More than a transaction takes along.
const MANY: usize = 150;

/// Two workspaces with an inbox each.
async fn two_workspaces(repositories: &Repositories) -> [(WorkspaceId, Inbox); 2] {
    let two = ["one", "other"].map(|name| (a_workspace(name), an_inbox()));
    for (workspace, inbox) in &two {
        repositories.workspaces.create(workspace.clone()).await.expect("a workspace");
        let stored =
            repositories.inboxes.create(workspace.id, Commit::of(an_origin(), inbox.clone())).await;
        stored.expect("an inbox");
    }
    two.map(|(workspace, inbox)| (workspace.id, inbox))
}

/// A conversation, with labels if the number is even.
fn numbered(inbox: InboxId, number: usize) -> Conversation {
    let conversation = a_conversation(inbox).about(&number.to_string());
    if number.is_multiple_of(2) {
        return conversation.labelled(&["even", "number"]).build();
    }
    conversation.build()
}

fn open(
    repositories: &Repositories,
    workspace: WorkspaceId,
    conversation: Conversation,
) -> JoinHandle<Result<(), RepositoryError>> {
    let conversations = Arc::clone(&repositories.conversations);
    let thread = ConversationToCreate { conversation, customer: None, message: None };
    tokio::spawn(
        async move { conversations.create(workspace, Commit::of(an_origin(), thread)).await },
    )
}

/// How many conversations a workspace counts, and how many of them there are with a label.
async fn counted(repositories: &Repositories, workspace: WorkspaceId) -> (u64, u64) {
    let labelled = ConversationFilter { labels: tags(&["even"]), ..ConversationFilter::default() };
    let mut totals = [0; 2];
    for (total, filter) in totals.iter_mut().zip([ConversationFilter::default(), labelled]) {
        let order = ConversationOrder::default();
        let window = PageWindow { start: PageStart::Offset(0), limit: 1 };
        let listed = repositories.conversations.list(workspace, filter, order, window).await;
        *total = listed.expect("a list").content.total;
    }
    (totals[0], totals[1])
}

#[tokio::test]
async fn conversations_created_together_are_stored_and_counted() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let repositories = database.repositories().await;
        let two = two_workspaces(&repositories).await;

        let made: Vec<_> = (0..MANY)
            .flat_map(|number| {
                two.iter().map(move |(workspace, inbox)| (*workspace, inbox, number))
            })
            .map(|(workspace, inbox, number)| (workspace, numbered(inbox.id(), number)))
            .collect();
        let opening: Vec<_> = made
            .iter()
            .map(|(workspace, each)| open(&repositories, *workspace, each.clone()))
            .collect();
        for opening in opening {
            opening.await.expect("no panic").expect("a conversation");
        }

        for (workspace, each) in made {
            let found = repositories.conversations.find(workspace, each.id()).await;
            let found = found.expect("an answer").map(|details| details.conversation);
            assert_eq!(found, Some(each), "{engine:?}");
        }
        for (workspace, _) in two {
            let wanted = (MANY as u64, MANY as u64 / 2);
            assert_eq!(counted(&repositories, workspace).await, wanted, "{engine:?}");
        }
    }
}

#[tokio::test]
async fn a_failing_create_does_not_affect_its_batch() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let repositories = database.repositories().await;
        let [(workspace, inbox), (_, elsewhere)] = two_workspaces(&repositories).await;

        let opening: Vec<_> = (0..MANY)
            .map(|number| {
                let foreign = number % 50 == 7;
                let inbox = if foreign { elsewhere.id() } else { inbox.id() };
                (foreign, open(&repositories, workspace, numbered(inbox, number)))
            })
            .collect();

        for (foreign, opening) in opening {
            let outcome = opening.await.expect("no panic");
            if foreign {
                assert!(matches!(outcome, Err(RepositoryError::Stale)), "{engine:?}: {outcome:?}");
            } else {
                outcome.expect("a conversation");
            }
        }
        let (all, _) = counted(&repositories, workspace).await;
        assert_eq!(all, MANY as u64 - 3, "{engine:?}");
    }
}

#[tokio::test]
async fn a_blocked_create_succeeds_later_and_a_cancelled_one_blocks_nobody() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let repositories = database.repositories().await;
        let [(workspace, inbox), _] = two_workspaces(&repositories).await;
        let held = LockedTable::take(&database, "inboxes").await;

        let opening: Vec<_> = (0..MANY)
            .map(|number| open(&repositories, workspace, numbered(inbox.id(), number)))
            .collect();
        sleep(Duration::from_millis(200)).await;
        opening.iter().step_by(3).for_each(JoinHandle::abort);
        held.release().await;

        let mut opened = 0;
        for (_, opening) in opening.into_iter().enumerate().filter(|(number, _)| number % 3 != 0) {
            opening.await.expect("no panic").expect("a conversation");
            opened += 1;
        }
        let (all, _) = counted(&repositories, workspace).await;
        assert!((opened..=MANY as u64).contains(&all), "{engine:?}: {all}");
    }
}
