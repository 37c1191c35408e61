//! The audit of a workspace: what writes leave in it, and how it is read.

use conversations_application::ports::{Commit, Deletion};
use conversations_domain::{
    Actor, AuditAction, AuditEntry, AuditId, Change, CustomerChanges, InboxChanges, KeyChanges,
    Reason, Tier, UserChanges,
};
use conversations_persistence::Repositories;

use super::commits::{
    arrival, changed_customer, changed_inbox, changed_key, changed_user, just, removal, renamed,
    user_removal,
};
use super::pages::page;
use super::tenant::Tenant;
use crate::fixtures::{
    a_conversation, a_customer, a_key, a_message, a_user, an_audit_entry, an_inbox, an_origin, at,
    name, next_id,
};

/// Each action, with and without whatever may be known of it.
pub async fn round_trips_every_field(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let any = || an_audit_entry(AuditAction::ConversationDeleted, next_id(at(0)));
    let because = |text: &str| Reason::parse(text).ok();
    let mut entries = vec![
        AuditEntry {
            reason: because("„100 %“ '\"\\_;-- e\u{301}\u{202e}\u{ffff} 👩‍👩‍👧"), ..any()
        },
        AuditEntry { reason: because(&"\u{10ffff}".repeat(Reason::MAX_LENGTH)), ..any() },
        AuditEntry { message_count: Some(0), ..any() },
        AuditEntry { message_count: Some(9_007_199_254_740_993), ..any() },
        AuditEntry { by: Actor::command_line(), ..any() },
        AuditEntry { request_id: Some("!\"%'\\_~".repeat(18)), ..any() },
        AuditEntry {
            reason: because("all"),
            message_count: Some(3),
            request_id: Some("r".to_owned()),
            ..any()
        },
    ];
    entries.extend(AuditAction::ALL.iter().map(|&action| an_audit_entry(action, next_id(at(0)))));

    remember(&tenant, repositories, entries.clone()).await;

    entries.reverse();
    assert_eq!(tenant.audit().await, entries);
}

/// The audit is listed newest first, whenever each entry was stored, in pages, with the exact
/// total.
pub async fn lists_newest_first(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let entries = [5, -3, 5].map(|millis| AuditEntry {
        id: AuditId::from_uuid(next_id(at(millis))),
        ..an_audit_entry(AuditAction::KeyCreated, next_id(at(0)))
    });
    for entry in &entries {
        remember(&tenant, repositories, vec![entry.clone()]).await;
    }

    let [second, third, first] = entries;
    for (request, items) in [
        (page(1, 100), vec![first.clone(), second.clone(), third.clone()]),
        (page(1, 2), vec![first, second]),
        (page(2, 2), vec![third]),
        (page(3, 2), vec![]),
        (page(2_147_483_648, 100), vec![]),
    ] {
        let page = repositories.audit.list(tenant.id, request).await;

        assert_eq!(page.ok(), Some(request.slice(items, 3)), "{request:?}");
    }
}

/// Another workspace's audit is neither listed nor counted.
pub async fn lists_one_workspace_only(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let entry = an_audit_entry(AuditAction::KeyCreated, next_id(at(0)));

    remember(&other, repositories, vec![entry.clone()]).await;

    assert_eq!((tenant.audit().await, other.audit().await), (vec![], vec![entry]));
}

/// Whatever is written leaves what the write says, and the parts of one write in their order.
pub async fn every_write_leaves_its_entries(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (id, mut told) = (tenant.id, Vec::new());
    let Repositories { customers, users, inboxes, keys, conversations, messages, .. } =
        repositories;
    let mut stored = Vec::new();

    let customer = a_customer().build();
    let commit = telling(&mut told, customer.clone());
    stored.push(customers.create(id, commit).await.is_ok());
    let changes = CustomerChanges { tier: Change::To(Tier::Gold), ..CustomerChanges::default() };
    let commit = telling(&mut told, changed_customer(&customer, changes));
    stored.push(customers.update(id, commit).await.is_ok());
    let commit = telling(&mut told, Deletion::of(customer.id()));
    stored.push(customers.delete(id, commit).await.is_ok());

    let user = a_user().build();
    let commit = telling(&mut told, user.clone());
    stored.push(users.create(id, commit).await.is_ok());
    let changes = UserChanges { name: Change::To(name("Alan")), ..UserChanges::default() };
    let commit = telling(&mut told, changed_user(&user, changes));
    stored.push(users.update(id, commit).await.is_ok());
    let commit = telling(&mut told, user_removal(user.id(), at(0)).write);
    stored.push(users.delete(id, commit).await.is_ok());

    let inbox = an_inbox();
    let commit = telling(&mut told, inbox.clone());
    stored.push(inboxes.create(id, commit).await.is_ok());
    let changes = InboxChanges { name: Change::To(name("Sales")), ..InboxChanges::default() };
    let commit = telling(&mut told, changed_inbox(&inbox, changes));
    stored.push(inboxes.update(id, commit).await.is_ok());
    let commit = telling(&mut told, Deletion::of(inbox.id()));
    stored.push(inboxes.delete(id, commit).await.is_ok());

    let key = a_key(id);
    let commit = telling(&mut told, key.clone());
    stored.push(keys.create(id, commit).await.is_ok());
    let changes = KeyChanges { name: Change::To(name("other")), ..KeyChanges::default() };
    let commit = telling(&mut told, changed_key(&key.key, changes));
    stored.push(keys.update(id, commit).await.is_ok());
    let commit = telling(&mut told, key.key.id);
    stored.push(keys.revoke(id, commit).await.is_ok());

    let conversation = a_conversation(tenant.inbox).build();
    let commit = telling(&mut told, just(conversation.clone()));
    stored.push(conversations.create(id, commit).await.is_ok());
    let commit = telling(&mut told, renamed(&conversation, "Another"));
    stored.push(conversations.update(id, commit).await.is_ok());
    let draft = a_message().build();
    let commit = telling(&mut told, arrival(conversation.id(), draft.clone()).write);
    stored.push(messages.append(id, commit).await.is_ok());
    let commit = telling(&mut told, removal(conversation.id(), draft.id(), at(0)).write);
    stored.push(messages.delete(id, commit).await.is_ok());

    assert_eq!(stored, [true; 16]);
    told.reverse();
    assert_eq!(tenant.audit().await, told);
}

/// A write that leaves two entries, which are noted.
fn telling<W, R: Default>(told: &mut Vec<AuditEntry>, write: W) -> Commit<W, R> {
    let audit = [(); 2].map(|()| an_audit_entry(AuditAction::KeyUpdated, next_id(at(0)))).to_vec();
    told.extend_from_slice(&audit);
    Commit { audit, ..Commit::of(an_origin(), write) }
}

/// Stores something that leaves these entries.
async fn remember(tenant: &Tenant<'_>, repositories: &Repositories, audit: Vec<AuditEntry>) {
    let commit = Commit {
        write: an_inbox(),
        origin: an_origin(),
        history: Vec::new(),
        audit,
        response: None,
    };
    repositories.inboxes.create(tenant.id, commit).await.expect("an inbox is stored");
}
