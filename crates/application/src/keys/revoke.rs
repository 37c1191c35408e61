//! Revoking API keys.

use conversations_domain::{Actor, AuditAction, AuditEntry, AuditId, KeyId};

use super::KeyService;
use crate::Error;
use crate::ports::Commit;

impl KeyService {
    /// Revokes a key, in whatever workspace it is, for somebody at the command line.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such key.
    pub async fn revoke(&self, id: KeyId) -> Result<(), Error> {
        let moment = self.moments.begin();
        let key = self.keys.find_anywhere(id).await?.ok_or(Error::NotFound)?;
        let audit = AuditEntry {
            id: AuditId::from_uuid(moment.next_id()),
            action: AuditAction::KeyRevoked,
            target: id.as_uuid(),
            reason: None,
            message_count: None,
            by: Actor::command_line(),
            request_id: None,
        };

        let commit = Commit { write: id, history: Vec::new(), audit: vec![audit] };
        if self.keys.revoke(key.workspace, commit).await? { Ok(()) } else { Err(Error::NotFound) }
    }
}
