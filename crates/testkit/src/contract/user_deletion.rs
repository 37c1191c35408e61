//! Deleting users: their conversations are unassigned afterwards.

use conversations_application::ports::Commit;
use conversations_application::read_model::{AssigneeFilter, ConversationFilter, UserFilter};
use conversations_domain::{
    Author, Conversation, ConversationId, ConversationParts, HistoryEntry, Message, MessageParts,
    User, UserId, UserParts,
};
use conversations_persistence::Repositories;

use super::bulk::{finish_erasures, listed, store_many};
use super::commits::{reassigned, unassigned_from, user_removal};
use super::pages::first_page;
use super::tenant::{Tenant, assert_stale};
use crate::fixtures::{a_conversation, a_message, a_user, an_origin, at, email, next_id};

/// A deleted user is gone; the second time nothing is found, and only the first deletion is
/// audited.
pub async fn deletes_once(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (user, left) = (tenant.user(a_user()).await, tenant.user(a_user()).await);
    let (first, second) = (user_removal(user.id(), at(0)), user_removal(user.id(), at(0)));
    let audit = first.audit.clone();

    assert_eq!(repositories.users.delete(tenant.id, first).await.ok(), Some(true));
    assert_eq!(repositories.users.delete(tenant.id, second).await.ok(), Some(false));

    let page = repositories.users.list(tenant.id, UserFilter::default(), first_page()).await;
    assert_eq!(page.ok().map(|page| page.items), Some(vec![left]));
    assert_eq!(tenant.audit().await, audit);
    let again = repositories.users.create(tenant.id, Commit::of(an_origin(), user)).await;
    assert!(again.is_ok(), "the id and the address are free: {again:?}");
}

/// Each conversation that was theirs is unassigned: a change like any other, with history. The
/// others stay as they are.
pub async fn unassigns_with_history(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (user, colleague) = (tenant.user(a_user()).await.id(), tenant.user(a_user()).await.id());
    let theirs = || a_conversation(tenant.inbox).closed().assigned_to(user).labelled(&["vip"]);
    let early = tenant.open(theirs().build()).await;
    let late = tenant.open(theirs().opened_at(at(9_000)).build()).await;
    let others = [
        tenant.open(a_conversation(tenant.inbox).assigned_to(colleague).build()).await,
        tenant.open(a_conversation(tenant.inbox).build()).await,
    ];
    let commit = user_removal(user, at(5_000));
    let by = commit.write.by.clone();

    assert_eq!(repositories.users.delete(tenant.id, commit).await.ok(), Some(true));

    for (before, updated_at) in [(early, at(5_000)), (late, at(9_001))] {
        let id = before.id();
        let mut expected = before.into_parts();
        expected.assignee = None;
        expected.updated_at = updated_at;
        expected.version = expected.version.next();
        expected.revision = expected.revision.next();
        let details = tenant.find(id).await.expect("the conversation is there");
        assert_eq!(details.conversation.into_parts(), expected);
        assert_eq!(details.assignee, None);
        assert_unassigned(&tenant.history(id).await, id, user, |entry| {
            assert_eq!((entry.id.created_at(), &entry.by), (at(5_000), &by));
        });
    }
    for other in others {
        assert_eq!(tenant.history(other.id()).await, []);
        assert_eq!(tenant.stored(other.id()).await, other);
    }
}

/// What an agent wrote stays theirs, by the id that they had.
pub async fn what_they_wrote_stays(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let user = tenant.user(a_user()).await.id();
    let id = tenant.open(a_conversation(tenant.inbox).assigned_to(user).build()).await.id();
    let draft = a_message().by(Author::Agent(user)).internal().build();
    let message = tenant.append(id, draft).await.expect("it arrives");

    let deleted = repositories.users.delete(tenant.id, user_removal(user, at(0))).await;
    assert_eq!(deleted.ok(), Some(true));

    let page = tenant.messages(id, first_page()).await.expect("it is there");
    assert_eq!(page.items, [message]);
    let parts = page.items.into_iter().map(Message::into_parts);
    let authors: Vec<_> = parts.map(|MessageParts { author, .. }| author).collect();
    assert_eq!(authors, [Author::Agent(user)]);
}

