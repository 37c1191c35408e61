//! What created a conversation: a property of the API key that it was made for.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// The kind of integration that a key was made for; its conversations carry it.
    #[derive(Default)]
    Source {
        Widget = "widget",
        Phone = "phone",
        #[default]
        Api = "api",
        Email = "email",
    }
}
