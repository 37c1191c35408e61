//! A workspace is imported whole or not at all, and then is as if its parts had been written one by one.

use conversations_application::ports::{
    ImportOutcome, RecordSource, RepositoryError, TransferStopped,
};
use conversations_application::read_model::{ConversationFilter, CustomerFilter};
use conversations_domain::{
    Conversation, EventType, InboxId, Status, Workspace, WorkspaceId, WorkspaceRecord,
};
use conversations_persistence::Repositories;

use super::bulk::{customers, listed};
use super::exports::{export, fill};
use super::feed::kinds;
use super::tenant::Tenant;
use super::text_search::search;
use super::totals::assert_right;
use crate::fixtures::{
    a_conversation, a_customer, a_message, a_workspace, an_inbox, an_origin, at, next_id, tags,
};

/// Gives these records, and then its end or a failure.
struct Given {
    records: std::vec::IntoIter<WorkspaceRecord>,
    is_whole: bool,
}

impl RecordSource for Given {
    fn next(&mut self) -> Result<Option<WorkspaceRecord>, TransferStopped> {
        match self.records.next() {
            None if !self.is_whole => Err(TransferStopped),
            next => Ok(next),
        }
    }
}

async fn import_into(
    repositories: &Repositories,
    workspace: Workspace,
    records: Vec<WorkspaceRecord>,
) -> Result<ImportOutcome, RepositoryError> {
    let source = Box::new(Given { records: records.into_iter(), is_whole: true });
    repositories.imports.import(workspace, source, an_origin()).await
}

/// A workspace that is not stored.
fn new_workspace() -> Workspace {
    a_workspace(&format!("import {}", next_id(at(0))))
}

/// Imports records into a new workspace.
async fn import(repositories: &Repositories, records: Vec<WorkspaceRecord>) -> WorkspaceId {
    let workspace = new_workspace();
    let imported = import_into(repositories, workspace.clone(), records).await;
    assert_eq!(imported.ok(), Some(ImportOutcome::Imported));
    workspace.id
}

async fn is_stored(repositories: &Repositories, workspace: &Workspace) -> bool {
    let found = repositories.workspaces.find_by_name(workspace.name.clone()).await;
    found.expect("workspaces are read").is_some()
}

/// An import brings what an export took, and tells readers of the feed so.
pub async fn what_was_exported_is_imported_as_it_was(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    fill(&tenant, repositories).await;
    let records = export(repositories, tenant.id).await;

    let id = import(repositories, records.clone()).await;

    assert_eq!(export(repositories, id).await, records);
    let imported = Tenant { repositories, id, inbox: tenant.inbox };
    assert_eq!(kinds(&imported.events().await), [EventType::FeedReset]);
    assert_eq!(export(repositories, tenant.id).await, records, "the other one is as it was");
}

/// Totals, labels, tags, words, e-mail addresses and numbers of messages work as those of others.
pub async fn imported_things_are_counted_found_and_changed_as_others(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    fill(&tenant, repositories).await;
    let records = export(repositories, tenant.id).await;
    let id = import(repositories, records.clone()).await;
    let imported = Tenant { repositories, id, inbox: tenant.inbox };

    assert_right(&imported, 3).await;
    for filter in [
        ConversationFilter { labels: tags(&["refund"]), ..ConversationFilter::default() },
        ConversationFilter { statuses: vec![Status::Closed], ..ConversationFilter::default() },
        ConversationFilter::default(),
    ] {
        assert_eq!(listed(&imported, filter.clone()).await, listed(&tenant, filter).await);
    }
    for text in ["zebra", "whole", "gone"] {
        assert_eq!(search(&imported, text).await, search(&tenant, text).await, "{text}");
    }
    let tagged = CustomerFilter { tags: tags(&["Zebra"]), ..CustomerFilter::default() };
    assert_eq!(
        customers(&imported, repositories, tagged.clone()).await,
        customers(&tenant, repositories, tagged).await
    );
    let ada = crate::fixtures::email("ADA@example.org");
    let found = repositories.customers.find_by_email(id, ada).await;
    assert!(found.expect("customers are read").is_some());
    let last = records.iter().rev().find_map(|record| match record {
        WorkspaceRecord::Conversation(conversation) => Some(conversation),
        _ => None,
    });
    let last = last.expect("a conversation");
    let next = imported.append(last.id(), a_message().build()).await.expect("it arrives");
    assert_eq!(next.number(), last.last_message_number() + 1);
    assert_eq!(imported.erase(last.id()).await, Some(last.message_count() + 1));
    assert_right(&imported, 2).await;
}

