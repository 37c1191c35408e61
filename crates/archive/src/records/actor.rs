//! Who changed something, in lines of changes.

use conversations_domain::{Actor, KeyId};

use crate::field::PlainText;
use crate::object::object;

object! {
    /// Who changed something.
    ActorRecord {
        /// The key, which is not part of the file; null for the command line.
        key_id: Option<KeyId> = "keyId",
        /// The name of the key at that time.
        name: PlainText = "name",
    }
}

impl From<Actor> for ActorRecord {
    fn from(Actor { key, name }: Actor) -> Self {
        Self { key_id: key, name: PlainText(name) }
    }
}

impl From<ActorRecord> for Actor {
    fn from(ActorRecord { key_id: key, name: PlainText(name) }: ActorRecord) -> Self {
        Self { key, name }
    }
}
