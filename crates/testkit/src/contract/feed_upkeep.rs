//! The upkeep of feeds: events get numbers, wake those who wait for them, and are deleted.

use std::sync::Arc;
use std::time::Duration;

use conversations_application::ports::{
    Commit, Deletion, FeedEnds, FeedQuery, FeedReply, FeedStart, GoneReason,
};
use conversations_application::read_model::{ConversationFilter, ConversationOrder};
use conversations_application::{PageStart, PageWindow};
use conversations_domain::{EventCursor, EventType, Workspace};
use conversations_persistence::Repositories;

use super::bulk::finish_erasures;
use super::commits::{customer_erasure, removal, renamed, user_removal};
use super::feed::{all, kinds};
use super::tenant::Tenant;
use crate::fixtures::{a_customer, a_message, a_user, an_inbox, an_origin, an_origin_at, at, name};

/// Deleted events are the first of the feed, and the cursor of the last deleted one is still valid.
pub async fn old_events_are_deleted_without_gaps(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    for _ in 0..3 {
        tenant.conversation().await;
    }
    let old = tenant.events().await;
    let change = tenant.append_at(10_000).await;
    let forgotten = async || {
        while repositories.feed.delete_expired(at(5_000)).await.expect("old events are forgotten") {
        }
    };

    forgotten().await;
    forgotten().await;

    let [.., before_last, last] = old.as_slice() else { panic!("{old:?}") };
    assert_eq!(kinds(&tenant.events().await), change);
    assert_eq!(kinds(&tenant.events_after(last.cursor()).await), change);
    let asked = FeedQuery { start: FeedStart::After(before_last.cursor()), ..all() };
    let FeedReply::Gone(GoneReason::Expired, ends) = tenant.feed(asked).await else {
        panic!("it is expired")
    };
    assert_eq!(ends.earliest, last.cursor());
    assert_eq!(ends.latest, tenant.latest().await);
    assert_eq!(ends.latest.sequence().number(), old.len() as u64 + 1);
}

/// A waiting caller gets events of its workspace, and of no other.
pub async fn a_waiting_caller_gets_new_events(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let (place, feed) = (tenant.latest().await.sequence(), Arc::clone(&repositories.feed));
    let attending = {
        let feed = Arc::clone(&feed);
        tokio::spawn(async move {
            loop {
                feed.watch(Duration::from_millis(50)).await.expect("the feeds are checked");
            }
        })
    };
    let id = tenant.id;
    let waiting = tokio::spawn(async move { feed.wait(id, place, Duration::from_secs(30)).await });

    tokio::time::sleep(Duration::from_millis(100)).await;
    other.conversation().await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished());
    tenant.conversation().await;

    assert!(waiting.await.expect("the task ends"));
    let context = Duration::from_millis(10);
    assert!(!repositories.feed.wait(id, tenant.latest().await.sequence(), context).await);
    attending.abort();
}

/// Whatever deletes content changes the number of deletions, and nothing else does.
pub async fn deletions_are_counted_before_they_are_acknowledged(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let count = || repositories.feed.deletions(tenant.id);
    let mut before = count();
    let mut assert_counted = |what: &str| {
        assert_ne!(count(), before, "{what}");
        before = count();
    };
    let conversation = tenant.conversation().await;
    let message = tenant.append(conversation.id(), a_message().build()).await.expect("a message");
    let removal = removal(conversation.id(), message.id(), at(2_000));
    assert_eq!(repositories.messages.delete(tenant.id, removal).await.ok(), Some(true));
    assert_counted("a message");
    tenant.erase(conversation.id()).await.expect("it was there");
    assert_counted("a conversation");
    let customer = tenant.customer(a_customer()).await.id();
    let erased = repositories.customers.erase(tenant.id, customer_erasure(customer)).await;
    assert_eq!(erased.ok(), Some(true));
    assert_counted("a customer");
    let user = tenant.user(a_user()).await.id();
    let deleted = repositories.users.delete(tenant.id, user_removal(user, at(2_000))).await;
    assert_eq!(deleted.ok(), Some(true));
    assert_counted("a user");
    let inbox = tenant.inbox(an_inbox()).await.id();
    let commit = Commit::of(an_origin(), Deletion::of(inbox));
    repositories.inboxes.delete(tenant.id, commit).await.expect("an inbox is deleted");
    assert_counted("an inbox");
}

