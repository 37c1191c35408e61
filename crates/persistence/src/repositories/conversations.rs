//! The queries of conversations.

use async_trait::async_trait;
use conversations_application::ports::{
    AssigneeFilter, Commit, ConversationDetails, ConversationFilter, ConversationRepository,
    Erasure, NewThread, RepositoryError, Revision,
};
use conversations_application::{Page, PageRequest};
use conversations_domain::{
    AuditEntry, Conversation, ConversationId, Customer, Priority, Status, User, WorkspaceId,
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::record::remember;
use super::{Backend, Connection, Database, bounds, total};
use crate::columns::DbId;
use crate::rows::{ConversationRow, CustomerRow, MessageRow, UserRow, version_column};
use crate::schema::{conversation_history, conversations, customers, messages, users};

const TABLE: &str = "conversations";

pub(super) struct DieselConversations(pub(super) Database);

/// A conversation with the people that it shows, as one query finds them.
type DetailsRow = (ConversationRow, Option<CustomerRow>, Option<UserRow>);

/// Conversations with the people that they show. Both joins stay inside the workspace.
macro_rules! with_people {
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
            .select((
                ConversationRow::as_select(),
                Option::<CustomerRow>::as_select(),
                Option::<UserRow>::as_select(),
            ))
    };
}

#[async_trait]
impl ConversationRepository for DieselConversations {
    async fn find(
        &self,
        workspace: WorkspaceId,
        id: ConversationId,
    ) -> Result<Option<ConversationDetails>, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let row: Option<DetailsRow> = with_people!()
                    .filter(conversations::workspace_id.eq(DbId::of(workspace)))
                    .filter(conversations::id.eq(DbId::of(id)))
                    .first(connection)
                    .await
                    .optional()?;
                Ok(row.map(details).transpose()?)
            })
            .await
    }

    async fn list(
        &self,
        workspace: WorkspaceId,
        filter: ConversationFilter,
        page: PageRequest,
    ) -> Result<Page<ConversationDetails>, RepositoryError> {
        let (limit, offset) = bounds(page);
        self.0
            .snapshot(async move |connection: &mut Connection| {
                let count = matching(workspace, &filter).count().get_result(connection).await?;
                // The page is found by its ids alone, before the people are joined to its rows.
                let ids = matching(workspace, &filter)
                    .select(conversations::id)
                    .order(conversations::id.desc())
                    .limit(limit)
                    .offset(offset);
                let rows: Vec<DetailsRow> = with_people!()
                    .filter(conversations::workspace_id.eq(DbId::of(workspace)))
                    .filter(conversations::id.eq_any(ids))
                    .order(conversations::id.desc())
                    .load(connection)
                    .await?;
                let items: Result<_, RepositoryError> = rows.into_iter().map(details).collect();
                Ok(Page { items: items?, total: total(TABLE, count)? })
            })
            .await
    }

    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<NewThread>,
    ) -> Result<(), RepositoryError> {
        let Commit { write, history, audit } = commit;
        let NewThread { conversation, customer, message } = write;
        let conversation = ConversationRow::new(workspace, conversation);
        let customer = customer.map(|new| CustomerRow::new(workspace, new)).transpose()?;
        let message = message.map(|new| MessageRow::new(workspace, new));
        self.0
            .write(async move |connection: &mut Connection| {
                if let Some(row) = customer {
                    diesel::insert_into(customers::table).values(row).execute(connection).await?;
                }
                diesel::insert_into(conversations::table)
                    .values(conversation)
                    .execute(connection)
                    .await?;
                if let Some(row) = message {
                    diesel::insert_into(messages::table).values(row).execute(connection).await?;
                }
                remember(connection, workspace, history, audit).await
            })
            .await
    }

    async fn update(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Revision>,
    ) -> Result<(), RepositoryError> {
        let Commit { write, history, audit } = commit;
        let Revision { conversation, loaded } = write;
        let id = conversation.id();
        let row = ConversationRow::new(workspace, conversation);
        self.0
            .write(async move |connection: &mut Connection| {
                let updated = diesel::update(conversations::table)
                    .filter(conversations::workspace_id.eq(DbId::of(workspace)))
                    .filter(conversations::id.eq(DbId::of(id)))
                    .filter(conversations::version.eq(version_column(loaded)))
                    .set(row)
                    .execute(connection)
                    .await?;
                if updated == 0 {
                    return Err(RepositoryError::Stale.into());
                }
                remember(connection, workspace, history, audit).await
            })
            .await
    }

    async fn erase(
        &self,
        workspace: WorkspaceId,
        erasure: Erasure,
    ) -> Result<Option<u64>, RepositoryError> {
        let Erasure { conversation: id, audit } = erasure;
        self.0
            .write(async move |connection: &mut Connection| {
                // Touching the conversation first keeps messages from arriving meanwhile: they
                // wait for this row, and then find it gone.
                let count: Option<i64> = diesel::update(conversations::table)
                    .filter(conversations::workspace_id.eq(DbId::of(workspace)))
                    .filter(conversations::id.eq(DbId::of(id)))
                    .set(conversations::version.eq(conversations::version + 1))
                    .returning(conversations::message_count)
                    .get_result(connection)
                    .await
                    .optional()?;
                let Some(count) = count else { return Ok(None) };
                let count = total(TABLE, count)?;

                diesel::delete(messages::table)
                    .filter(messages::workspace_id.eq(DbId::of(workspace)))
                    .filter(messages::conversation_id.eq(DbId::of(id)))
                    .execute(connection)
                    .await?;
                diesel::delete(conversation_history::table)
                    .filter(conversation_history::workspace_id.eq(DbId::of(workspace)))
                    .filter(conversation_history::conversation_id.eq(DbId::of(id)))
                    .execute(connection)
                    .await?;
                diesel::delete(conversations::table)
                    .filter(conversations::workspace_id.eq(DbId::of(workspace)))
                    .filter(conversations::id.eq(DbId::of(id)))
                    .execute(connection)
                    .await?;
                let audit = AuditEntry { message_count: Some(count), ..audit };
                remember(connection, workspace, Vec::new(), vec![audit]).await?;
                Ok(Some(count))
            })
            .await
    }
}

