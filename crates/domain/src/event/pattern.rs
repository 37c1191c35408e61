//! Which types of events somebody wants: a type, or several by a pattern.

use std::str::FromStr;

use super::EventType;

/// A type of events, or a pattern that stands for several: `*` for all, `customer.*` for all of a
/// kind, and `message.created` for messages of everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPattern(Vec<EventType>);

/// Text that stands for no type of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a type of events, such as conversation.closed, or a pattern such as message.*")]
pub struct UnknownPattern;

/// Messages, whoever wrote them.
const MESSAGE_CREATED: [EventType; 3] =
    [EventType::MessageReceived, EventType::MessageSent, EventType::MessageNoted];

impl EventPattern {
    /// The most that may be asked for at once.
    pub const MAX_COUNT: usize = 20;

    /// What stands for several types.
    pub const PATTERNS: [&str; 8] = [
        "*",
        "conversation.*",
        "message.*",
        "message.created",
        "customer.*",
        "user.*",
        "inbox.*",
        "feed.*",
    ];

    /// The types that it stands for.
    #[must_use]
    pub fn types(&self) -> &[EventType] {
        &self.0
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
        if types.is_empty() { Err(UnknownPattern) } else { Ok(Self(types)) }
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