/// Events that are not read are numbered all the same, and keep their numbers.
pub async fn unread_events_are_numbered(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await;

    repositories.feed.number_waiting().await.expect("events are numbered");
    assert_eq!(count_of(&tenant, repositories).await, (2, 2, 0));
    let commit = Commit::of(an_origin(), renamed(&conversation, "Lamp"));
    repositories.conversations.update(tenant.id, commit).await.expect("it is renamed");
    tenant.erase(conversation.id()).await.expect("it was there");
    repositories.feed.number_waiting().await.expect("events are numbered");

    assert_eq!(count_of(&tenant, repositories).await, (3, 3, 0));

    let expected =
        [EventType::InboxCreated, EventType::ConversationCreated, EventType::ConversationDeleted];
    assert_eq!(kinds(&tenant.events().await), expected);
}

/// More events than a list counts.
const MANY: u64 = 300;

/// However much is written that is not read, the position of the feed counts few events that wait, and
/// says the same.
pub async fn lists_have_few_events_to_count(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let before = tenant.latest().await.sequence().number();
    for _ in 0..MANY {
        tenant.user(a_user()).await;
    }

    let position = repositories.feed.position(tenant.id).await.expect("a position");

    assert!(position.waiting < MANY, "{position:?}");
    assert_eq!(position.cursor.sequence().number() + position.waiting, before + MANY);
    assert_eq!(tenant.latest().await.sequence().number(), before + MANY);
}

/// A list comes with the position of the feed, wherever the list begins and however it is found.
pub async fn lists_have_the_position_of_the_feed(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    tenant.conversation().await;
    let words = |text: &str| ConversationFilter { text: text.parse().ok(), ..Default::default() };
    let position_of = async |filter: ConversationFilter, start| {
        let (order, window) = (ConversationOrder::default(), PageWindow { start, limit: 5 });
        let listed = repositories.conversations.list(tenant.id, filter, order, window).await;
        listed.expect("conversations are listed").position
    };
    for written in 0..3_u8 {
        let position = repositories.feed.position(tenant.id).await.expect("a position");
        for start in [PageStart::Offset(0), PageStart::Offset(70_000)] {
            for filter in [ConversationFilter::default(), words("refund"), words("-refund")] {
                let asked = format!("{written} {filter:?} {start:?}");
                assert_eq!(position_of(filter, start).await, Some(position), "{asked}");
            }
        }
        // On PostgreSQL it waits for its number: then the last ticket tells the positions apart.
        tenant.conversation().await;
        let later = position_of(ConversationFilter::default(), PageStart::Offset(0)).await;
        assert_ne!(later, Some(position), "{written}");
        if written > 0 {
            tenant.latest().await;
        }
    }
}

/// How many events a feed should have, has, and will have as soon as they are numbered.
async fn count_of(tenant: &Tenant<'_>, repositories: &Repositories) -> (u64, u64, u64) {
    let counts = repositories.feed.count().await.expect("feeds are counted");
    let count = counts.into_iter().find(|count| count.workspace == tenant.id).expect("a feed");
    (count.expected, count.stored, count.waiting.count)
}

/// The feed of an erased workspace is deleted; a workspace with the same id starts at 1.
pub async fn a_recreated_workspace_starts_an_empty_feed(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    tenant.conversation().await;
    let read = tenant.events().await;
    // This one is not read.
    tenant.conversation().await;

    assert_eq!(repositories.workspaces.erase(tenant.id, at(0)).await.ok(), Some(true));
    finish_erasures(repositories).await;

    assert!(repositories.feed.page(tenant.id, all()).await.is_err());
    let again = Workspace { id: tenant.id, name: name("again") };
    repositories.workspaces.create(again).await.expect("the id is free");
    let page = tenant.feed_page(all()).await;
    assert_eq!((read.len(), page.events), (2, Vec::new()));
    let beginning = EventCursor::beginning(tenant.id);
    assert_eq!(page.ends, FeedEnds { earliest: beginning, latest: beginning });
    assert_eq!(kinds(&other.events().await), [EventType::InboxCreated]);
}

impl Tenant<'_> {
    /// Makes something at this time, and returns its event.
    async fn append_at(&self, millis: i64) -> Vec<EventType> {
        let commit = Commit::of(an_origin_at(at(millis)), an_inbox());
        let created = self.repositories.inboxes.create(self.id, commit).await;
        created.expect("an inbox is stored");
        vec![EventType::InboxCreated]
    }
}
