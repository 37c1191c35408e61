-- Requests that may be sent again. Both hashes are SHA-256: of method, path and idempotency key, and
-- of query and body. They outlive the reply when something that it showed is erased.
CREATE TABLE idempotent_requests (
    workspace_id BLOB NOT NULL,
    key_hash BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, key_hash),
    CONSTRAINT idempotent_requests_workspace_fk
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) STRICT, WITHOUT ROWID;

-- By which old ones are found, in whatever workspace.
CREATE INDEX idempotent_requests_by_age ON idempotent_requests (made_at);

CREATE TABLE kept_replies (
    workspace_id BLOB NOT NULL,
    key_hash BLOB NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (workspace_id, key_hash),
    CONSTRAINT kept_replies_request_fk
        FOREIGN KEY (workspace_id, key_hash)
        REFERENCES idempotent_requests (workspace_id, key_hash)
) STRICT;

-- What a reply shows: when that is erased, the reply is found by it and goes as well.
CREATE TABLE kept_reply_subjects (
    workspace_id BLOB NOT NULL,
    subject_id BLOB NOT NULL,
    key_hash BLOB NOT NULL,
    PRIMARY KEY (workspace_id, subject_id, key_hash),
    CONSTRAINT kept_reply_subjects_request_fk
        FOREIGN KEY (workspace_id, key_hash)
        REFERENCES idempotent_requests (workspace_id, key_hash)
) STRICT, WITHOUT ROWID;

-- For the deletion of a request, and for its foreign key.
CREATE INDEX kept_reply_subjects_by_request ON kept_reply_subjects (workspace_id, key_hash);
