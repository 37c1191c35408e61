//! Stores replies, so that a request that is sent again gets the same reply and has no further
//! effect (docs/api.md#sending-again).

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use conversations_domain::{ConversationId, Timestamp, Version, WorkspaceId};
use uuid::Uuid;

use super::RepositoryError;

/// How long a reply is kept.
pub const RESPONSES_ARE_STORED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// A request that may be sent again, by what of it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdempotentRequest {
    /// The SHA-256 of its method, its path and its idempotency key: by which it is found.
    pub key: [u8; 32],
    /// The SHA-256 of its query and its body: by which it is told from another request with the
    /// same key.
    pub fingerprint: [u8; 32],
}

/// A reply that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResponse {
    /// What it replies to.
    pub request: IdempotentRequest,
    /// When.
    pub at: Timestamp,
    /// The reply, in the form that the adapter who made it can read.
    pub content: String,
    /// What it shows. When any of it is erased, the content goes too.
    pub about: Vec<Uuid>,
}

/// A conversation in which there was nothing to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unchanged {
    /// Which one.
    pub conversation: ConversationId,
    /// The [`revision`](conversations_domain::Conversation::revision) that was loaded.
    pub loaded: Version,
}

/// What is known of a request that came before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousRequest {
    /// The fingerprint it had.
    pub fingerprint: [u8; 32],
    /// The reply; none when something that it showed was erased.
    pub content: Option<String>,
}

/// What makes a reply of an outcome.
type ResponseRenderer<O> =
    dyn Fn(&O) -> Result<RenderedResponse, Box<dyn StdError + Send + Sync>> + Send + Sync;

/// A reply, and what it shows.
pub type RenderedResponse = (String, Vec<Uuid>);

/// A reply that is to be kept with a write, in its transaction. What it says is known when the
/// outcome `O` of the write is.
pub struct ResponseToStore<O> {
    request: IdempotentRequest,
    at: Timestamp,
    render: Arc<ResponseRenderer<O>>,
}

/// The reply that is kept with a write that ends in `O`, if one is.
pub type OptionalResponse<O = ()> = Option<ResponseToStore<O>>;

impl<O> ResponseToStore<O> {
    /// The reply to a request at this time, made of the outcome by `render`, which also says what
    /// the reply shows.
    pub fn new(
        request: IdempotentRequest,
        at: Timestamp,
        render: impl Fn(&O) -> Result<RenderedResponse, Box<dyn StdError + Send + Sync>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self { request, at, render: Arc::new(render) }
    }

    /// What it replies to.
    #[must_use]
    pub fn request(&self) -> IdempotentRequest {
        self.request
    }

    /// When.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The reply to a command with this outcome.
    ///
    /// # Errors
    /// When it cannot be put into words: a defect.
    pub fn of(&self, outcome: &O) -> Result<StoredResponse, RepositoryError> {
        let Self { request, at, render } = self;
        let (content, about) = render(outcome).map_err(RepositoryError::Backend)?;
        Ok(StoredResponse { request: *request, at: *at, content, about })
    }
}

impl<O> Clone for ResponseToStore<O> {
    fn clone(&self) -> Self {
        Self { request: self.request, at: self.at, render: Arc::clone(&self.render) }
    }
}

impl<O> fmt::Debug for ResponseToStore<O> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ResponseToStore")
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

impl<O> PartialEq for ResponseToStore<O> {
    /// Replies to the same request at the same time are one.
    fn eq(&self, other: &Self) -> bool {
        (self.request, self.at) == (other.request, other.at)
    }
}

/// The time before which replies are no longer kept.
#[must_use]
pub fn stored_responses_expire_before(now: Timestamp) -> Timestamp {
    let kept = i64::try_from(RESPONSES_ARE_STORED_FOR.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_unix_millis(now.as_unix_millis().saturating_sub(kept)).unwrap_or(now)
}

/// Stores replies. Those to a write come with it, in its [`Commit`](super::Commit), and then the
/// write answers [`RepositoryError::Repeated`] when the idempotency key was used before.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait StoredResponseRepository: Send + Sync {
    /// What is known of an earlier request with this [`key`](IdempotentRequest::key), if its reply
    /// is still kept.
    async fn find(
        &self,
        workspace: WorkspaceId,
        key: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<PreviousRequest>, RepositoryError>;

    /// Keeps a reply that shows a conversation, of a command that had nothing to change in it.
    ///
    /// # Errors
    /// [`RepositoryError::Repeated`] when the idempotency key was used before;
    /// [`RepositoryError::Stale`] when another revision is stored, or the conversation is gone: the
    /// reply would show what is no longer there.
    async fn store_unchanged(
        &self,
        workspace: WorkspaceId,
        unchanged: Unchanged,
        response: ResponseToStore<()>,
    ) -> Result<(), RepositoryError>;

    /// Forgets some of the requests whose replies are no longer kept, in one of the workspaces;
    /// answers whether there may be more.
    async fn delete_expired(&self, now: Timestamp) -> Result<bool, RepositoryError>;
}
