-- A workspace is a tenant. Every other key starts with workspace_id: a row of another workspace
-- cannot be referred to even by a bug, and the schema can be distributed by workspace as it is.
-- Times of making are not stored: they are inside the ids, which are UUIDv7.
--
-- Words that may grow have no CHECKs, so that both databases have the same schema: the service
-- owns the vocabularies.
CREATE TABLE workspaces (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    CONSTRAINT workspaces_name_key UNIQUE (name)
);

-- Keys are looked for by hash before anybody knows whose they are, so these keys stand alone.
CREATE TABLE api_keys (
    id UUID NOT NULL PRIMARY KEY,
    workspace_id UUID NOT NULL,
    name TEXT NOT NULL,
    -- SHA-256 of the secret; the secret itself is nowhere.
    hash BYTEA NOT NULL,
    hint TEXT NOT NULL,
    -- Permissions by their canonical names, with single blanks between.
    permissions TEXT NOT NULL,
    source TEXT NOT NULL,
    expires_at TIMESTAMPTZ,
    CONSTRAINT api_keys_hash_key UNIQUE (hash),
    CONSTRAINT api_keys_workspace_fk FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
);

CREATE INDEX api_keys_by_workspace ON api_keys (workspace_id, id);

CREATE TABLE inboxes (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    channel TEXT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT inboxes_workspace_fk FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
);

-- Folded columns hold text without regard to case, folded by the service: the databases' own
-- ideas of case differ.
CREATE TABLE users (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL,
    role TEXT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT users_email_key UNIQUE (workspace_id, email_folded),
    CONSTRAINT users_workspace_fk FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
);

CREATE TABLE customers (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    first_name TEXT,
    last_name TEXT,
    email TEXT,
    email_folded TEXT,
    phone TEXT,
    company TEXT,
    job_title TEXT,
    tier TEXT NOT NULL,
    status TEXT NOT NULL,
    -- A JSON array of strings, and a JSON object: read and written whole.
    tags TEXT NOT NULL,
    custom_fields TEXT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT customers_email_key UNIQUE (workspace_id, email_folded),
    CONSTRAINT customers_workspace_fk FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
);

CREATE TABLE conversations (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    subject TEXT NOT NULL,
    status TEXT NOT NULL,
    -- The rank, from 0 for low, so that the order is the order of urgency.
    priority SMALLINT NOT NULL,
    channel TEXT NOT NULL,
    source TEXT NOT NULL,
    inbox_id UUID NOT NULL,
    customer_id UUID,
    assignee_id UUID,
    message_count BIGINT NOT NULL,
    last_message_number BIGINT NOT NULL,
    last_message_at TIMESTAMPTZ,
    closed_at TIMESTAMPTZ,
    updated_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT conversations_workspace_fk FOREIGN KEY (workspace_id) REFERENCES workspaces (id),
    CONSTRAINT conversations_inbox_fk
        FOREIGN KEY (workspace_id, inbox_id) REFERENCES inboxes (workspace_id, id),
    CONSTRAINT conversations_customer_fk
        FOREIGN KEY (workspace_id, customer_id) REFERENCES customers (workspace_id, id),
    CONSTRAINT conversations_assignee_fk
        FOREIGN KEY (workspace_id, assignee_id) REFERENCES users (workspace_id, id)
);

-- One index for each filter that callers have, each in the order of the list: newest first is a
-- walk backwards.
CREATE INDEX conversations_by_status ON conversations (workspace_id, status, id);
CREATE INDEX conversations_by_priority ON conversations (workspace_id, priority, status, id);
CREATE INDEX conversations_by_inbox ON conversations (workspace_id, inbox_id, status, id);
CREATE INDEX conversations_by_assignee ON conversations (workspace_id, assignee_id, status, id);
CREATE INDEX conversations_by_customer ON conversations (workspace_id, customer_id, id);

CREATE TABLE messages (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    conversation_id UUID NOT NULL,
    number BIGINT NOT NULL,
    author_kind TEXT NOT NULL,
    -- Without a foreign key: what an agent wrote stays when the agent is deleted.
    author_id UUID,
    internal BOOLEAN NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT messages_number_key UNIQUE (workspace_id, conversation_id, number),
    CONSTRAINT messages_conversation_fk
        FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversations (workspace_id, id)
);

-- Who did it is kept by id and by name: the key may have been deleted since.
CREATE TABLE conversation_history (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    conversation_id UUID NOT NULL,
    field TEXT NOT NULL,
    -- JSON values; NULL where the field was empty.
    from_value TEXT,
    to_value TEXT,
    key_id UUID,
    actor_name TEXT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT conversation_history_conversation_fk
        FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversations (workspace_id, id)
);

CREATE INDEX conversation_history_by_conversation
    ON conversation_history (workspace_id, conversation_id, id);

-- What remains of deletions and of changes to keys; nothing of the content. The target may be
-- gone, so there is no foreign key to it.
CREATE TABLE audit_entries (
    workspace_id UUID NOT NULL,
    id UUID NOT NULL,
    action TEXT NOT NULL,
    target_id UUID NOT NULL,
    reason TEXT,
    message_count BIGINT,
    key_id UUID,
    actor_name TEXT NOT NULL,
    request_id TEXT,
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT audit_entries_workspace_fk FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
);
