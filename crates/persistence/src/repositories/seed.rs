//! The queries of generated conversations.

use async_trait::async_trait;
use conversations_application::ports::{
    RecordedChange, RepositoryError, SeedBatching, SeedPeople, SeedRepository, SeedRun,
    SeededConversation,
};
use conversations_domain::{ConversationId, Customer, NewEvent, Origin, WorkspaceId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::customers::insert_customer;
use super::search::TextsToIndex;
use super::totals::CountDeltas;
use super::{Connection, Database, SEED_BATCHING, insert_all, vacuum_analyze};
use crate::bulk::Bulk;
use crate::columns::DbId;
use crate::error::Failure;
use crate::rows::{
    ConversationRow, CountedConversation, HistoryRow, InboxRow, MessageRow, SeedingRow, UserRow,
};
use crate::schema::{conversations, customers, inboxes, seedings, users};

/// The tables that grow.
pub(super) const TABLES: &[&str] = &[
    "conversations",
    "conversation_counts",
    "conversation_days",
    "conversation_history",
    "conversation_labels",
    "conversation_texts",
    "messages",
];

pub(super) struct DieselSeeds(pub(super) Database);

#[async_trait]
impl SeedRepository for DieselSeeds {
    fn batching(&self) -> SeedBatching {
        SEED_BATCHING
    }

    async fn runs(&self, workspace: WorkspaceId) -> Result<Vec<SeedRun>, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let rows: Vec<SeedingRow> = seedings::table
                    .filter(seedings::workspace_id.eq(DbId::of(workspace)))
                    .order(seedings::first)
                    .select(SeedingRow::as_select())
                    .load(connection)
                    .await?;
                let begun: Result<_, RepositoryError> =
                    rows.into_iter().map(SeedRun::try_from).collect();
                Ok(begun?)
            })
            .await
    }

    async fn record_run(
        &self,
        workspace: WorkspaceId,
        run: SeedRun,
    ) -> Result<(), RepositoryError> {
        self.0
            .write(async move |connection: &mut Connection| {
                diesel::insert_into(seedings::table)
                    .values(SeedingRow::new(workspace, run))
                    .execute(connection)
                    .await?;
                Ok(())
            })
            .await
    }

    async fn insert_people(
        &self,
        workspace: WorkspaceId,
        people: SeedPeople,
        origin: Origin,
    ) -> Result<(), RepositoryError> {
        let slot = self.0.slot();
        let settled = self
            .0
            .write_in_bulk(async move |connection: &mut Connection| {
                insert_people(connection, workspace, people).await?;
                let mut deltas = CountDeltas::default();
                deltas.add_events(workspace, &origin, [NewEvent::of_reset()]);
                deltas.apply(connection, workspace, slot).await
            })
            .await;
        self.0.feed_notifier().notify(workspace);
        settled
    }

    async fn contains(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
    ) -> Result<bool, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let found: Option<DbId> = conversations::table
                    .filter(conversations::workspace_id.eq(DbId::of(workspace)))
                    .filter(conversations::id.eq(DbId::of(conversation)))
                    .select(conversations::id)
                    .first(connection)
                    .await
                    .optional()?;
                Ok(found.is_some())
            })
            .await
    }

    async fn store(
        &self,
        workspace: WorkspaceId,
        seeded: Vec<SeededConversation>,
        origin: Origin,
    ) -> Result<(), RepositoryError> {
        let rows = SeedRows::of(workspace, seeded, &origin)?;
        let slot = self.0.slot();
        let stored = self
            .0
            .write_in_bulk(async move |connection: &mut Connection| {
                rows.insert(connection, workspace, slot).await
            })
            .await;
        self.0.feed_notifier().notify(workspace);
        stored
    }

    async fn insert_demo(
        &self,
        workspace: WorkspaceId,
        people: SeedPeople,
        seeded: Vec<SeededConversation>,
        origin: Origin,
    ) -> Result<bool, RepositoryError> {
        let rows = SeedRows::of(workspace, seeded, &origin)?;
        let slot = self.0.slot();
        let inserted = self
            .0
            .write_in_bulk(async move |connection: &mut Connection| {
                if !is_empty(connection, workspace).await? {
                    return Ok(false);
                }
                insert_people(connection, workspace, people).await?;
                rows.insert(connection, workspace, slot).await?;
                Ok(true)
            })
            .await;
        self.0.feed_notifier().notify(workspace);
        match inserted {
            // Another call inserted the same people meanwhile.
            Err(RepositoryError::Duplicate) => Ok(false),
            inserted => inserted,
        }
    }

    async fn analyze(&self) -> Result<(), RepositoryError> {
        vacuum_analyze(&self.0, TABLES).await
    }
}

