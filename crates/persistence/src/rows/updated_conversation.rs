//! A changed conversation on its way into its row.

use conversations_application::ports::RepositoryError;
use conversations_domain::{Conversation, CountKey, Version, WorkspaceId};

use super::{ConversationRow, CountedConversation, version_column};
use crate::columns::DbId;

/// A row as it is to be, and what must be there of it as it was.
#[derive(Debug, Clone)]
pub(crate) struct UpdatedConversationRow {
    /// The revision that was changed.
    pub(crate) loaded: i64,
    /// What it was counted by. The revision says as much; but counts would never forget an error.
    pub(crate) before: CountedConversation,
    /// The row. Messages are counted where they arrive, and what never changes is not written.
    pub(crate) row: ConversationRow,
}

impl UpdatedConversationRow {
    pub(crate) fn new(
        workspace: WorkspaceId,
        changed: Conversation,
        loaded: Version,
        counted: CountKey,
    ) -> Result<Self, RepositoryError> {
        let before = CountedConversation::of(DbId::of(changed.id()), counted);
        let row = ConversationRow::new(workspace, changed)?;
        Ok(Self { loaded: version_column(loaded), before, row })
    }
}
