//! The events that a webhook has to deliver.

use std::time::Duration;

use conversations_domain::{EventCursor, Webhook, WorkspaceId};

use super::EventService;
use crate::Error;
use crate::ports::{FeedQuery, FeedReply, FeedStart};

impl EventService {
    /// The events after a position that a webhook subscribes to and has the permission for, oldest first,
    /// without their subjects: [`Self::find_for_webhook`] loads those when an event is sent.
    ///
    /// # Errors
    /// When the storage cannot answer.
    pub async fn upcoming(
        &self,
        workspace: WorkspaceId,
        webhook: &Webhook,
        position: EventCursor,
        limit: u32,
    ) -> Result<FeedReply, Error> {
        let (start, types) = (FeedStart::After(position), webhook.types());
        let query = FeedQuery { start, types, conversation: None, limit, is_current: true };
        Ok(self.feed.page(workspace, query).await?)
    }

    /// Waits for a write of this process, at most this long. One task per process calls it in a loop.
    pub async fn wait_for_writes(&self, limit: Duration) {
        self.feed.wait_for_writes(limit).await;
    }
}
