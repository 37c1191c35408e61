//! Background work on the feeds.

use std::time::Duration;

use conversations_domain::Timestamp;

use super::EventService;
use crate::Error;

impl EventService {
    /// Checks the feeds for which a request waits: after a write of this process, or after this pause,
    /// because other processes write too.
    ///
    /// # Errors
    /// When the storage cannot answer.
    pub async fn attend(&self, pause: Duration) -> Result<(), Error> {
        Ok(self.feed.attend(pause).await?)
    }

    /// Numbers events that are not read yet.
    ///
    /// # Errors
    /// When the storage cannot answer.
    pub async fn settle(&self) -> Result<(), Error> {
        Ok(self.feed.settle().await?)
    }

    /// Deletes some of the events before this time; `false` if none are left.
    ///
    /// # Errors
    /// When the storage cannot answer.
    pub async fn delete_some_expired(&self, before: Timestamp) -> Result<bool, Error> {
        Ok(self.feed.forget(before).await?)
    }
}
