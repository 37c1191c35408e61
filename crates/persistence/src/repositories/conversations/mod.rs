//! The queries of conversations.

/// Conversations with the people that they show. Both joins stay inside the workspace.
macro_rules! with_people {
    () => {
        joined_people!().select((
            ConversationRow::as_select(),
            Option::<CustomerRow>::as_select(),
            Option::<UserRow>::as_select(),
        ))
    };
}

/// The same on a page: of long custom fields there is only the size.
macro_rules! with_listed_people {
    ($($more:expr)?) => {
        joined_people!().select((
            ConversationRow::as_select(),
            listed_customer!().nullable(),
            size_of_any_custom_fields(),
            Option::<UserRow>::as_select(),
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

mod change;
mod edges;
pub(in super::super) mod filter;
mod labels;
mod list;
mod listing;
mod open;
pub(in super::super) mod planning;
#[cfg(test)]
mod plans;
mod walk;

use async_trait::async_trait;
use conversations_application::ports::{
    Commit, ConversationDetails, ConversationFilter, ConversationOrder, ConversationRepository,
    ConversationRevision, Erasure, NewThread, Reply, RepositoryError,
};
use conversations_application::{Slice, Window};
use conversations_domain::{
    AuditEntry, Conversation, ConversationId, Customer, EventId, NewEvent, Origin, User,
    WorkspaceId,
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use change::{Changing, change_all};
use listing::Listing;
use open::{Opening, insert_openings, open_all};

use super::customers::insert_customer;
use super::envelope::Envelope;
use super::erasures::{erase_conversation, hide_conversation};
use super::hidden::is_visible;
use super::record::remember;
use super::seen::{check_version, hold_people};
use super::tally::Tally;
use super::{Asked, Connection, Database, Finder, Found, Together, compute, these, total};
use crate::columns::DbId;
use crate::rows::{
    ConversationRow, Counted, CustomerRow, Texts, UserRow, last_version, version_column,
};
use crate::schema::{conversations, customers, users};

const TABLE: &str = "conversations";

pub(super) struct DieselConversations {
    database: Database,
    by_id: ById,
    openings: Together<Opening, ()>,
    changes: Together<Changing, Conversation>,
}

type Key = (WorkspaceId, ConversationId);
type ById = Finder<Key, ConversationDetails>;

impl DieselConversations {
    pub(super) fn over(database: &Database) -> Self {
        Self {
            database: database.clone(),
            by_id: Finder::new(database, find_all),
            openings: Together::new(database, open_all),
            changes: Together::new(database, change_all),
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

    async fn list(
        &self,
        workspace: WorkspaceId,
        filter: ConversationFilter,
        order: ConversationOrder,
        window: Window,
    ) -> Result<Slice<ConversationDetails>, RepositoryError> {
        let listing = Listing::new(workspace, filter, order);
        if listing.filter.text.is_some() {
            let limit = self.database.search_limits().texts;
            let search = async move |connection: &mut Connection| {
                listing.searched(connection, limit, window).await
            };
            return self.database.search(search).await;
        }
        if listing.is_at_hand(window) {
            let asked = listing.clone();
            let found = self.database.read_list(async move |connection: &mut Connection| {
                asked.at_once(connection, window).await
            });
            if let Some(found) = found.await? {
                return Ok(found);
            }
        }
        self.database
            .snapshot(async move |connection: &mut Connection| {
                listing.in_steps(connection, window).await
            })
            .await
    }

    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<NewThread, Reply>,
    ) -> Result<(), RepositoryError> {
        let (thread, envelope) = Envelope::of(workspace, commit);
        let NewThread { conversation, customer, message } = thread;
        let is_alone = customer.is_none() && message.is_none() && envelope.is_empty();
        let origin = envelope.origin().clone();
        let opening =
            Opening::of(workspace, conversation, message, customer.as_ref(), origin).await?;
        if is_alone {
            let opened = self.openings.write(opening).await;
            self.database.bells().ring(workspace);
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
                let tallies = insert_openings(connection, vec![opening]).await?;
                envelope.finish(connection, &()).await?;
                tallies.apply(connection, slot).await
            })
            .await;
        self.database.bells().ring(workspace);
        opened
    }

    async fn update(
        &self,
        workspace: WorkspaceId,
        commit: Commit<ConversationRevision, Reply<Conversation>>,
    ) -> Result<Conversation, RepositoryError> {
        let (revision, mut envelope) = Envelope::of(workspace, commit);
        let seen = revision.seen;
        let (history, origin) = (envelope.take_history(), envelope.origin().clone());
        let change = Changing::of(workspace, revision, history, origin)?;
        if seen.is_none() && envelope.is_empty() {
            let changed = self.changes.write(change).await;
            self.database.bells().ring(workspace);
            return changed;
        }
        let slot = self.database.slot();
        let changed = envelope
            .land(&self.database, async move |connection: &mut Connection| {
                hold_people(connection, workspace, seen).await?;
                let changed = change_all(connection, vec![change], slot).await?.pop();
                let nothing = || RepositoryError::Backend("a write without an outcome".into());
                let stored = changed.unwrap_or_else(|| Err(nothing()))?;
                // The change has moved it by one.
                let before = version_column(stored.version()) - 1;
                check_version(before, seen.map(|seen| seen.conversation))?;
                Ok(stored)
            })
            .await;
        self.database.bells().ring(workspace);
        changed
    }

    async fn erase(
        &self,
        workspace: WorkspaceId,
        erasure: Erasure,
    ) -> Result<Option<u64>, RepositoryError> {
        let Erasure { conversation: id, seen, audit } = erasure;
        let (slot, size) = (self.database.slot(), self.database.step_size());
        let (counts, erasures) = (self.database.erasures(), self.database.erasures());
        let landed = move |erased: &Option<(u64, bool)>| {
            if let Some((_, true)) = erased {
                counts.of_conversations.finish();
                counts.erased(1);
            }
        };
        let work = async move |connection: &mut Connection| {
            hold_people(connection, workspace, seen).await?;
            // Messages that arrive meanwhile wait for this row, and then find it gone.
            let present: Option<(i64, i64, i64, Counted)> = hold!(
                conversations::table
                    .filter(conversations::workspace_id.eq(DbId::of(workspace)))
                    .filter(conversations::id.eq(DbId::of(id)))
                    .filter(is_visible())
                    .select((
                        conversations::message_count,
                        conversations::version,
                        conversations::revision,
                        Counted::as_select(),
                    ))
            )
            .first(connection)
            .await
            .optional()?;
            let Some((messages, version, revision, counted)) = present else { return Ok(None) };
            check_version(version, seen.map(|seen| seen.conversation))?;
            let count = total(TABLE, messages)?;
            erasures.of_conversations.start();

            let rows = (messages, revision);
            let is_gone = erase_conversation(connection, workspace, id, rows, size).await?;
            let audit = AuditEntry { message_count: Some(count), ..audit };
            let mut tally = Tally::default();
            if is_gone {
                tally.remove(&counted);
            } else {
                hide_conversation(connection, workspace, id, &audit).await?;
            }
            // Of one deletion there is one entry in the audit and one event: they may share their id.
            let origin =
                Origin { first: EventId::from_uuid(audit.id.into()), by: audit.by.clone() };
            let gone = NewEvent::of_deleted_conversation(id, last_version(version)?);
            tally.tell(workspace, &origin, [gone]);
            remember(connection, workspace, Vec::new(), vec![audit]).await?;
            tally.apply(connection, workspace, slot).await?;
            Ok(Some((count, is_gone)))
        };
        let erased = self.database.write_then(work, landed).await?;
        self.database.bells().ring(workspace);
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

/// The user whom a conversation shows: nobody while they are being erased.
fn shown(assignee: Option<UserRow>) -> Result<Option<User>, RepositoryError> {
    assignee.filter(|user| !user.erasing).map(User::try_from).transpose()
}

/// Finds conversations by their ids.
fn find_all(
    connection: &mut Connection,
    asked: Asked<Key>,
) -> BoxFuture<'_, Found<Key, ConversationDetails>> {
    async move {
        let rows: Vec<DetailsRow> = load_all!(
            with_people!().filter(these(conversations::workspace_id, conversations::id, asked)),
            connection
        )?;
        let is_visible =
            |customer: &Option<CustomerRow>| customer.as_ref().is_none_or(|row| !row.erasing);
        let found = |row: DetailsRow| {
            let workspace = WorkspaceId::from_uuid(row.0.workspace_id.0);
            let found = details(row)?;
            Ok(((workspace, found.conversation.id()), found))
        };
        let bytes = rows.iter().map(Texts::bytes).sum();
        let rows = rows.into_iter().filter(move |(_, customer, _)| is_visible(customer));
        let found = move || rows.map(found).collect::<Result<_, RepositoryError>>();
        Ok(compute(bytes, found).await?)
    }
    .boxed()
}
