//! Background work on the feeds.

use std::time::Duration;

use conversations_domain::Timestamp;

use super::EventService;
use crate::Error;
use crate::ports::{FeedCount, WaitingEvents};

impl EventService {
    /// Checks the feeds for which a request waits: after a write of this process, or after this pause,
    /// because other processes write too.
    ///
    /// # Errors
    /// When the storage cannot answer.
    pub async fn watch(&self, pause: Duration) -> Result<(), Error> {
        Ok(self.feed.watch(pause).await?)
    }

    /// Numbers events that are not read yet, and returns how many waited for that.
    ///
    /// # Errors
    /// When the storage cannot answer.
    pub async fn number_waiting(&self) -> Result<WaitingEvents, Error> {
        Ok(self.feed.number_waiting().await?)
    }

    /// Counts the events of all feeds.
    ///
    /// # Errors
    /// When the storage cannot answer.
    pub async fn count(&self) -> Result<Vec<FeedCount>, Error> {
        Ok(self.feed.count().await?)
    }

    /// Deletes some of the events before this time; `false` if none are left.
    ///
    /// # Errors
    /// When the storage cannot answer.
    pub async fn delete_some_expired(&self, before: Timestamp) -> Result<bool, Error> {
        Ok(self.feed.delete_expired(before).await?)
    }
}
