//! The tables, valid for both databases: `columns` holds the SQL types with two spellings.

#![allow(unreachable_pub, reason = "diesel::table! publishes what it writes")]

// It is made of the list of its columns.
pub(crate) use crate::rows::conversations;

mod webhook_tables;

pub(crate) use webhook_tables::{webhook_deliveries, webhook_secrets, webhooks};

diesel::table! {
    use crate::columns::Id;
    use diesel::sql_types::Text;

    workspaces (id) {
        id -> Id,
        name -> Text,
    }
}

diesel::table! {
    use crate::columns::{Id, UtcMillis};
    use diesel::sql_types::{BigInt, Binary, Nullable, Text};

    api_keys (id) {
        id -> Id,
        workspace_id -> Id,
        name -> Text,
        hash -> Binary,
        hint -> Text,
        permissions -> Text,
        source -> Text,
        expires_at -> Nullable<UtcMillis>,
        rate_limit -> Nullable<Text>,
        user_id -> Nullable<Id>,
        version -> BigInt,
    }
}

diesel::table! {
    use crate::columns::{Id, UtcMillis};

    key_uses (workspace_id, key_id) {
        workspace_id -> Id,
        key_id -> Id,
        last_used_at -> UtcMillis,
    }
}

diesel::table! {
    use crate::columns::{Id, UtcMillis};
    use diesel::sql_types::Binary;

    retired_secrets (hash) {
        hash -> Binary,
        workspace_id -> Id,
        key_id -> Id,
        ends_at -> UtcMillis,
    }
}

diesel::table! {
    use crate::columns::{Id, UtcMillis};
    use diesel::sql_types::{BigInt, Text};

    inboxes (workspace_id, id) {
        workspace_id -> Id,
        id -> Id,
        name -> Text,
        channel -> Text,
        updated_at -> UtcMillis,
        version -> BigInt,
    }
}

diesel::table! {
    use crate::columns::{Id, UtcMillis};
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};

    users (workspace_id, id) {
        workspace_id -> Id,
        id -> Id,
        name -> Text,
        email -> Text,
        email_folded -> Text,
        role -> Text,
        updated_at -> UtcMillis,
        version -> BigInt,
        erasing -> Bool,
        external_source -> Nullable<Text>,
        external_id -> Nullable<Text>,
    }
}

diesel::table! {
    use crate::columns::{Id, UtcMillis};
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};

    customers (workspace_id, id) {
        workspace_id -> Id,
        id -> Id,
        first_name -> Nullable<Text>,
        last_name -> Nullable<Text>,
        email -> Nullable<Text>,
        email_folded -> Nullable<Text>,
        phone -> Nullable<Text>,
        company -> Nullable<Text>,
        job_title -> Nullable<Text>,
        tier -> Text,
        status -> Text,
        tags -> Text,
        custom_fields -> Text,
        updated_at -> UtcMillis,
        version -> BigInt,
        search_folded -> Nullable<Text>,
        erasing -> Bool,
        external_source -> Nullable<Text>,
        external_id -> Nullable<Text>,
    }
}

diesel::table! {
    use crate::columns::{Id, UtcMillis};
    use diesel::sql_types::{Nullable, Text};

    erasures (workspace_id, target_id) {
        workspace_id -> Id,
        target_id -> Id,
        kind -> Text,
        requested_at -> UtcMillis,
        reason -> Nullable<Text>,
        key_id -> Nullable<Id>,
        actor_name -> Text,
        request_id -> Nullable<Text>,
    }
}

diesel::table! {
    use crate::columns::Id;
    use diesel::sql_types::Text;

    customer_tags (workspace_id, tag, customer_id) {
        workspace_id -> Id,
        tag -> Text,
        customer_id -> Id,
    }
}

diesel::table! {
    use crate::columns::Id;
    use diesel::sql_types::Text;

    conversation_labels (workspace_id, label, conversation_id) {
        workspace_id -> Id,
        label -> Text,
        conversation_id -> Id,
    }
}

diesel::table! {
    use crate::columns::Id;
    use diesel::sql_types::{BigInt, SmallInt, Text};

    conversation_counts (workspace_id, inbox_id, assignee_id, status, priority, slot) {
        workspace_id -> Id,
        inbox_id -> Id,
        assignee_id -> Id,
        status -> Text,
        priority -> SmallInt,
        slot -> SmallInt,
        n -> BigInt,
    }
}

diesel::table! {
    use crate::columns::Id;
    use crate::text_index::TextVector;
    use diesel::sql_types::SmallInt;

    conversation_texts (workspace_id, conversation_id, text_id, part) {
        workspace_id -> Id,
        conversation_id -> Id,
        text_id -> Id,
        part -> SmallInt,
        words -> TextVector,
    }
}

diesel::table! {
    use crate::columns::Id;
    use diesel::sql_types::{BigInt, Integer, SmallInt, Text};

    conversation_days (workspace_id, day, status, slot) {
        workspace_id -> Id,
        day -> Integer,
        status -> Text,
        slot -> SmallInt,
        n -> BigInt,
    }
}

