-- The id of a message in another system, as of customers.
ALTER TABLE messages ADD COLUMN external_source TEXT;
ALTER TABLE messages ADD COLUMN external_id TEXT;

CREATE UNIQUE INDEX messages_external_id_key
    ON messages (workspace_id, external_id, external_source)
    WHERE external_id IS NOT NULL;
