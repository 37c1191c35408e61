//! Deleting messages.

use std::sync::Arc;

use conversations_domain::{Author, Conversation, ConversationId, Message, MessageId, Timestamp};
use conversations_persistence::Repositories;

use super::bulk::at_once;
use super::commits::{arrival, just, removal};
use super::pages::{all_pages, first_page};
use super::tenant::Tenant;
use crate::fixtures::{a_conversation, a_message, at, next_id};

/// A deleted message is found and listed no more, the others are; a second time there is nothing.
pub async fn a_deleted_message_is_gone(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let id = tenant.conversation().await.id();
    let gone = arrived(&tenant, id, 0).await;
    let left = arrived(&tenant, id, 0).await;

    assert!(delete(&tenant, repositories, id, gone.id(), at(0)).await);

    let found = repositories.messages.find(tenant.id, id, gone.id()).await;
    assert_eq!(found.ok(), Some(None));
    let page = tenant.messages(id, first_page()).await.expect("it is there");
    assert_eq!((page.items, page.total), (vec![left], 1));
    assert!(!delete(&tenant, repositories, id, gone.id(), at(0)).await);
    assert_eq!(tenant.stored(id).await.message_count(), 1);
}

/// A deletion counts the message off, changes the conversation at its time, and changes nothing
/// else of it.
pub async fn a_deletion_is_counted(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let id = tenant.open(a_conversation(tenant.inbox).closed().build()).await.id();
    arrived(&tenant, id, 10).await;
    let gone = arrived(&tenant, id, 20).await;
    let mut expected = tenant.stored(id).await.into_parts();

    delete(&tenant, repositories, id, gone.id(), at(30)).await;

    expected.message_count = 1;
    expected.last_message_at = Some(at(10));
    expected.updated_at = at(30);
    expected.version = expected.version.next();
    assert_eq!(tenant.stored(id).await.into_parts(), expected);
}

/// The newest message that is left tells when the last one was: the newest by time, not by number.
/// Without any there is no such time.
pub async fn the_newest_that_is_left_is_the_last(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let id = tenant.conversation().await.id();
    let (first, second) = (arrived(&tenant, id, 30).await, arrived(&tenant, id, 10).await);
    let (third, fourth) = (arrived(&tenant, id, 20).await, arrived(&tenant, id, -10).await);

    for (gone, last) in
        [(third, Some(at(30))), (first, Some(at(10))), (second, Some(at(-10))), (fourth, None)]
    {
        delete(&tenant, repositories, id, gone.id(), at(40)).await;

        assert_eq!(tenant.stored(id).await.into_parts().last_message_at, last);
    }
}

/// Clocks disagree: an older deletion moves no time back.
pub async fn an_older_deletion_moves_no_time_back(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let id = tenant.conversation().await.id();
    let gone = arrived(&tenant, id, 9_000).await;

    delete(&tenant, repositories, id, gone.id(), at(-9_000)).await;

    assert_eq!(tenant.stored(id).await.updated_at(), at(9_001));
}

/// The number of a message that is gone stays its own.
pub async fn a_number_is_never_used_again(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let id = tenant.conversation().await.id();

    for number in 1..=3 {
        let message = arrived(&tenant, id, 0).await;
        assert_eq!(message.number(), number);
        delete(&tenant, repositories, id, message.id(), at(0)).await;
    }
}

/// The message must be in the conversation and both in the workspace; what is not deleted is not
/// audited, and what is, is once.
pub async fn only_what_went_is_audited(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let (id, another) = (tenant.conversation().await.id(), tenant.conversation().await.id());
    let theirs = other.conversation().await.id();
    let (kept, alien) = (arrived(&tenant, id, 0).await, arrived(&other, theirs, 0).await);
    let gone = arrived(&tenant, id, 0).await;
    let before =
        [tenant.stored(id).await, tenant.stored(another).await, other.stored(theirs).await];

    let nowhere = MessageId::from_uuid(next_id(at(0)));
    let unknown = ConversationId::from_uuid(next_id(at(0)));
    for (conversation, message) in
        [(id, nowhere), (another, kept.id()), (unknown, kept.id()), (theirs, alien.id())]
    {
        assert!(!delete(&tenant, repositories, conversation, message, at(5)).await);
    }

    let after = [tenant.stored(id).await, tenant.stored(another).await, other.stored(theirs).await];
    assert_eq!(after, before);
    let found = repositories.messages.find(tenant.id, id, kept.id()).await;
    assert_eq!(found.ok(), Some(Some(kept)));
    assert_eq!(tenant.audit().await, []);
    let commit = removal(id, gone.id(), at(5));
    let audit = commit.audit.clone();
    assert_eq!(repositories.messages.delete(tenant.id, commit).await.ok(), Some(true));
    assert!(!delete(&tenant, repositories, id, gone.id(), at(5)).await);
    assert_eq!((tenant.audit().await, other.audit().await), (audit, vec![]));
}

