//! What is said of each operation, beyond what its code says itself.

use super::name_of;
use crate::routing::Operation;

/// What is said of one operation.
#[derive(Debug)]
pub(crate) struct Words {
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
pub(crate) const TAGS: [(&str, &str); 10] = [
    ("Conversations", "Threads of messages between agents and customers."),
    ("Messages", "What was said in a conversation, and notes about it."),
    ("History", "What changed in a conversation, who changed it, and when."),
    ("Customers", "The people who write to a workspace."),
    ("Users", "The agents of a workspace."),
    ("Inboxes", "What conversations lie in."),
    ("Keys", "API keys: what they may do, and how many requests they may make."),
    ("Audit", "What was deleted, and what happened to keys."),
    ("Events", "Every change in a workspace, in order and without a gap."),
    ("Service", "Whether the service lives, and this description."),
];

const UPDATE: &str = "PUT and PATCH do the same: fields that are there change, all others stay. What \
    is set to what it is changes nothing.";
const EVENTS: &str = "Oldest first. Go on after `pagination.cursor`, whether or not there were events: \
    nothing is missed, nothing comes twice. A key needs `read:conversations`, `read:customers`, \
    `read:users` or `read:inboxes`, and is told of what it may read; of people that it may not read, \
    conversations show the id alone. After `CURSOR_GONE`, or an event `feed.reset`, read everything \
    again.";
const EMAIL_TAKEN: Option<&str> = Some("the e-mail address is taken.");

/// The table.
pub(crate) const WORDS: &[Words] = &[
    words("GET /conversations", "listConversations", "Conversations", "List conversations")
        .text("Newest first, unless `sort` says otherwise. Filters go together: all must hold."),
    words("POST /conversations", "createConversation", "Conversations", "Open a conversation")
        .text("With its customer and a first message, if they are given: together or not at all."),
    words("GET /conversations/{id}", "getConversation", "Conversations", "Get a conversation"),
    words("PUT /conversations/{id}", "putConversation", "Conversations", "Change a conversation")
        .text(UPDATE)
        .conflict(CUSTOMER_IS_SET),
    words(
        "PATCH /conversations/{id}",
        "updateConversation",
        "Conversations",
        "Change a conversation",
    )
    .text(UPDATE)
    .conflict(CUSTOMER_IS_SET),
    words(
        "DELETE /conversations/{id}",
        "deleteConversation",
        "Conversations",
        "Delete a conversation",
    )
    .text("For good, with its messages and its history. The audit keeps that it was done."),
    words(
        "POST /conversations/{id}/claim",
        "claimConversation",
        "Conversations",
        "Claim a conversation",
    )
    .text("Assigns it to a user, but only if nobody has it: of many at once, one gets it.")
    .conflict(Some("somebody else has it; `details.assignedTo` says who.")),
    words("GET /conversations/{id}/messages", "listMessages", "Messages", "List messages")
        .text("By `number`, oldest first."),
    words("POST /conversations/{id}/messages", "createMessage", "Messages", "Write a message")
        .text("A customer's message opens a pending or closed conversation again."),
    words(
        "GET /conversations/{id}/messages/{messageId}",
        "getMessage",
        "Messages",
        "Get a message",
    ),
    words(
        "DELETE /conversations/{id}/messages/{messageId}",
        "deleteMessage",
        "Messages",
        "Delete a message",
    )
    .text("For good. Its number is not used again."),
    words("GET /conversations/{id}/history", "listHistory", "History", "List changes")
        .text("In the order in which they came through."),
    words("GET /customers", "listCustomers", "Customers", "List customers").text("Newest first."),
    words("POST /customers", "createCustomer", "Customers", "Make a customer")
        .conflict(EMAIL_TAKEN),
    words("GET /customers/{id}", "getCustomer", "Customers", "Get a customer"),
    words("PUT /customers/{id}", "putCustomer", "Customers", "Change a customer")
        .text(UPDATE)
        .conflict(EMAIL_TAKEN),
    words("PATCH /customers/{id}", "updateCustomer", "Customers", "Change a customer")
        .text(UPDATE)
        .conflict(EMAIL_TAKEN),
    words(
        "DELETE /customers/{id}",
        "deleteCustomer",
        "Customers",
        "Delete a customer, or erase a person",
    )
    .text("With `erase=true` every conversation with them goes too.")
    .conflict(IN_USE),
    words("GET /users", "listUsers", "Users", "List users").text("Newest first."),
    words("POST /users", "createUser", "Users", "Make a user").conflict(EMAIL_TAKEN),
    words("GET /users/{id}", "getUser", "Users", "Get a user"),
    words("PUT /users/{id}", "putUser", "Users", "Change a user")
        .text(UPDATE)
        .conflict(EMAIL_TAKEN),
    words("PATCH /users/{id}", "updateUser", "Users", "Change a user")
        .text(UPDATE)
        .conflict(EMAIL_TAKEN),
    words("DELETE /users/{id}", "deleteUser", "Users", "Delete a user")
        .text("Their conversations are unassigned, which the history keeps."),
    words("GET /inboxes", "listInboxes", "Inboxes", "List inboxes").text("Newest first."),
    words("POST /inboxes", "createInbox", "Inboxes", "Make an inbox"),
    words("GET /inboxes/{id}", "getInbox", "Inboxes", "Get an inbox"),
    words("PUT /inboxes/{id}", "putInbox", "Inboxes", "Change an inbox").text(UPDATE),
    words("PATCH /inboxes/{id}", "updateInbox", "Inboxes", "Change an inbox").text(UPDATE),
    words("DELETE /inboxes/{id}", "deleteInbox", "Inboxes", "Delete an inbox").conflict(IN_USE),
    words("GET /keys", "listKeys", "Keys", "List keys").text("Newest first, without revoked ones."),
    words("POST /keys", "createKey", "Keys", "Make a key")
        .text("Its secret is in the reply, and never again anywhere."),
    words("GET /keys/{id}", "getKey", "Keys", "Get a key"),
    words("PATCH /keys/{id}", "updateKey", "Keys", "Change a key")
        .text("What is left out stays. Nothing can be granted that the caller does not have."),
    words("DELETE /keys/{id}", "revokeKey", "Keys", "Revoke a key").text("At once and for good."),
    words("GET /me", "getMe", "Keys", "Get the key of this request").text(
        "What it is called, what it may do, until when, and which workspace it opens. Every \
            valid key may ask.",
    ),
    words("GET /audit", "listAudit", "Audit", "List the audit").text("Newest first."),
    words("GET /events", "listEvents", "Events", "Read the feed of changes").text(EVENTS),
    words("GET /health/live", "getLiveness", "Service", "Does the process answer?"),
    words("GET /health/ready", "getReadiness", "Service", "Does the database answer, too?"),
    words("GET /health", "getHealth", "Service", "Does the process answer?"),
    words("GET /openapi.json", "getDescription", "Service", "Get this description"),
];

const CUSTOMER_IS_SET: Option<&str> = Some("it has another customer already.");
const IN_USE: Option<&str> =
    Some("conversations refer to it; `details.conversations` counts them.");

/// What an operation is called of which nothing is said; a test finds it.
const NOTHING: &Words = &words("", "", "Service", "");

/// What is said of an operation.
pub(crate) fn words_of(operation: &Operation) -> &'static Words {
    let name = name_of(operation);
    WORDS.iter().find(|words| words.operation == name).unwrap_or(NOTHING)
}

const fn words(
    operation: &'static str,
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
) -> Words {
    Words { operation, id, tag, summary, text: "", conflict: None }
}

impl Words {
    const fn text(self, text: &'static str) -> Self {
        Self { text, ..self }
    }

    const fn conflict(self, conflict: Option<&'static str>) -> Self {
        Self { conflict, ..self }
    }
}
