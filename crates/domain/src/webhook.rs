//! A webhook: a URL to which the events of a workspace are sent.
//!
//! Its settings belong to callers, and its version counts their changes. The position in the feed and the
//! health of the receiver move with each delivery, and have no version.

mod delivery;
mod events;
mod headers;
mod health;
mod secret;
mod webhook_url;

pub use delivery::{Delivery, DeliveryAttempt, DeliveryError, DeliveryStatus};
pub use events::{WebhookEvents, WebhookEventsError};
pub use headers::{WebhookHeaders, WebhookHeadersError};
pub use health::{
    Admission, AttemptOutcome, DisabledReason, InvalidRetryPolicy, Jitter, ReceiverHealth,
    RetryPolicy, WebhookStatus,
};
pub use secret::{SigningSecret, SigningSecrets, TooManySecrets, WebhookSecret};
pub use webhook_url::{WebhookUrl, WebhookUrlError};

use crate::change::apply_all;
use crate::{Change, EventType, Name, Permissions, Timestamp, Version, WebhookId};

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    parts: WebhookParts,
}

/// Everything that a webhook consists of: for storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookParts {
    /// Unique id (`UUIDv7`, embeds the creation time).
    pub id: WebhookId,
    /// The name.
    pub name: Name,
    /// Where deliveries are sent.
    pub url: WebhookUrl,
    /// The types of events that it subscribes to.
    pub events: WebhookEvents,
    /// The permissions of its receiver: those that its types needed when they were chosen.
    pub permissions: Permissions,
    /// Headers of its deliveries.
    pub headers: WebhookHeaders,
    /// How often a failed delivery is retried.
    pub retry_policy: RetryPolicy,
    /// Whether it delivers; if not, it pauses at its position.
    pub is_active: bool,
    /// The time of the last change.
    pub updated_at: Timestamp,
    /// The version: counts all changes of its settings.
    pub version: Version,
}

/// The settings of a new webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWebhook {
    /// The name.
    pub name: Name,
    /// Where deliveries are sent.
    pub url: WebhookUrl,
    /// The types of events that it subscribes to.
    pub events: WebhookEvents,
    /// Headers of its deliveries.
    pub headers: WebhookHeaders,
    /// How often a failed delivery is retried.
    pub retry_policy: RetryPolicy,
    /// Whether it delivers.
    pub is_active: bool,
}

/// Changes to a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WebhookChanges {
    /// Another name.
    pub name: Change<Name>,
    /// Another URL.
    pub url: Change<WebhookUrl>,
    /// Other types of events.
    pub events: Change<WebhookEvents>,
    /// Other headers.
    pub headers: Change<WebhookHeaders>,
    /// Another number of retries.
    pub retry_policy: Change<RetryPolicy>,
    /// On or off.
    pub is_active: Change<bool>,
}

impl Webhook {
    /// The most webhooks of a workspace.
    pub const MAX_COUNT: usize = 50;

    /// Makes a webhook.
    #[must_use]
    pub fn new(id: WebhookId, new: NewWebhook) -> Self {
        let NewWebhook { name, url, events, headers, retry_policy, is_active } = new;
        let (permissions, updated_at) = (events.permissions(), id.created_at());
        let version = Version::FIRST;
        Self {
            parts: WebhookParts {
                id,
                name,
                url,
                events,
                permissions,
                headers,
                retry_policy,
                is_active,
                updated_at,
                version,
            },
        }
    }

    /// Makes the webhook from what was stored.
    #[must_use]
    pub fn restore(parts: WebhookParts) -> Self {
        Self { parts }
    }

    /// Takes the webhook apart.
    #[must_use]
    pub fn into_parts(self) -> WebhookParts {
        self.parts
    }

    /// Its parts.
    #[must_use]
    pub fn parts(&self) -> &WebhookParts {
        &self.parts
    }

    /// Applies the changes, and returns whether anything changed: if not, the version and the time
    /// of the last change stay as well.
    #[must_use]
    pub fn change(&mut self, changes: WebhookChanges, now: Timestamp) -> bool {
        let WebhookChanges { name, url, events, headers, retry_policy, is_active } = changes;
        let parts = &mut self.parts;
        let permissions = match events.new_value() {
            Some(events) if *events != parts.events => Change::To(events.permissions()),
            _ => Change::Keep,
        };
        let changed = apply_all! {
            name => parts.name,
            url => parts.url,
            events => parts.events,
            permissions => parts.permissions,
            headers => parts.headers,
            retry_policy => parts.retry_policy,
            is_active => parts.is_active,
        };
        if changed {
            self.touch(now);
        }
        changed
    }

