//! A conversation, as far as the index knows it.

use conversations_application::read_model::{CountedField, CountedValue};
use conversations_domain::{
    Channel, ConversationId, InboxId, Priority, Source, Status, Tag, Tags, Timestamp, UserId,
};

/// The fields of a conversation that the index answers for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedConversation {
    /// Its id.
    pub id: ConversationId,
    /// Its status.
    pub status: Status,
    /// Its priority.
    pub priority: Priority,
    /// Its inbox.
    pub inbox: InboxId,
    /// The user that it is assigned to.
    pub assignee: Option<UserId>,
    /// Its channel.
    pub channel: Channel,
    /// Where it came from.
    pub source: Source,
    /// Its labels.
    pub labels: Tags,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl IndexedConversation {
    /// Its values in a field: several labels, or one of anything else.
    pub(crate) fn values(&self, field: CountedField) -> Vec<CountedValue> {
        let value = match field {
            CountedField::Status => CountedValue::Status(self.status),
            CountedField::Priority => CountedValue::Priority(self.priority),
            CountedField::Inbox => CountedValue::Inbox(self.inbox),
            CountedField::Assignee => CountedValue::Assignee(self.assignee),
            CountedField::Channel => CountedValue::Channel(self.channel),
            CountedField::Source => CountedValue::Source(self.source),
            CountedField::Label => {
                let labels = self.labels.iter().filter_map(|label| Tag::parse(label).ok());
                return labels.map(CountedValue::Label).collect();
            }
        };
        vec![value]
    }

    /// Whether it has a value.
    pub(crate) fn has(&self, value: &CountedValue) -> bool {
        match value {
            CountedValue::Status(status) => self.status == *status,
            CountedValue::Priority(priority) => self.priority == *priority,
            CountedValue::Inbox(inbox) => self.inbox == *inbox,
            CountedValue::Assignee(assignee) => self.assignee == *assignee,
            CountedValue::Channel(channel) => self.channel == *channel,
            CountedValue::Source(source) => self.source == *source,
            CountedValue::Label(label) => self.labels.iter().any(|each| each == label.as_str()),
        }
    }
}

/// The field that a value belongs to.
pub(crate) fn field_of(value: &CountedValue) -> CountedField {
    match value {
        CountedValue::Status(_) => CountedField::Status,
        CountedValue::Priority(_) => CountedField::Priority,
        CountedValue::Inbox(_) => CountedField::Inbox,
        CountedValue::Assignee(_) => CountedField::Assignee,
        CountedValue::Channel(_) => CountedField::Channel,
        CountedValue::Source(_) => CountedField::Source,
        CountedValue::Label(_) => CountedField::Label,
    }
}
