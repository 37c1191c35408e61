//! A workspace is exported whole, in order, as it is at one moment, and without what is being erased.

use std::sync::{Arc, Mutex};

use conversations_application::ports::{Commit, RecordSink, RepositoryError, TransferStopped};
use conversations_domain::{AuditAction, WorkspaceId, WorkspaceRecord};
use conversations_persistence::Repositories;
use uuid::Uuid;

use super::bulk::finish_erasures;
use super::commits::{customer_erasure, removal, renamed, user_removal};
use super::full_conversation::FullConversation;
use super::tenant::Tenant;
use crate::fixtures::{
    a_conversation, a_customer, a_history_entry, a_message, a_user, an_audit_entry, an_inbox,
    an_origin, at,
};

/// Keeps what it is given, up to a number of records.
#[derive(Clone)]
struct Kept {
    records: Arc<Mutex<Vec<WorkspaceRecord>>>,
    most: usize,
}

impl RecordSink for Kept {
    fn write(&mut self, record: WorkspaceRecord) -> Result<(), TransferStopped> {
        let mut records = self.records.lock().expect("not poisoned");
        if records.len() == self.most {
            return Err(TransferStopped);
        }
        records.push(record);
        Ok(())
    }
}

async fn export_some(
    repositories: &Repositories,
    workspace: WorkspaceId,
    most: usize,
) -> (Result<(), RepositoryError>, Vec<WorkspaceRecord>) {
    let kept = Kept { records: Arc::default(), most };
    let exported = repositories.exports.export(workspace, Box::new(kept.clone())).await;
    let records = std::mem::take(&mut *kept.records.lock().expect("not poisoned"));
    (exported, records)
}

/// All records of a workspace.
pub(super) async fn export(
    repositories: &Repositories,
    workspace: WorkspaceId,
) -> Vec<WorkspaceRecord> {
    let (exported, records) = export_some(repositories, workspace, usize::MAX).await;
    exported.expect("it is exported");
    records
}

/// A workspace with several records of each kind; some fields are empty, and some messages deleted.
pub(super) async fn fill(tenant: &Tenant<'_>, repositories: &Repositories) {
    let second = tenant.inbox(an_inbox()).await.id();
    let user = tenant.user(a_user().known_to("crm", "u1")).await.id();
    let person = a_customer()
        .known_to("crm", "c1")
        .reachable_at("Ada@example.org")
        .tagged(&["vip", "Zebra"]);
    let person = tenant.customer(person).await.id();
    tenant.customer(a_customer()).await;
    let all = a_conversation(second).closed().urgent().assigned_to(user).with_customer(person);
    let all =
        all.labelled(&["refund", "lamp"]).known_to("crm", "7").opened_at(at(-500_000_000)).build();
    let all = FullConversation::store(tenant, repositories, all).await.id();
    let gone = tenant.append(all, a_message().saying("gone").build()).await.expect("it arrives");
    tenant
        .append(all, a_message().saying("zebra\u{1b}").known_to("mail", "<1@x>").build())
        .await
        .expect("it arrives");
    let commit = removal(all, gone.id(), at(5_000));
    assert_eq!(repositories.messages.delete(tenant.id, commit).await.ok(), Some(true));
    tenant.conversation().await;
    let bare = a_conversation(tenant.inbox).build();
    FullConversation::store(tenant, repositories, bare).await;
}

fn name(record: &WorkspaceRecord) -> (u8, Option<Uuid>) {
    match record {
        WorkspaceRecord::Inbox(inbox) => (0, Some(inbox.id().into())),
        WorkspaceRecord::User(user) => (1, Some(user.id().into())),
        WorkspaceRecord::Customer(customer) => (2, Some(customer.id().into())),
        WorkspaceRecord::Conversation(conversation) => (3, Some(conversation.id().into())),
        WorkspaceRecord::Message(_) | WorkspaceRecord::Change { .. } => (3, None),
        WorkspaceRecord::Audit(entry) => (4, Some(entry.id.into())),
    }
}

/// Every record is what a single read shows, and they are in order.
pub async fn all_records_are_exported_in_order(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;
    fill(&other, repositories).await;
    fill(&tenant, repositories).await;

    let records = export(repositories, tenant.id).await;

    let names: Vec<_> = records.iter().map(name).filter(|(_, id)| id.is_some()).collect();
    assert!(names.is_sorted(), "{names:?}");
    let count = |kind| names.iter().filter(|(of, _)| *of == kind).count();
    assert_eq!([0, 1, 2, 3, 4].map(count), [2, 1, 2, 3, 1]);
    let (mut messages, mut changes) = (Vec::new(), Vec::new());
    for record in records.into_iter().rev() {
        match record {
            WorkspaceRecord::Message(message) => messages.insert(0, message),
            WorkspaceRecord::Change { entry, revision } => {
                assert!([2, 3].contains(&revision), "{revision}");
                changes.insert(0, entry);
            }
            WorkspaceRecord::Conversation(conversation) => {
                let id = conversation.id();
                assert_eq!(conversation, tenant.stored(id).await);
                assert_eq!(conversation.message_count(), messages.len() as u64);
                assert!(messages.iter().all(|message| message.conversation() == id));
                for message in messages.drain(..) {
                    let found = repositories.messages.find(tenant.id, id, message.id()).await;
                    assert_eq!(found.ok(), Some(Some(message)));
                }
                assert_eq!(std::mem::take(&mut changes), tenant.history(id).await);
            }
            WorkspaceRecord::Inbox(inbox) => {
                let found = repositories.inboxes.find(tenant.id, inbox.id()).await;
                assert_eq!(found.ok(), Some(Some(inbox)));
            }
            WorkspaceRecord::User(user) => {
                let found = repositories.users.find(tenant.id, user.id()).await;
                assert_eq!(found.ok(), Some(Some(user)));
            }
            WorkspaceRecord::Customer(customer) => {
                let found = repositories.customers.find(tenant.id, customer.id()).await;
                assert_eq!(found.ok(), Some(Some(customer)));
            }
            WorkspaceRecord::Audit(entry) => assert_eq!([entry], tenant.audit().await[..]),
        }
    }
}

