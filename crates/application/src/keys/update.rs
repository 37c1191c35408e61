//! Changing API keys.

use conversations_domain::{ApiKey, AuditAction, KeyChanges, KeyId};

use super::KeyService;
use crate::ports::{Commit, Updated};
use crate::read_model::KeyDetails;
use crate::retry::retry_on_conflict;
use crate::{Caller, Error, Invalid, Precondition};

/// Changes to a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateKey {
    /// Which one.
    pub id: KeyId,
    /// What should become of it.
    pub changes: KeyChanges,
    /// The precondition, so that the caller does not change an unseen state.
    pub precondition: Precondition,
}

impl KeyService {
    /// Changes a key and answers it as it is then. What is set to the value that it has changes
    /// nothing and leaves no audit entry.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::PreconditionFailed`] when a state is demanded, because keys have
    /// no tags; [`Error::CannotGrant`] when it would get permissions that the caller
    /// has not, or live longer with such; [`Error::Invalid`] when its end is past;
    /// [`Error::InvalidReferences`] when the workspace has no such user;
    /// [`Error::WriteConflict`] when others keep changing it.
    pub async fn update(&self, caller: &Caller, command: UpdateKey) -> Result<KeyDetails, Error> {
        retry_on_conflict(async || self.try_update(caller, command.clone()).await).await
    }

    async fn try_update(&self, caller: &Caller, command: UpdateKey) -> Result<KeyDetails, Error> {
        let UpdateKey { id, changes, precondition } = command;
        let context = self.contexts.begin();

        let mut details = self.get(caller, id).await?;
        precondition.check_without_etag()?;
        caller.require_to_grant(&details.key.granted_by(&changes))?;
        let ApiKey { version: loaded, expires_at: end, user, .. } = details.key;
        if !details.key.change(changes) {
            return Ok(details);
        }
        // An end that came meanwhile may stay, but none is set that has come already.
        if details.key.expires_at != end && details.key.is_expired(context.now()) {
            return Err(Invalid::EndIsPast.into());
        }
        if details.key.user != user {
            self.check_user(caller.workspace, details.key.user).await?;
        }

        let audit = vec![caller.audit(&context, AuditAction::KeyUpdated, id, None)];
        let write = Updated { changed: details.key.clone(), loaded, fields: Vec::new() };
        let commit = Commit {
            write,
            origin: caller.origin(&context),
            history: Vec::new(),
            audit,
            response: (),
        };
        self.keys.update(caller.workspace, commit).await?;
        Ok(details)
    }
}

#[cfg(test)]
mod tests;
