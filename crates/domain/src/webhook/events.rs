//! The types of events that a webhook subscribes to.

use std::collections::BTreeSet;

use crate::{EventPattern, EventType, Permissions, UnknownPattern};

/// One to 50 types of events, or patterns for them, in the order in which they were given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookEvents(Vec<EventPattern>);

/// Why a list of types was refused. The message completes "this field …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookEventsError {
    /// None at all.
    #[error("must have at least one entry")]
    Empty,
    /// More than allowed.
    #[error("must have at most {max} entries", max = WebhookEvents::MAX_COUNT)]
    TooMany,
    /// One of them twice.
    #[error("must not contain duplicates")]
    Repeated {
        /// The place of the second one, from 0.
        index: usize,
    },
    /// One entry matches no type.
    #[error("{error}")]
    Unknown {
        /// Its place, from 0.
        index: usize,
        /// What is wrong with it.
        error: UnknownPattern,
    },
}

impl WebhookEvents {
    /// The most entries.
    pub const MAX_COUNT: usize = 50;

    /// Reads a list of types and patterns.
    ///
    /// # Errors
    /// When there are none or too many, or one of them is not valid: the first such problem.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, WebhookEventsError> {
        if texts.is_empty() {
            return Err(WebhookEventsError::Empty);
        }
        if texts.len() > Self::MAX_COUNT {
            return Err(WebhookEventsError::TooMany);
        }
        let mut patterns: Vec<EventPattern> = Vec::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate() {
            let pattern = text.as_ref().parse();
            let pattern = pattern.map_err(|error| WebhookEventsError::Unknown { index, error })?;
            if patterns.contains(&pattern) {
                return Err(WebhookEventsError::Repeated { index });
            }
            patterns.push(pattern);
        }
        Ok(Self(patterns))
    }

    /// The entries as they were given.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(EventPattern::as_str)
    }

    /// The selected types, in their order.
    #[must_use]
    pub fn types(&self) -> Vec<EventType> {
        let types = self.0.iter().flat_map(EventPattern::types).copied();
        types.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The permissions that the selected types need.
    #[must_use]
    pub fn permissions(&self) -> Permissions {
        self.types().into_iter().filter_map(EventType::permission).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Permission;

    #[test]
    fn entries_keep_their_text_and_select_types() {
        let events = WebhookEvents::parse(&["user.*", "user.created", "conversation.closed"]);

        let events = events.expect("valid events");

        let texts: Vec<_> = events.iter().collect();
        assert_eq!(texts, ["user.*", "user.created", "conversation.closed"]);
        assert_eq!(
            events.types(),
            [
                EventType::ConversationClosed,
                EventType::UserCreated,
                EventType::UserUpdated,
                EventType::UserDeleted,
            ]
        );
        let needed = [Permission::ReadConversations, Permission::ReadUsers];
        assert_eq!(events.permissions(), needed.into_iter().collect());
    }

    #[test]
    fn says_which_entry_is_not_valid() {
        let parse = WebhookEvents::parse::<&str>;
        let many = vec!["*"; 51];
        let unknown = WebhookEventsError::Unknown { index: 1, error: UnknownPattern };

        assert_eq!(parse(&[]), Err(WebhookEventsError::Empty));
        assert_eq!(parse(&many), Err(WebhookEventsError::TooMany));
        assert_eq!(parse(&["*", "*"]), Err(WebhookEventsError::Repeated { index: 1 }));
        assert_eq!(parse(&["*", "calls.*"]), Err(unknown));
    }
}
