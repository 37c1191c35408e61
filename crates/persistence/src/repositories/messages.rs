//! The queries of messages.

use async_trait::async_trait;
use conversations_application::ports::{
    Commit, MessageDeletion, MessageRepository, NewMessage, OptionalResponse, RepositoryError,
};
use conversations_application::read_model::{ExternalIdFilter, MessageFilter};
use conversations_application::reply_budget::PageBudget;
use conversations_application::{PageSlice, PageStart, PageWindow};
use conversations_domain::{
    Conversation, ConversationId, FieldChange, HistoryEntry, Message, MessageId, NewEvent,
    WorkspaceId,
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::envelope::Envelope;
use super::hidden::{is_in_visible_conversation, is_visible};
use super::long_content::{listed_message, load_bodies, short_body, size_of_body};
use super::paging::{fitting, is_far, skipped, slice_of_texts};
use super::search::{IndexedTexts, TextsToIndex};
use super::stored_responses::delete_responses_about;
use super::totals::CountDeltas;
use super::{Backend, Connection, Database, later_of, moved_to, total};
use crate::columns::{DbId, DbTime};
use crate::error::Failure;
use crate::prepared_query::PreparedQuery;
use crate::rows::{ConversationRow, CountedConversation, MessageRow, last_version, version_column};
use crate::schema::{conversations, messages};

pub(super) struct DieselMessages(pub(super) Database);

#[async_trait]
impl MessageRepository for DieselMessages {
    async fn find(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
        id: MessageId,
    ) -> Result<Option<Message>, RepositoryError> {
        self.0
            .read(async move |connection: &mut Connection| {
                let row = messages::table
                    .filter(messages::workspace_id.eq(DbId::of(workspace)))
                    .filter(messages::id.eq(DbId::of(id)))
                    .filter(messages::conversation_id.eq(DbId::of(conversation)))
                    .filter(is_in_visible_conversation())
                    .select(MessageRow::as_select())
                    .first(connection)
                    .await
                    .optional()?;
                Ok(row.map(Message::try_from).transpose()?)
            })
            .await
    }

    async fn list(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
        filter: MessageFilter,
        window: PageWindow,
    ) -> Result<Option<PageSlice<Message>>, RepositoryError> {
        let budget = PageBudget::current();
        self.0
            .snapshot(async move |connection: &mut Connection| {
                // The conversation counts its messages; the same row tells that it is there.
                let count: Option<i64> = conversations::table
                    .filter(conversations::workspace_id.eq(DbId::of(workspace)))
                    .filter(conversations::id.eq(DbId::of(conversation)))
                    .filter(is_visible())
                    .select(conversations::message_count)
                    .first(connection)
                    .await
                    .optional()?;
                let Some(mut count) = count else { return Ok(None) };
                let all = || matching(workspace, conversation, &filter);
                if filter.external_id.is_some() {
                    count = all().count().get_result(connection).await?;
                }
                let all = all().select((listed_message!(), size_of_body()));
                let all = cancellable_if!(is_far(window), all, messages::number);
                let number = messages::number;
                let stretch = match window.start {
                    PageStart::Offset(offset) => all.order(number.asc()).offset(skipped(offset)),
                    PageStart::After(place) => {
                        all.filter(number.gt(place.value)).order(number.asc())
                    }
                    PageStart::Before(place) => {
                        all.filter(number.lt(place.value)).order(number.desc())
                    }
                };
                let rows: Vec<(MessageRow, i32)> =
                    load_all!(stretch.limit(window.rows().into()), connection)?;
                let (window, mut rows) = fitting(window, rows, &budget)?;
                load_bodies(connection, workspace, conversation, &mut rows).await?;
                Ok(Some(slice_of_texts(window, rows, "conversations", count).await?))
            })
            .await
    }

    async fn append(
        &self,
        workspace: WorkspaceId,
        commit: Commit<NewMessage, OptionalResponse<Message>>,
    ) -> Result<Option<Message>, RepositoryError> {
        let (new, mut envelope) = Envelope::of(workspace, commit);
        let NewMessage { conversation: id, draft, history: entry, by } = new;
        let slot = self.0.slot();
        let text = TextsToIndex::of_new_message(workspace, id, draft.id(), draft.body()).await;
        let origin = envelope.origin().clone();
        let appended = self
            .0
            .write(async move |connection: &mut Connection| {
                envelope.begin(connection).await?;
                let time = DbTime(draft.id().created_at());
                let Some(row) = count_message(connection, workspace, id, time).await? else {
                    envelope.release(connection).await?;
                    return Ok(None);
                };
                let mut deltas = CountDeltas::default();
                let mut conversation = Conversation::try_from(row)?;
                let before = conversation.count_key();
                let change = if draft.reopens() {
                    conversation.apply_message_status(draft.author().kind())
                } else {
                    None
                };
                let mut events = events_of(&conversation, change.as_slice());
                if let Some(change) = change {
                    let [before, after] = [before, conversation.count_key()]
                        .map(|standing| CountedConversation::of(DbId::of(id), standing));
                    deltas.change(&before, &after);
                    save_status(connection, workspace, &conversation).await?;
                    envelope.add_history(HistoryEntry { id: entry, conversation: id, change, by });
                }

                let message = draft.numbered(id, conversation.last_message_number());
                let row = MessageRow::new(workspace, message.clone());
                let insert = diesel::insert_into(messages::table).values(row);
                PreparedQuery(insert).execute(connection).await?;
                text.index(connection).await?;
                envelope.finish(connection, &message).await?;
                events.push(NewEvent::of_message(&message, conversation.version()));
                deltas.add_events(workspace, &origin, events);
                deltas.apply(connection, workspace, slot).await?;
                Ok(Some(message))
            })
            .await;
        self.0.feed_notifier().notify(workspace);
        appended
    }

    async fn delete(
        &self,
        workspace: WorkspaceId,
        commit: Commit<MessageDeletion>,
    ) -> Result<bool, RepositoryError> {
        let (removal, envelope) = Envelope::of(workspace, commit);
        let MessageDeletion { conversation, message, now } = removal;
        let (origin, slot) = (envelope.origin().clone(), self.0.slot());
        let deleted = self
            .0
            .write(async move |connection: &mut Connection| {
                // The conversation first, as everybody takes it: two who each held what the other
                // wants would wait for ever.
                let present: Option<DbId> = for_update!(
                    conversations::table
                        .filter(conversations::workspace_id.eq(DbId::of(workspace)))
                        .filter(conversations::id.eq(DbId::of(conversation)))
                        .filter(is_visible())
                        .select(conversations::id)
                )
                .first(connection)
                .await
                .optional()?;
                if present.is_none() {
                    return Ok(false);
                }
                let gone: Option<i64> = diesel::delete(messages::table)
                    .filter(messages::workspace_id.eq(DbId::of(workspace)))
                    .filter(messages::conversation_id.eq(DbId::of(conversation)))
                    .filter(messages::id.eq(DbId::of(message)))
                    .returning(messages::number)
                    .get_result(connection)
                    .await
                    .optional()?;
                let Some(number) = gone else { return Ok(false) };
                IndexedTexts::Message(conversation, message).remove(connection, workspace).await?;
                let version = count_off(connection, workspace, conversation, DbTime(now)).await?;
                delete_responses_about(connection, workspace, message).await?;
                envelope.finish(connection, &()).await?;
                let (number, version) = (total("messages", number)?, last_version(version)?);
                let gone = NewEvent::of_deleted_message(conversation, message, number, version);
                let mut deltas = CountDeltas::default();
                deltas.add_events(workspace, &origin, [gone]);
                deltas.apply(connection, workspace, slot).await?;
                Ok(true)
            })
            .await;
        self.0.feed_notifier().notify_of_deletion(workspace);
        deleted
    }
}

/// The messages of a conversation that a filter allows: one place for the list and for its total.
fn matching(
    workspace: WorkspaceId,
    conversation: ConversationId,
    filter: &MessageFilter,
) -> messages::BoxedQuery<'static, Backend> {
    let MessageFilter { external_id } = filter;
    let mut query = messages::table
        .filter(messages::workspace_id.eq(DbId::of(workspace)))
        .filter(messages::conversation_id.eq(DbId::of(conversation)))
        .into_boxed();
    if let Some(ExternalIdFilter { id, source }) = external_id {
        query = query.filter(messages::external_id.eq(id.as_str().to_owned()));
        if let Some(source) = source {
            query = query.filter(messages::external_source.eq(source.as_str().to_owned()));
        }
    }
    query
}

