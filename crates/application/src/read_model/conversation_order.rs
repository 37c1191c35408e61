//! The orders in which conversations are listed.

use std::fmt;
use std::str::FromStr;

use conversations_domain::{Conversation, UnknownWord};

use super::ConversationFilter;
use crate::SortKey;
use crate::search::SearchQuery;

/// An order of conversations. Those that are equal in it are in the order of their ids, in the same
/// direction: the list backwards is that of the opposite order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ConversationOrder {
    /// Newest first.
    #[default]
    Newest,
    /// Oldest first.
    Oldest,
    /// Changed last first.
    LastChanged,
    /// Changed first first.
    FirstChanged,
    /// The most urgent first.
    MostUrgent,
    /// The least urgent first.
    LeastUrgent,
    /// Those with more words of the query in their subject first, among them the newest.
    Relevance,
}

impl ConversationOrder {
    /// Every order.
    pub const ALL: &'static [Self] = &[
        Self::Newest,
        Self::Oldest,
        Self::LastChanged,
        Self::FirstChanged,
        Self::MostUrgent,
        Self::LeastUrgent,
        Self::Relevance,
    ];

    /// How callers ask for it: the field that it sorts by, with a minus when the greatest comes
    /// first.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "-createdAt",
            Self::Oldest => "createdAt",
            Self::LastChanged => "-updatedAt",
            Self::FirstChanged => "updatedAt",
            Self::MostUrgent => "-priority",
            Self::LeastUrgent => "priority",
            Self::Relevance => "relevance",
        }
    }

    /// Whether the greatest comes first.
    #[must_use]
    pub const fn is_descending(self) -> bool {
        !matches!(self, Self::Oldest | Self::FirstChanged | Self::LeastUrgent)
    }

    /// The place of a conversation in a list of this order and filter.
    #[must_use]
    pub fn anchor(self, filter: &ConversationFilter, conversation: &Conversation) -> SortKey {
        let value = match self {
            // The time of making is in the id.
            Self::Newest | Self::Oldest => 0,
            Self::Relevance => {
                let relevance = |text: &SearchQuery| text.relevance(conversation.subject()).into();
                filter.text.as_ref().map_or(0, relevance)
            }
            Self::LastChanged | Self::FirstChanged => conversation.updated_at().as_unix_millis(),
            Self::MostUrgent | Self::LeastUrgent => conversation.priority().rank().into(),
        };
        SortKey { value, id: conversation.id().as_uuid() }
    }
}

impl fmt::Display for ConversationOrder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for ConversationOrder {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let order = Self::ALL.iter().copied().find(|order| order.as_str() == text);
        order.ok_or(UnknownWord {
            allowed: "-createdAt, createdAt, -updatedAt, updatedAt, -priority, priority, relevance",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_parses_from_its_name() {
        for order in ConversationOrder::ALL {
            assert_eq!(order.as_str().parse(), Ok(*order));
        }
        let words: Vec<_> = ConversationOrder::ALL.iter().map(ToString::to_string).collect();
        let refused = "+createdAt".parse::<ConversationOrder>();
        assert_eq!(refused.map_err(|error| error.allowed.to_owned()), Err(words.join(", ")));
    }
}
