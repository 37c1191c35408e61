//! Who calls: what authentication found out, handed to every use case.

use conversations_domain::{Actor, ApiKey, Permission, Permissions, Source, WorkspaceId};

use crate::Error;

/// Who calls, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The one workspace that the caller sees and touches.
    pub workspace: WorkspaceId,
    /// What the caller may do.
    pub permissions: Permissions,
    /// The kind of integration that the key was made for.
    pub source: Source,
    /// The caller as history and audit keep it.
    pub actor: Actor,
    /// The request, as logs and the audit name it.
    pub request_id: String,
}

impl Caller {
    /// The caller who sent a request with this key.
    #[must_use]
    pub fn with_key(key: ApiKey, request_id: String) -> Self {
        let actor = key.actor();
        let ApiKey { id: _, workspace, name: _, permissions, source, expires_at: _, hint: _ } = key;
        Self { workspace, permissions, source, actor, request_id }
    }

    /// Makes sure that the caller has a permission that depends on what was sent.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when it is missing.
    pub fn require(&self, permission: Permission) -> Result<(), Error> {
        if self.permissions.allow(permission) {
            Ok(())
        } else {
            Err(Error::Forbidden { missing: permission })
        }
    }
}
