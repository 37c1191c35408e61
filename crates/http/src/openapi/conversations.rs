//! Conversations, as the description shows them.

use conversations_application::ports::ConversationDetails;
use conversations_domain::{
    Channel, Conversation, ConversationId, ConversationParts, CustomerId, InboxId, Priority,
    Source, Status, Subject, Tags, Timestamp, UserId, Version,
};
use serde_json::{Value, json};

use crate::conversations::ConversationBody;
use crate::conversations::claim::ClaimBody;
use crate::conversations::create::CreateBody;
use crate::conversations::update::UpdateBody;
use crate::customers::{self, CustomerBody};
use crate::examples;
use crate::messages::FirstMessageBody;
use crate::schema::{Fields, Sent, Shape, Shown};
use crate::tags::TagsUpdate;
use crate::users::UserBody;

impl Shape for ConversationBody {
    const NAME: &'static str = "Conversation";
    const TEXT: &'static str = "A thread of messages between agents and a customer.";
    const IS_SENT: bool = false;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .has::<ConversationId>("_id", "Its id.")
            .has::<Subject>("subject", "What it is about.")
            .has::<Status>("status", "Where it stands.")
            .has::<Priority>("priority", "How urgent it is.")
            .has::<Channel>("channel", "The medium it is held in.")
            .has::<Source>("source", "What the key was made for that created it.")
            .has::<InboxId>("inboxId", "The inbox it lies in.")
            .has::<Option<CustomerBody>>("customerId", "The whole customer, not only their id.")
            .has::<Option<UserBody>>("assignedTo", "The whole user who takes care of it.")
            .has::<Tags>("labels", "Words that people put on it, in their order.")
            .has::<u64>("messageCount", "How many messages it has, internal ones included.")
            .has::<Option<Timestamp>>("lastMessageAt", "When the newest of them was written.")
            .has::<Option<Timestamp>>("closedAt", "When it was closed, while it is.")
            .has::<Timestamp>("createdAt", "When it was made.")
            .has::<Timestamp>("updatedAt", "When it, or its messages, last changed.");
    }
}

impl Shown for ConversationBody {
    fn example() -> Option<Self> {
        let customer = examples::customer()?;
        let assignee = examples::user()?;
        let conversation = Conversation::restore(ConversationParts {
            id: ConversationId::parse(examples::CONVERSATION).ok()?,
            subject: Subject::parse("Refund for order 1042").ok()?,
            status: Status::Pending,
            priority: Priority::High,
            channel: Channel::Email,
            source: Source::Api,
            inbox: InboxId::parse(examples::INBOX).ok()?,
            customer: CustomerId::parse(examples::CUSTOMER).ok(),
            assignee: UserId::parse(examples::USER).ok(),
            labels: Tags::parse(&["refund", "lamp"]).ok()?,
            message_count: 2,
            last_message_number: 2,
            last_message_at: examples::time(),
            closed_at: None,
            updated_at: examples::time()?,
            version: Version::FIRST,
            revision: Version::FIRST,
        });
        let (customer, assignee) = (Some(customer), Some(assignee));
        Some(ConversationDetails { conversation, customer, assignee }.into())
    }
}

impl Shape for CreateBody {
    const NAME: &'static str = "ConversationInput";
    const TEXT: &'static str = "What a conversation is opened with.";
    const IS_SENT: bool = true;

    fn fields(fields: &mut Fields<'_>) {
        let (channel, priority) = (Channel::default(), Priority::default());
        fields
            .has::<Subject>("subject", "What it is about; white space at both ends is taken off.")
            .has::<InboxId>("inboxId", "An inbox of the workspace.")
            .may_have::<Option<CustomerId>>("customerId", "A customer of the workspace.")
            .may_have::<Option<customers::CreateBody>>(
                "customer",
                "Instead of `customerId`: the customer of the workspace with this e-mail address, \
                 who stays as they are, or a new one. Needs `write:customers` too.",
            )
            .has_by_default::<Option<Channel>>("channel", channel, "The medium it is held in.")
            .has_by_default::<Option<Priority>>("priority", priority, "How urgent it is.")
            .has_by_default::<Option<Tags>>("labels", [(); 0], "Words to put on it.")
            .may_have::<Option<FirstMessageBody>>(
                "message",
                "The first message: the customer's, unless it says otherwise.",
            );
    }
}

impl Sent for CreateBody {
    fn example() -> Value {
        json!({
            "subject": "Refund for order 1042",
            "inboxId": examples::INBOX,
            "priority": "high",
            "labels": ["refund", "lamp"],
            "customer": { "profile": { "firstName": "Ada", "email": "ada@example.com" } },
            "message": { "body": "The lamp arrived broken." },
        })
    }
}

impl Shape for UpdateBody {
    const NAME: &'static str = "ConversationChanges";
    const TEXT: &'static str = "What is wanted of a conversation; what is left out stays.";
    const IS_SENT: bool = true;

    fn fields(fields: &mut Fields<'_>) {
        fields
            .may_have::<Subject>("subject", "What it is about.")
            .may_have::<Status>("status", "Where it stands.")
            .may_have::<Priority>("priority", "How urgent it is.")
            .may_have::<InboxId>("inboxId", "An inbox of the workspace.")
            .may_have::<Option<UserId>>("assignedTo", "A user of the workspace; null unassigns.")
            .may_have::<Option<TagsUpdate>>(
                "labels",
                "All labels that it is to have, or some to add and remove; null is none.",
            )
            .may_have::<CustomerId>("customerId", "A customer, while it has none.")
            .at_least_one();
    }
}

impl Sent for UpdateBody {
    fn example() -> Value {
        json!({ "status": "closed", "assignedTo": null })
    }
}

impl Shape for ClaimBody {
    const NAME: &'static str = "Claim";
    const TEXT: &'static str = "The user to assign the conversation to.";
    const IS_SENT: bool = true;

    fn fields(fields: &mut Fields<'_>) {
        fields.has::<UserId>("assignedTo", "A user of the workspace.");
    }
}

impl Sent for ClaimBody {
    fn example() -> Value {
        json!({ "assignedTo": examples::USER })
    }
}
