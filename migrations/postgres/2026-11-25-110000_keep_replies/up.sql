-- Requests that may be sent again. Both hashes are SHA-256: of method, path and idempotency key, and
-- of query and body. They outlive the reply when something that it showed is erased.
CREATE TABLE idempotent_requests (
    workspace_id UUID NOT NULL,
    key_hash BYTEA NOT NULL,
    fingerprint BYTEA NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (workspace_id, key_hash),
    CONSTRAINT idempotent_requests_workspace_fk
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
);

-- By which old ones are found, in whatever workspace.
CREATE INDEX idempotent_requests_by_age ON idempotent_requests (made_at);

CREATE TABLE kept_replies (
    workspace_id UUID NOT NULL,
    key_hash BYTEA NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (workspace_id, key_hash),
    CONSTRAINT kept_replies_request_fk
        FOREIGN KEY (workspace_id, key_hash)
        REFERENCES idempotent_requests (workspace_id, key_hash)
);

-- What a reply shows: when that is erased, the reply is found by it and goes as well.
CREATE TABLE kept_reply_subjects (
    workspace_id UUID NOT NULL,
    subject_id UUID NOT NULL,
    key_hash BYTEA NOT NULL,
    PRIMARY KEY (workspace_id, subject_id, key_hash),
    CONSTRAINT kept_reply_subjects_request_fk
        FOREIGN KEY (workspace_id, key_hash)
        REFERENCES idempotent_requests (workspace_id, key_hash)
);

-- For the deletion of a request, and for its foreign key.
CREATE INDEX kept_reply_subjects_by_request ON kept_reply_subjects (workspace_id, key_hash);
