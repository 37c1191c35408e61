//! Keys that were found a moment ago. Every request looks for its key, and nearly always finds the
//! one that was found just before.
//!
//! What is remembered is the hash of a secret and the key itself, for less than a second from the
//! moment at which the database was asked. A change through this process ends that at once; others
//! have that second, which [`TIME_TO_LIVE`] is a part of.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use conversations_application::ports::{
    Bootstrap, Commit, KeyRecord, KeyRepository, KeyRotation, KeyUse, KeyWithWorkspace,
    OptionalResponse, RepositoryError, SecretHash, Updated, WorkspaceRepository,
};
use conversations_application::read_model::KeyDetails;
use conversations_application::{PageSlice, PageWindow};
use conversations_domain::{ApiKey, Inbox, KeyId, Name, Timestamp, Workspace, WorkspaceId};

use crate::Repositories;

/// How long a key is remembered: less than a second, so that a request a second after a change sees
/// the change.
pub(crate) const TIME_TO_LIVE: Duration = Duration::from_millis(800);

/// How many keys are remembered at most, some hundred bytes each.
const MAX_KEYS: usize = 4096;

/// The keys that the process found lately: one for all of its workers.
#[derive(Debug, Clone, Default)]
pub(crate) struct ApiKeyCache(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    known: HashMap<SecretHash, CachedKey>,
    /// How many changes there were: an answer that was asked for before the last one may be older
    /// than it.
    changes: u64,
    swept_at: Option<Instant>,
}

#[derive(Debug)]
struct CachedKey {
    key: ApiKey,
    until: Instant,
}

/// When the database was asked.
struct Lookup {
    at: Instant,
    changes: u64,
}

/// That keys change, until this value is dropped: whether the change came through or not, and also
/// when no caller waits for it.
struct Invalidation<'a, F: Fn(&ApiKey) -> bool> {
    cache: &'a ApiKeyCache,
    touches: F,
}

impl ApiKeyCache {
    /// The same repositories, of which keys are remembered for a moment.
    pub(crate) fn wrap(&self, repositories: Repositories) -> Repositories {
        let Repositories { workspaces, keys, .. } = repositories.clone();
        let keys = Arc::new(CachingKeyRepository { stored: keys, cache: self.clone() });
        let workspaces =
            Arc::new(CachingWorkspaceRepository { stored: workspaces, cache: self.clone() });
        Repositories { workspaces, keys, ..repositories }
    }

    fn find(&self, hash: SecretHash, now: Instant) -> Option<ApiKey> {
        let state = self.state();
        state.known.get(&hash).filter(|known| now < known.until).map(|known| known.key.clone())
    }

    fn begin_lookup(&self, at: Instant) -> Lookup {
        Lookup { at, changes: self.state().changes }
    }

    /// Remembers an answer, unless something changed since it was asked for.
    fn insert(&self, lookup: &Lookup, hash: SecretHash, key: ApiKey) {
        let mut state = self.state();
        if state.changes == lookup.changes && state.has_room(lookup.at) {
            state.known.insert(hash, CachedKey { key, until: lookup.at + TIME_TO_LIVE });
        }
    }

    /// Begins a change of the keys that it touches.
    fn invalidate<F: Fn(&ApiKey) -> bool>(&self, touches: F) -> Invalidation<'_, F> {
        Invalidation { cache: self, touches }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether one more can be remembered, if need be in the place of what is too old.
    fn has_room(&mut self, now: Instant) -> bool {
        let swept_long_ago = self.swept_at.is_none_or(|at| now >= at + TIME_TO_LIVE);
        if self.known.len() >= MAX_KEYS && swept_long_ago {
            self.known.retain(|_, known| now < known.until);
            self.swept_at = Some(now);
        }
        self.known.len() < MAX_KEYS
    }
}

impl<F: Fn(&ApiKey) -> bool> Drop for Invalidation<'_, F> {
    fn drop(&mut self) {
        let mut state = self.cache.state();
        state.changes += 1;
        state.known.retain(|_, known| !(self.touches)(&known.key));
    }
}

/// The keys of a database, with those that were found lately.
struct CachingKeyRepository {
    stored: Arc<dyn KeyRepository>,
    cache: ApiKeyCache,
}

