-- The id of a user in another system, as of customers.
ALTER TABLE users ADD COLUMN external_source TEXT;
ALTER TABLE users ADD COLUMN external_id TEXT;

CREATE UNIQUE INDEX users_external_id_key
    ON users (workspace_id, external_id, external_source)
    WHERE external_id IS NOT NULL;