/// More rows of every kind than are loaded at once.
pub async fn any_number_is_exported(repositories: &Repositories) {
    const MANY: usize = 230;
    let tenant = Tenant::new(repositories).await;
    for _ in 0..MANY {
        tenant.customer(a_customer()).await;
    }
    let mut conversation = tenant.conversation().await;
    for number in 0..MANY {
        tenant.append(conversation.id(), a_message().build()).await.expect("it arrives");
        let subject = number.to_string();
        conversation = tenant.stored(conversation.id()).await;
        let commit = Commit {
            history: vec![a_history_entry(conversation.id())],
            audit: vec![an_audit_entry(AuditAction::KeyUpdated, conversation.id().into())],
            ..Commit::of(an_origin(), renamed(&conversation, &subject))
        };
        let stored = repositories.conversations.update(tenant.id, commit).await;
        conversation = stored.expect("it is stored");
    }
    let mut last = Vec::new();
    for _ in 0..MANY {
        last.push(tenant.conversation().await.id());
    }
    tenant.append(last[MANY - 1], a_message().build()).await.expect("it arrives");

    let records = export(repositories, tenant.id).await;

    let count = |is: fn(&WorkspaceRecord) -> bool| records.iter().filter(|each| is(each)).count();
    assert_eq!(count(|each| matches!(each, WorkspaceRecord::Customer(_))), MANY);
    assert_eq!(count(|each| matches!(each, WorkspaceRecord::Conversation(_))), MANY + 1);
    assert_eq!(count(|each| matches!(each, WorkspaceRecord::Message(_))), MANY + 1);
    assert_eq!(count(|each| matches!(each, WorkspaceRecord::Change { .. })), MANY);
    assert_eq!(count(|each| matches!(each, WorkspaceRecord::Audit(_))), MANY);
}

/// What is being erased is left out, whether or not its rows are still stored.
pub async fn what_is_being_erased_is_not_exported(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let person = tenant.customer(a_customer().tagged(&["vip"])).await.id();
    let user = tenant.user(a_user()).await.id();
    let of_person = || a_conversation(tenant.inbox).with_customer(person).build();
    for _ in 0..3 {
        FullConversation::store(&tenant, repositories, of_person()).await;
    }
    let long = a_conversation(tenant.inbox).labelled(&["refund"]).build();
    let long = FullConversation::store(&tenant, repositories, long).await.id();
    let left = a_conversation(tenant.inbox).assigned_to(user).build();
    let left = FullConversation::store(&tenant, repositories, left).await.id();
    let second = a_conversation(tenant.inbox).assigned_to(user).build();
    let second = FullConversation::store(&tenant, repositories, second).await.id();

    let erased = repositories.customers.erase(tenant.id, customer_erasure(person)).await;
    assert_eq!(erased.ok(), Some(true));
    assert_eq!(tenant.erase(long).await, Some(2));
    repositories.users.delete(tenant.id, user_removal(user, at(9_000))).await.expect("deleted");

    for _ in ["pending", "finished"] {
        let records = export(repositories, tenant.id).await;
        let conversations = records.iter().filter_map(|record| match record {
            WorkspaceRecord::Conversation(conversation) => Some(conversation),
            _ => None,
        });
        let found: Vec<_> = conversations.map(|each| (each.id(), each.assignee())).collect();
        assert_eq!(found, [(left, None), (second, None)]);
        let count =
            |is: fn(&WorkspaceRecord) -> bool| records.iter().filter(|each| is(each)).count();
        assert_eq!(count(|each| matches!(each, WorkspaceRecord::Message(_))), 4);
        assert_eq!(count(|each| matches!(each, WorkspaceRecord::User(_))), 0);
        assert_eq!(count(|each| matches!(each, WorkspaceRecord::Customer(_))), 0);
        finish_erasures(repositories).await;
    }
}

/// A sink that takes no more ends the export.
pub async fn an_export_ends_with_its_sink(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    fill(&tenant, repositories).await;

    let (exported, records) = export_some(repositories, tenant.id, 3).await;

    assert!(
        matches!(&exported, Err(RepositoryError::Backend(error)) if error.is::<TransferStopped>()),
        "{exported:?}"
    );
    assert_eq!(records.len(), 3);
    assert_eq!(tenant.count().await, 3);
}
