//! The medium in which a customer and the agents talk.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// The medium of a conversation.
    #[derive(Default)]
    Channel {
        #[default]
        Email = "email",
        Chat = "chat",
        Phone = "phone",
        Whatsapp = "whatsapp",
    }
}