/// The rows of conversations, ready to be inserted.
struct SeedRows {
    conversations: Bulk,
    labels: Bulk,
    messages: Bulk,
    history: Bulk,
    texts: TextsToIndex,
    deltas: CountDeltas,
}

impl SeedRows {
    fn of(
        workspace: WorkspaceId,
        seeded: Vec<SeededConversation>,
        origin: &Origin,
    ) -> Result<Self, RepositoryError> {
        let mut rows = Vec::with_capacity(seeded.len());
        let (mut labels, mut messages, mut changes) = (Vec::new(), Vec::new(), Vec::new());
        let (mut deltas, mut texts) = (CountDeltas::default(), TextsToIndex::default());
        // One event tells the readers of the feed to read all resources again.
        deltas.add_events(workspace, origin, [NewEvent::of_reset()]);
        for SeededConversation { conversation, messages: those, history } in seeded {
            texts.extend(TextsToIndex::of(workspace, &conversation));
            for message in &those {
                let (id, body) = (message.id(), message.body().as_str());
                texts.extend(TextsToIndex::of_message(workspace, conversation.id(), id, body));
            }
            labels.push((workspace, conversation.id(), conversation.labels().clone()));
            let row = ConversationRow::new(workspace, conversation)?;
            deltas.add(&CountedConversation::from(&row));
            rows.push(row);
            messages.extend(those.into_iter().map(|message| MessageRow::new(workspace, message)));
            for RecordedChange { entry, revision } in history {
                changes.push(HistoryRow::new(workspace, entry, revision)?);
            }
        }
        Ok(Self {
            conversations: Bulk::of_conversations(rows),
            labels: Bulk::of_labels(&labels),
            messages: Bulk::of_messages(messages),
            history: Bulk::of_history(changes),
            texts,
            deltas,
        })
    }

    async fn insert(
        self,
        connection: &mut Connection,
        workspace: WorkspaceId,
        slot: i16,
    ) -> Result<(), Failure> {
        let Self { conversations, labels, messages, history, texts, deltas } = self;
        insert_all(connection, conversations).await?;
        insert_all(connection, labels).await?;
        insert_all(connection, messages).await?;
        insert_all(connection, history).await?;
        texts.index(connection).await?;
        deltas.apply(connection, workspace, slot).await
    }
}

/// Whether the workspace has no conversation, customer or user.
pub(super) async fn is_empty(
    connection: &mut Connection,
    workspace: WorkspaceId,
) -> Result<bool, Failure> {
    let workspace = DbId::of(workspace);
    let conversation: Option<DbId> = conversations::table
        .filter(conversations::workspace_id.eq(workspace))
        .select(conversations::id)
        .first(connection)
        .await
        .optional()?;
    let customer: Option<DbId> = customers::table
        .filter(customers::workspace_id.eq(workspace))
        .select(customers::id)
        .first(connection)
        .await
        .optional()?;
    let user: Option<DbId> = users::table
        .filter(users::workspace_id.eq(workspace))
        .select(users::id)
        .first(connection)
        .await
        .optional()?;
    Ok(conversation.is_none() && customer.is_none() && user.is_none())
}

/// Stores those who are not there.
async fn insert_people(
    connection: &mut Connection,
    workspace: WorkspaceId,
    people: SeedPeople,
) -> Result<(), Failure> {
    let SeedPeople { inboxes, users, customers } = people;
    for inbox in inboxes {
        diesel::insert_into(inboxes::table)
            .values(InboxRow::new(workspace, inbox))
            .on_conflict_do_nothing()
            .execute(connection)
            .await?;
    }
    for user in users {
        diesel::insert_into(users::table)
            .values(UserRow::new(workspace, user))
            .on_conflict_do_nothing()
            .execute(connection)
            .await?;
    }
    insert_customers(connection, workspace, customers).await
}

async fn insert_customers(
    connection: &mut Connection,
    workspace: WorkspaceId,
    customers: Vec<Customer>,
) -> Result<(), Failure> {
    let there: Vec<DbId> = customers::table
        .filter(customers::workspace_id.eq(DbId::of(workspace)))
        .filter(customers::id.eq_any(customers.iter().map(|customer| DbId::of(customer.id()))))
        .select(customers::id)
        .load(connection)
        .await?;
    let there: std::collections::HashSet<_> = there.into_iter().map(|id| id.0).collect();
    for customer in customers {
        if !there.contains(&customer.id().as_uuid()) {
            insert_customer(connection, workspace, customer).await?;
        }
    }
    Ok(())
}
