//! What history and audit keep. Neither has a reader yet, but an entry's id is unique in its
//! workspace: another entry with the same id is refused if, and only if, the first is there.

use conversations_application::ports::{Commit, NewMessage, RepositoryError};
use conversations_domain::{
    AuditAction, AuditEntry, Author, Change, Changes, Conversation, HistoryEntry, HistoryId, Status,
};
use conversations_persistence::Repositories;

use super::tenant::{Tenant, assert_stale, erasure, renamed, revised};
use crate::fixtures::{
    a_conversation, a_history_entry, a_message, an_actor, an_audit_entry, at, next_id,
};

/// A change and its history land together, or neither does.
pub async fn a_save_and_its_history_land_together(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await;
    let entry = a_history_entry(conversation.id());

    let saved = save(&tenant, repositories, &conversation, &entry).await;
    let stored = saved.expect("the change and its history are stored");

    assert!(save(&tenant, repositories, &stored, &entry).await.is_err(), "the entry is there");
    assert_eq!(tenant.stored(conversation.id()).await, stored);
}

/// A refused write leaves no history.
pub async fn a_stale_save_leaves_no_history(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await;
    let current = renamed(&conversation, "First");
    tenant.update(current.clone()).await.expect("the first one is stored");
    let entry = a_history_entry(conversation.id());

    assert_stale(&save(&tenant, repositories, &conversation, &entry).await);

    assert!(save(&tenant, repositories, &current.conversation, &entry).await.is_ok());
}

/// A message that reopens says so in the history, and any other does not.
pub async fn only_a_reopening_message_leaves_history(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let open = tenant.conversation().await;
    let closed = tenant.open(a_conversation(tenant.inbox).closed().build()).await;
    let pending = tenant.open(a_conversation(tenant.inbox).pending().build()).await;
    let entry = HistoryId::from_uuid(next_id(at(0)));
    let arrive = async |conversation: &Conversation, author| {
        let write = NewMessage {
            conversation: conversation.id(),
            draft: a_message().by(author).build(),
            history: entry,
            by: an_actor(),
        };
        repositories.messages.append(tenant.id, Commit::of(write)).await
    };
    let customer = Author::Customer(None);

    assert!(arrive(&open, customer).await.is_ok());
    assert!(arrive(&closed, Author::System).await.is_ok());
    assert!(arrive(&closed, customer).await.is_ok());

    assert!(arrive(&pending, customer).await.is_err(), "the entry is there");
    assert_eq!(tenant.stored(pending.id()).await, pending);
    assert!(arrive(&closed, customer).await.is_ok(), "it is open already");
}

/// The history goes with its conversation, and the audit entry stays.
pub async fn an_erasure_takes_the_history_and_leaves_an_audit_entry(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (first, second) = (tenant.conversation().await, tenant.conversation().await);
    let entry = a_history_entry(first.id());
    save(&tenant, repositories, &first, &entry).await.expect("the change is stored");
    let first = erasure(first.id());
    let audit = first.audit.clone();
    let erased = repositories.conversations.erase(tenant.id, first).await;
    assert_eq!(erased.ok(), Some(Some(0)));

    let entry = HistoryEntry { conversation: second.id(), ..entry };
    assert!(save(&tenant, repositories, &second, &entry).await.is_ok(), "the history is gone");

    let mut second = erasure(second.id());
    second.audit.id = audit.id;
    let erased = repositories.conversations.erase(tenant.id, second.clone()).await;
    assert!(erased.is_err(), "the audit entry is there");
    assert!(tenant.find(second.conversation).await.is_some());
}

/// What was not there to be erased is not audited.
pub async fn an_erasure_of_nothing_is_not_audited(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await.id();
    let mut nothing = erasure(a_conversation(tenant.inbox).build().id());
    let something = erasure(conversation);
    nothing.audit.id = something.audit.id;

    let erased = repositories.conversations.erase(tenant.id, nothing).await;
    assert_eq!(erased.ok(), Some(None));

    let erased = repositories.conversations.erase(tenant.id, something).await;
    assert_eq!(erased.ok(), Some(Some(0)));
}

/// A revocation leaves an audit entry if there was a key to revoke.
pub async fn a_revocation_of_nothing_is_not_audited(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (first, second) = (tenant.key().await.key.id, tenant.key().await.key.id);
    let entry = an_audit_entry(AuditAction::KeyRevoked, first.as_uuid());
    let revoke = async |id, entry: &AuditEntry| {
        let commit = Commit { write: id, history: Vec::new(), audit: vec![entry.clone()] };
        repositories.keys.revoke(tenant.id, commit).await
    };
    assert_eq!(
        revoke(first, &an_audit_entry(AuditAction::KeyRevoked, first.as_uuid())).await.ok(),
        Some(true)
    );

    assert_eq!(revoke(first, &entry).await.ok(), Some(false));
    let third = tenant.key().await.key.id;
    assert_eq!(revoke(second, &entry).await.ok(), Some(true));
    assert!(revoke(third, &entry).await.is_err(), "the entry is there");
}

/// Changes the status of a conversation, with this history; answers the conversation as stored.
async fn save(
    tenant: &Tenant<'_>,
    repositories: &Repositories,
    conversation: &Conversation,
    entry: &HistoryEntry,
) -> Result<Conversation, RepositoryError> {
    let to = if conversation.status() == Status::Open { Status::Pending } else { Status::Open };
    let changes = Changes { status: Change::To(to), ..Changes::default() };
    let write = revised(conversation, changes, at(5_000));
    let stored = write.conversation.clone();
    let commit = Commit { write, history: vec![entry.clone()], audit: Vec::new() };
    repositories.conversations.update(tenant.id, commit).await.map(|()| stored)
}
