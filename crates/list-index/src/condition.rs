//! What a filter asks for, in terms of the index.

use conversations_application::read_model::{
    AssigneeFilter, ConversationFilter, CountedField, CountedValue, Criterion,
};
use conversations_domain::{ConversationId, Tag, Timestamp};
use uuid::Uuid;

use crate::IndexedConversation;
use crate::conversation::field_of;

/// A condition on conversations.
#[derive(Debug)]
pub(crate) enum Condition<'a> {
    /// They have one of these values.
    AnyOf(Vec<CountedValue>),
    /// They have all of these values.
    AllOf(Vec<CountedValue>),
    /// They are among these, which are in ascending order.
    Among(&'a [ConversationId]),
    /// Their ids are not below this one; `None` is above all.
    From(Option<Uuid>),
    /// Their ids are below this one; `None` is above all.
    Below(Option<Uuid>),
    /// They were changed at this time, in milliseconds since the Unix epoch, or later.
    ChangedFrom(i64),
    /// They were changed before this time.
    ChangedBelow(i64),
}

impl<'a> Condition<'a> {
    /// The conditions of a filter, where these conversations meet what is not indexed, of the customer
    /// and the words that it asks for; `None` if it asks for anything else that is not indexed.
    pub(crate) fn all_of(
        filter: &ConversationFilter,
        found: &'a [ConversationId],
    ) -> Option<Vec<Self>> {
        filter.criteria().map(|criterion| Self::of(criterion, found)).collect()
    }

    fn of(criterion: Criterion<'_>, found: &'a [ConversationId]) -> Option<Self> {
        Some(match criterion {
            Criterion::Statuses(some) => any(some, CountedValue::Status),
            Criterion::Priorities(some) => any(some, CountedValue::Priority),
            Criterion::Assignee(AssigneeFilter::Nobody) => any(&[None], CountedValue::Assignee),
            Criterion::Assignee(AssigneeFilter::User(user)) => {
                any(&[Some(user)], CountedValue::Assignee)
            }
            Criterion::Inbox(inbox) => any(&[inbox], CountedValue::Inbox),
            Criterion::Labels(labels) => {
                let label = |text| Tag::parse(text).ok().map(CountedValue::Label);
                Self::AllOf(labels.iter().map(label).collect::<Option<_>>()?)
            }
            Criterion::Channels(some) => any(some, CountedValue::Channel),
            Criterion::Sources(some) => any(some, CountedValue::Source),
            Criterion::CreatedAfter(time) => Self::From(first_id(time, 1)),
            Criterion::CreatedBefore(time) => Self::Below(first_id(time, 0)),
            Criterion::UpdatedAfter(time) => {
                Self::ChangedFrom(time.as_unix_millis().saturating_add(1))
            }
            Criterion::UpdatedBefore(time) => Self::ChangedBelow(time.as_unix_millis()),
            Criterion::Customer(_) | Criterion::Text(_) => Self::Among(found),
            Criterion::ExternalId(_) => return None,
        })
    }

    /// Whether a conversation meets it.
    pub(crate) fn allows(&self, conversation: &IndexedConversation) -> bool {
        let id = conversation.id.as_uuid();
        match self {
            Self::AnyOf(values) => values.iter().any(|value| conversation.has(value)),
            Self::AllOf(values) => values.iter().all(|value| conversation.has(value)),
            Self::Among(ids) => ids.binary_search(&conversation.id).is_ok(),
            Self::From(first) => first.is_some_and(|first| id >= first),
            Self::Below(end) => end.is_none_or(|end| id < end),
            Self::ChangedFrom(first) => conversation.updated_at.as_unix_millis() >= *first,
            Self::ChangedBelow(end) => conversation.updated_at.as_unix_millis() < *end,
        }
    }

    /// Whether it is about labels.
    pub(crate) fn is_of_labels(&self) -> bool {
        match self {
            Self::AnyOf(values) | Self::AllOf(values) => {
                values.iter().any(|value| field_of(value) == CountedField::Label)
            }
            Self::Among(_)
            | Self::From(_)
            | Self::Below(_)
            | Self::ChangedFrom(_)
            | Self::ChangedBelow(_) => false,
        }
    }
}

fn any<T: Copy>(some: &[T], value: fn(T) -> CountedValue) -> Condition<'static> {
    Condition::AnyOf(some.iter().copied().map(value).collect())
}

/// The smallest id that carries a time, some milliseconds later, or a later one: an id begins with the
/// time of its creation, in milliseconds since the Unix epoch. `None` when no id does.
fn first_id(time: Timestamp, later: i64) -> Option<Uuid> {
    let millis = time.as_unix_millis().saturating_add(later).max(0);
    let millis = u128::try_from(millis).unwrap_or_default();
    (millis < 1 << 48).then(|| Uuid::from_u128(millis << 80))
}
