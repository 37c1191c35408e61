-- The user whom a key speaks for, if any. Without a foreign key, which SQLite cannot add for two columns:
-- a transaction that sets the user holds them, and the one that deletes the user takes them from their
-- keys, which it finds by the index.
ALTER TABLE api_keys ADD COLUMN user_id UUID;

CREATE INDEX api_keys_by_user ON api_keys (workspace_id, user_id) WHERE user_id IS NOT NULL;
