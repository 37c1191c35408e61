//! Making an empty database useful.

use conversations_domain::{
    Inbox, InboxId, Name, NewInbox, Permissions, Source, TextError, Workspace, WorkspaceId,
};

use super::WorkspaceService;
use crate::Error;
use crate::keys::{KeyOrder, KeySecret, creation, prepare};
use crate::ports::Founding;

/// What the first workspace is called.
pub const DEFAULT_WORKSPACE: &str = "default";

/// The first workspace and how to get in.
pub struct Founded {
    /// The workspace.
    pub workspace: Workspace,
    /// Its first inbox.
    pub inbox: Inbox,
    /// The secret of a key that may do everything: nobody will see it again.
    pub secret: KeySecret,
}

impl WorkspaceService {
    /// Founds the workspace `default` with an inbox and an administrator's key, if there is no
    /// workspace yet. Of several processes that do so at once, one does, and the others are
    /// answered `None`.
    pub async fn found(&self) -> Result<Option<Founded>, Error> {
        let moment = self.moments.begin();
        let workspace = Workspace {
            id: WorkspaceId::from_uuid(moment.next_id()),
            name: name(DEFAULT_WORKSPACE)?,
        };
        let inbox = Inbox::new(
            InboxId::from_uuid(moment.next_id()),
            NewInbox { name: name("Support")?, channel: None },
        );
        let order = KeyOrder {
            name: name("admin")?,
            permissions: Permissions::all(),
            source: Source::Api,
            expires_at: None,
        };
        let (key, secret) = prepare(workspace.id, order, &moment)?;
        let audit = creation(&key.key, &moment);

        let founding = Founding { workspace: workspace.clone(), inbox: inbox.clone(), key, audit };
        let founded = self.workspaces.found(founding).await?;
        Ok(founded.then_some(Founded { workspace, inbox, secret }))
    }
}

fn name(text: &str) -> Result<Name, Error> {
    Name::parse(text).map_err(|error: TextError| Error::Internal(Box::new(error)))
}
