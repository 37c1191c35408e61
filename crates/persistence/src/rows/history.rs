//! The rows of `conversation_history`: what changes of conversations leave behind.

use conversations_application::ports::{RecordedChange, RepositoryError};
use conversations_domain::{
    Actor, ConversationId, ExternalId, FieldChange, FieldValue, HistoryEntry, HistoryId, KeyId,
    WorkspaceId,
};
use diesel::{Insertable, Queryable, Selectable};
use serde::Deserialize;

use crate::columns::DbId;
use crate::error::{column, json_column};
use crate::schema::conversation_history;

const TABLE: &str = "conversation_history";

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = conversation_history)]
#[cfg_attr(feature = "postgres", diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite)))]
pub(crate) struct HistoryRow {
    pub(crate) workspace_id: DbId,
    pub(crate) id: DbId,
    pub(crate) conversation_id: DbId,
    pub(crate) revision: i64,
    pub(crate) field: String,
    pub(crate) from_value: Option<String>,
    pub(crate) to_value: Option<String>,
    pub(crate) key_id: Option<DbId>,
    pub(crate) actor_name: String,
}

impl HistoryRow {
    pub(crate) fn new(
        workspace: WorkspaceId,
        entry: HistoryEntry,
        revision: i64,
    ) -> Result<Self, RepositoryError> {
        let HistoryEntry { id, conversation, change, by } = entry;
        let FieldChange { field, from, to } = change;
        let Actor { key, name } = by;
        Ok(Self {
            workspace_id: DbId::of(workspace),
            id: DbId::of(id),
            conversation_id: DbId::of(conversation),
            revision,
            field: field.as_str().to_owned(),
            from_value: write_value("from_value", from)?,
            to_value: write_value("to_value", to)?,
            key_id: key.map(DbId::of),
            actor_name: name,
        })
    }
}

impl TryFrom<HistoryRow> for RecordedChange {
    type Error = RepositoryError;

    fn try_from(row: HistoryRow) -> Result<Self, RepositoryError> {
        let revision = row.revision;
        Ok(Self { entry: row.try_into()?, revision })
    }
}

impl TryFrom<HistoryRow> for HistoryEntry {
    type Error = RepositoryError;

    fn try_from(row: HistoryRow) -> Result<Self, RepositoryError> {
        let HistoryRow {
            workspace_id: _,
            id,
            conversation_id,
            revision: _,
            field,
            from_value,
            to_value,
            key_id,
            actor_name,
        } = row;
        Ok(Self {
            id: HistoryId::from_uuid(id.0),
            conversation: ConversationId::from_uuid(conversation_id.0),
            change: FieldChange {
                field: column(TABLE, "field", field.parse())?,
                from: read_value("from_value", from_value)?,
                to: read_value("to_value", to_value)?,
            },
            by: Actor { key: key_id.map(|id| KeyId::from_uuid(id.0)), name: actor_name },
        })
    }
}

/// A value as JSON writes it.
#[derive(Deserialize)]
#[serde(untagged)]
enum JsonValue {
    Text(String),
    List(Vec<String>),
    External(ExternalId),
}

fn write_value(
    name: &'static str,
    value: Option<FieldValue>,
) -> Result<Option<String>, RepositoryError> {
    let json = value.map(|value| match value {
        FieldValue::Text(text) => serde_json::to_string(&text),
        FieldValue::List(words) => serde_json::to_string(&words),
        FieldValue::External(id) => serde_json::to_string(&id),
    });
    column(TABLE, name, json.transpose())
}

fn read_value(
    name: &'static str,
    json: Option<String>,
) -> Result<Option<FieldValue>, RepositoryError> {
    let value = json.map(|json| json_column(TABLE, name, &json)).transpose()?;
    Ok(value.map(|value| match value {
        JsonValue::Text(text) => FieldValue::Text(text),
        JsonValue::List(words) => FieldValue::List(words),
        JsonValue::External(id) => FieldValue::External(id),
    }))
}
