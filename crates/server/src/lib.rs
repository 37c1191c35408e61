//! The server binary of Conversations: configuration, command line and composition