/// Counts a message that arrives: one update relative to what is stored, so that others may write at
/// the same time. The row of the conversation is locked until the transaction ends.
async fn count_message(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: ConversationId,
    time: DbTime,
) -> Result<Option<ConversationRow>, Failure> {
    let update = diesel::update(conversations::table)
        .filter(conversations::workspace_id.eq(DbId::of(workspace)))
        .filter(conversations::id.eq(DbId::of(id)))
        .filter(is_visible())
        .set((
            conversations::message_count.eq(conversations::message_count + 1),
            conversations::last_message_number.eq(conversations::last_message_number + 1),
            // Messages may be counted in another order than they were written.
            conversations::last_message_at
                .eq(later_of!(conversations::last_message_at, Some(time))),
            conversations::updated_at.eq(moved_to!(time)),
            conversations::version.eq(conversations::version + 1),
        ))
        .returning(ConversationRow::as_returning());
    Ok(PreparedQuery(update).get_result(connection).await.optional()?)
}

/// The events of a message that changed fields of a conversation, which is in its new state.
fn events_of(conversation: &Conversation, changes: &[FieldChange]) -> Vec<NewEvent> {
    let versions = (conversation.version(), conversation.revision());
    NewEvent::of_change(conversation.id(), versions, changes)
}

/// Counts off a message that is gone, of a conversation that is this transaction's; answers the version
/// that it has then.
async fn count_off(
    connection: &mut Connection,
    workspace: WorkspaceId,
    id: ConversationId,
    now: DbTime,
) -> Result<i64, Failure> {
    // Ids carry the time of their making, so the largest is the newest.
    let newest: Option<DbId> = messages::table
        .filter(messages::workspace_id.eq(DbId::of(workspace)))
        .filter(messages::conversation_id.eq(DbId::of(id)))
        .order(messages::id.desc())
        .select(messages::id)
        .first(connection)
        .await
        .optional()?;
    let last_message_at = newest.map(|newest| DbTime(MessageId::from_uuid(newest.0).created_at()));
    let update = diesel::update(conversations::table)
        .filter(conversations::workspace_id.eq(DbId::of(workspace)))
        .filter(conversations::id.eq(DbId::of(id)))
        .set((
            conversations::message_count.eq(conversations::message_count - 1),
            conversations::last_message_at.eq(last_message_at),
            conversations::updated_at.eq(moved_to!(now)),
            conversations::version.eq(conversations::version + 1),
        ))
        .returning(conversations::version);
    Ok(PreparedQuery(update).get_result(connection).await?)
}

/// Stores what a message did to the status of a conversation that is this transaction's.
async fn save_status(
    connection: &mut Connection,
    workspace: WorkspaceId,
    conversation: &Conversation,
) -> Result<(), Failure> {
    let update = diesel::update(conversations::table)
        .filter(conversations::workspace_id.eq(DbId::of(workspace)))
        .filter(conversations::id.eq(DbId::of(conversation.id())))
        .set((
            conversations::status.eq(conversation.status().as_str()),
            conversations::closed_at.eq(conversation.closed_at().map(DbTime)),
            conversations::revision.eq(version_column(conversation.revision())),
        ));
    PreparedQuery(update).execute(connection).await?;
    Ok(())
}
