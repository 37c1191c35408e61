//! Rows: how each entity lies in its table, and the way in and out.
//!
//! Conversions take entities and rows apart without `..`, so that a new field does not compile
//! until it has a column here.

mod audit;
mod conversation;
mod counts;
mod customer;
mod delivery;
mod erasure;
mod event;
mod external_id;
mod history;
mod inbox;
mod indexed_conversation;
mod key;
mod message;
mod seed_run;
mod tags;
mod text;
mod updated_conversation;
mod user;
mod webhook;

pub(crate) use audit::AuditRow;
pub(crate) use conversation::{ConversationRow, conversation_columns, conversations};
pub(crate) use counts::{CountRow, CountedConversation, DayRow};
pub(crate) use customer::CustomerRow;
pub(crate) use delivery::DeliveryRow;
pub(crate) use erasure::ErasureRow;
pub(crate) use event::{EventRow, NewEventRow, code};
pub(crate) use history::HistoryRow;
pub(crate) use inbox::InboxRow;
pub(crate) use indexed_conversation::IndexedConversationRow;
pub(crate) use key::{KeyRow, write_permissions, write_rate_limit};
pub(crate) use message::MessageRow;
pub(crate) use seed_run::SeedingRow;
pub(crate) use text::TextRow;
pub(crate) use updated_conversation::UpdatedConversationRow;
pub(crate) use user::UserRow;
pub(crate) use webhook::{
    HealthRow, PositionRow, WebhookRow, WebhookSecretRow, read_secrets, read_webhook, secret_rows,
};

use conversations_application::ports::RepositoryError;
use conversations_domain::Version;

use crate::error::column;

/// A row whose texts may be long: making an entity of it takes as long as they are.
pub(crate) trait TextSize {
    /// About how many bytes are looked at.
    fn bytes(&self) -> usize;
}

impl TextSize for MessageRow {
    fn bytes(&self) -> usize {
        self.body.len()
    }
}

impl TextSize for CustomerRow {
    fn bytes(&self) -> usize {
        self.custom_fields.len() + self.tags.len()
    }
}

impl TextSize for HistoryRow {
    fn bytes(&self) -> usize {
        [&self.from_value, &self.to_value].into_iter().flatten().map(String::len).sum()
    }
}

/// With the customer, where it has one.
impl<Others> TextSize for (ConversationRow, Option<CustomerRow>, Others) {
    fn bytes(&self) -> usize {
        let (conversation, customer, _) = self;
        conversation.labels.len() + customer.as_ref().map_or(0, TextSize::bytes)
    }
}

/// Writes a count into a column. Counts are far below 2⁶³.
fn to_column(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Writes a version into a column.
pub(crate) fn version_column(version: Version) -> i64 {
    to_column(version.number())
}

/// Reads the version of a deleted or changed entity, for its event.
pub(crate) fn last_version(value: i64) -> Result<Version, RepositoryError> {
    version("events", value)
}

/// Reads a count from a column.
fn count(table: &'static str, name: &'static str, value: i64) -> Result<u64, RepositoryError> {
    column(table, name, u64::try_from(value))
}

/// Reads a version from a column.
fn version(table: &'static str, value: i64) -> Result<Version, RepositoryError> {
    count(table, "version", value).map(Version::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use conversations_domain::{
        Conversation, ConversationDraft, ConversationId, InboxId, NewConversation, Source, Subject,
        WorkspaceId,
    };
    use uuid::Uuid;

    #[test]
    fn a_row_that_is_no_conversation_names_the_column() {
        let conversation = Conversation::open(NewConversation {
            id: ConversationId::from_uuid(Uuid::nil()),
            source: Source::Api,
            customer: None,
            draft: ConversationDraft::new(
                Subject::parse("Refund").expect("a subject"),
                InboxId::from_uuid(Uuid::nil()),
            ),
        });
        let workspace = WorkspaceId::from_uuid(Uuid::nil());
        let mut row = ConversationRow::new(workspace, conversation).expect("a row");
        row.status = "asleep".to_owned();

        let refused = Conversation::try_from(row).map_err(|error| error.to_string());

        assert_eq!(
            refused.err().as_deref(),
            Some("conversations.status has an invalid value: must be one of open, pending, closed")
        );
    }
}
