//! Looking after the feeds: what a server does beside answering requests.

use std::time::Duration;

use conversations_domain::Timestamp;

use super::EventService;
use crate::Error;

impl EventService {
    /// Looks how far the feeds are that somebody waits for: as soon as something was written in this
    /// process, or after this pause, because other processes write as well.
    ///
    /// # Errors
    /// When the storage cannot answer.
    pub async fn attend(&self, pause: Duration) -> Result<(), Error> {
        Ok(self.feed.attend(pause).await?)
    }

    /// Gives their places to events that nobody has read yet.
    ///
    /// # Errors
    /// When the storage cannot answer.
    pub async fn settle(&self) -> Result<(), Error> {
        Ok(self.feed.settle().await?)
    }

    /// Forgets some of the events from before this time; `false` when there are none left.
    ///
    /// # Errors
    /// When the storage cannot answer.
    pub async fn forget_some(&self, before: Timestamp) -> Result<bool, Error> {
        Ok(self.feed.forget(before).await?)
    }
}
