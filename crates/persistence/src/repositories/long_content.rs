//! Long content on pages. A page is capped by bytes, so what might not fit on it is not loaded before it
//! is known to fit: a list loads short contents with their rows, and of longer ones only the size. What
//! is left out is empty in the row, which no stored content is.

use std::collections::HashMap;

use conversations_application::PageWindow;
use conversations_domain::{ConversationId, WorkspaceId};
use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Text};

use super::Connection;
use super::sql_builder::SqlBuilder;
use crate::columns::DbId;
use crate::error::Failure;
use crate::rows::{CustomerRow, MessageRow};
use crate::schema::{customers, messages};

/// What is compared is written into the statements, so that they stay the same.
const SMALL: u64 = 41_943;
const _: () = assert!(SMALL == PageWindow::SMALL_BYTES);

/// The columns of a customer on a page, for a [`CustomerRow`].
macro_rules! listed_customer {
    () => {
        (
            customers::workspace_id,
            customers::id,
            customers::first_name,
            customers::last_name,
            customers::email,
            customers::email_folded,
            customers::phone,
            customers::company,
            customers::job_title,
            customers::tier,
            customers::status,
            customers::tags,
            short_custom_fields(),
            customers::updated_at,
            customers::version,
            customers::search_folded,
            customers::erasing,
            customers::external_source,
            customers::external_id,
        )
    };
}

/// The columns of a message on a page, for a [`MessageRow`].
macro_rules! listed_message {
    () => {
        (
            messages::workspace_id,
            messages::id,
            messages::conversation_id,
            messages::number,
            messages::author_kind,
            messages::author_id,
            messages::internal,
            short_body(),
            messages::external_source,
            messages::external_id,
        )
    };
}

pub(super) use {listed_customer, listed_message};

/// The custom fields of a customer, unless they are long.
pub(super) fn short_custom_fields() -> SqlBuilder<Text> {
    SqlBuilder::of(
        "CASE WHEN octet_length(customers.custom_fields) <= 41943 \
         THEN customers.custom_fields ELSE '' END",
    )
}

/// How many bytes the custom fields of a customer have.
pub(super) fn size_of_custom_fields() -> SqlBuilder<Integer> {
    SqlBuilder::of("octet_length(customers.custom_fields)")
}

/// The same, where there may be no customer.
pub(super) fn size_of_any_custom_fields() -> SqlBuilder<Nullable<Integer>> {
    SqlBuilder::of("octet_length(customers.custom_fields)")
}

/// The body of a message, unless it is long.
pub(super) fn short_body() -> SqlBuilder<Text> {
    SqlBuilder::of("CASE WHEN octet_length(messages.body) <= 41943 THEN messages.body ELSE '' END")
}

/// How many bytes the body of a message has.
pub(super) fn size_of_body() -> SqlBuilder<Integer> {
    SqlBuilder::of("octet_length(messages.body)")
}

/// A size as a database answers it.
pub(super) fn size(bytes: i32) -> u64 {
    u64::try_from(bytes).unwrap_or(0)
}

/// Loads the custom fields that were left out, in the transaction that left them out.
pub(super) async fn load_custom_fields<'r>(
    connection: &mut Connection,
    workspace: WorkspaceId,
    rows: impl Iterator<Item = &'r mut CustomerRow>,
) -> Result<(), Failure> {
    let mut rows: Vec<_> = rows.filter(|row| row.custom_fields.is_empty()).collect();
    if rows.is_empty() {
        return Ok(());
    }
    // Many conversations may show the same customer.
    let mut ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    ids.sort_unstable_by_key(|id| id.0);
    ids.dedup();
    let query = customers::table
        .filter(customers::workspace_id.eq(DbId::of(workspace)))
        .filter(customers::id.eq_any(ids))
        .select((customers::id, customers::custom_fields));
    let loaded: Vec<(DbId, String)> = load_all!(query, connection)?;
    let loaded: HashMap<_, _> = loaded.into_iter().collect();
    for row in &mut rows {
        if let Some(custom_fields) = loaded.get(&row.id) {
            row.custom_fields.clone_from(custom_fields);
        }
    }
    Ok(())
}

/// Loads the bodies that were left out, in the transaction that left them out.
pub(super) async fn load_bodies(
    connection: &mut Connection,
    workspace: WorkspaceId,
    conversation: ConversationId,
    rows: &mut [MessageRow],
) -> Result<(), Failure> {
    let numbers = rows.iter().filter(|row| row.body.is_empty()).map(|row| row.number);
    let numbers: Vec<_> = numbers.collect();
    if numbers.is_empty() {
        return Ok(());
    }
    let query = messages::table
        .filter(messages::workspace_id.eq(DbId::of(workspace)))
        .filter(messages::conversation_id.eq(DbId::of(conversation)))
        .filter(messages::number.eq_any(numbers))
        .select((messages::number, messages::body));
    let loaded: Vec<(i64, String)> = load_all!(query, connection)?;
    let mut loaded: HashMap<_, _> = loaded.into_iter().collect();
    for row in rows {
        if let Some(body) = loaded.remove(&row.number) {
            row.body = body;
        }
    }
    Ok(())
}
