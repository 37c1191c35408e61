//! Moving webhooks to another position in the feed.

use conversations_domain::WebhookId;

use super::WebhookService;
use super::update::Rewrite;
use crate::ports::FeedStart;
use crate::read_model::WebhookDetails;
use crate::retry::retry_on_conflict;
use crate::{Caller, Error, ResponseRecorder};

/// Which webhook moves where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayWebhook {
    /// Which one.
    pub id: WebhookId,
    /// The new position.
    pub start: FeedStart,
}

impl WebhookService {
    /// Moves a webhook to another position. Events after it that were sent are sent again, with the same
    /// ids.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::CursorGone`] if the feed does not contain the cursor.
    pub async fn replay(
        &self,
        caller: &Caller,
        command: ReplayWebhook,
        recorder: ResponseRecorder<WebhookDetails>,
    ) -> Result<WebhookDetails, Error> {
        retry_on_conflict(async || self.try_replay(caller, command, recorder.clone()).await).await
    }

    async fn try_replay(
        &self,
        caller: &Caller,
        ReplayWebhook { id, start }: ReplayWebhook,
        recorder: ResponseRecorder<WebhookDetails>,
    ) -> Result<WebhookDetails, Error> {
        let mut details = self.get(caller, id).await?;
        let context = self.contexts.begin();
        let head = details.position.sequence().number() + details.behind;
        details.position = self.find_position(caller, start).await?;
        details.behind = head.saturating_sub(details.position.sequence().number());
        let loaded = details.webhook.version();
        details.webhook.touch(context.now());
        let rewrite =
            Rewrite { loaded, secrets: None, is_moved: true, restarts: false, audit: Vec::new() };
        let response = recorder.with_outcome(context.now(), &details)?;
        self.rewrite(caller, &context, (&details, rewrite), response).await?;
        Ok(details)
    }
}
