//! Executes a request once, however often it is sent: `Idempotency-Key`
//! (docs/api.md#sending-again).
//!
//! The reply is kept in the transaction of the write, by the write itself: a use case that can be
//! asked for so takes a [`ResponseRecorder`] and puts what it makes of it into its
//! [`Commit`](crate::ports::Commit).

use std::error::Error as StdError;
use std::sync::Arc;

use conversations_domain::{Customer, Inbox, Message, Timestamp, User};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::ports::{IdempotentRequest, ResponseToStore, StoredResponseRepository};
use crate::read_model::{ConversationDetails, WebhookDetails};
use crate::{Caller, ContextFactory, Error};

/// What a reply shows: with it, the reply has to go.
pub trait ResponseSubjects {
    /// The ids of all whose content is in the reply.
    fn subjects(&self) -> Vec<Uuid>;
}

impl ResponseSubjects for ConversationDetails {
    fn subjects(&self) -> Vec<Uuid> {
        let Self { conversation, customer, assignee } = self;
        let customer = customer.as_ref().map(|customer| customer.id().as_uuid());
        let assignee = assignee.as_ref().map(|user| user.id().as_uuid());
        [Some(conversation.id().as_uuid()), customer, assignee].into_iter().flatten().collect()
    }
}

impl ResponseSubjects for Message {
    fn subjects(&self) -> Vec<Uuid> {
        vec![self.conversation().as_uuid(), self.id().as_uuid()]
    }
}

macro_rules! is_its_own_subject {
    ($($name:ident),*) => {
        $(impl ResponseSubjects for $name {
            fn subjects(&self) -> Vec<Uuid> {
                vec![self.id().as_uuid()]
            }
        })*
    };
}

is_its_own_subject!(Customer, User, Inbox);

impl ResponseSubjects for WebhookDetails {
    fn subjects(&self) -> Vec<Uuid> {
        vec![self.webhook.id().as_uuid()]
    }
}

/// How the outcome of a command is put into a reply.
type ResponseContent<T> =
    dyn Fn(&T) -> Result<String, Box<dyn StdError + Send + Sync>> + Send + Sync;

/// The reply that is to be kept of a command with the outcome `T`, if one is.
pub struct ResponseRecorder<T>(Option<(IdempotentRequest, Arc<ResponseContent<T>>)>);

impl<T> Clone for ResponseRecorder<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: ResponseSubjects + 'static> ResponseRecorder<T> {
    /// No reply is kept: the command is not to be asked for again.
    #[must_use]
    pub fn disabled() -> Self {
        Self(None)
    }

    /// The reply to this request.
    fn recording(request: IdempotentRequest, content: Arc<ResponseContent<T>>) -> Self {
        Self(Some((request, content)))
    }

    /// For a write that ends in an outcome `O` of which the command's is made.
    pub(crate) fn on_outcome<O: 'static>(
        self,
        at: Timestamp,
        outcome: impl Fn(&O) -> T + Send + Sync + 'static,
    ) -> Option<ResponseToStore<O>> {
        let (request, content) = self.0?;
        let render = move |written: &O| {
            let outcome = outcome(written);
            Ok((content(&outcome)?, outcome.subjects()))
        };
        Some(ResponseToStore::new(request, at, render))
    }

    /// For a write whose outcome is known before.
    pub(crate) fn with_outcome(
        self,
        at: Timestamp,
        outcome: &T,
    ) -> Result<Option<ResponseToStore<()>>, Error> {
        let Some((request, content)) = self.0 else { return Ok(None) };
        let rendered = (content(outcome).map_err(Error::Internal)?, outcome.subjects());
        Ok(Some(ResponseToStore::new(request, at, move |()| Ok(rendered.clone()))))
    }
}

impl IdempotentRequest {
    /// The request with this method, path and idempotency key, with this query and this body.
    #[must_use]
    pub fn new(method: &str, path: &str, key: &str, query: &str, body: &[u8]) -> Self {
        Self {
            key: hash([method.as_bytes(), path.as_bytes(), key.as_bytes()]),
            fingerprint: hash([query.as_bytes(), body]),
        }
    }
}

