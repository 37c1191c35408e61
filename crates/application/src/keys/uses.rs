//! When keys were last used: noted in memory while requests are answered, stored now and then.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use conversations_domain::{ApiKey, KeyId, Timestamp};

use super::KeyService;
use crate::Error;
use crate::ports::KeyUse;

/// How much later a use has to be to be worth noting, in milliseconds.
const PRECISION_MILLIS: i64 = 60_000;

/// The latest use of each key, shared by all who let callers in. A key takes one small entry until
/// a minute after its last use was stored.
#[derive(Debug, Clone, Default)]
pub struct KeyUseTracker(Arc<Mutex<HashMap<KeyId, PendingUse>>>);

#[derive(Debug, Clone, Copy)]
struct PendingUse {
    latest: KeyUse,
    stored: bool,
}

impl KeyUseTracker {
    /// Notes that a key is used now, unless it was noted less than a minute ago.
    pub(super) fn note(&self, key: &ApiKey, at: Timestamp) {
        let latest = KeyUse { workspace: key.workspace, key: key.id, at };
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.get(&key.id).is_none_or(|present| is_worth_noting(present.latest.at, at)) {
            noted.insert(key.id, PendingUse { latest, stored: false });
        }
    }

    /// Takes what is to be stored.
    fn take(&self, now: Timestamp) -> Vec<KeyUse> {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.retain(|_, each| !each.stored || !is_worth_noting(each.latest.at, now));
        let pending = noted.values_mut().filter(|each| !each.stored);
        pending
            .map(|each| {
                each.stored = true;
                each.latest
            })
            .collect()
    }

    /// Takes back what could not be stored, unless a later use was noted meanwhile.
    fn put_back(&self, uses: Vec<KeyUse>) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for latest in uses {
            noted
                .entry(latest.key)
                .and_modify(|present| present.stored = false)
                .or_insert(PendingUse { latest, stored: false });
        }
    }
}

fn is_worth_noting(before: Timestamp, now: Timestamp) -> bool {
    now.as_unix_millis() - before.as_unix_millis() >= PRECISION_MILLIS
}

impl KeyService {
    /// Stores when keys were last used. The server calls it now and then; a failure loses nothing,
    /// the next call tries again.
    pub async fn store_uses(&self) -> Result<(), Error> {
        let uses = self.uses.take(self.contexts.begin().now());
        if uses.is_empty() {
            return Ok(());
        }
        let stored = self.keys.remember_uses(uses.clone()).await;
        if stored.is_err() {
            self.uses.put_back(uses);
        }
        Ok(stored?)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::ports::{MockKeyRepository, MockUserRepository, RepositoryError};
    use crate::testing::{NOW, context_factory, key, time, workspace};

    fn used(key: &ApiKey, millis: i64) -> KeyUse {
        KeyUse { workspace: workspace(), key: key.id, at: time(millis) }
    }

    #[test]
    fn a_use_is_noted_once_a_minute() {
        let (uses, key) = (KeyUseTracker::default(), key(&[]));

        uses.note(&key, time(NOW));
        uses.note(&key, time(NOW + 59_999));
        assert_eq!(uses.take(time(NOW)), [used(&key, NOW)]);
        assert_eq!(uses.take(time(NOW)), []);

        uses.note(&key, time(NOW + 59_999));
        assert_eq!(uses.take(time(NOW)), []);
        uses.note(&key, time(NOW + 60_000));
        assert_eq!(uses.take(time(NOW)), [used(&key, NOW + 60_000)]);
    }

    #[test]
    fn what_was_stored_is_forgotten_in_a_minute() {
        let (uses, key) = (KeyUseTracker::default(), key(&[]));
        uses.note(&key, time(NOW));
        uses.take(time(NOW));

        uses.take(time(NOW + 60_000));

        assert!(uses.0.lock().expect("not poisoned").is_empty());
    }

    #[tokio::test]
    async fn what_could_not_be_stored_is_stored_later() {
        let (uses, key) = (KeyUseTracker::default(), key(&[]));
        uses.note(&key, time(NOW));
        let mut keys = MockKeyRepository::new();
        let expected = vec![used(&key, NOW)];
        keys.expect_remember_uses()
            .times(1)
            .returning(|_| Err(RepositoryError::Unavailable("gone".into())));
        keys.expect_remember_uses().times(1).with(eq(expected)).returning(|_| Ok(()));
        let users = Arc::new(MockUserRepository::new());
        let service = KeyService::new(Arc::new(keys), users, uses, context_factory());

        assert!(service.store_uses().await.is_err());
        assert!(service.store_uses().await.is_ok());
        assert!(service.store_uses().await.is_ok(), "nothing is left to store");
    }
}
