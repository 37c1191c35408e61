//! The texts of each operation that do not follow from its code.

use super::name_of;
use crate::routing::Operation;

/// What is said of one operation.
#[derive(Debug)]
pub(crate) struct OperationDocs {
    /// Its method and its path, below the base path where it lies there.
    pub(crate) operation: &'static str,
    /// What clients made from the description call it.
    pub(crate) id: &'static str,
    /// The group it belongs to.
    pub(crate) tag: &'static str,
    /// What it does, in a few words.
    pub(crate) summary: &'static str,
    /// What else there is to know.
    pub(crate) text: &'static str,
    /// What it may contradict, if anything but a request with the same `Idempotency-Key`.
    pub(crate) conflict: Option<&'static str>,
}

/// What stands before everything else, in Markdown: what holds for all requests. Each heading is a
/// section of the page at `/docs`.
pub(crate) const INTRODUCTION: &str = include_str!("introduction.md");

/// The groups, in the order in which they are shown.
pub(crate) const TAGS: [(&str, &str); 11] = [
    ("Conversations", "Threads of messages between agents and customers."),
    ("Messages", "Messages of a conversation, including internal notes."),
    ("History", "What changed in a conversation, who changed it, and when."),
    ("Customers", "The people who write to a workspace."),
    ("Users", "The agents of a workspace."),
    ("Inboxes", "Groups of conversations, such as one per team."),
    ("Keys", "API keys, with their permissions and rate limits."),
    ("Audit", "A record of deletions and of changes to keys."),
    ("Events", "Every change in a workspace, in order and without gaps."),
    ("Webhooks", "URLs to which the events of a workspace are sent."),
    ("Service", "Health checks, and this description."),
];

const UPDATE: &str = "PUT and PATCH are equivalent: given fields are updated, all others keep \
    their value. Setting a field to its current value changes nothing.";
const UPSERT: &str = "Updates the one with this external id, or creates it: 200 or 201. Given fields are \
    updated, all others keep their value; what is created needs the fields that are required to create one. \
    Of several concurrent requests, one creates it and the others update it. With `If-Match`, nothing is \
    created.";
const EVENTS: &str = "Oldest first. Continue after `pagination.cursor`, also when the page is empty. \
    No event is skipped or repeated. A key needs at least one of `read:conversations`, \
    `read:customers`, `read:users` and `read:inboxes`, and gets the events that it may read. \
    Customers and users that it may not read appear in conversations as their `_id`. After \
    `CURSOR_GONE` or an event `feed.reset`, read all resources again.";
const STREAM: &str = "Server-Sent Events: `event` is the type, `data` the event as in the list, and `id` \
    its cursor. The first frame is `feed.open`. Without another frame, `feed.bookmark` is sent \
    periodically. `feed.reset` without `_id` means that the cursor is gone: read all resources again. \
    After `feed.close`, connect again with the last `id` as `Last-Event-ID`. Permissions are the same as \
    for the list. 429 with `TOO_MANY_STREAMS`: the key has too many streams and waiting requests.";

const UPDATE_WEBHOOK: &str = "PUT and PATCH are equivalent: given fields are updated, all others keep \
    their value. Another URL needs the permissions of all its types of events, and more types need \
    theirs. Switching on a disabled webhook continues at its position.";
const EMAIL_TAKEN: Option<&str> =
    Some("the e-mail address, or the external id, is already in use.");

