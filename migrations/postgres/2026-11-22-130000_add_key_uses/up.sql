ALTER TABLE api_keys ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- When keys were last used. It is apart from the keys because it moves often and they do not, and
-- because keys are found without their workspace. Without a foreign key: a use may be stored while
-- its key goes.
CREATE TABLE key_uses (
    workspace_id UUID NOT NULL,
    key_id UUID NOT NULL,
    last_used_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (workspace_id, key_id),
    CONSTRAINT key_uses_workspace_fk FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
);
