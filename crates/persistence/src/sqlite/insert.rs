//! Inserting conversations: one after the other, because a statement costs no way to a server.

use diesel_async::RunQueryDsl;

use super::Connection;
use crate::error::Failure;
use crate::rows::ConversationRow;
use crate::schema::conversations;

/// Stores new conversations.
pub(crate) async fn insert_conversations(
    connection: &mut Connection,
    rows: Vec<ConversationRow>,
) -> Result<(), Failure> {
    for row in rows {
        diesel::insert_into(conversations::table).values(row).execute(connection).await?;
    }
    Ok(())
}
