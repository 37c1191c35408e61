//! The words of conversations: kept with every write, in its transaction, and what is found by them.
//!
//! What the databases do differently, to index rows, to forget them and to find them, is in the
//! `search` of each dialect.

mod backfill;
mod expressions;
mod plan;

use conversations_domain::{
    Conversation, ConversationId, ExternalId, MessageBody, MessageId, WorkspaceId,
};
use diesel::prelude::*;
use uuid::Uuid;

pub(super) use backfill::backfill_texts;
pub(super) use expressions::{matches_search, relevance, texts_with_one_term};
pub(in super::super) use plan::SearchPlan;
pub(super) use plan::{SearchStart, TermByWord};

use super::super::search::{StoredWords, forget_rows, index_rows};
use super::Connection;
use super::conversation_batch::ConversationBatch;
use crate::columns::DbId;
use crate::error::Failure;
use crate::offload::off_worker;
use crate::rows::TextRow;
use crate::schema::conversation_texts;
use crate::text_index::parts_of;

/// Stands for the subject where the id of a message would be.
const SUBJECT: DbId = DbId(Uuid::nil());

/// Stands for the external id of the conversation in the same way.
const EXTERNAL_ID: DbId = DbId(Uuid::from_u128(1));

/// This many bytes are split in a few hundred microseconds at most.
const SHORT: usize = 8 << 10;

/// Texts that are to be forgotten.
#[derive(Debug, Clone)]
pub(super) enum IndexedTexts {
    /// The subject and the external id of a conversation.
    Own(ConversationId),
    /// A message of a conversation.
    Message(ConversationId, MessageId),
    /// Those of a conversation up to this part of this text.
    UpTo(ConversationId, DbId, i16),
    /// All of these conversations.
    Of(ConversationBatch),
}

/// Texts on their way into the index. To make them takes as long as they are: they are made before
/// the transaction that stores them.
#[derive(Debug, Clone, Default)]
pub(super) struct TextsToIndex(Vec<TextRow<StoredWords>>);

/// Texts of these, of rows or of a deletion.
macro_rules! select_texts {
    ($all:expr, $workspace:expr, $texts:expr) => {{
        let all = $all.filter(conversation_texts::workspace_id.eq(DbId::of($workspace)));
        match $texts {
            IndexedTexts::Own(conversation) => all
                .filter(conversation_texts::conversation_id.eq(DbId::of(*conversation)))
                .filter(conversation_texts::text_id.eq_any([SUBJECT, EXTERNAL_ID])),
            IndexedTexts::Message(conversation, message) => all
                .filter(conversation_texts::conversation_id.eq(DbId::of(*conversation)))
                .filter(conversation_texts::text_id.eq(DbId::of(*message))),
            // The first condition is for the index, which the second alone would not be.
            IndexedTexts::UpTo(conversation, text, part) => all
                .filter(conversation_texts::conversation_id.eq(DbId::of(*conversation)))
                .filter(conversation_texts::text_id.le(*text))
                .filter(
                    conversation_texts::text_id.lt(*text).or(conversation_texts::part.le(*part)),
                ),
            IndexedTexts::Of(batch) => {
                all.filter(conversation_texts::conversation_id.eq_any(batch.ids()))
            }
        }
    }};
}

impl TextsToIndex {
    /// The subject of a conversation, and its external id, because people quote it.
    pub(super) fn of(workspace: WorkspaceId, conversation: &Conversation) -> Self {
        let subject = conversation.subject().as_str();
        let mut texts = Self::default();
        texts.add(workspace, conversation.id(), SUBJECT, subject);
        if let Some(ExternalId { source: _, id }) = conversation.external_id() {
            texts.add(workspace, conversation.id(), EXTERNAL_ID, id.as_str());
        }
        texts
    }

    /// The text of a message.
    pub(super) fn of_message(
        workspace: WorkspaceId,
        conversation: ConversationId,
        id: MessageId,
        body: &str,
    ) -> Self {
        let mut texts = Self::default();
        texts.add(workspace, conversation, DbId::of(id), body);
        texts
    }

    /// The text of a message that a request brings: a long one is split on another thread than that
    /// of the request.
    pub(super) async fn of_new_message(
        workspace: WorkspaceId,
        conversation: ConversationId,
        id: MessageId,
        body: &MessageBody,
    ) -> Self {
        let body = body.as_str();
        // What is not ASCII is folded first.
        let short = if body.is_ascii() { SHORT } else { SHORT / 4 };
        if body.len() <= short {
            return Self::of_message(workspace, conversation, id, body);
        }
        let body = body.to_owned();
        off_worker(move || Self::of_message(workspace, conversation, id, &body)).await
    }

    /// Adds others to them.
    pub(super) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Stores them.
    pub(super) async fn index(self, connection: &mut Connection) -> Result<(), Failure> {
        if self.is_empty() { Ok(()) } else { index_rows(connection, self.0).await }
    }

    fn add(&mut self, workspace: WorkspaceId, conversation: ConversationId, id: DbId, text: &str) {
        let parts = parts_of(workspace, text).into_iter().zip(0..);
        self.0.extend(parts.map(|(words, part)| TextRow {
            workspace_id: DbId::of(workspace),
            conversation_id: DbId::of(conversation),
            text_id: id,
            part,
            words,
        }));
    }
}

impl IndexedTexts {
    /// Takes them out of the index, and out of the database.
    pub(super) async fn remove(
        self,
        connection: &mut Connection,
        workspace: WorkspaceId,
    ) -> Result<(), Failure> {
        let rows = select_texts!(conversation_texts::table.into_boxed(), workspace, &self);
        let gone =
            select_texts!(diesel::delete(conversation_texts::table).into_boxed(), workspace, &self);
        forget_rows(connection, rows, gone).await
    }
}
