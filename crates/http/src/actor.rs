//! Who did something, as the history of conversations and the audit show it.

use conversations_domain::{Actor, KeyId};

use crate::body::response_body;

response_body! {
    /// Who performed an action.
    #[body(name = "Actor")]
    pub(crate) struct ActorBody {
        /// The id of the key; null for the command line.
        key_id: Option<KeyId>,
        /// The name of the key at that time; `cli` for the command line.
        name: String,
    }
}

impl From<Actor> for ActorBody {
    fn from(actor: Actor) -> Self {
        let Actor { key, name } = actor;
        Self { key_id: key, name }
    }
}
