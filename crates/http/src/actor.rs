//! Who did something, as the history of conversations and the audit show it.

use conversations_domain::{Actor, KeyId};

use crate::body::response_body;

response_body! {
    /// Who did something.
    #[body(name = "Actor")]
    pub(crate) struct ActorBody {
        /// The key; null for somebody at the command line.
        key_id: Option<KeyId>,
        /// What the key was called then.
        name: String,
    }
}

impl From<Actor> for ActorBody {
    fn from(actor: Actor) -> Self {
        let Actor { key, name } = actor;
        Self { key_id: key, name }
    }
}
