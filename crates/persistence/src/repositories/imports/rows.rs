//! Records on their way into the tables, some at once.

use conversations_application::ports::{RecordSource, TransferStopped};
use conversations_domain::{AuditEntry, Customer, WorkspaceId, WorkspaceRecord};
use diesel_async::RunQueryDsl;

use super::super::customers::insert_customer;
use super::super::exports::stopped;
use super::super::history_and_audit::append_history_and_audit;
use super::super::search::TextsToIndex;
use super::super::totals::CountDeltas;
use super::super::{Connection, insert_all};
use crate::bulk::Bulk;
use crate::error::{Failure, column};
use crate::rows::{
    ConversationRow, CountedConversation, HistoryRow, InboxRow, MessageRow, UserRow,
};
use crate::schema::{inboxes, users};

/// How many records are inserted at once.
const RECORDS: usize = 2_000;

/// And how many bytes of text, about: what a text makes in the index is larger.
const BYTES: usize = 1 << 20;

/// The rows of some records, in the order in which tables refer to each other.
pub(super) struct ImportRows {
    inboxes: Vec<InboxRow>,
    users: Vec<UserRow>,
    customers: Vec<Customer>,
    conversations: Bulk,
    labels: Bulk,
    messages: Bulk,
    history: Bulk,
    texts: TextsToIndex,
    counted: Vec<CountedConversation>,
    audit: Vec<AuditEntry>,
}

impl ImportRows {
    /// Reads the next records; `None` after the last one.
    pub(super) fn read(
        workspace: WorkspaceId,
        source: &mut dyn RecordSource,
    ) -> Result<Option<Self>, Failure> {
        let (mut inboxes, mut users, mut customers) = (Vec::new(), Vec::new(), Vec::new());
        let (mut conversations, mut labels) = (Vec::new(), Vec::new());
        let (mut messages, mut history, mut audit) = (Vec::new(), Vec::new(), Vec::new());
        let (mut texts, mut counted) = (TextsToIndex::default(), Vec::new());
        let (mut records, mut bytes) = (0, 0);
        while records < RECORDS && bytes < BYTES {
            let next = source.next().map_err(|TransferStopped| stopped())?;
            let Some(record) = next else { break };
            records += 1;
            match record {
                WorkspaceRecord::Inbox(inbox) => inboxes.push(InboxRow::new(workspace, inbox)),
                WorkspaceRecord::User(user) => users.push(UserRow::new(workspace, user)),
                WorkspaceRecord::Customer(customer) => {
                    bytes += customer.custom_fields().bytes();
                    customers.push(customer);
                }
                WorkspaceRecord::Conversation(conversation) => {
                    texts.extend(TextsToIndex::of(workspace, &conversation));
                    labels.push((workspace, conversation.id(), conversation.labels().clone()));
                    let row = ConversationRow::new(workspace, conversation)?;
                    counted.push(CountedConversation::from(&row));
                    conversations.push(row);
                }
                WorkspaceRecord::Message(message) => {
                    let (conversation, id) = (message.conversation(), message.id());
                    let body = message.body().as_str();
                    bytes += body.len();
                    texts.extend(TextsToIndex::of_message(workspace, conversation, id, body));
                    messages.push(MessageRow::new(workspace, message));
                }
                WorkspaceRecord::Change { entry, revision } => {
                    let revision =
                        column("conversation_history", "revision", i64::try_from(revision))?;
                    history.push(HistoryRow::new(workspace, entry, revision)?);
                }
                WorkspaceRecord::Audit(entry) => audit.push(entry),
            }
        }
        if records == 0 {
            return Ok(None);
        }
        Ok(Some(Self {
            inboxes,
            users,
            customers,
            conversations: Bulk::of_conversations(conversations),
            labels: Bulk::of_labels(&labels),
            messages: Bulk::of_messages(messages),
            history: Bulk::of_history(history),
            texts,
            counted,
            audit,
        }))
    }

    /// Inserts them, and counts the conversations.
    pub(super) async fn insert(
        self,
        connection: &mut Connection,
        workspace: WorkspaceId,
        deltas: &mut CountDeltas,
    ) -> Result<(), Failure> {
        let Self {
            inboxes,
            users,
            customers,
            conversations,
            labels,
            messages,
            history,
            texts,
            counted,
            audit,
        } = self;
        for row in inboxes {
            diesel::insert_into(inboxes::table).values(row).execute(connection).await?;
        }
        for row in users {
            diesel::insert_into(users::table).values(row).execute(connection).await?;
        }
        for customer in customers {
            insert_customer(connection, workspace, customer).await?;
        }
        insert_all(connection, conversations).await?;
        insert_all(connection, labels).await?;
        insert_all(connection, messages).await?;
        insert_all(connection, history).await?;
        texts.index(connection).await?;
        for conversation in &counted {
            deltas.add(conversation);
        }
        append_history_and_audit(connection, workspace, Vec::new(), audit).await
    }
}