/// The table.
pub(crate) const DOCS: &[OperationDocs] = &[
    docs("GET /conversations", "listConversations", "Conversations", "List conversations")
        .text("Newest first, unless `sort` is given. Conversations must match all filters."),
    docs("POST /conversations", "createConversation", "Conversations", "Create a conversation")
        .text(
            "Stores the customer and the first message too, if they are given: all of it or \
            nothing.",
        )
        .conflict(EXTERNAL_ID_TAKEN),
    docs(
        "GET /conversations/counts",
        "countConversations",
        "Conversations",
        "Count conversations",
    )
    .text(
        "The exact number of conversations that match all filters, by the values of one or two \
        fields. Values that no conversation has are listed with 0 if they are a status, a \
        priority, a channel or a source. A conversation counts for each of its labels.",
    ),
    docs(
        "PUT /conversations/external/{source}/{externalId}",
        "putConversationByExternalId",
        "Conversations",
        "Create or update a conversation by external id",
    )
    .text(UPSERT)
    .conflict(CUSTOMER_IS_SET),
    docs("GET /conversations/{id}", "getConversation", "Conversations", "Get a conversation"),
    docs("PUT /conversations/{id}", "putConversation", "Conversations", "Update a conversation")
        .text(UPDATE)
        .conflict(CUSTOMER_IS_SET),
    docs(
        "PATCH /conversations/{id}",
        "updateConversation",
        "Conversations",
        "Update a conversation",
    )
    .text(UPDATE)
    .conflict(CUSTOMER_IS_SET),
    docs(
        "DELETE /conversations/{id}",
        "deleteConversation",
        "Conversations",
        "Delete a conversation",
    )
    .text(
        "Deletes it permanently, with its messages and its history. The audit records the \
        deletion.",
    ),
    docs(
        "POST /conversations/{id}/claim",
        "claimConversation",
        "Conversations",
        "Claim a conversation",
    )
    .text(
        "Assigns it to a user, unless another user has it. Of several concurrent claims, one \
        succeeds.",
    )
    .conflict(Some("it is assigned to another user; `details.assignedTo` is that user's id.")),
    docs("GET /conversations/{id}/messages", "listMessages", "Messages", "List messages")
        .text("By `number`, oldest first."),
    docs("POST /conversations/{id}/messages", "createMessage", "Messages", "Write a message")
        .text("A message of the customer reopens a pending or closed conversation.")
        .conflict(EXTERNAL_ID_TAKEN),
    docs("GET /conversations/{id}/messages/{messageId}", "getMessage", "Messages", "Get a message"),
    docs(
        "DELETE /conversations/{id}/messages/{messageId}",
        "deleteMessage",
        "Messages",
        "Delete a message",
    )
    .text("Deletes it permanently. Its number is not used again."),
    docs("GET /conversations/{id}/history", "listHistory", "History", "List changes")
        .text("Oldest first."),
    docs("GET /customers", "listCustomers", "Customers", "List customers").text("Newest first."),
    docs("POST /customers", "createCustomer", "Customers", "Create a customer")
        .conflict(EMAIL_TAKEN),
    docs("GET /customers/{id}", "getCustomer", "Customers", "Get a customer"),
    docs("PUT /customers/{id}", "putCustomer", "Customers", "Update a customer")
        .text(UPDATE)
        .conflict(EMAIL_TAKEN),
    docs(
        "PUT /customers/external/{source}/{externalId}",
        "putCustomerByExternalId",
        "Customers",
        "Create or update a customer by external id",
    )
    .text(UPSERT)
    .conflict(EMAIL_TAKEN),
    docs("PATCH /customers/{id}", "updateCustomer", "Customers", "Update a customer")
        .text(UPDATE)
        .conflict(EMAIL_TAKEN),
    docs(
        "DELETE /customers/{id}",
        "deleteCustomer",
        "Customers",
        "Delete a customer, or erase a person",
    )
    .text("With `erase=true`, all conversations with the customer are deleted too.")
    .conflict(IN_USE),
    docs("GET /users", "listUsers", "Users", "List users").text("Newest first."),
    docs("POST /users", "createUser", "Users", "Create a user").conflict(EMAIL_TAKEN),
    docs("GET /users/{id}", "getUser", "Users", "Get a user"),
    docs("PUT /users/{id}", "putUser", "Users", "Update a user").text(UPDATE).conflict(EMAIL_TAKEN),
    docs(
        "PUT /users/external/{source}/{externalId}",
        "putUserByExternalId",
        "Users",
        "Create or update a user by external id",
    )
    .text(UPSERT)
    .conflict(EMAIL_TAKEN),
    docs("PATCH /users/{id}", "updateUser", "Users", "Update a user")
        .text(UPDATE)
        .conflict(EMAIL_TAKEN),
    docs("DELETE /users/{id}", "deleteUser", "Users", "Delete a user")
        .text("Their conversations are unassigned, and the history records it."),
    docs("GET /inboxes", "listInboxes", "Inboxes", "List inboxes").text("Newest first."),
    docs("POST /inboxes", "createInbox", "Inboxes", "Create an inbox"),
    docs("GET /inboxes/{id}", "getInbox", "Inboxes", "Get an inbox"),
    docs("PUT /inboxes/{id}", "putInbox", "Inboxes", "Update an inbox").text(UPDATE),
    docs("PATCH /inboxes/{id}", "updateInbox", "Inboxes", "Update an inbox").text(UPDATE),
    docs("DELETE /inboxes/{id}", "deleteInbox", "Inboxes", "Delete an inbox").conflict(IN_USE),
    docs("GET /keys", "listKeys", "Keys", "List keys")
        .text("Newest first. Revoked keys are not listed."),
    docs("POST /keys", "createKey", "Keys", "Create a key")
        .text("The reply contains the secret. It is never shown again."),
    docs("GET /keys/{id}", "getKey", "Keys", "Get a key"),
    docs("PATCH /keys/{id}", "updateKey", "Keys", "Update a key")
        .text("Omitted fields keep their value. A key can grant only permissions that it has."),
    docs("DELETE /keys/{id}", "revokeKey", "Keys", "Revoke a key")
        .text("Takes effect immediately and permanently."),
    docs("GET /me", "getMe", "Keys", "Get the key of this request")
        .text("Its name, permissions, expiry and workspace. Needs any valid key."),
    docs("GET /audit", "listAudit", "Audit", "List the audit").text("Newest first."),
    docs("GET /webhooks", "listWebhooks", "Webhooks", "List webhooks").text("Newest first."),
    docs("POST /webhooks", "createWebhook", "Webhooks", "Create a webhook")
        .text(
            "It starts with the next event. The reply shows its secret, which signs each request \
            (Standard Webhooks 1.0) and is not shown again. Its receiver keeps the permissions that its \
            types of events need.",
        )
        .conflict(Some("the workspace has 50 webhooks.")),
    docs("GET /webhooks/{id}", "getWebhook", "Webhooks", "Get a webhook"),
    docs("PUT /webhooks/{id}", "putWebhook", "Webhooks", "Update a webhook").text(UPDATE_WEBHOOK),
    docs("PATCH /webhooks/{id}", "updateWebhook", "Webhooks", "Update a webhook")
        .text(UPDATE_WEBHOOK),
    docs("DELETE /webhooks/{id}", "deleteWebhook", "Webhooks", "Delete a webhook")
        .text("Deletes it with its secrets and its deliveries."),
    docs("POST /webhooks/{id}/secret", "rotateWebhookSecret", "Webhooks", "Replace the secret")
        .text("The reply shows the new secret. The former ones sign as well until the overlap ends.")
        .conflict(Some("three secrets would sign already.")),
    docs("POST /webhooks/{id}/test", "testWebhook", "Webhooks", "Send a test")
        .text("Sends an event `webhook.test` now, and replies with the attempt, whatever it was."),
    docs("POST /webhooks/{id}/replay", "replayWebhook", "Webhooks", "Continue somewhere else")
        .text("Events after the new position are sent, also if they were sent before."),
    docs("GET /webhooks/{id}/deliveries", "listDeliveries", "Webhooks", "List deliveries")
        .text("Newest first. Deliveries must match all filters. They are stored for some days."),
    docs(
        "POST /webhooks/{id}/deliveries/{deliveryId}/redeliver",
        "redeliver",
        "Webhooks",
        "Send an event again",
    )
    .text("Sends it now, outside of the schedule, and replies with the delivery.")
    .conflict(Some("the event is no longer stored, or the webhook may no longer read its type.")),
    docs("GET /events", "listEvents", "Events", "List events").text(EVENTS),
    docs("GET /events/stream", "streamEvents", "Events", "Stream events").text(STREAM),
    docs("GET /health/live", "getLiveness", "Service", "Check that the process answers"),
    docs("GET /health/ready", "getReadiness", "Service", "Check that the database answers too"),
    docs("GET /health", "getHealth", "Service", "Check that the process answers"),
    docs("GET /openapi.json", "getDescription", "Service", "Get this description"),
];

const CUSTOMER_IS_SET: Option<&str> =
    Some("it already has another customer, or the external id is already in use.");
const EXTERNAL_ID_TAKEN: Option<&str> = Some("the external id is already in use.");
const IN_USE: Option<&str> =
    Some("conversations refer to it; `details.conversations` is their number.");

/// What an operation is called of which nothing is said; a test finds it.
const NOTHING: &OperationDocs = &docs("", "", "Service", "");

/// What is said of an operation.
pub(crate) fn docs_of(operation: &Operation) -> &'static OperationDocs {
    let name = name_of(operation);
    DOCS.iter().find(|words| words.operation == name).unwrap_or(NOTHING)
}

const fn docs(
    operation: &'static str,
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
) -> OperationDocs {
    OperationDocs { operation, id, tag, summary, text: "", conflict: None }
}

impl OperationDocs {
    const fn text(self, text: &'static str) -> Self {
        Self { text, ..self }
    }

    const fn conflict(self, conflict: Option<&'static str>) -> Self {
        Self { conflict, ..self }
    }
}
