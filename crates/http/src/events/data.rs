//! The current state of subjects, as GET shows it, without the customers and users that the caller
//! may not read.

use conversations_application::read_model::{ConversationDetails, ResetReason};
use conversations_application::{ETag, HasETag};
use conversations_domain::{Permission, Permissions};
use serde::Serialize;
use serde_json::{Value, json};

use crate::conditions::quoted;
use crate::conversations::ConversationBody;
use crate::customers::CustomerBody;
use crate::inboxes::InboxBody;
use crate::messages::MessageBody;
use crate::schema::{Schema, Schemas};
use crate::users::UserBody;
use crate::webhooks::WebhookBody;

/// The current state of a subject.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum EventData {
    /// A conversation.
    Conversation(Box<ConversationBody>),
    /// A conversation with the ids of its customer and assignee.
    Cut(Value),
    /// A message.
    Message(MessageBody),
    /// A customer.
    Customer(Box<CustomerBody>),
    /// A user.
    User(UserBody),
    /// An inbox.
    Inbox(InboxBody),
    /// A webhook.
    Webhook(Box<WebhookBody>),
    /// The feed itself.
    Reset {
        /// Why.
        reason: &'static str,
    },
}

impl Schema for EventData {
    fn schema(_: &mut Schemas) -> Value {
        // Clients generated from the description cannot read a choice between objects.
        json!({ "type": "object", "additionalProperties": {} })
    }
}

impl EventData {
    /// Why all resources have to be read again.
    pub(super) fn of_reset(reason: ResetReason) -> Self {
        let reason = match reason {
            ResetReason::Rewritten => "rewritten",
            ResetReason::Expired => "expired",
            ResetReason::Unknown => "unknown",
        };
        Self::Reset { reason }
    }

    /// A conversation for a caller with these permissions, and its `ETag`.
    pub(super) fn of_conversation(
        mut details: ConversationDetails,
        permissions: &Permissions,
    ) -> Result<(Self, String), serde_json::Error> {
        let etag = quoted_etag(&details);
        let (mut customer, mut assignee) = (None, None);
        if !permissions.allow(Permission::ReadCustomers) {
            customer = details.customer.take().map(|customer| json!({ "_id": customer.id() }));
        }
        if !permissions.allow(Permission::ReadUsers) {
            assignee = details.assignee.take().map(|user| json!({ "_id": user.id() }));
        }
        let body = ConversationBody::from(details);
        if customer.is_none() && assignee.is_none() {
            return Ok((Self::Conversation(Box::new(body)), etag));
        }
        let mut value = serde_json::to_value(body)?;
        for (name, cut) in [("customerId", customer), ("assignedTo", assignee)] {
            if let Some(cut) = cut {
                value[name] = cut;
            }
        }
        Ok((Self::Cut(value), etag))
    }
}

/// The `ETag` of an entity, as GET sends it.
pub(super) fn quoted_etag(entity: &impl HasETag) -> String {
    let etag: ETag = entity.etag();
    quoted(&etag)
}