/// Records that end in the middle leave nothing.
pub async fn an_import_without_a_valid_end_stores_nothing(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    fill(&tenant, repositories).await;
    let records = export(repositories, tenant.id).await;
    let workspace = new_workspace();

    let source = Given { records: records.clone().into_iter(), is_whole: false };
    let imported =
        repositories.imports.import(workspace.clone(), Box::new(source), an_origin()).await;

    assert!(
        matches!(&imported, Err(RepositoryError::Backend(error)) if error.is::<TransferStopped>()),
        "{imported:?}"
    );
    assert!(!is_stored(repositories, &workspace).await);
    let again = import_into(repositories, workspace, records).await;
    assert_eq!(again.ok(), Some(ImportOutcome::Imported));
}

/// Only a workspace without customers, users and conversations is filled; what else it has stays.
pub async fn an_import_into_a_workspace_that_is_not_empty_stores_nothing(
    repositories: &Repositories,
) {
    let tenant = Tenant::new(repositories).await;
    fill(&tenant, repositories).await;
    let records = export(repositories, tenant.id).await;
    let workspace = new_workspace();
    repositories.workspaces.create(workspace.clone()).await.expect("it is stored");
    let empty = Tenant { repositories, id: workspace.id, inbox: tenant.inbox };
    let own = empty.inbox(an_inbox()).await.id();
    let same_name = || Workspace { id: new_workspace().id, name: workspace.name.clone() };

    let first = import_into(repositories, same_name(), records.clone()).await;
    assert_eq!(first.ok(), Some(ImportOutcome::Imported));
    let whole = export(repositories, workspace.id).await;
    assert_eq!(whole.len(), records.len() + 1);
    let inbox = repositories.inboxes.find(workspace.id, own).await.expect("inboxes are read");
    assert!(inbox.is_some());

    let second = import_into(repositories, same_name(), records).await;
    assert_eq!(second.ok(), Some(ImportOutcome::NotEmpty));
    assert_eq!(export(repositories, workspace.id).await, whole);
}

/// Two customers with one address, and references to what is not there, leave nothing.
pub async fn an_import_with_a_duplicate_stores_nothing(repositories: &Repositories) {
    let with = |address: &str| a_customer().reachable_at(address).build();
    let twice = [with("ada@example.org"), with("ADA@example.org")].map(WorkspaceRecord::Customer);
    let lost = a_conversation(InboxId::from_uuid(next_id(at(0)))).build();

    let refused = refused(repositories, twice.to_vec()).await;
    assert!(matches!(refused, RepositoryError::Duplicate), "{refused:?}");
    let refused = self::refused(repositories, vec![WorkspaceRecord::Conversation(lost)]).await;
    assert!(matches!(refused, RepositoryError::Stale), "{refused:?}");
}

/// Why these records are not stored.
async fn refused(repositories: &Repositories, records: Vec<WorkspaceRecord>) -> RepositoryError {
    let workspace = new_workspace();
    let imported = import_into(repositories, workspace.clone(), records).await;
    assert!(!is_stored(repositories, &workspace).await);
    imported.expect_err("they are not stored")
}

/// More records than are inserted at once.
pub async fn any_number_is_imported(repositories: &Repositories) {
    const MANY: u64 = 3_000;
    let inbox = an_inbox();
    let mut records = vec![WorkspaceRecord::Inbox(inbox.clone())];
    for _ in 0..MANY {
        let mut conversation: Conversation = a_conversation(inbox.id()).build();
        let message = conversation.open_with(a_message().saying("zebra ".repeat(9)).build());
        records.push(WorkspaceRecord::Conversation(conversation));
        records.push(WorkspaceRecord::Message(message));
    }

    let id = import(repositories, records.clone()).await;

    assert_eq!(export(repositories, id).await, records);
    assert_right(&Tenant { repositories, id, inbox: inbox.id() }, MANY).await;
}
