-- What `conversations seed` has begun in a workspace: every run generates the same conversations again, by
-- their numbers. Times are simulated, and end here.
CREATE TABLE seedings (
    workspace_id UUID NOT NULL,
    first BIGINT NOT NULL,
    conversations BIGINT NOT NULL,
    batch BIGINT NOT NULL,
    customers BIGINT NOT NULL,
    users BIGINT NOT NULL,
    inboxes BIGINT NOT NULL,
    messages_per BIGINT NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (workspace_id, first),
    CONSTRAINT seedings_workspace_fk FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
);