diesel::table! {
    use crate::columns::Id;

    customers_to_fold (workspace_id, customer_id) {
        workspace_id -> Id,
        customer_id -> Id,
    }
}

diesel::table! {
    use crate::columns::Id;

    users_to_fold (workspace_id, user_id) {
        workspace_id -> Id,
        user_id -> Id,
    }
}

diesel::table! {
    use crate::columns::Id;

    conversations_without_texts (workspace_id, conversation_id) {
        workspace_id -> Id,
        conversation_id -> Id,
    }
}

diesel::table! {
    use crate::columns::Id;
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};

    messages (workspace_id, conversation_id, id) {
        workspace_id -> Id,
        id -> Id,
        conversation_id -> Id,
        number -> BigInt,
        author_kind -> Text,
        author_id -> Nullable<Id>,
        internal -> Bool,
        body -> Text,
        external_source -> Nullable<Text>,
        external_id -> Nullable<Text>,
    }
}

diesel::table! {
    use crate::columns::Id;
    use diesel::sql_types::{BigInt, Nullable, Text};

    conversation_history (workspace_id, conversation_id, id) {
        workspace_id -> Id,
        id -> Id,
        conversation_id -> Id,
        revision -> BigInt,
        field -> Text,
        from_value -> Nullable<Text>,
        to_value -> Nullable<Text>,
        key_id -> Nullable<Id>,
        actor_name -> Text,
    }
}

diesel::table! {
    use crate::columns::Id;
    use diesel::sql_types::{BigInt, Nullable, Text};

    audit_entries (workspace_id, id) {
        workspace_id -> Id,
        id -> Id,
        action -> Text,
        target_id -> Id,
        reason -> Nullable<Text>,
        message_count -> Nullable<BigInt>,
        key_id -> Nullable<Id>,
        actor_name -> Text,
        request_id -> Nullable<Text>,
    }
}

diesel::table! {
    use crate::columns::{Id, UtcMillis};
    use diesel::sql_types::Binary;

    idempotent_requests (workspace_id, key_hash) {
        workspace_id -> Id,
        key_hash -> Binary,
        fingerprint -> Binary,
        made_at -> UtcMillis,
    }
}

diesel::table! {
    use crate::columns::Id;
    use diesel::sql_types::{Binary, Text};

    kept_replies (workspace_id, key_hash) {
        workspace_id -> Id,
        key_hash -> Binary,
        content -> Text,
    }
}

diesel::table! {
    use crate::columns::Id;
    use diesel::sql_types::Binary;

    kept_reply_subjects (workspace_id, subject_id, key_hash) {
        workspace_id -> Id,
        subject_id -> Id,
        key_hash -> Binary,
    }
}

diesel::table! {
    use crate::columns::{Id, UtcMillis};
    use diesel::sql_types::BigInt;

    seedings (workspace_id, first) {
        workspace_id -> Id,
        first -> BigInt,
        conversations -> BigInt,
        batch -> BigInt,
        customers -> BigInt,
        users -> BigInt,
        inboxes -> BigInt,
        messages_per -> BigInt,
        ends_at -> UtcMillis,
    }
}

diesel::table! {
    use crate::columns::Id;
    use diesel::sql_types::BigInt;

    event_heads (workspace_id) {
        workspace_id -> Id,
        seq -> BigInt,
        floor -> BigInt,
        floor_id -> Id,
    }
}

diesel::table! {
    use crate::columns::Id;
    use diesel::sql_types::{BigInt, Nullable, SmallInt, Text};

    events (workspace_id, seq) {
        workspace_id -> Id,
        seq -> BigInt,
        id -> Id,
        kind -> SmallInt,
        subject_id -> Id,
        part_id -> Nullable<Id>,
        part_number -> Nullable<BigInt>,
        version -> BigInt,
        fields -> Text,
        key_id -> Nullable<Id>,
        actor_name -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    idempotent_requests,
    kept_replies,
    kept_reply_subjects,
    conversations
);
diesel::allow_tables_to_appear_in_same_query!(conversations, erasures);
diesel::allow_tables_to_appear_in_same_query!(conversations, customers, users);
diesel::allow_tables_to_appear_in_same_query!(conversations, conversation_labels);
diesel::allow_tables_to_appear_in_same_query!(conversations, conversation_history);
diesel::allow_tables_to_appear_in_same_query!(conversations, messages);
diesel::allow_tables_to_appear_in_same_query!(conversations, conversation_texts);
diesel::allow_tables_to_appear_in_same_query!(conversations, audit_entries);
diesel::allow_tables_to_appear_in_same_query!(customers, customer_tags);
diesel::allow_tables_to_appear_in_same_query!(api_keys, key_uses, retired_secrets);
diesel::allow_tables_to_appear_in_same_query!(api_keys, workspaces);
diesel::allow_tables_to_appear_in_same_query!(webhooks, event_heads, webhook_deliveries);
