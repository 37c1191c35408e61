//! The rows of `conversation_texts`.

use crate::columns::DbId;

/// A part of a text of a conversation. How its words lie in the database is the dialect's.
#[derive(Debug, Clone)]
pub(crate) struct TextRow<W> {
    pub(crate) workspace_id: DbId,
    pub(crate) conversation_id: DbId,
    pub(crate) text_id: DbId,
    pub(crate) part: i16,
    pub(crate) words: W,
}
