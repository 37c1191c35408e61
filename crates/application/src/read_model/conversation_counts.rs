//! How many conversations there are, by the values of their fields.

use std::fmt;
use std::str::FromStr;

use conversations_domain::{Channel, InboxId, Priority, Source, Status, Tag, UnknownWord, UserId};

/// A field by whose values conversations are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CountedField {
    /// The status.
    Status,
    /// The priority.
    Priority,
    /// The inbox.
    Inbox,
    /// The assignee. Unassigned conversations have a count of their own.
    Assignee,
    /// The channel.
    Channel,
    /// The source.
    Source,
    /// The labels. A conversation counts for each of its labels, and not at all without one.
    Label,
}

/// A value of such a field. Values of a vocabulary are in its order, others in that of their text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum CountedValue {
    /// A status.
    Status(Status),
    /// A priority.
    Priority(Priority),
    /// An inbox.
    Inbox(InboxId),
    /// A user, or none.
    Assignee(Option<UserId>),
    /// A channel.
    Channel(Channel),
    /// A source.
    Source(Source),
    /// A label.
    Label(Tag),
}

/// How many conversations have these values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConversationCount {
    /// A value of each field that was asked for, in that order.
    pub values: Vec<CountedValue>,
    /// How many have all of them.
    pub count: u64,
}

/// The fields by which conversations are counted: one, or two different ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedFields {
    first: CountedField,
    second: Option<CountedField>,
}

impl CountedField {
    /// Every such field.
    pub const ALL: &'static [Self] = &[
        Self::Status,
        Self::Priority,
        Self::Inbox,
        Self::Assignee,
        Self::Channel,
        Self::Source,
        Self::Label,
    ];

    /// The name by which callers ask for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Priority => "priority",
            Self::Inbox => "inboxId",
            Self::Assignee => "assignedTo",
            Self::Channel => "channel",
            Self::Source => "source",
            Self::Label => "label",
        }
    }

    /// All values that it can have, if they are a closed vocabulary.
    pub(crate) fn vocabulary(self) -> Option<Vec<CountedValue>> {
        fn all<T: Copy>(words: &[T], value: fn(T) -> CountedValue) -> Vec<CountedValue> {
            words.iter().copied().map(value).collect()
        }
        Some(match self {
            Self::Status => all(Status::ALL, CountedValue::Status),
            Self::Priority => all(Priority::ALL, CountedValue::Priority),
            Self::Channel => all(Channel::ALL, CountedValue::Channel),
            Self::Source => all(Source::ALL, CountedValue::Source),
            Self::Inbox | Self::Assignee | Self::Label => return None,
        })
    }
}

impl CountedFields {
    /// The most fields by which conversations are counted at once.
    pub const MAX_COUNT: usize = 2;

    /// These fields, of which the same one counts once; `None` if they are not one or two.
    #[must_use]
    pub fn new(fields: &[CountedField]) -> Option<Self> {
        match *fields {
            [first] => Some(first.into()),
            [first, second] if first == second => Some(first.into()),
            [first, second] => Some(Self { first, second: Some(second) }),
            _ => None,
        }
    }

    /// The fields in their order.
    pub fn iter(self) -> impl Iterator<Item = CountedField> {
        std::iter::once(self.first).chain(self.second)
    }

    /// Whether this field is one of them.
    #[must_use]
    pub fn contains(self, field: CountedField) -> bool {
        self.iter().any(|each| each == field)
    }
}

impl From<CountedField> for CountedFields {
    fn from(field: CountedField) -> Self {
        Self { first: field, second: None }
    }
}

impl fmt::Display for CountedField {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for CountedField {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let field = Self::ALL.iter().copied().find(|field| field.as_str() == text);
        let allowed = "status, priority, inboxId, assignedTo, channel, source, label";
        field.ok_or(UnknownWord { allowed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_parses_from_its_name() {
        for field in CountedField::ALL {
            assert_eq!(field.as_str().parse(), Ok(*field));
        }
        let words: Vec<_> = CountedField::ALL.iter().map(ToString::to_string).collect();
        let refused = "createdAt".parse::<CountedField>();
        assert_eq!(refused.map_err(|error| error.allowed.to_owned()), Err(words.join(", ")));
    }

    #[test]
    fn one_or_two_fields_are_counted_by() {
        use CountedField::{Inbox, Label, Status};

        let both = CountedFields::new(&[Inbox, Status]).expect("two fields");

        assert_eq!(both.iter().collect::<Vec<_>>(), [Inbox, Status]);
        assert!(both.contains(Status) && !both.contains(Label));
        assert_eq!(CountedFields::new(&[Label, Label]), Some(Label.into()));
        for wrong in [&[][..], &[Inbox, Status, Label]] {
            assert_eq!(CountedFields::new(wrong), None);
        }
    }
}
