//! The status of a conversation: what entering and leaving one does.

use crate::message::AuthorKind;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// Where a conversation stands. Any status may follow any other (`docs/api.md#conversations`).
    #[derive(Default)]
    Status {
        #[default]
        Open = "open",
        Pending = "pending",
        Closed = "closed",
    }
}

impl Status {
    /// The status of a conversation of this status after a message by `author` arrived: a
    /// customer's message opens it again, nobody else's changes anything.
    #[must_use]
    pub const fn after_message_by(self, author: AuthorKind) -> Self {
        match author {
            AuthorKind::Customer => Self::Open,
            AuthorKind::Agent | AuthorKind::System => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_customers_message_reopens() {
        for &status in Status::ALL {
            assert_eq!(status.after_message_by(AuthorKind::Customer), Status::Open);
            assert_eq!(status.after_message_by(AuthorKind::Agent), status);
            assert_eq!(status.after_message_by(AuthorKind::System), status);
        }
    }
}
