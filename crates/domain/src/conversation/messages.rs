//! What messages do to their conversation.

use super::changes::FieldChange;
use super::{Conversation, closed_at};
use crate::CustomerId;
use crate::message::{Author, AuthorKind, Message, MessageDraft};

impl Conversation {
    /// Adds a message: numbers it, counts it, and returns the change of the status, if any.
    pub fn append(&mut self, draft: MessageDraft) -> (Message, Option<FieldChange>) {
        let time = draft.id().created_at();
        let parts = &mut self.parts;
        parts.message_count += 1;
        parts.last_message_number += 1;
        // Messages may arrive in another order than they were written.
        parts.last_message_at = parts.last_message_at.max(Some(time));
        parts.updated_at = time.following(parts.updated_at);
        parts.version = parts.version.next();
        let (id, number) = (parts.id, parts.last_message_number);
        let change =
            draft.reopens().then(|| self.apply_message_status(draft.author().kind())).flatten();
        (draft.numbered(id, number), change)
    }

    /// Applies the effect of a message by `author` on the status, and returns the change if there
    /// is one. A message that does not [reopen](MessageDraft::reopens) has none.
    ///
    /// This is for a storage that counts messages itself, because they may arrive concurrently.
    /// With the whole conversation in memory, use [`append`](Self::append).
    pub fn apply_message_status(&mut self, author: AuthorKind) -> Option<FieldChange> {
        let parts = &mut self.parts;
        let before = parts.status;
        let after = before.after_message_by(author);
        if after == before {
            return None;
        }
        parts.status = after;
        parts.revision = parts.revision.next();
        parts.closed_at = closed_at(after, parts.closed_at, parts.updated_at);
        Some(FieldChange::of_status(before, after))
    }

    /// Adds the first message of a new conversation, and numbers it. It is part of the creation: no
    /// change, no history.
    #[must_use]
    pub fn open_with(&mut self, draft: MessageDraft) -> Message {
        let parts = &mut self.parts;
        parts.message_count += 1;
        parts.last_message_number += 1;
        parts.last_message_at = Some(draft.id().created_at());
        draft.numbered(parts.id, parts.last_message_number)
    }

    /// The author that `customer` stands for here: this conversation's customer, who may also be
    /// unknown. `None` when a customer is named who is not this conversation's.
    #[must_use]
    pub fn customer_as_author(&self, named: Option<CustomerId>) -> Option<Author> {
        match named {
            Some(named) if self.parts.customer != Some(named) => None,
            _ => Some(Author::Customer(self.parts.customer)),
        }
    }
}
