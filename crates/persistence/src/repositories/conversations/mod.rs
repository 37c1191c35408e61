//! The queries of conversations.

/// Conversations with the people that they show. Both joins stay inside the workspace.
macro_rules! with_people {
    () => {
        joined_people!().select(rendered!((
            ConversationRow::as_select(),
            Option::<CustomerRow>::as_select(),
            Option::<UserRow>::as_select(),
        )))
    };
}

/// The same on a page: of long custom fields there is only the size.
macro_rules! with_listed_people {
    ($($more:expr)?) => {
        joined_people!().select((
            rendered!(ConversationRow::as_select()),
            rendered!(listed_customer!().nullable()),
            rendered!(size_of_any_custom_fields()),
            rendered!(Option::<UserRow>::as_select()),
            $($more,)?
        ))
    };
}

macro_rules! joined_people {
    () => {
        conversations::table
            .left_join(
                customers::table.on(customers::workspace_id
                    .eq(conversations::workspace_id)
                    .and(customers::id.nullable().eq(conversations::customer_id))),
            )
            .left_join(
                users::table.on(users::workspace_id
                    .eq(conversations::workspace_id)
                    .and(users::id.nullable().eq(conversations::assignee_id))),
            )
    };
}

mod count;
mod create;
pub(in super::super) mod filter;
mod index_scan;
mod indexed;
mod labels;
mod list;
mod list_query;
#[cfg(test)]
mod query_plan_tests;
pub(in super::super) mod search_planner;
mod seek_points;
mod unindexed;
mod update;