/// Ids are made to be unique everywhere, but nothing relies on it: a message of the same id in
/// another conversation or workspace neither goes along nor counts.
pub async fn messages_elsewhere_with_the_same_ids_are_not_mixed_in(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let conversation = tenant.conversation().await;
    let (id, another) = (conversation.id(), tenant.conversation().await.id());
    let mut parts = conversation.into_parts();
    parts.inbox = other.inbox;
    let twin = just(Conversation::restore(parts));
    other.create(twin).await.expect("a twin elsewhere");
    let (left, draft) = (a_message().written_at(at(20)).build(), a_message().build());
    for (tenant, conversation) in [(&other, id), (&tenant, another)] {
        tenant.append(conversation, left.clone()).await.expect("it arrives");
        tenant.append(conversation, draft.clone()).await.expect("it arrives");
    }
    let before = [other.stored(id).await, tenant.stored(another).await];
    let kept = arrived(&tenant, id, 10).await;
    tenant.append(id, draft.clone()).await.expect("it arrives");

    assert!(delete(&tenant, repositories, id, draft.id(), at(30)).await);

    let page = tenant.messages(id, first_page()).await.expect("it is there");
    assert_eq!(page.items, [kept]);
    assert_eq!(tenant.stored(id).await.into_parts().last_message_at, Some(at(10)));
    assert_eq!([other.stored(id).await, tenant.stored(another).await], before);
    for (tenant, conversation) in [(&other, id), (&tenant, another)] {
        let page = tenant.messages(conversation, first_page()).await.expect("it is there");
        assert_eq!(page.items.iter().map(Message::id).collect::<Vec<_>>(), [left.id(), draft.id()]);
    }
}

/// Of those who delete a message at once, one does, and it is counted off once.
pub async fn exactly_one_concurrent_deletion_succeeds(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (workspace, id) = (tenant.id, tenant.conversation().await.id());
    let message = arrived(&tenant, id, 0).await.id();
    arrived(&tenant, id, 0).await;

    let deleted = at_once((0..16).map(|_| {
        let messages = Arc::clone(&repositories.messages);
        let commit = removal(id, message, at(0));
        async move {
            let audit = commit.audit.clone();
            let deleted = messages.delete(workspace, commit).await;
            deleted.expect("no deletion fails").then_some(audit)
        }
    }))
    .await;

    let winners: Vec<_> = deleted.into_iter().flatten().collect();
    assert_eq!(winners, [tenant.audit().await]);
    assert_eq!(tenant.stored(id).await.message_count(), 1);
}

/// Whatever comes and goes at once, in the end the conversation counts the messages that it has.
pub async fn messages_that_come_and_go_at_once_add_up(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (workspace, id) = (tenant.id, tenant.conversation().await.id());

    let left = at_once((0_i64..8).map(|writer| {
        let messages = Arc::clone(&repositories.messages);
        async move {
            let mut left = 0;
            for turn in 0_i64..6 {
                // Neither numbers nor the order of arrival tell which is the newest.
                let time = at((writer * 7 + turn * 11) % 13);
                let draft = a_message().by(Author::System).written_at(time).build();
                let message = messages.append(workspace, arrival(id, draft)).await;
                let message = message.expect("no message fails").expect("it is there");
                if (writer + turn) % 3 == 0 {
                    left += 1;
                } else {
                    let deleted = messages.delete(workspace, removal(id, message.id(), at(0)));
                    assert!(deleted.await.expect("no deletion fails"));
                }
            }
            left
        }
    }))
    .await;

    let messages = all_pages(async |page| tenant.messages(id, page).await.expect("it is there"));
    let messages = messages.await;
    assert_eq!(messages.len(), left.iter().sum::<usize>());
    let stored = tenant.stored(id).await.into_parts();
    assert_eq!(stored.message_count, messages.len() as u64);
    assert_eq!(stored.last_message_number, 48);
    let newest = messages.iter().map(|message| message.id().created_at()).max();
    assert_eq!(stored.last_message_at, newest);
}

/// Of messages that go at once, whichever is first, none is taken for the last one afterwards.
pub async fn messages_that_go_at_once_are_not_the_last(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (workspace, id) = (tenant.id, tenant.conversation().await.id());
    arrived(&tenant, id, 0).await;

    for _ in 0..12 {
        let going = [arrived(&tenant, id, 1).await, arrived(&tenant, id, 2).await];
        let deleted =
            at_once(
                going.map(|message| {
                    let messages = Arc::clone(&repositories.messages);
                    async move {
                        messages.delete(workspace, removal(id, message.id(), at(0))).await.ok()
                    }
                }),
            );
        assert_eq!(deleted.await, [Some(true); 2]);

        assert_eq!(tenant.stored(id).await.into_parts().last_message_at, Some(at(0)));
    }
}

/// A message by the system that arrived that many milliseconds after the start.
async fn arrived(tenant: &Tenant<'_>, conversation: ConversationId, millis: i64) -> Message {
    let draft = a_message().by(Author::System).written_at(at(millis)).build();
    tenant.append(conversation, draft).await.expect("it arrives")
}

async fn delete(
    tenant: &Tenant<'_>,
    repositories: &Repositories,
    conversation: ConversationId,
    message: MessageId,
    now: Timestamp,
) -> bool {
    let deleted = repositories.messages.delete(tenant.id, removal(conversation, message, now));
    deleted.await.expect("a message is deleted")
}