/// A change that was based on the assignment is stale.
pub async fn an_unassignment_makes_an_update_stale(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (user, colleague) = (tenant.user(a_user()).await.id(), tenant.user(a_user()).await.id());
    let loaded = tenant.open(a_conversation(tenant.inbox).assigned_to(user).build()).await;
    let deleted = repositories.users.delete(tenant.id, user_removal(user, at(0))).await;
    assert_eq!(deleted.ok(), Some(true));

    assert_stale(&tenant.update(reassigned(&loaded, Some(colleague))).await);

    assert_eq!(tenant.stored(loaded.id()).await.assignee(), None);
}

/// Another workspace's user is as good as none; nor does one with the same id go along, or decide
/// which conversations are unassigned.
pub async fn deletes_nothing_out_of_the_workspace(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let user = other.user(a_user()).await;
    let there = || a_conversation(other.inbox).assigned_to(user.id()).build();
    let (there_only, theirs) = (other.open(there()).await, other.open(there()).await);

    for id in [user.id(), UserId::from_uuid(next_id(at(0)))] {
        let deleted = repositories.users.delete(tenant.id, user_removal(id, at(0))).await;
        assert_eq!(deleted.ok(), Some(false));
    }
    assert_eq!(tenant.audit().await, []);

    let twin = UserParts { email: email("twin@x.org"), ..user.clone().into_parts() };
    let twin = Commit::of(an_origin(), User::restore(twin));
    repositories.users.create(tenant.id, twin).await.expect("a twin elsewhere");
    let mut twins = Vec::new();
    for (twin, assignee) in [(&theirs, user.id()), (&there_only, tenant.user(a_user()).await.id())]
    {
        let parts = twin.clone().into_parts();
        let assignee = Some(assignee);
        let parts = ConversationParts { inbox: tenant.inbox, assignee, ..parts };
        twins.push(tenant.open(Conversation::restore(parts)).await);
    }
    let deleted = repositories.users.delete(tenant.id, user_removal(user.id(), at(5))).await;
    assert_eq!(deleted.ok(), Some(true));

    assert_eq!(tenant.stored(theirs.id()).await.assignee(), None);
    assert_eq!(tenant.history(theirs.id()).await.len(), 1);
    assert_eq!(tenant.stored(there_only.id()).await, twins[1]);
    assert_eq!(tenant.history(there_only.id()).await, []);
    for conversation in [theirs, there_only] {
        assert_eq!(other.stored(conversation.id()).await, conversation);
        assert_eq!(other.history(conversation.id()).await, []);
    }
    let found = repositories.users.find(other.id, user.id()).await;
    assert_eq!(found.ok(), Some(Some(user)));
}

/// However many conversations are theirs, all are unassigned, each with one entry.
pub async fn unassigns_any_number(repositories: &Repositories) {
    const CONVERSATIONS: usize = 1_200;
    let tenant = Tenant::new(repositories).await;
    let (user, colleague) = (tenant.user(a_user()).await.id(), tenant.user(a_user()).await.id());
    let left = tenant.open(a_conversation(tenant.inbox).assigned_to(colleague).build()).await;
    let inbox = tenant.inbox;
    let theirs = store_many(&tenant, repositories, CONVERSATIONS, move || {
        a_conversation(inbox).assigned_to(user).build()
    });
    let theirs = theirs.await;

    let deleted = repositories.users.delete(tenant.id, user_removal(user, at(5))).await;
    assert_eq!(deleted.ok(), Some(true));

    assert_eq!(listed(&tenant, assigned_to(AssigneeFilter::User(user))).await, []);
    let unassigned = listed(&tenant, assigned_to(AssigneeFilter::Nobody)).await;
    assert_eq!(unassigned.len(), CONVERSATIONS);
    assert_eq!(listed(&tenant, assigned_to(AssigneeFilter::User(colleague))).await, [left.id()]);
    finish_erasures(repositories).await;
    // Every step has some of these.
    for &id in theirs.iter().step_by(97).chain(theirs.last()) {
        assert_unassigned(&tenant.history(id).await, id, user, |_| ());
    }
}

fn assigned_to(assignee: AssigneeFilter) -> ConversationFilter {
    ConversationFilter { assignee: Some(assignee), ..ConversationFilter::default() }
}

/// Makes sure that all a history says is that a conversation was taken from a user.
#[track_caller]
fn assert_unassigned(
    history: &[HistoryEntry],
    id: ConversationId,
    user: UserId,
    check: impl Fn(&HistoryEntry),
) {
    let [entry] = history else { unreachable!("one entry, not {history:?}") };
    assert_eq!(entry.change, unassigned_from(user));
    assert_eq!(entry.conversation, id);
    check(entry);
}
