//! What writes leave in history and audit: each lands together with its traces, or neither does.

use conversations_application::ports::{Commit, ConversationErasure, NewMessage, RepositoryError};
use conversations_domain::{
    Actor, AuditAction, AuditEntry, Author, Conversation, FieldChange, HistoryEntry, HistoryId,
    Status,
};
use conversations_persistence::Repositories;

use super::commits::{erasure, just, relabelled, renamed};
use super::pages::first_page;
use super::tenant::{Tenant, assert_stale};
use crate::fixtures::{
    a_conversation, a_history_entry, a_message, an_actor, an_audit_entry, an_origin, at, next_id,
    tags,
};

/// A change and its history land together.
pub async fn an_update_and_its_history_are_stored_together(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await;
    let entries = vec![a_history_entry(conversation.id()), a_history_entry(conversation.id())];

    let write = renamed(&conversation, "First");
    let commit = Commit {
        write,
        origin: an_origin(),
        history: entries.clone(),
        audit: Vec::new(),
        response: None,
    };
    let stored = repositories.conversations.update(tenant.id, commit).await;

    assert_eq!(stored.ok(), Some(tenant.stored(conversation.id()).await));
    assert_eq!(tenant.history(conversation.id()).await, entries);
}

/// Traces that cannot be stored, because others have their ids, take the write down too.
pub async fn a_write_fails_without_its_history_and_audit(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = a_conversation(tenant.inbox).closed().labelled(&["old"]).build();
    let conversation = tenant.open(conversation).await;
    let id = conversation.id();
    let (entry, told) =
        (a_history_entry(id), an_audit_entry(AuditAction::KeyCreated, next_id(at(0))));
    let commit = Commit {
        write: renamed(&conversation, "First"),
        origin: an_origin(),
        history: vec![entry.clone()],
        audit: vec![told.clone()],
        response: None,
    };
    let stored = repositories.conversations.update(tenant.id, commit).await;
    let stored = stored.expect("the change and its traces are stored");

    let relabel = |history, audit| Commit {
        write: relabelled(&stored, tags(&["new"])),
        origin: an_origin(),
        history,
        audit,
        response: None,
    };
    for commit in [relabel(vec![entry.clone()], vec![]), relabel(vec![], vec![told.clone()])] {
        assert!(repositories.conversations.update(tenant.id, commit).await.is_err());
    }
    let new = just(a_conversation(tenant.inbox).build());
    let commit = Commit {
        write: new,
        origin: an_origin(),
        history: vec![],
        audit: vec![told.clone()],
        response: None,
    };
    assert!(repositories.conversations.create(tenant.id, commit).await.is_err());
    assert!(reopen(&tenant, repositories, &stored, entry.id).await.is_err());
    let erasure = ConversationErasure { conversation: id, observed: None, audit: told.clone() };
    assert!(repositories.conversations.erase(tenant.id, erasure).await.is_err());

    assert_eq!(tenant.stored(id).await, stored);
    assert_eq!(tenant.history(id).await, [entry]);
    assert_eq!(tenant.audit().await, [told]);
    let messages = tenant.messages(id, first_page()).await;
    assert_eq!(messages.map(|page| page.total), Some(0));
    assert_eq!(tenant.count().await, 1);
}

/// A refused write leaves no trace.
pub async fn a_stale_update_leaves_no_history(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await;
    tenant.update(renamed(&conversation, "First")).await.expect("the first one is stored");

    let commit = Commit {
        write: renamed(&conversation, "Second"),
        origin: an_origin(),
        history: vec![a_history_entry(conversation.id())],
        audit: vec![an_audit_entry(AuditAction::KeyCreated, next_id(at(0)))],
        response: None,
    };
    assert_stale(&repositories.conversations.update(tenant.id, commit).await);

    assert_eq!(tenant.history(conversation.id()).await, []);
    assert_eq!(tenant.audit().await, []);
}

/// A message that reopens says so in the history, and any other does not.
pub async fn only_a_reopening_message_leaves_history(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;

    for before in [Status::Closed, Status::Pending] {
        let conversation = a_conversation(tenant.inbox).in_status(before).build();
        let conversation = tenant.open(conversation).await;
        let id = conversation.id();
        tenant.append(id, a_message().by(Author::System).build()).await;
        assert_eq!(tenant.history(id).await, []);

        let entry = HistoryId::from_uuid(next_id(at(5)));
        let by = reopen(&tenant, repositories, &conversation, entry).await.expect("it arrives");
        tenant.append(id, a_message().build()).await;

        let change = FieldChange::of_status(before, Status::Open);
        let expected = HistoryEntry { id: entry, conversation: id, change, by };
        assert_eq!(tenant.history(id).await, [expected]);
    }
}

/// The history goes with its conversation; the audit entry stays, with the number of messages.
pub async fn an_erasure_takes_the_history_and_leaves_an_audit_entry(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (gone, left) = (tenant.conversation().await, tenant.conversation().await);
    for conversation in [&gone, &left] {
        let commit = Commit {
            write: renamed(conversation, "Another"),
            origin: an_origin(),
            history: vec![a_history_entry(conversation.id())],
            audit: Vec::new(),
            response: None,
        };
        repositories.conversations.update(tenant.id, commit).await.expect("a change is stored");
        tenant.append(conversation.id(), a_message().build()).await;
    }
    let history = tenant.history(left.id()).await;
    let write = erasure(gone.id());
    let entry = AuditEntry { message_count: Some(1), ..write.audit.clone() };

    let erased = repositories.conversations.erase(tenant.id, write).await;

    assert_eq!(erased.ok(), Some(Some(1)));
    assert_eq!(tenant.audit().await, [entry]);
    let listed = repositories.history.list(tenant.id, gone.id(), first_page()).await;
    assert_eq!(listed.ok(), Some(None));
    tenant.open(gone.clone()).await;
    assert_eq!(tenant.history(gone.id()).await, []);
    assert_eq!((history.len(), tenant.history(left.id()).await), (1, history));
}

/// What was not there to be erased is not audited.
pub async fn an_erasure_of_nothing_is_not_audited(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;

    assert_eq!(tenant.erase(a_conversation(tenant.inbox).build().id()).await, None);

    assert_eq!(tenant.audit().await, []);
}

/// A revocation leaves an audit entry if there was a key to revoke.
pub async fn a_revocation_of_nothing_is_not_audited(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let id = tenant.key().await.key.id;
    let entries = [(); 2].map(|()| an_audit_entry(AuditAction::KeyRevoked, id.as_uuid()));

    let mut revoked = Vec::new();
    for entry in &entries {
        let commit = Commit {
            write: id,
            origin: an_origin(),
            history: Vec::new(),
            audit: vec![entry.clone()],
            response: (),
        };
        revoked.push(repositories.keys.revoke(tenant.id, commit).await.ok());
    }

    assert_eq!(revoked, [Some(true), Some(false)]);
    assert_eq!(tenant.audit().await, entries[..1]);
}

/// Lets the customer write to a conversation that is not open; answers who it was.
async fn reopen(
    tenant: &Tenant<'_>,
    repositories: &Repositories,
    conversation: &Conversation,
    history: HistoryId,
) -> Result<Actor, RepositoryError> {
    let (by, draft) = (an_actor(), a_message().by(Author::Customer(None)).build());
    let write = NewMessage { conversation: conversation.id(), draft, history, by: by.clone() };
    repositories.messages.append(tenant.id, Commit::of(an_origin(), write)).await.map(|_| by)
}