use async_trait::async_trait;
use conversations_application::ports::{
    AtPosition, Commit, ConversationErasure, ConversationRepository, ConversationToCreate,
    OptionalResponse, RepositoryError, UpdatedConversation,
};
use conversations_application::read_model::{
    ConversationCount, ConversationDetails, ConversationFilter, ConversationOrder, CountedFields,
};
use conversations_application::{PageSlice, PageWindow};
use conversations_domain::{
    AuditEntry, Conversation, ConversationId, Customer, EventId, ExternalId, NewEvent, Origin,
    User, WorkspaceId,
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use create::{PendingInsert, create_all, insert_pending};
use list_query::ListQuery;
use update::{PendingUpdate, update_all};

use super::customers::insert_customer;
use super::envelope::Envelope;
use super::erasures::{erase_conversation, hide_conversation};
use super::hidden::is_visible;
use super::history_and_audit::append_history_and_audit;
use super::rendered::{Rendered, rendered};
use super::totals::CountDeltas;
use super::version_checks::{check_version, lock_people};
use super::{
    BatchLoader, Connection, Database, LoadedRows, LookupKeys, WriteBatcher, in_keys,
    offload_if_large, total,
};
use crate::columns::DbId;
use crate::rows::{
    ConversationRow, CountedConversation, CustomerRow, TextSize, UserRow, last_version,
    version_column,
};
use crate::schema::{conversations, customers, users};

const TABLE: &str = "conversations";

pub(super) struct DieselConversations {
    database: Database,
    by_id: ById,
    inserts: WriteBatcher<PendingInsert, ()>,
    changes: WriteBatcher<PendingUpdate, Conversation>,
}

type Key = (WorkspaceId, ConversationId);
type ById = BatchLoader<Key, ConversationDetails>;

impl DieselConversations {
    pub(super) fn over(database: &Database) -> Self {
        Self {
            database: database.clone(),
            by_id: BatchLoader::new(database, find_all),
            inserts: WriteBatcher::new(database, create_all),
            changes: WriteBatcher::new(database, update_all),
        }
    }
}

/// A conversation with the people that it shows, as one query finds them.
type DetailsRow = (ConversationRow, Option<CustomerRow>, Option<UserRow>);

#[async_trait]
impl ConversationRepository for DieselConversations {
    async fn find(
        &self,
        workspace: WorkspaceId,
        id: ConversationId,
    ) -> Result<Option<ConversationDetails>, RepositoryError> {
        self.by_id.find((workspace, id)).await
    }

    async fn find_by_external_id(
        &self,
        workspace: WorkspaceId,
        id: ExternalId,
    ) -> Result<Option<ConversationId>, RepositoryError> {
        let ExternalId { source, id } = id;
        self.database
            .read(async move |connection: &mut Connection| {
                let found: Option<DbId> = conversations::table
                    .filter(conversations::workspace_id.eq(DbId::of(workspace)))
                    .filter(conversations::external_id.eq(id.as_str()))
                    .filter(conversations::external_source.eq(source.as_str()))
                    .filter(is_visible())
                    .select(conversations::id)
                    .first(connection)
                    .await
                    .optional()?;
                Ok(found.map(|id| ConversationId::from_uuid(id.0)))
            })
            .await
    }

    async fn list(
        &self,
        workspace: WorkspaceId,
        filter: ConversationFilter,
        order: ConversationOrder,
        window: PageWindow,
    ) -> Result<AtPosition<PageSlice<ConversationDetails>>, RepositoryError> {
        let list = ListQuery::new(workspace, filter, order);
        if let Some(found) = list.page_by_index(&self.database, window).await? {
            return Ok(found);
        }
        if list.filter.text.is_some() {
            let limit = self.database.search_limits().texts;
            let search = async move |connection: &mut Connection| {
                list.search(connection, limit, window).await
            };
            return self.database.search(search).await;
        }
        if list.fits_one_statement(window) {
            let keys = list.clone();
            let found = self.database.read_list(async move |connection: &mut Connection| {
                keys.in_one_statement(connection, window).await
            });
            if let Some(found) = found.await? {
                return Ok(found);
            }
        }
        self.database
            .snapshot(async move |connection: &mut Connection| {
                list.in_steps(connection, window).await
            })
            .await
    }

    async fn count(
        &self,
        workspace: WorkspaceId,
        filter: ConversationFilter,
        by: CountedFields,
        limit: u32,
    ) -> Result<Vec<ConversationCount>, RepositoryError> {
        let search_limit = self.database.search_limits().texts;
        let searches = filter.text.is_some();
        // In which order does not matter.
        let list = ListQuery::new(workspace, filter, ConversationOrder::default());
        if let Some(counts) = list.counts_by_index(&self.database, by, limit).await? {
            return Ok(counts);
        }
        let count = async move |connection: &mut Connection| {
            list.count_by(connection, by, limit, search_limit).await
        };
        if searches {
            return self.database.search(count).await;
        }
        self.database.snapshot(count).await
    }

    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<ConversationToCreate, OptionalResponse>,
    ) -> Result<(), RepositoryError> {
        let (thread, envelope) = Envelope::of(workspace, commit);
        let ConversationToCreate { conversation, customer, message } = thread;
        let is_alone = customer.is_none() && message.is_none() && envelope.is_empty();
        let origin = envelope.origin().clone();
        let insert =
            PendingInsert::of(workspace, conversation, message, customer.as_ref(), origin).await?;
        if is_alone {
            let opened = self.inserts.write(insert).await;
            self.database.feed_notifier().notify(workspace);
            return opened;
        }
        let slot = self.database.slot();
        let opened = self
            .database
            .write(async move |connection: &mut Connection| {
                envelope.begin(connection).await?;
                if let Some(customer) = customer {
                    insert_customer(connection, workspace, customer).await?;
                }
                let deltas_by_workspace = insert_pending(connection, vec![insert]).await?;
                envelope.finish(connection, &()).await?;
                deltas_by_workspace.apply(connection, slot).await
            })
            .await;
        self.database.feed_notifier().notify(workspace);
        opened
    }

    async fn update(
        &self,
        workspace: WorkspaceId,
        commit: Commit<UpdatedConversation, OptionalResponse<Conversation>>,
    ) -> Result<Conversation, RepositoryError> {
        let (revision, mut envelope) = Envelope::of(workspace, commit);
        let observed = revision.observed;
        let (history, origin) = (envelope.take_history(), envelope.origin().clone());
        let change = PendingUpdate::of(workspace, revision, history, origin)?;
        if observed.is_none() && envelope.is_empty() {
            let changed = self.changes.write(change).await;
            self.database.feed_notifier().notify(workspace);
            return changed;
        }
        let slot = self.database.slot();
        let changed = envelope
            .commit(&self.database, async move |connection: &mut Connection| {
                lock_people(connection, workspace, observed).await?;
                let changed = update_all(connection, vec![change], slot).await?.pop();
                let nothing = || RepositoryError::Backend("a write without an outcome".into());
                let stored = changed.unwrap_or_else(|| Err(nothing()))?;
                // The change has moved it by one.
                let before = version_column(stored.version()) - 1;
                check_version(before, observed.map(|observed| observed.conversation))?;
                Ok(stored)
            })
            .await;
        self.database.feed_notifier().notify(workspace);
        changed
    }

    async fn erase(
        &self,
        workspace: WorkspaceId,
        erasure: ConversationErasure,
    ) -> Result<Option<u64>, RepositoryError> {
        let ConversationErasure { conversation: id, observed, audit } = erasure;
        let (slot, size) = (self.database.slot(), self.database.step_size());
        let (counts, erasures) = (self.database.erasures(), self.database.erasures());
        let on_commit = move |erased: &Option<(u64, bool)>| {
            if let Some((_, true)) = erased {
                counts.of_conversations.finish();
                counts.erased(1);
            }
        };
        let work = async move |connection: &mut Connection| {
            lock_people(connection, workspace, observed).await?;
            // Messages that arrive meanwhile wait for this row, and then find it gone.
            let present: Option<(i64, i64, i64, CountedConversation)> = for_update!(
                conversations::table
                    .filter(conversations::workspace_id.eq(DbId::of(workspace)))
                    .filter(conversations::id.eq(DbId::of(id)))
                    .filter(is_visible())
                    .select((
                        conversations::message_count,
                        conversations::version,
                        conversations::revision,
                        CountedConversation::as_select(),
                    ))
            )
            .first(connection)
            .await
            .optional()?;
            let Some((messages, version, revision, counted)) = present else { return Ok(None) };
            check_version(version, observed.map(|observed| observed.conversation))?;
            let count = total(TABLE, messages)?;
            erasures.of_conversations.start();

            let rows = (messages, revision);
            let is_gone = erase_conversation(connection, workspace, id, rows, size).await?;
            let audit = AuditEntry { message_count: Some(count), ..audit };
            let mut deltas = CountDeltas::default();
            if is_gone {
                deltas.remove(&counted);
            } else {
                hide_conversation(connection, workspace, id, &audit).await?;
            }
            // A deletion has one entry in the audit and one event, which may share their id.
            let origin =
                Origin { first: EventId::from_uuid(audit.id.into()), by: audit.by.clone() };
            let gone = NewEvent::of_deleted_conversation(id, last_version(version)?);
            deltas.add_events(workspace, &origin, [gone]);
            append_history_and_audit(connection, workspace, Vec::new(), vec![audit]).await?;
            deltas.apply(connection, workspace, slot).await?;
            Ok(Some((count, is_gone)))
        };
        let erased = self.database.write_then(work, on_commit).await?;
        self.database.feed_notifier().notify_of_deletion(workspace);
        Ok(erased.map(|(messages, _)| messages))
    }
}

