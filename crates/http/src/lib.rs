//! The actix-web HTTP surface of Conversations
