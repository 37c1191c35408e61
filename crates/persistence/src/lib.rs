//! Diesel persistence for Conversations on SQLite and PostgreSQL