fn details(row: DetailsRow) -> Result<ConversationDetails, RepositoryError> {
    let (conversation, customer, assignee) = row;
    Ok(ConversationDetails {
        conversation: Conversation::try_from(conversation)?,
        customer: customer.map(Customer::try_from).transpose()?,
        assignee: shown(assignee)?,
    })
}

/// The user whom a conversation shows: none while the user is being erased.
fn shown(assignee: Option<UserRow>) -> Result<Option<User>, RepositoryError> {
    assignee.filter(|user| !user.erasing).map(User::try_from).transpose()
}

/// Finds conversations by their ids.
fn find_all(
    connection: &mut Connection,
    keys: LookupKeys<Key>,
) -> BoxFuture<'_, LoadedRows<Key, ConversationDetails>> {
    async move {
        let rows: Vec<DetailsRow> = load_all!(
            with_people!().filter(in_keys(conversations::workspace_id, conversations::id, keys)),
            connection
        )?;
        let is_visible =
            |customer: &Option<CustomerRow>| customer.as_ref().is_none_or(|row| !row.erasing);
        let found = |row: DetailsRow| {
            let workspace = WorkspaceId::from_uuid(row.0.workspace_id.0);
            let found = details(row)?;
            Ok(((workspace, found.conversation.id()), found))
        };
        let bytes = rows.iter().map(TextSize::bytes).sum();
        let rows = rows.into_iter().filter(move |(_, customer, _)| is_visible(customer));
        let found = move || rows.map(found).collect::<Result<_, RepositoryError>>();
        Ok(offload_if_large(bytes, found).await?)
    }
    .boxed()
}
