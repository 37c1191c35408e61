//! Changes to a conversation, field by field, and how they are applied.

use super::ConversationDraft;
use crate::vocabulary::vocabulary;
use crate::{
    Change, CustomerId, ExternalId, InboxId, Priority, Status, Subject, Tags, TagsChange,
    TagsError, UserId,
};

/// The changes that one command asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Another id in another system, or none.
    pub external_id: Change<Option<ExternalId>>,
    /// Another subject.
    pub subject: Change<Subject>,
    /// Another status; any may follow any.
    pub status: Change<Status>,
    /// Another priority.
    pub priority: Change<Priority>,
    /// Another inbox.
    pub inbox: Change<InboxId>,
    /// Another assignee, or none.
    pub assignee: Change<Option<UserId>>,
    /// Other labels, which replace the present ones, or labels to add and remove.
    pub labels: TagsChange,
    /// The customer, of a conversation that has none yet.
    pub customer: Change<CustomerId>,
}

vocabulary! {
    /// The fields of a conversation whose changes are kept, by the names that callers know.
    Field {
        Subject = "subject",
        Status = "status",
        Priority = "priority",
        Inbox = "inboxId",
        Assignee = "assignedTo",
        Labels = "labels",
        Customer = "customerId",
        ExternalId = "externalId",
    }
}

/// The value of a field, as callers see it in the field itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldValue {
    /// A word, a text or an id.
    Text(String),
    /// A list of words.
    List(Vec<String>),
    /// An id in another system.
    External(ExternalId),
}

/// The change of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// Which field.
    pub field: Field,
    /// What it was; `None` when it was empty.
    pub from: Option<FieldValue>,
    /// What it became; `None` when it was cleared.
    pub to: Option<FieldValue>,
}

/// Why a conversation refuses to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    /// It already has another customer, and keeps them.
    #[error("the conversation already has another customer")]
    CustomerIsSet,
    /// It would have labels that it cannot have.
    #[error("labels {0}")]
    Labels(TagsError),
}

/// Why a conversation cannot be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the conversation is assigned to another user")]
pub struct AlreadyAssigned {
    /// The present assignee.
    pub by: UserId,
}

/// Why no conversation is made of changes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IncompleteConversation {
    /// These fields are missing.
    #[error("required fields are missing")]
    Missing(Vec<Field>),
    /// It would have labels that it cannot have.
    #[error("labels {0}")]
    Labels(TagsError),
}

impl ConversationDraft {
    /// What these changes make of nothing, and the customer that they name: what they keep is as if it
    /// was left out.
    ///
    /// # Errors
    /// When there would be no subject or no inbox, or too many labels.
    pub fn from_changes(
        changes: Changes,
    ) -> Result<(Self, Option<CustomerId>), IncompleteConversation> {
        let Changes { external_id, subject, status, priority, inbox, assignee, labels, customer } =
            changes;
        let (subject, inbox) = match (subject.into_value(), inbox.into_value()) {
            (Some(subject), Some(inbox)) => (subject, inbox),
            (subject, inbox) => {
                let missing = [
                    subject.is_none().then_some(Field::Subject),
                    inbox.is_none().then_some(Field::Inbox),
                ];
                let missing = missing.into_iter().flatten().collect();
                return Err(IncompleteConversation::Missing(missing));
            }
        };
        let labels = labels.resolve(&Tags::default()).map_err(IncompleteConversation::Labels)?;
        let draft = Self {
            external_id: external_id.into_value().flatten(),
            status: status.into_value(),
            priority: priority.into_value(),
            assignee: assignee.into_value().flatten(),
            labels: labels.into_value().unwrap_or_default(),
            ..Self::new(subject, inbox)
        };
        Ok((draft, customer.into_value()))
    }
}

impl FieldChange {
    /// The change of a status.
    #[must_use]
    pub fn of_status(from: Status, to: Status) -> Self {
        Self {
            field: Field::Status,
            from: Some(from.as_str().into()),
            to: Some(to.as_str().into()),
        }
    }
}

impl From<&str> for FieldValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&Tags> for FieldValue {
    fn from(tags: &Tags) -> Self {
        Self::List(tags.iter().map(str::to_owned).collect())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for FieldValue {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(words) => serializer.collect_seq(words),
            Self::External(id) => serde::Serialize::serialize(id, serializer),
        }
    }
}

/// Replaces the current value, and notes the change if they differ.
pub(super) fn replace<T: PartialEq>(
    present: &mut T,
    wanted: Change<T>,
    field: Field,
    changed: &mut Vec<FieldChange>,
    value: impl Fn(&T) -> Option<FieldValue>,
) {
    if let Some(before) = wanted.apply(present) {
        changed.push(FieldChange { field, from: value(&before), to: value(present) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Change, InboxId, Status};
    use uuid::Uuid;

    #[test]
    fn names_all_fields_that_are_missing() {
        let inbox = InboxId::from_uuid(Uuid::nil());
        let some = Changes { inbox: Change::To(inbox), ..Changes::default() };

        let missing = |changes| ConversationDraft::from_changes(changes).map(drop);

        let subject = Field::Subject;
        let both = vec![subject, Field::Inbox];
        assert_eq!(missing(Changes::default()), Err(IncompleteConversation::Missing(both)));
        assert_eq!(missing(some), Err(IncompleteConversation::Missing(vec![subject])));
    }

    #[test]
    fn changes_of_nothing_make_a_draft() {
        let inbox = InboxId::from_uuid(Uuid::nil());
        let subject = "Refund".parse().expect("a subject");
        let changes = Changes {
            subject: Change::To(subject),
            inbox: Change::To(inbox),
            status: Change::To(Status::Closed),
            ..Changes::default()
        };

        let (draft, customer) = ConversationDraft::from_changes(changes).expect("a draft");

        let subject = "Refund".parse().expect("a subject");
        let expected = ConversationDraft::new(subject, inbox);
        assert_eq!(draft, ConversationDraft { status: Some(Status::Closed), ..expected });
        assert_eq!(customer, None);
    }
}
