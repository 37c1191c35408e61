//! What events are about, as callers see it: as GET shows it, but for people that the caller may not
//! read.

use conversations_application::ports::ConversationDetails;
use conversations_application::{Tag, Tagged};
use conversations_domain::{Permission, Permissions};
use serde::Serialize;
use serde_json::{Value, json};

use crate::conditions::quoted;
use crate::conversations::ConversationBody;
use crate::customers::CustomerBody;
use crate::inboxes::InboxBody;
use crate::messages::MessageBody;
use crate::schema::{Kind, Schemas};
use crate::users::UserBody;

/// What an event is about.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum EventData {
    /// A conversation.
    Conversation(Box<ConversationBody>),
    /// A conversation, and of its people nothing but their ids.
    Cut(Value),
    /// A message.
    Message(MessageBody),
    /// A customer.
    Customer(Box<CustomerBody>),
    /// A user.
    User(UserBody),
    /// An inbox.
    Inbox(InboxBody),
    /// The feed itself.
    Reset {
        /// What happened.
        reason: &'static str,
    },
}

impl Kind for EventData {
    fn kind(_: &mut Schemas) -> Value {
        // A choice between objects is nothing that clients made from the description can read.
        json!({ "type": "object", "additionalProperties": {} })
    }
}

impl EventData {
    /// A conversation as somebody with these permissions sees it, and its tag.
    pub(super) fn of_conversation(
        mut details: ConversationDetails,
        permissions: &Permissions,
    ) -> Result<(Self, String), serde_json::Error> {
        let tag = tag(&details);
        let (mut customer, mut assignee) = (None, None);
        if !permissions.allow(Permission::ReadCustomers) {
            customer = details.customer.take().map(|customer| json!({ "_id": customer.id() }));
        }
        if !permissions.allow(Permission::ReadUsers) {
            assignee = details.assignee.take().map(|user| json!({ "_id": user.id() }));
        }
        let body = ConversationBody::from(details);
        if customer.is_none() && assignee.is_none() {
            return Ok((Self::Conversation(Box::new(body)), tag));
        }
        let mut value = serde_json::to_value(body)?;
        for (name, cut) in [("customerId", customer), ("assignedTo", assignee)] {
            if let Some(cut) = cut {
                value[name] = cut;
            }
        }
        Ok((Self::Cut(value), tag))
    }
}

/// The tag of something, as GET sends it.
pub(super) fn tag(entity: &impl Tagged) -> String {
    let tag: Tag = entity.tag();
    quoted(&tag)
}
