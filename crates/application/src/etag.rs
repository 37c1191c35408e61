//! Entity tags, which identify the state of a resource that a caller has seen (RFC 9110, section
//! 8.8.3).

use conversations_domain::{
    Customer, DisabledReason, Inbox, Message, Timestamp, User, Version, Webhook,
};

use crate::Error;
use crate::read_model::{ConversationDetails, ObservedVersions, WebhookDetails};

/// What stands for the state of a resource: another state of it has another ETag. It covers all that
/// callers are shown of the resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ETag(String);

impl ETag {
    /// The ETag with this text, as a caller sends it back.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Its text, without the quotes that it has in a header: visible ASCII and no quote.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of(version: Version) -> Self {
        Self(version.number().to_string())
    }
}

/// What has an ETag.
pub trait HasETag {
    /// The ETag of its state.
    fn etag(&self) -> ETag;
}

impl HasETag for ConversationDetails {
    fn etag(&self) -> ETag {
        self.observed_versions().etag()
    }
}

impl HasETag for ObservedVersions {
    /// The versions of the conversation and of the people it shows. Who they are is part of the
    /// conversation, so that another person makes another version of it.
    fn etag(&self) -> ETag {
        let Self { conversation, customer, assignee } = self;
        let number = |version: Option<Version>| version.map_or(0, Version::number);
        let customer = number(customer.map(|(_, version)| version));
        let assignee = number(assignee.map(|(_, version)| version));
        ETag(format!("{}-{customer}-{assignee}", conversation.number()))
    }
}

impl HasETag for Customer {
    fn etag(&self) -> ETag {
        ETag::of(self.version())
    }
}

impl HasETag for User {
    fn etag(&self) -> ETag {
        ETag::of(self.version())
    }
}

impl HasETag for Inbox {
    fn etag(&self) -> ETag {
        ETag::of(self.version())
    }
}

impl HasETag for Webhook {
    /// Of its settings alone, which are what a change is based on.
    fn etag(&self) -> ETag {
        ETag::of(self.version())
    }
}

impl HasETag for WebhookDetails {
    /// Covers also what moves with each delivery.
    fn etag(&self) -> ETag {
        let Self { webhook, position, health, behind } = self;
        let disabled = health.disabled.map_or("", DisabledReason::as_str);
        let resumes = health.resumes_at.map_or(0, Timestamp::as_unix_millis);
        let (version, failures) = (webhook.version().number(), health.consecutive_failures);
        ETag(format!("{version}:{position}:{behind}:{failures}:{resumes}:{disabled}"))
    }
}

impl HasETag for Message {
    /// A message never changes.
    fn etag(&self) -> ETag {
        ETag::of(Version::FIRST)
    }
}

/// What a caller demands of the present state of what it wants to change (RFC 9110, section 13.1.1:
/// `If-Match`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Precondition {
    /// Nothing.
    #[default]
    None,
    /// That there is one.
    Exists,
    /// One of these states.
    State(Vec<ETag>),
}

impl Precondition {
    /// The same demand of the settings of a webhook, whatever it delivered since: the ETag of a webhook
    /// begins with that of its settings.
    pub(crate) fn of_settings(self) -> Self {
        let settings = |ETag(text): ETag| {
            ETag(text.split_once(':').map_or(text.as_str(), |(settings, _)| settings).to_owned())
        };
        match self {
            Self::State(tags) => Self::State(tags.into_iter().map(settings).collect()),
            other => other,
        }
    }

    /// Whether it can fail for something that is there.
    pub(crate) fn requires_state(&self) -> bool {
        matches!(self, Self::State(_))
    }

    /// Compares it with the present state.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`] when the state is none of those that it names.
    pub(crate) fn check(&self, present: &impl HasETag) -> Result<(), Error> {
        match self {
            Self::State(tags) if !tags.contains(&present.etag()) => Err(Error::PreconditionFailed),
            _ => Ok(()),
        }
    }

    /// Compares it with the present state, which it loads only if there is something to compare.
    ///
    /// # Errors
    /// Those of loading, and [`Error::PreconditionFailed`].
    pub(crate) async fn compare<T: HasETag>(
        &self,
        load: impl Future<Output = Result<T, Error>>,
    ) -> Result<Option<T>, Error> {
        if !self.requires_state() {
            return Ok(None);
        }
        let present = load.await?;
        self.check(&present)?;
        Ok(Some(present))
    }

    /// Compares it with something that has no ETag: no state of it can be meant.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`] when it names states.
    pub(crate) fn check_without_etag(&self) -> Result<(), Error> {
        if self.requires_state() { Err(Error::PreconditionFailed) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{customer, customer_id, details, details_with, inbox};

    fn one_of(tags: &[&str]) -> Precondition {
        Precondition::State(tags.iter().map(|&etag| ETag::new(etag.to_owned())).collect())
    }

    #[test]
    fn the_etag_of_a_conversation_covers_the_people_it_shows() {
        let alone = details();
        let with_customer = details_with(Some(customer(customer_id(1))));

        assert_eq!(alone.etag().as_str(), "1-0-0");
        assert_eq!(with_customer.etag().as_str(), "1-1-0");
    }

    #[test]
    fn a_precondition_matches_the_exact_etag() {
        for (precondition, holds) in [
            (Precondition::None, true),
            (Precondition::Exists, true),
            (one_of(&["1"]), true),
            (one_of(&["7", "1"]), true),
            (one_of(&["7"]), false),
            (one_of(&["1-0-0"]), false),
            (one_of(&[]), false),
        ] {
            assert_eq!(precondition.check(&inbox()).is_ok(), holds, "{precondition:?}");
        }
    }

    #[test]
    fn a_resource_without_an_etag_matches_no_precondition() {
        assert!(Precondition::None.check_without_etag().is_ok());
        assert!(Precondition::Exists.check_without_etag().is_ok());
        assert!(matches!(one_of(&["1"]).check_without_etag(), Err(Error::PreconditionFailed)));
    }
}
