//! What the reply to a write shows: the resource to a caller who may read it, and else its id alone.
//!
//! Read and write permissions do not imply each other (docs/api.md#keys-and-permissions), so a
//! write must not be a way to read. A route of a method that writes takes no handler that answers
//! anything but a [`WriteReply`], and none of those is made without a [`Disclosure`].

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::caller::{Caller, Writes};
use crate::schema::{ObjectSchema, Schema, Schemas, object_schema};

/// How much of a resource a caller who wrote it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disclosure {
    /// All of it: the caller may read it.
    Whole,
    /// Its id, and nothing that the caller did not send.
    IdOnly,
}

/// A resource in the reply to a write.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Disclosed<T> {
    /// As it is read.
    Whole(T),
    /// Its id.
    IdOnly(IdOnly),
}

/// A resource of which nothing is shown but its id. Whatever else a reply holds is left out when it
/// is read as this.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct IdOnly {
    #[serde(rename = "_id")]
    id: Uuid,
}

/// What is shown under an id.
pub(crate) trait Identified {
    /// The id.
    fn id(&self) -> Uuid;
}

/// A reply to a write, which shows no more than its caller may read.
pub(crate) trait WriteReply {
    /// Whether it shows a resource, of which a caller who may not read it is shown the id alone.
    const SHOWS_RESOURCE: bool = true;
}

impl<R: WriteReply, E> WriteReply for Result<R, E> {}

impl Disclosure {
    /// How much this caller is shown of what it writes.
    pub(crate) fn to<P: Writes>(caller: &Caller<P>) -> Self {
        if caller.permissions.allow(P::READING) { Self::Whole } else { Self::IdOnly }
    }

    /// As much of a resource as is shown.
    pub(crate) fn of<T: Identified>(self, resource: T) -> Disclosed<T> {
        match self {
            Self::Whole => Disclosed::Whole(resource),
            Self::IdOnly => Disclosed::IdOnly(IdOnly { id: resource.id() }),
        }
    }
}

/// What a reply to a write shows is one object with the fields of the resource, of which only the id
/// is sure to be there. Clients that are made from the description make one class of it; of a choice
/// between two objects many make none.
impl<T: ObjectSchema> Schema for Disclosed<T> {
    fn schema(schemas: &mut Schemas) -> Value {
        schemas.named(&format!("Written{}", T::NAME), |schemas| {
            let mut schema = object_schema::<T>(schemas);
            schema["required"] = json!(["_id"]);
            schema["description"] = json!(format!(
                "{} The reply to a write shows only the id to a key that may not read it.",
                T::TEXT
            ));
            schema
        })
    }
}

macro_rules! identified {
    ($($body:ty),* $(,)?) => {
        $(impl $crate::disclosure::Identified for $body {
            fn id(&self) -> uuid::Uuid {
                self.id.as_uuid()
            }
        })*
    };
}
pub(crate) use identified;
