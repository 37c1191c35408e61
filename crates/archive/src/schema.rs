//! The JSON Schema of the format: of each line, made of the same declarations as its reader.

use serde_json::{Value, json};

use crate::object::Object;
use crate::records::{
    AuditRecord, ChangeRecord, ConversationRecord, CustomerRecord, End, Header, InboxRecord,
    MessageRecord, UserRecord,
};

/// The JSON Schema of one line.
#[must_use]
pub fn json_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of conversations-ndjson, version 1",
        "description": "A file has a header, inboxes, users, customers, each conversation followed \
            by its messages and its changes, the audit, and the end. Within a kind, lines are in the \
            order of their ids. Fields and types that begin with an x are ignored.",
        "oneOf": [
            Header::object_schema(),
            InboxRecord::object_schema(),
            UserRecord::object_schema(),
            CustomerRecord::object_schema(),
            ConversationRecord::object_schema(),
            MessageRecord::object_schema(),
            ChangeRecord::object_schema(),
            AuditRecord::object_schema(),
            End::object_schema(),
        ],
    })
}