    /// Notes a change outside of its settings: another secret, position, or a restart.
    pub fn touch(&mut self, now: Timestamp) {
        self.parts.updated_at = now.following(self.parts.updated_at);
        self.parts.version = self.parts.version.next();
    }

    /// The permissions that a caller needs to let the receiver have what this webhook sends, when it made
    /// of `before` what it is: none if neither the types nor the URL changed.
    #[must_use]
    pub fn granted_since(&self, before: &Self) -> Permissions {
        let (now, before) = (&self.parts, &before.parts);
        if now.url == before.url {
            now.permissions.without(&before.permissions)
        } else {
            now.permissions.clone()
        }
    }

    /// The types that it sends: those that it subscribes to and has the permission for, and resets, which
    /// concern every receiver.
    #[must_use]
    pub fn types(&self) -> Vec<EventType> {
        let allowed = |kind: &EventType| {
            kind.permission().is_none_or(|needed| self.parts.permissions.allow(needed))
        };
        let mut types: Vec<_> = self.parts.events.types().into_iter().filter(allowed).collect();
        if !types.contains(&EventType::FeedReset) {
            types.push(EventType::FeedReset);
        }
        types
    }

    /// Unique id (`UUIDv7`, embeds the creation time).
    #[must_use]
    pub fn id(&self) -> WebhookId {
        self.parts.id
    }

    /// The version: counts all changes of its settings.
    #[must_use]
    pub fn version(&self) -> Version {
        self.parts.version
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Permission;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_unix_millis(millis).expect("a time")
    }

    fn events(texts: &[&str]) -> WebhookEvents {
        WebhookEvents::parse(texts).expect("valid events")
    }

    fn webhook() -> Webhook {
        Webhook::new(
            WebhookId::from_uuid(uuid::Uuid::nil()),
            NewWebhook {
                name: Name::parse("orders").expect("a name"),
                url: WebhookUrl::parse("https://example.com").expect("a URL"),
                events: events(&["conversation.*"]),
                headers: WebhookHeaders::default(),
                retry_policy: RetryPolicy::default(),
                is_active: true,
            },
        )
    }

    #[test]
    fn has_the_permissions_of_its_types() {
        let mut webhook = webhook();
        let changes = WebhookChanges { events: Change::To(events(&["*"])), ..Default::default() };

        assert!(webhook.change(changes, at(1)));

        let needed = [
            Permission::ReadConversations,
            Permission::ReadCustomers,
            Permission::ReadInboxes,
            Permission::ReadUsers,
            Permission::ReadWebhooks,
        ];
        assert_eq!(webhook.parts().permissions, needed.into_iter().collect());
        assert_eq!((webhook.version(), webhook.parts().updated_at), (Version::new(2), at(1)));
    }

    #[test]
    fn the_same_settings_change_nothing() {
        let (mut same, before) = (webhook(), webhook());
        let changes = WebhookChanges {
            events: Change::To(events(&["conversation.*"])),
            is_active: Change::To(true),
            ..WebhookChanges::default()
        };

        assert!(!same.change(changes, at(1)));
        assert_eq!(same, before);
    }

    #[test]
    fn another_url_gets_all_permissions_and_more_types_get_more() {
        let changed = |changes| {
            let mut changed = webhook();
            assert!(changed.change(changes, at(1)));
            changed.granted_since(&webhook())
        };
        let url = Change::To(WebhookUrl::parse("https://example.org").expect("a URL"));
        let types = Change::To(events(&["conversation.*", "user.*"]));

        let moved = changed(WebhookChanges { url, ..Default::default() });
        let widened = changed(WebhookChanges { events: types, ..Default::default() });
        let paused = changed(WebhookChanges { is_active: Change::To(false), ..Default::default() });

        assert_eq!(moved, [Permission::ReadConversations].into_iter().collect());
        assert_eq!(widened, [Permission::ReadUsers].into_iter().collect());
        assert!(paused.is_empty());
    }

    #[test]
    fn sends_only_types_that_it_has_the_permission_for() {
        let mut parts = webhook().into_parts();
        parts.events = events(&["user.*", "conversation.closed", "feed.reset"]);

        let sent = Webhook::restore(parts).types();

        assert_eq!(sent, [EventType::ConversationClosed, EventType::FeedReset]);
    }
}