#[async_trait]
impl KeyRepository for CachingKeyRepository {
    async fn find_by_hash(&self, hash: SecretHash) -> Result<Option<ApiKey>, RepositoryError> {
        let now = Instant::now();
        if let Some(key) = self.cache.find(hash, now) {
            return Ok(Some(key));
        }
        let lookup = self.cache.begin_lookup(now);
        let found = self.stored.find_by_hash(hash).await?;
        if let Some(key) = &found {
            self.cache.insert(&lookup, hash, key.clone());
        }
        Ok(found)
    }

    async fn find_anywhere(&self, id: KeyId) -> Result<Option<ApiKey>, RepositoryError> {
        self.stored.find_anywhere(id).await
    }

    async fn find(
        &self,
        workspace: WorkspaceId,
        id: KeyId,
    ) -> Result<Option<KeyDetails>, RepositoryError> {
        self.stored.find(workspace, id).await
    }

    async fn find_with_workspace(
        &self,
        workspace: WorkspaceId,
        id: KeyId,
    ) -> Result<Option<KeyWithWorkspace>, RepositoryError> {
        self.stored.find_with_workspace(workspace, id).await
    }

    async fn list(
        &self,
        workspace: WorkspaceId,
        window: PageWindow,
    ) -> Result<PageSlice<KeyDetails>, RepositoryError> {
        self.stored.list(workspace, window).await
    }

    async fn create(
        &self,
        workspace: WorkspaceId,
        commit: Commit<KeyRecord, OptionalResponse>,
    ) -> Result<(), RepositoryError> {
        self.stored.create(workspace, commit).await
    }

    async fn update(
        &self,
        workspace: WorkspaceId,
        commit: Commit<Updated<ApiKey>>,
    ) -> Result<(), RepositoryError> {
        let id = commit.write.changed.id;
        let _change = self.cache.invalidate(|key| key.id == id);
        self.stored.update(workspace, commit).await
    }

    async fn rotate(
        &self,
        workspace: WorkspaceId,
        commit: Commit<KeyRotation>,
    ) -> Result<(), RepositoryError> {
        let id = commit.write.revision.changed.id;
        let _change = self.cache.invalidate(|key| key.id == id);
        self.stored.rotate(workspace, commit).await
    }

    async fn revoke(
        &self,
        workspace: WorkspaceId,
        commit: Commit<KeyId>,
    ) -> Result<bool, RepositoryError> {
        let id = commit.write;
        let _change = self.cache.invalidate(|key| key.id == id);
        self.stored.revoke(workspace, commit).await
    }

    async fn remember_uses(&self, uses: Vec<KeyUse>) -> Result<(), RepositoryError> {
        self.stored.remember_uses(uses).await
    }
}

/// The workspaces of a database, with whose end their keys are forgotten.
struct CachingWorkspaceRepository {
    stored: Arc<dyn WorkspaceRepository>,
    cache: ApiKeyCache,
}

#[async_trait]
impl WorkspaceRepository for CachingWorkspaceRepository {
    async fn bootstrap(&self, bootstrap: Bootstrap) -> Result<bool, RepositoryError> {
        self.stored.bootstrap(bootstrap).await
    }

    async fn create(&self, workspace: Workspace) -> Result<(), RepositoryError> {
        self.stored.create(workspace).await
    }

    async fn create_with_inbox(
        &self,
        workspace: Workspace,
        inbox: Inbox,
    ) -> Result<(), RepositoryError> {
        self.stored.create_with_inbox(workspace, inbox).await
    }

    async fn find_by_name(&self, name: Name) -> Result<Option<Workspace>, RepositoryError> {
        self.stored.find_by_name(name).await
    }

    async fn list(&self) -> Result<Vec<Workspace>, RepositoryError> {
        self.stored.list().await
    }

    async fn erase(&self, workspace: WorkspaceId, at: Timestamp) -> Result<bool, RepositoryError> {
        let _change = self.cache.invalidate(|key| key.workspace == workspace);
        self.stored.erase(workspace, at).await
    }
}

#[cfg(test)]
mod tests;
