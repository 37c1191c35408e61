//! The tables of webhooks.

diesel::table! {
    use crate::columns::{Id, UtcMillis};
    use diesel::sql_types::{BigInt, Bool, Nullable, SmallInt, Text};

    webhooks (workspace_id, id) {
        workspace_id -> Id,
        id -> Id,
        name -> Text,
        url -> Text,
        events -> Text,
        permissions -> Text,
        headers -> Text,
        max_retries -> SmallInt,
        is_active -> Bool,
        updated_at -> UtcMillis,
        version -> BigInt,
        position -> BigInt,
        position_fingerprint -> BigInt,
        failures -> BigInt,
        failing_since -> Nullable<UtcMillis>,
        resumes_at -> Nullable<UtcMillis>,
        disabled -> Nullable<Text>,
        next_retry_at -> Nullable<UtcMillis>,
        lease_holder -> Nullable<Id>,
        lease_until -> UtcMillis,
    }
}

diesel::table! {
    use crate::columns::{Id, UtcMillis};
    use diesel::sql_types::{BigInt, Binary, Nullable};

    webhook_secrets (workspace_id, webhook_id, number) {
        workspace_id -> Id,
        webhook_id -> Id,
        number -> BigInt,
        secret -> Binary,
        expires_at -> Nullable<UtcMillis>,
    }
}

diesel::table! {
    use crate::columns::{Id, UtcMillis};
    use diesel::sql_types::{BigInt, Nullable, SmallInt, Text};

    webhook_deliveries (workspace_id, webhook_id, id) {
        workspace_id -> Id,
        webhook_id -> Id,
        id -> Id,
        event_id -> Id,
        seq -> BigInt,
        kind -> SmallInt,
        status -> Text,
        attempts -> Text,
        next_attempt_at -> Nullable<UtcMillis>,
    }
}
