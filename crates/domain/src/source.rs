//! The source of a conversation: a property of the API key that created it.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// The kind of integration that a key is for; its conversations have it as their source.
    #[derive(Default)]
    Source {
        Widget = "widget",
        Phone = "phone",
        #[default]
        Api = "api",
        Email = "email",
    }
}