/// The conversations that a filter allows: one place for the list and for its total.
fn matching(
    workspace: WorkspaceId,
    filter: &ConversationFilter,
) -> conversations::BoxedQuery<'static, Backend> {
    let ConversationFilter { statuses, priorities, assignee, inbox, customer } = filter;
    let mut query = conversations::table
        .filter(conversations::workspace_id.eq(DbId::of(workspace)))
        .into_boxed();
    if !statuses.is_empty() {
        let words: Vec<_> = statuses.iter().copied().map(Status::as_str).collect();
        query = query.filter(conversations::status.eq_any(words));
    }
    if !priorities.is_empty() {
        let ranks: Vec<_> = priorities.iter().copied().map(Priority::rank).map(i16::from).collect();
        query = query.filter(conversations::priority.eq_any(ranks));
    }
    query = match assignee {
        None => query,
        Some(AssigneeFilter::Nobody) => query.filter(conversations::assignee_id.is_null()),
        Some(AssigneeFilter::User(user)) => {
            query.filter(conversations::assignee_id.eq(DbId::of(*user)))
        }
    };
    if let Some(inbox) = inbox {
        query = query.filter(conversations::inbox_id.eq(DbId::of(*inbox)));
    }
    if let Some(customer) = customer {
        query = query.filter(conversations::customer_id.eq(DbId::of(*customer)));
    }
    query
}

fn details(row: DetailsRow) -> Result<ConversationDetails, RepositoryError> {
    let (conversation, customer, assignee) = row;
    Ok(ConversationDetails {
        conversation: Conversation::try_from(conversation)?,
        customer: customer.map(Customer::try_from).transpose()?,
        assignee: assignee.map(User::try_from).transpose()?,
    })
}
