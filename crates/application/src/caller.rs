//! The caller: the result of authentication, passed to every use case.

use conversations_domain::{
    Actor, ApiKey, AuditAction, AuditEntry, AuditId, ConversationId, EventId, FieldChange,
    HistoryEntry, HistoryId, Origin, Permission, Permissions, Reason, Source, Timestamp, Webhook,
    WorkspaceId,
};
use uuid::Uuid;

use crate::{CommandContext, Error};

/// The caller of a use case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The only workspace that the caller can access.
    pub workspace: WorkspaceId,
    /// What the caller may do.
    pub permissions: Permissions,
    /// The kind of integration that the key was made for.
    pub source: Source,
    /// The caller as an actor, for the history and the audit.
    pub actor: Actor,
    /// The expiry of the secret that the caller sent, if any: an old secret may expire before the
    /// key.
    pub expires_at: Option<Timestamp>,
    /// The request, as logs and the audit name it; none from the command line.
    pub request_id: Option<String>,
}

impl Caller {
    /// The caller who sent a request with this key.
    #[must_use]
    pub fn with_key(key: ApiKey, request_id: String) -> Self {
        let actor = key.actor();
        let ApiKey {
            id: _,
            workspace,
            name: _,
            permissions,
            source,
            expires_at,
            rate_limit: _,
            user: _,
            hint: _,
            version: _,
        } = key;
        let request_id = Some(request_id);
        Self { workspace, permissions, source, actor, expires_at, request_id }
    }

    /// An operator at the command line, who works on a workspace with direct access to the database
    /// and may do everything.
    #[must_use]
    pub fn at_the_command_line(workspace: WorkspaceId) -> Self {
        let (permissions, source) = (Permissions::all(), Source::Api);
        let actor = Actor::command_line();
        Self { workspace, permissions, source, actor, expires_at: None, request_id: None }
    }

