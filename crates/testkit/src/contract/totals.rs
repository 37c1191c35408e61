//! Totals are kept with every write, also while others write.

use std::sync::Arc;

use conversations_application::ports::{Commit, Deletion, DeletionOutcome, TotalsReport};
use conversations_application::read_model::{AssigneeFilter, ConversationFilter};
use conversations_domain::{
    Author, Change, Changes, Conversation, CountKey, InboxId, Priority, Status, UserId,
};
use conversations_persistence::Repositories;
use uuid::Uuid;

use super::bulk::{at_once, finish_erasures, store_many};
use super::commits::{arrival, customer_erasure, erasure, just, renamed, revised, user_removal};
use super::pages::first_page;
use super::tenant::{Tenant, assert_stale};
use crate::Random;
use crate::fixtures::{a_conversation, a_customer, a_message, a_user, an_inbox, an_origin, at};

/// Makes sure that the stored totals agree with a recount of this many conversations.
pub(super) async fn assert_right(tenant: &Tenant<'_>, conversations: u64) -> TotalsReport {
    let found = tenant.repositories.totals.check(tenant.id).await.expect("a comparison");
    assert_eq!(found.differences, []);
    assert_eq!(found.conversations, conversations);
    assert_eq!(tenant.count().await, conversations);
    found
}

async fn total(tenant: &Tenant<'_>, filter: ConversationFilter) -> u64 {
    tenant.list(filter, first_page()).await.total
}

/// Making, changing, moving, assigning, reopening, erasing, and the ends of users, people, inboxes
/// and workspaces: after each of them a recount finds what is kept.
pub async fn every_write_keeps_the_totals(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;
    other.conversation().await;
    let second = tenant.inbox(an_inbox()).await.id();
    let user = tenant.user(a_user()).await.id();
    let person = tenant.customer(a_customer()).await.id();
    assert_right(&tenant, 0).await;

    let made = a_conversation(tenant.inbox).with_customer(person).opened_at(at(-200_000_000));
    let made = tenant.open(made.build()).await;
    let closed = a_conversation(second).closed().urgent().assigned_to(user);
    let closed = tenant.open(closed.build()).await;
    assert_right(&tenant, 2).await;

    let all = Changes {
        status: Change::To(Status::Pending),
        priority: Change::To(Priority::Low),
        assignee: Change::To(Some(user)),
        inbox: Change::To(second),
        ..Changes::default()
    };
    let made = tenant.update(revised(&made, all, at(1_000))).await.expect("it is stored");
    assert_right(&tenant, 2).await;
    let in_second = ConversationFilter { inbox: Some(second), ..ConversationFilter::default() };
    assert_eq!(total(&tenant, in_second.clone()).await, 2);
    tenant.update(renamed(&made, "Only the subject")).await.expect("it is stored");
    assert_right(&tenant, 2).await;

    tenant.append(closed.id(), a_message().by(Author::System).build()).await.expect("it arrives");
    assert_right(&tenant, 2).await;
    for reopened in [&made, &closed] {
        tenant.append(reopened.id(), a_message().build()).await.expect("it arrives");
        assert_right(&tenant, 2).await;
    }
    let open = ConversationFilter { statuses: vec![Status::Open], ..in_second.clone() };
    assert_eq!(total(&tenant, open).await, 2);

    let in_use =
        repositories.inboxes.delete(tenant.id, Commit::of(an_origin(), Deletion::of(second))).await;
    assert!(matches!(in_use, Ok(DeletionOutcome::InUse { conversations: 2 })), "{in_use:?}");
    assert!(repositories.users.delete(tenant.id, user_removal(user, at(5))).await.expect("gone"));
    assert_right(&tenant, 2).await;
    let nobodys = ConversationFilter { assignee: Some(AssigneeFilter::Nobody), ..in_second };
    assert_eq!(total(&tenant, nobodys).await, 2);

    let erased = repositories.customers.erase(tenant.id, customer_erasure(person)).await;
    assert!(erased.expect("a person is erased"));
    assert_right(&tenant, 1).await;
    tenant.erase(closed.id()).await.expect("it was there");
    assert_right(&tenant, 0).await;

    let deleted =
        repositories.inboxes.delete(tenant.id, Commit::of(an_origin(), Deletion::of(second))).await;
    assert!(matches!(deleted, Ok(DeletionOutcome::Done)), "{deleted:?}");
    repositories.totals.merge(tenant.id).await.expect("they are merged");
    assert_eq!(assert_right(&tenant, 0).await.numbers, 0, "nothing is left of what is gone");
    assert_eq!(repositories.workspaces.erase(other.id, at(0)).await.ok(), Some(true));
    finish_erasures(repositories).await;
    let gone = repositories.totals.check(other.id).await;
    assert_eq!(gone.ok(), Some(TotalsReport::default()));
}

/// The reserved ids for "all" and "unassigned" find nothing when a caller sends them.
pub async fn reserved_ids_have_no_totals(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    tenant.conversation().await;

    for id in [Uuid::nil(), Uuid::max()] {
        let user = AssigneeFilter::User(UserId::from_uuid(id));
        let theirs = ConversationFilter { assignee: Some(user), ..ConversationFilter::default() };
        assert_eq!(total(&tenant, theirs).await, 0, "{id}");
        let inbox = Some(InboxId::from_uuid(id));
        let there = ConversationFilter { inbox, ..ConversationFilter::default() };
        assert_eq!(total(&tenant, there).await, 0, "{id}");
    }
}

