//! That a change writes what changed and nothing else, by the statements that are run.

use conversations_domain::{
    Actor, Change, Changes, ConversationDraft, ConversationId, EventId, InboxId, NewConversation,
    Source, Status, TagsChange, Timestamp,
};
use diesel_async::AsyncConnection;
use uuid::Uuid;

use super::super::super::super::plan_fixture::PlanFixture;
use super::super::create::{PendingInsert, create_all};
use super::*;
use crate::statements::Statements;

const WORKSPACE: WorkspaceId = WorkspaceId::from_uuid(Uuid::nil());

fn origin() -> Origin {
    Origin { first: EventId::from_uuid(Uuid::nil()), by: Actor::command_line() }
}

fn tags(words: &[&str]) -> Tags {
    Tags::parse(words).expect("labels")
}

async fn open(fixture: &mut PlanFixture) -> Conversation {
    let conversation = Conversation::open(NewConversation {
        id: ConversationId::from_uuid(Uuid::from_u128(1_700_000_000_001 << 80)),
        source: Source::Api,
        customer: None,
        draft: ConversationDraft {
            labels: tags(&["refund", "vip"]),
            ..ConversationDraft::new(
                "Refund".parse().expect("a subject"),
                InboxId::from_uuid(Uuid::nil()),
            )
        },
    });
    let insert = PendingInsert::of(WORKSPACE, conversation.clone(), None, None, origin())
        .await
        .expect("a row");
    let opened = create_all(&mut fixture.connection, vec![insert], 0).await.expect("a transaction");
    assert!(matches!(opened.as_slice(), [Ok(())]));
    conversation
}

async fn change(fixture: &mut PlanFixture, conversation: &mut Conversation, changes: Changes) {
    let (loaded, counted) = (conversation.revision(), conversation.count_key());
    let now = Timestamp::from_unix_millis(1_800_000_000_000).expect("a time");
    let changed = conversation.change(changes, now).expect("allowed");
    let fields = changed.into_iter().map(|change| change.field).collect();
    let revision = UpdatedConversation {
        changed: conversation.clone(),
        fields,
        loaded,
        counted,
        observed: None,
    };
    let change = PendingUpdate::of(WORKSPACE, revision, Vec::new(), origin()).expect("a row");
    let stored = update_all(&mut fixture.connection, vec![change], 0).await.expect("a transaction");
    assert!(matches!(stored.as_slice(), [Ok(stored)] if stored == conversation));
}

/// Which of these tables a statement writes.
fn written(statements: &[String], table: &str) -> usize {
    let words = |statement: &String| statement.replace(['"', '`'], "");
    let writes = |statement: &&String| {
        ["INSERT INTO ", "DELETE FROM ", "UPDATE "]
            .iter()
            .any(|verb| words(statement).starts_with(&format!("{verb}{table} ")))
    };
    statements.iter().filter(writes).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_changed_is_written() {
    let mut fixture = PlanFixture::new().await;
    let mut conversation = open(&mut fixture).await;
    let statements = Statements::default();
    fixture.connection.set_instrumentation(statements.clone());
    let status = Changes { status: Change::To(Status::Closed), ..Changes::default() };
    let labels = Changes { labels: TagsChange::To(tags(&["vip"])), ..Changes::default() };
    let subject = "Where is it?".parse().expect("a subject");
    let subject = Changes { subject: Change::To(subject), ..Changes::default() };

    for (changes, has_labels, has_words) in
        [(status, false, false), (labels, true, false), (subject, false, true)]
    {
        change(&mut fixture, &mut conversation, changes).await;

        let run = statements.take();
        assert_eq!(written(&run, "conversations"), 1, "{run:#?}");
        assert_eq!(written(&run, "conversation_labels") > 0, has_labels, "{run:#?}");
        assert_eq!(written(&run, "conversation_texts") > 0, has_words, "{run:#?}");
    }
}
