//! Types of events as callers select them: a type, or a pattern for several.

use std::str::FromStr;

use super::EventType;

/// A type of events, or a pattern for several: `*` for all, `customer.*` for all of one kind, and
/// `message.created` for new messages of every author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPattern {
    text: String,
    types: Vec<EventType>,
}

/// Text that matches no type of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a type of events, such as conversation.closed, or a pattern such as message.*")]
pub struct UnknownPattern;

/// New messages of every author.
const MESSAGE_CREATED: [EventType; 3] =
    [EventType::MessageReceived, EventType::MessageSent, EventType::MessageNoted];

impl EventPattern {
    /// The most patterns of one request.
    pub const MAX_COUNT: usize = 20;

    /// The patterns for several types.
    pub const PATTERNS: [&str; 9] = [
        "*",
        "conversation.*",
        "message.*",
        "message.created",
        "customer.*",
        "user.*",
        "inbox.*",
        "webhook.*",
        "feed.*",
    ];

    /// The text as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The matching types.
    #[must_use]
    pub fn types(&self) -> &[EventType] {
        &self.types
    }
}

impl FromStr for EventPattern {
    type Err = UnknownPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let begins = |start: &str| {
            let all = EventType::ALL.iter().copied();
            all.filter(|kind| kind.as_str().starts_with(start)).collect::<Vec<_>>()
        };
        let types = match text {
            "*" => EventType::ALL.to_vec(),
            "message.created" => MESSAGE_CREATED.to_vec(),
            _ => match text.strip_suffix('*') {
                Some(family) if family.ends_with('.') => begins(family),
                Some(_) => Vec::new(),
                None => text.parse().into_iter().collect(),
            },
        };
        if types.is_empty() {
            Err(UnknownPattern)
        } else {
            Ok(Self { text: text.to_owned(), types })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(text: &str) -> Vec<EventType> {
        text.parse::<EventPattern>().map(|pattern| pattern.types().to_vec()).unwrap_or_default()
    }

    #[test]
    fn a_pattern_stands_for_types() {
        assert_eq!(types("*"), EventType::ALL);
        assert_eq!(types("user.created"), [EventType::UserCreated]);
        assert_eq!(
            types("user.*"),
            [EventType::UserCreated, EventType::UserUpdated, EventType::UserDeleted]
        );
        assert_eq!(types("message.created"), MESSAGE_CREATED);
        assert_eq!(types("message.*").len(), 4);
        for text in ["", ".", ".*", "user", "user.", "use*", "user.c*", "users.*", "User.*", "**"] {
            assert_eq!(types(text), [], "{text:?}");
        }
    }
}
