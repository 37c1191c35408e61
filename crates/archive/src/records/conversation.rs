//! A conversation as a line.

use conversations_domain::{
    Channel, Conversation, ConversationId, ConversationParts, CustomerId, InboxId, Priority,
    Source, Status, Subject, Tags, Timestamp, UserId,
};

use super::ExternalIdRecord;
use crate::field::Number;
use crate::object::object;

object! {
    /// A conversation. Its messages and its changes follow it.
    ConversationRecord as "conversation" {
        /// Unique id (UUIDv7).
        id: ConversationId = "_id",
        /// The id in another system.
        external_id: Option<ExternalIdRecord> = "externalId",
        /// The subject.
        subject: Subject = "subject",
        /// The status.
        status: Status = "status",
        /// The priority.
        priority: Priority = "priority",
        /// The medium.
        channel: Channel = "channel",
        /// The kind of integration that created it.
        source: Source = "source",
        /// An inbox of the file.
        inbox_id: InboxId = "inboxId",
        /// A customer of the file.
        customer_id: Option<CustomerId> = "customerId",
        /// A user of the file.
        assigned_to: Option<UserId> = "assignedTo",
        /// The labels, in their order.
        labels: Tags = "labels",
        /// How many messages follow.
        message_count: Number = "messageCount",
        /// The number of the last message ever written; numbers of deleted messages are not reused.
        last_message_number: Number = "lastMessageNumber",
        /// Creation time of the newest message.
        last_message_at: Option<Timestamp> = "lastMessageAt",
        /// Time at which it was closed; null unless it is closed.
        closed_at: Option<Timestamp> = "closedAt",
        /// Creation time: the time inside the id.
        created_at: Timestamp = "createdAt",
        /// Time of the last change of the conversation or its messages.
        updated_at: Timestamp = "updatedAt",
        /// Counts all changes.
        version: Number = "version",
        /// Counts the changes of fields.
        revision: Number = "revision",
    }
}

impl From<Conversation> for ConversationRecord {
    fn from(conversation: Conversation) -> Self {
        let ConversationParts {
            id,
            external_id,
            subject,
            status,
            priority,
            channel,
            source,
            inbox,
            customer,
            assignee,
            labels,
            message_count,
            last_message_number,
            last_message_at,
            closed_at,
            updated_at,
            version,
            revision,
        } = conversation.into_parts();
        Self {
            id,
            external_id: external_id.map(Into::into),
            subject,
            status,
            priority,
            channel,
            source,
            inbox_id: inbox,
            customer_id: customer,
            assigned_to: assignee,
            labels,
            message_count: Number(message_count),
            last_message_number: Number(last_message_number),
            last_message_at,
            closed_at,
            created_at: id.created_at(),
            updated_at,
            version: version.into(),
            revision: revision.into(),
        }
    }
}

impl From<ConversationRecord> for Conversation {
    fn from(record: ConversationRecord) -> Self {
        let ConversationRecord {
            id,
            external_id,
            subject,
            status,
            priority,
            channel,
            source,
            inbox_id,
            customer_id,
            assigned_to,
            labels,
            message_count: Number(message_count),
            last_message_number: Number(last_message_number),
            last_message_at,
            closed_at,
            created_at: _,
            updated_at,
            version,
            revision,
        } = record;
        Self::restore(ConversationParts {
            id,
            external_id: external_id.map(Into::into),
            subject,
            status,
            priority,
            channel,
            source,
            inbox: inbox_id,
            customer: customer_id,
            assignee: assigned_to,
            labels,
            message_count,
            last_message_number,
            last_message_at,
            closed_at,
            updated_at,
            version: version.into(),
            revision: revision.into(),
        })
    }
}
