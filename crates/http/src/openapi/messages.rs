//! Messages, as the description shows them.

use conversations_domain::{
    Author, AuthorKind, ConversationId, Message, MessageBody as MessageText, MessageId,
    MessageParts, Timestamp, UserId,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::examples;
use crate::messages::create::CreateBody;
use crate::messages::{FirstMessageBody, MessageBody};
use crate::schema::{Fields, Sent, Shape, Shown};

/// Who wrote a message.
struct ShownAuthor;

/// Who writes one.
struct SentAuthor;

impl Shape for MessageBody {
    const NAME: &'static str = "Message";
    const TEXT: &'static str = "A message of a conversation.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .has::<MessageId>("_id", "Its id.")
            .has::<ConversationId>("conversationId", "The conversation it belongs to.")
            .has::<u64>("number", "Its place in the conversation: 1, 2, 3 …, never used again.")
            .has::<ShownAuthor>("author", "Who wrote it.")
            .has::<bool>("internal", "Whether it is a note that is not for the customer.")
            .has::<MessageText>("body", "What was said, as it was sent.")
            .has::<Timestamp>("createdAt", "When it was written.");
    }
}

impl Shown for MessageBody {
    fn example() -> Option<Self> {
        let message = Message::restore(MessageParts {
            id: MessageId::parse(examples::MESSAGE).ok()?,
            conversation: ConversationId::parse(examples::CONVERSATION).ok()?,
            number: 2,
            author: Author::Agent(UserId::parse(examples::USER).ok()?),
            internal: false,
            body: MessageText::parse("The refund is on its way.").ok()?,
        });
        Some(message.into())
    }
}

impl Shape for ShownAuthor {
    const NAME: &'static str = "Author";
    const TEXT: &'static str = "Who wrote a message.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .has::<AuthorKind>("type", "What they are.")
            .has::<Option<Uuid>>("_id", "The customer, or the user, who may be gone by now.");
    }
}

impl Shape for SentAuthor {
    const NAME: &'static str = "AuthorInput";
    const TEXT: &'static str = "Who writes a message.";
    const IS_SENT: bool = true;

    fn fields(fields: &mut Fields<'_>) {
        fields.has::<AuthorKind>("type", "What they are.").may_have::<Option<Uuid>>(
            "_id",
            "A user of the workspace for an `agent`, required; for a `customer` the conversation's, \
             if it is given at all; never for the `system`.",
        );
    }
}

impl Shape for CreateBody {
    const NAME: &'static str = "MessageInput";
    const TEXT: &'static str = "A message to a conversation.";
    const IS_SENT: bool = true;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .has::<MessageText>("body", "What is said, kept as it is sent.")
            .has::<SentAuthor>("author", "Who writes it.")
            .has_by_default::<Option<bool>>("internal", false, INTERNAL);
    }
}

impl Sent for CreateBody {
    fn example() -> Value {
        let author = json!({ "type": "agent", "_id": examples::USER });
        json!({ "body": "The refund is on its way.", "author": author })
    }
}

impl Shape for FirstMessageBody {
    const NAME: &'static str = "FirstMessage";
    const TEXT: &'static str = "The message that a conversation is opened with.";
    const IS_SENT: bool = true;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .has::<MessageText>("body", "What is said, kept as it is sent.")
            .may_have::<Option<SentAuthor>>("author", "Who writes it; by default the customer.")
            .has_by_default::<Option<bool>>("internal", false, INTERNAL);
    }
}

const INTERNAL: &str = "A note that is not for the customer, and never by one.";
