//! Making API keys.

use conversations_domain::{ApiKey, AuditAction, AuditEntry, AuditId, KeyId, WorkspaceId};

use super::{KeyOrder, KeySecret, KeyService};
use crate::ports::{Commit, NewKey};
use crate::{Error, Moment};

/// A key that was made, with its secret: nobody will see it again.
pub struct CreatedKey {
    /// The key.
    pub key: ApiKey,
    /// Its secret.
    pub secret: KeySecret,
}

impl KeyService {
    /// Makes a key of a workspace, for somebody at the command line.
    pub async fn create(
        &self,
        workspace: WorkspaceId,
        order: KeyOrder,
    ) -> Result<CreatedKey, Error> {
        let moment = self.moments.begin();
        let (new, secret) = prepare(workspace, order, &moment)?;
        let key = new.key.clone();
        let audit = vec![creation(&key, &moment)];
        self.keys.create(workspace, Commit { write: new, history: Vec::new(), audit }).await?;
        Ok(CreatedKey { key, secret })
    }
}

/// A key that is ready to be stored, and its secret.
pub(crate) fn prepare(
    workspace: WorkspaceId,
    order: KeyOrder,
    moment: &Moment<'_>,
) -> Result<(NewKey, KeySecret), Error> {
    let KeyOrder { name, permissions, source, expires_at } = order;
    let secret = KeySecret::generate().map_err(|error| Error::Internal(Box::new(error)))?;
    let key = ApiKey {
        id: KeyId::from_uuid(moment.next_id()),
        workspace,
        name,
        permissions,
        source,
        expires_at,
        hint: secret.hint(),
    };
    Ok((NewKey { key, hash: secret.hash() }, secret))
}

/// What the audit says of a key that was made at the command line.
pub(crate) fn creation(key: &ApiKey, moment: &Moment<'_>) -> AuditEntry {
    let id = AuditId::from_uuid(moment.next_id());
    AuditEntry::at_the_command_line(id, AuditAction::KeyCreated, key.id.into())
}
