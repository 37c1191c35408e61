//! Doing what a request asks for once, however often it is sent: `Idempotency-Key` (contract,
//! section 1: retries).
//!
//! The reply is kept in the transaction of the write, by the write itself: a use case that can be
//! asked for so takes a [`Remember`] and puts what it makes of it into its
//! [`Commit`](crate::ports::Commit).

use std::error::Error as StdError;
use std::sync::Arc;

use conversations_domain::{ApiKey, Customer, Inbox, Message, Timestamp, User};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::keys::CreatedKey;
use crate::ports::{ConversationDetails, IdempotentRequest, ReplyRepository, ReplyTo};
use crate::{Caller, Error, Moments};

/// What a reply shows: with it, the reply has to go.
pub trait Shows {
    /// The ids of all whose content is in the reply.
    fn shows(&self) -> Vec<Uuid>;
}

impl Shows for ConversationDetails {
    fn shows(&self) -> Vec<Uuid> {
        let Self { conversation, customer, assignee } = self;
        let customer = customer.as_ref().map(|customer| customer.id().as_uuid());
        let assignee = assignee.as_ref().map(|user| user.id().as_uuid());
        [Some(conversation.id().as_uuid()), customer, assignee].into_iter().flatten().collect()
    }
}

impl Shows for Message {
    fn shows(&self) -> Vec<Uuid> {
        vec![self.conversation().as_uuid(), self.id().as_uuid()]
    }
}

macro_rules! shows_itself {
    ($($name:ident),*) => {
        $(impl Shows for $name {
            fn shows(&self) -> Vec<Uuid> {
                vec![self.id().as_uuid()]
            }
        })*
    };
}

shows_itself!(Customer, User, Inbox);

impl Shows for CreatedKey {
    fn shows(&self) -> Vec<Uuid> {
        let Self { key: ApiKey { id, .. }, secret: _ } = self;
        vec![id.as_uuid()]
    }
}

/// How the outcome of a command is put into a reply.
type Content<T> = dyn Fn(&T) -> Result<String, Box<dyn StdError + Send + Sync>> + Send + Sync;

/// The reply that is to be kept of a command with the outcome `T`, if one is.
pub struct Remember<T>(Option<(IdempotentRequest, Arc<Content<T>>)>);

impl<T> Clone for Remember<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Shows + 'static> Remember<T> {
    /// No reply is kept: the command is not to be asked for again.
    #[must_use]
    pub fn nothing() -> Self {
        Self(None)
    }

    /// The reply to this request.
    fn reply(request: IdempotentRequest, content: Arc<Content<T>>) -> Self {
        Self(Some((request, content)))
    }

    /// For a write that ends in an outcome `O` of which the command's is made.
    pub(crate) fn when<O: 'static>(
        self,
        at: Timestamp,
        outcome: impl Fn(&O) -> T + Send + Sync + 'static,
    ) -> Option<ReplyTo<O>> {
        let (request, content) = self.0?;
        let render = move |written: &O| {
            let outcome = outcome(written);
            Ok((content(&outcome)?, outcome.shows()))
        };
        Some(ReplyTo::new(request, at, render))
    }

    /// For a write whose outcome is known before.
    pub(crate) fn known(self, at: Timestamp, outcome: &T) -> Result<Option<ReplyTo<()>>, Error> {
        let Some((request, content)) = self.0 else { return Ok(None) };
        let rendered = (content(outcome).map_err(Error::Internal)?, outcome.shows());
        Ok(Some(ReplyTo::new(request, at, move |()| Ok(rendered.clone()))))
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
pub enum Outcome<T> {
    /// It was done.
    Done(T),
    /// It was done before, and this is the reply that was kept.
    Repeated(String),
}

/// What does requests once.
#[derive(Clone)]
pub struct OnceService {
    replies: Arc<dyn ReplyRepository>,
    moments: Moments,
}

impl OnceService {
    /// The service over these ports.
    #[must_use]
    pub fn new(replies: Arc<dyn ReplyRepository>, moments: Moments) -> Self {
        Self { replies, moments }
    }

    /// Runs a command, unless the same request came before. Without a request that can be told
    /// apart it just runs.
    ///
    /// # Errors
    /// Those of the command; [`Error::KeyReused`] when another request had the same key;
    /// [`Error::InProgress`] when the same request is being done; [`Error::NotFound`] when the kept
    /// reply showed something that was erased.
    pub async fn run<T: Shows + 'static>(
        &self,
        caller: &Caller,
        request: Option<IdempotentRequest>,
        content: impl Fn(&T) -> Result<String, Box<dyn StdError + Send + Sync>> + Send + Sync + 'static,
        command: impl AsyncFnOnce(Remember<T>) -> Result<T, Error>,
    ) -> Result<Outcome<T>, Error> {
        let Some(request) = request else {
            return command(Remember::nothing()).await.map(Outcome::Done);
        };
        if let Some(reply) = self.earlier(caller, request).await? {
            return Ok(Outcome::Repeated(reply));
        }
        match command(Remember::reply(request, Arc::new(content))).await {
            Ok(done) => Ok(Outcome::Done(done)),
            // The same request may have come through meanwhile, and be why this one cannot.
            Err(refused) if refused.may_be_of_the_request_itself() => {
                match self.earlier(caller, request).await? {
                    Some(reply) => Ok(Outcome::Repeated(reply)),
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
        let now = self.moments.begin().now();
        match self.replies.find(caller.workspace, key, now).await? {
            None => Ok(None),
            Some(earlier) if earlier.fingerprint != fingerprint => Err(Error::KeyReused),
            Some(earlier) => earlier.content.map(Some).ok_or(Error::NotFound),
        }
    }

    /// Forgets some of the requests whose replies are no longer kept, and answers whether there may
    /// be more. The server calls it now and then, with pauses: others want to write.
    pub async fn forget_some(&self) -> Result<bool, Error> {
        Ok(self.replies.forget_old(self.moments.begin().now()).await?)
    }
}

impl Error {
    /// Whether a request that came through a moment ago may be the reason why the same is refused.
    fn may_be_of_the_request_itself(&self) -> bool {
        match self {
            Self::InProgress
            | Self::NotFound
            | Self::InvalidReferences(_)
            | Self::PreconditionFailed
            | Self::Conflict(_)
            | Self::Contended => true,
            Self::Forbidden { .. }
            | Self::ForbiddenAll { .. }
            | Self::CannotGrant { .. }
            | Self::CursorGone { .. }
            | Self::Invalid(_)
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