    /// The receiver of a webhook, which reads events with the permissions of the webhook.
    pub(crate) fn receiver_of(workspace: WorkspaceId, webhook: &Webhook) -> Self {
        let actor = Actor { key: None, name: "webhooks".to_owned() };
        Self {
            workspace,
            permissions: webhook.parts().permissions.clone(),
            source: Source::Api,
            actor,
            expires_at: None,
            request_id: None,
        }
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

    /// Makes sure that the caller has all permissions that they would grant.
    ///
    /// # Errors
    /// [`Error::CannotGrant`] naming those that are missing.
    pub(crate) fn require_to_grant(&self, granted: &Permissions) -> Result<(), Error> {
        let missing = granted.without(&self.permissions);
        if missing.is_empty() { Ok(()) } else { Err(Error::CannotGrant { missing }) }
    }

    /// What the history of a conversation will say that the caller changed.
    pub(crate) fn history(
        &self,
        context: &CommandContext<'_>,
        conversation: ConversationId,
        changed: Vec<FieldChange>,
    ) -> Vec<HistoryEntry> {
        let entry = |change| HistoryEntry {
            id: HistoryId::from_uuid(context.next_id()),
            conversation,
            change,
            by: self.actor.clone(),
        };
        changed.into_iter().map(entry).collect()
    }

    /// What the events of a change will say of who made it.
    pub(crate) fn origin(&self, context: &CommandContext<'_>) -> Origin {
        Origin { first: EventId::from_uuid(context.next_id()), by: self.actor.clone() }
    }

    /// What the audit will say that the caller did.
    pub(crate) fn audit(
        &self,
        context: &CommandContext<'_>,
        action: AuditAction,
        target: impl Into<Uuid>,
        reason: Option<Reason>,
    ) -> AuditEntry {
        AuditEntry {
            id: AuditId::from_uuid(context.next_id()),
            action,
            target: target.into(),
            reason,
            message_count: None,
            by: self.actor.clone(),
            request_id: self.request_id.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        NOW, allowed, caller, caller_who_may, context_factory, inbox, key, reason, time, workspace,
    };

    /// The permissions that a caller with these lacks to grant those.
    fn missing(own: &[Permission], granted: &[Permission]) -> Option<Permissions> {
        match caller_who_may(own).require_to_grant(&allowed(granted)) {
            Ok(()) => None,
            Err(Error::CannotGrant { missing }) => Some(missing),
            Err(error) => panic!("{error:?}"),
        }
    }

    #[test]
    fn a_caller_has_the_identity_of_its_key() {
        let key = key(&[Permission::ReadCustomers]);

        let caller = Caller::with_key(key.clone(), "request-2".to_owned());

        let expected = Caller {
            workspace: workspace(),
            permissions: allowed(&[Permission::ReadCustomers]),
            source: Source::Api,
            actor: Actor { key: Some(key.id), name: "exporter".to_owned() },
            expires_at: key.expires_at,
            request_id: Some("request-2".to_owned()),
        };
        assert_eq!(caller, expected);
    }

    #[test]
    fn a_permission_that_is_missing_is_named() {
        let caller = caller_who_may(&[Permission::ReadCustomers]);

        let refused = caller.require(Permission::WriteCustomers);

        assert!(caller.require(Permission::ReadCustomers).is_ok());
        let missing = Permission::WriteCustomers;
        assert!(matches!(refused, Err(Error::Forbidden { missing: named }) if named == missing));
    }

    #[test]
    fn names_exactly_the_permissions_that_cannot_be_granted() {
        let own = [Permission::ReadCustomers, Permission::WriteKeys];
        let wanted = [Permission::ReadAudit, Permission::ReadCustomers, Permission::WriteUsers];

        assert_eq!(missing(&own, &own), None);
        assert_eq!(missing(&own, &own[..1]), None);
        assert_eq!(missing(&[], &[]), None);
        let expected = allowed(&[Permission::WriteUsers, Permission::ReadAudit]);
        assert_eq!(missing(&own, &wanted), Some(expected));
    }

    #[test]
    fn writing_does_not_grant_reading() {
        let (write, read) = (Permission::WriteCustomers, Permission::ReadCustomers);

        assert_eq!(missing(&[write], &[read]), Some(allowed(&[read])));
    }

    #[test]
    fn the_audit_says_who_did_what_why_and_when() {
        let contexts = context_factory();
        let (action, target) = (AuditAction::InboxDeleted, inbox().id());

        let entry = caller().audit(&contexts.begin(), action, target, Some(reason()));

        let expected = AuditEntry {
            id: entry.id,
            action,
            target: target.as_uuid(),
            reason: Some(reason()),
            message_count: None,
            by: caller().actor,
            request_id: Some("request-1".to_owned()),
        };
        assert_eq!(entry, expected);
        assert_eq!(entry.id.created_at(), time(NOW));
    }

    #[test]
    fn no_two_entries_of_one_moment_have_the_same_id() {
        let contexts = context_factory();
        let context = contexts.begin();
        let audited = || caller().audit(&context, AuditAction::InboxDeleted, inbox().id(), None);

        assert_ne!(audited().id, audited().id);
    }

    #[test]
    fn at_the_command_line_everything_is_allowed() {
        let operator = Caller::at_the_command_line(workspace());

        assert_eq!(operator.workspace, workspace());
        assert!(operator.require_to_grant(&Permissions::all()).is_ok());
        for &permission in Permission::ALL {
            assert!(operator.require(permission).is_ok(), "{permission}");
        }
    }

    #[test]
    fn at_the_command_line_the_audit_has_neither_key_nor_request() {
        let contexts = context_factory();
        let operator = Caller::at_the_command_line(workspace());

        let entry =
            operator.audit(&contexts.begin(), AuditAction::InboxDeleted, inbox().id(), None);

        assert_eq!(entry.by, Actor { key: None, name: "cli".to_owned() });
        assert_eq!(entry.request_id, None);
    }
}
