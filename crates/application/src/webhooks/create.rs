//! Creating webhooks.

use conversations_domain::{
    AuditAction, EventCursor, NewWebhook, ReceiverHealth, SigningSecrets, Webhook, WebhookId,
    WebhookSecret,
};
use uuid::Uuid;

use super::{WebhookService, new_secret};
use crate::ports::{
    Commit, CreationOutcome, FeedEnds, FeedPage, FeedQuery, FeedReply, FeedStart, WebhookToCreate,
};
use crate::read_model::WebhookDetails;
use crate::retry::retry_on_conflict;
use crate::{Caller, Conflict, Error, Invalid, ResponseRecorder, ResponseSubjects};

/// A webhook with a new secret, which is never shown again.
#[derive(Clone)]
pub struct WebhookWithSecret {
    /// The webhook.
    pub details: WebhookDetails,
    /// Its secret.
    pub secret: WebhookSecret,
}

impl ResponseSubjects for WebhookWithSecret {
    fn subjects(&self) -> Vec<Uuid> {
        let Self { details, secret: _ } = self;
        vec![details.webhook.id().as_uuid()]
    }
}

impl WebhookService {
    /// Makes a webhook in the caller's workspace. It starts with the next event.
    ///
    /// # Errors
    /// [`Error::CannotGrant`] when the caller lacks a permission of one of the types of events;
    /// [`Error::Invalid`] when the server does not send to the URL; [`Error::Conflict`] when the workspace
    /// has as many webhooks as it may have.
    pub async fn create(
        &self,
        caller: &Caller,
        new: NewWebhook,
        recorder: ResponseRecorder<WebhookWithSecret>,
    ) -> Result<WebhookWithSecret, Error> {
        caller.require_to_grant(&new.events.permissions())?;
        self.ports.addresses.check(&new.url).map_err(Invalid::WebhookAddress)?;
        retry_on_conflict(async || self.try_create(caller, new.clone(), recorder.clone()).await)
            .await
    }

    async fn try_create(
        &self,
        caller: &Caller,
        new: NewWebhook,
        recorder: ResponseRecorder<WebhookWithSecret>,
    ) -> Result<WebhookWithSecret, Error> {
        let (position, secret) =
            (self.find_position(caller, FeedStart::Latest).await?, new_secret()?);
        let context = self.contexts.begin();
        let webhook = Webhook::new(WebhookId::from_uuid(context.next_id()), new);
        let health = ReceiverHealth::default();
        let created = WebhookWithSecret {
            details: WebhookDetails { webhook: webhook.clone(), position, health, behind: 0 },
            secret: secret.clone(),
        };
        let audit = vec![caller.audit(&context, AuditAction::WebhookCreated, webhook.id(), None)];
        let commit = Commit {
            response: recorder.with_outcome(context.now(), &created)?,
            write: WebhookToCreate { webhook, secrets: SigningSecrets::new(secret), position },
            origin: caller.origin(&context),
            history: Vec::new(),
            audit,
        };
        match self.ports.webhooks.create(caller.workspace, commit).await? {
            CreationOutcome::Done => Ok(created),
            CreationOutcome::LimitReached => Err(Conflict::TooManyWebhooks.into()),
        }
    }

    /// The cursor of a place in the feed of the caller's workspace.
    pub(super) async fn find_position(
        &self,
        caller: &Caller,
        start: FeedStart,
    ) -> Result<EventCursor, Error> {
        let (types, conversation) = (Vec::new(), None);
        let query = FeedQuery { start, types, conversation, limit: 1, is_current: true };
        match self.ports.feed.page(caller.workspace, query).await? {
            FeedReply::Page(FeedPage { ends: FeedEnds { earliest, latest }, .. }) => {
                Ok(match start {
                    FeedStart::Earliest => earliest,
                    FeedStart::Latest => latest,
                    FeedStart::After(cursor) => cursor,
                })
            }
            FeedReply::Gone(reason, ends) => Err(Error::CursorGone { reason, ends }),
        }
    }
}
