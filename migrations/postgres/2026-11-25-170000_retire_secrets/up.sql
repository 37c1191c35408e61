-- Secrets of keys that were replaced and still open their key for a while. Like keys they are looked
-- for by hash before anybody knows whose they are. Without a foreign key to the key: what is left
-- of one that is gone opens nothing.
CREATE TABLE retired_secrets (
    hash BYTEA NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL,
    key_id UUID NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT retired_secrets_workspace_fk FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
);

CREATE INDEX retired_secrets_by_key ON retired_secrets (workspace_id, key_id);
