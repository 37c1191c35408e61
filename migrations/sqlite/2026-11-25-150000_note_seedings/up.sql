-- What `conversations seed` has begun in a workspace: every run generates the same conversations again, by
-- their numbers. Times are simulated, and end here.
CREATE TABLE seedings (
    workspace_id BLOB NOT NULL,
    first INTEGER NOT NULL,
    conversations INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    customers INTEGER NOT NULL,
    users INTEGER NOT NULL,
    inboxes INTEGER NOT NULL,
    messages_per INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, first),
    CONSTRAINT seedings_workspace_fk FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) STRICT, WITHOUT ROWID;