/// The hash of several texts, which takes them as they are apart: "a", "bc" is not "ab", "c".
fn hash<const N: usize>(parts: [&[u8]; N]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// What became of a request.
#[derive(Debug, PartialEq)]
pub enum IdempotentOutcome<T> {
    /// It was done.
    Executed(T),
    /// It was done before, and this is the reply that was kept.
    Replayed(String),
}

/// What does requests once.
#[derive(Clone)]
pub struct IdempotencyService {
    replies: Arc<dyn StoredResponseRepository>,
    contexts: ContextFactory,
}

impl IdempotencyService {
    /// The service over these ports.
    #[must_use]
    pub fn new(replies: Arc<dyn StoredResponseRepository>, contexts: ContextFactory) -> Self {
        Self { replies, contexts }
    }

    /// Runs a command, unless the idempotency key was used before. Without a request that can be
    /// told apart it just runs.
    ///
    /// # Errors
    /// Those of the command; [`Error::KeyReused`] when another request had the same key;
    /// [`Error::InProgress`] when the same request is being done; [`Error::NotFound`] when the kept
    /// reply showed something that was erased.
    pub async fn run<T: ResponseSubjects + 'static>(
        &self,
        caller: &Caller,
        request: Option<IdempotentRequest>,
        content: impl Fn(&T) -> Result<String, Box<dyn StdError + Send + Sync>> + Send + Sync + 'static,
        command: impl AsyncFnOnce(ResponseRecorder<T>) -> Result<T, Error>,
    ) -> Result<IdempotentOutcome<T>, Error> {
        let Some(request) = request else {
            return command(ResponseRecorder::disabled()).await.map(IdempotentOutcome::Executed);
        };
        if let Some(response) = self.earlier(caller, request).await? {
            return Ok(IdempotentOutcome::Replayed(response));
        }
        match command(ResponseRecorder::recording(request, Arc::new(content))).await {
            Ok(done) => Ok(IdempotentOutcome::Executed(done)),
            // The same request may have come through meanwhile, and be why this one cannot.
            Err(refused) if refused.may_be_caused_by_the_same_request() => {
                match self.earlier(caller, request).await? {
                    Some(response) => Ok(IdempotentOutcome::Replayed(response)),
                    None => Err(refused),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// The reply that is kept of a request, if one is.
    async fn earlier(
        &self,
        caller: &Caller,
        request: IdempotentRequest,
    ) -> Result<Option<String>, Error> {
        let IdempotentRequest { key, fingerprint } = request;
        let now = self.contexts.begin().now();
        match self.replies.find(caller.workspace, key, now).await? {
            None => Ok(None),
            Some(earlier) if earlier.fingerprint != fingerprint => Err(Error::KeyReused),
            Some(earlier) => earlier.content.map(Some).ok_or(Error::NotFound),
        }
    }

    /// Forgets some of the requests whose replies are no longer kept, and answers whether there may
    /// be more. The server calls it now and then, with pauses: others want to write.
    pub async fn delete_some_expired(&self) -> Result<bool, Error> {
        Ok(self.replies.delete_expired(self.contexts.begin().now()).await?)
    }
}

impl Error {
    /// Whether a request that came through a moment ago may be the reason why the same is refused.
    fn may_be_caused_by_the_same_request(&self) -> bool {
        match self {
            Self::InProgress
            | Self::NotFound
            | Self::InvalidReferences(_)
            | Self::PreconditionFailed
            | Self::Conflict(_)
            | Self::WriteConflict => true,
            Self::Forbidden { .. }
            | Self::ForbiddenAll { .. }
            | Self::CannotGrant { .. }
            | Self::CursorGone { .. }
            | Self::Invalid(_)
            | Self::Incomplete(_)
            | Self::InvalidCursor(_)
            | Self::PageTooLarge(_)
            | Self::BudgetExhausted(_)
            | Self::KeyReused
            | Self::Unavailable(_)
            | Self::StorageFull
            | Self::Internal(_) => false,
        }
    }
}

#[cfg(test)]
mod tests;
