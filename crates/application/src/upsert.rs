//! Creating or changing what has an external id, in one step.

use conversations_domain::ExternalId;

use crate::{Conflict, Error, Precondition};

/// What should become of the one with an external id.
#[derive(Debug, Clone, PartialEq)]
pub struct Upsert<C> {
    /// Which one.
    pub external_id: ExternalId,
    /// What should become of it, or what a new one is made of.
    pub changes: C,
    /// The precondition, so that the caller does not change an unseen state. With one, nothing is
    /// created.
    pub precondition: Precondition,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Upserted<T> {
    /// There was none, and now there is this one.
    Created(T),
    /// It was there, and is like this now.
    Changed(T),
}

impl Precondition {
    /// Makes sure that something may be created: a state of it, or that it is there, cannot be demanded.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`].
    pub(crate) fn allow_creation(&self) -> Result<(), Error> {
        match self {
            Self::None => Ok(()),
            Self::Exists | Self::State(_) => Err(Error::PreconditionFailed),
        }
    }
}

/// What the creation of something answers that was not there a moment ago: when another caller has created
/// it meanwhile, the next attempt finds it and changes it.
pub(crate) fn created<T>(result: Result<T, Error>) -> Result<Upserted<T>, Error> {
    match result {
        Err(Error::Conflict(Conflict::ExternalIdTaken)) => Err(Error::WriteConflict),
        result => result.map(Upserted::Created),
    }
}