/// What a conversation was counted by when it was loaded has to be so when the change lands.
pub async fn a_wrong_count_key_makes_an_update_stale(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let stored = tenant.conversation().await;
    let right = stored.count_key();
    let user = tenant.user(a_user()).await.id();

    for wrong in [
        CountKey { status: Status::Closed, ..right },
        CountKey { priority: Priority::Low, ..right },
        CountKey { inbox: an_inbox().id(), ..right },
        CountKey { assignee: Some(user), ..right },
    ] {
        let mut write = renamed(&stored, "Wrong");
        write.counted = wrong;
        assert_stale(&tenant.update(write).await);
    }
    assert_right(&tenant, 1).await;
}

/// Sixteen who write to the same twenty conversations at once: a write fails only as stale, and a
/// recount agrees with the stored totals.
pub async fn concurrent_writes_keep_the_totals_exact(repositories: &Repositories) {
    const WRITERS: u64 = 16;
    const WRITES: usize = 25;
    let tenant = Tenant::new(repositories).await;
    let (inbox, workspace) = (tenant.inbox, tenant.id);
    let second = tenant.inbox(an_inbox()).await.id();
    let user = tenant.user(a_user()).await.id();
    let ids = store_many(&tenant, repositories, 20, || a_conversation(inbox).build()).await;

    let made = at_once((0..WRITERS).map(|seed| {
        let (repositories, ids) = (repositories.clone(), ids.clone());
        async move {
            let mut random = Random::new(seed);
            let mut made = 0;
            for _ in 0..WRITES {
                let id = *random.pick(&ids);
                if random.percent(20) {
                    let new = just(a_conversation(*random.pick(&[inbox, second])).build());
                    let created =
                        repositories.conversations.create(workspace, Commit::of(an_origin(), new));
                    created.await.expect("it is stored");
                    made += 1;
                } else if random.percent(30) {
                    let message = arrival(id, a_message().build());
                    let arrived = repositories.messages.append(workspace, message).await;
                    assert!(matches!(arrived, Ok(Some(_))), "{arrived:?}");
                } else {
                    let found = repositories.conversations.find(workspace, id).await;
                    let found = found.expect("it is read").expect("it is there").conversation;
                    let changes = any_changes(&mut random, [inbox, second], user);
                    let write = Commit::of(an_origin(), revised(&found, changes, at(1_000)));
                    if write.write.changed.revision() == found.revision() {
                        continue;
                    }
                    let changed = repositories.conversations.update(workspace, write).await;
                    if changed.is_err() {
                        assert_stale(&changed);
                    }
                }
                if random.percent(5) {
                    repositories.totals.merge(workspace).await.expect("they are merged");
                }
            }
            made
        }
    }))
    .await;

    let made: u64 = made.into_iter().sum();
    assert_right(&tenant, 20 + made).await;
    repositories.totals.merge(workspace).await.expect("they are merged");
    assert_right(&tenant, 20 + made).await;
}

fn any_changes(random: &mut Random, inboxes: [InboxId; 2], user: UserId) -> Changes {
    Changes {
        status: Change::To(*random.pick(Status::ALL)),
        priority: Change::To(*random.pick(Priority::ALL)),
        inbox: Change::To(*random.pick(&inboxes)),
        assignee: Change::To(*random.pick(&[Some(user), None])),
        ..Changes::default()
    }
}

/// Merging leaves every number as it is, and drops what has become nothing.
pub async fn merging_changes_no_total(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let inbox = tenant.inbox;
    let ids = store_many(&tenant, repositories, 40, || a_conversation(inbox).build()).await;
    for id in &ids[..10] {
        tenant.erase(*id).await.expect("it was there");
    }
    let urgent = tenant.open(a_conversation(inbox).urgent().build()).await;
    tenant.erase(urgent.id()).await.expect("it was there");
    let before = assert_right(&tenant, 30).await;

    let merging = (0..4).map(|_| {
        let (totals, workspace) = (Arc::clone(&repositories.totals), tenant.id);
        async move { totals.merge(workspace).await }
    });
    for merged in at_once(merging).await {
        merged.expect("they are merged");
    }

    repositories.totals.merge(tenant.id).await.expect("they are merged");
    let after = assert_right(&tenant, 30).await;
    assert!(after.numbers < before.numbers, "{} and {}", before.numbers, after.numbers);
}

/// A repair of what is right finds nothing, also while others write.
pub async fn repairing_what_is_right_changes_nothing(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (inbox, workspace) = (tenant.inbox, tenant.id);
    let totals = Arc::clone(&repositories.totals);
    let repairing = tokio::spawn(async move {
        for _ in 0..20 {
            let found = totals.repair(workspace, an_origin()).await.expect("a comparison");
            assert_eq!(found.differences, []);
        }
    });

    let ids = store_many(&tenant, repositories, 60, || a_conversation(inbox).build()).await;
    for id in &ids[..20] {
        let erased = repositories.conversations.erase(workspace, erasure(*id)).await;
        erased.expect("it is erased");
    }
    repairing.await.expect("no task panics");

    assert_right(&tenant, 40).await;
}

/// Whether a filter by what is counted allows a conversation.
pub(super) fn allows(filter: &ConversationFilter, conversation: &Conversation) -> bool {
    let ConversationFilter { statuses, priorities, assignee, inbox, .. } = filter;
    let CountKey { status, priority, inbox: present, assignee: user } = conversation.count_key();
    (statuses.is_empty() || statuses.contains(&status))
        && (priorities.is_empty() || priorities.contains(&priority))
        && inbox.is_none_or(|inbox| inbox == present)
        && match *assignee {
            None => true,
            Some(AssigneeFilter::Nobody) => user.is_none(),
            Some(AssigneeFilter::User(wanted)) => user == Some(wanted),
        }
}
