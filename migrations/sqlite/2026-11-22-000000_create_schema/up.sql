-- A workspace is a tenant. Every other key starts with workspace_id: a row of another workspace
-- cannot be referred to even by a bug, and the schema can be distributed by workspace as it is.
-- Times of making are not stored: they are inside the ids, which are UUIDv7.
--
-- Ids are BLOBs of 16 bytes (hex(id) shows one), times are INTEGERs in milliseconds since the Unix
-- epoch. STRICT keeps SQLite from storing one type in another's column; WITHOUT ROWID keeps a
-- workspace's rows together in the order of their ids. There are no CHECKs on words that may
-- grow, because SQLite cannot change one without rebuilding the table.
CREATE TABLE workspaces (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    CONSTRAINT workspaces_name_key UNIQUE (name)
) STRICT, WITHOUT ROWID;

-- Keys are looked for by hash before anybody knows whose they are, so these keys stand alone.
CREATE TABLE api_keys (
    id BLOB NOT NULL PRIMARY KEY,
    workspace_id BLOB NOT NULL,
    name TEXT NOT NULL,
    -- SHA-256 of the secret; the secret itself is nowhere.
    hash BLOB NOT NULL,
    hint TEXT NOT NULL,
    -- Permissions by their canonical names, with single blanks between.
    permissions TEXT NOT NULL,
    source TEXT NOT NULL,
    expires_at INTEGER,
    CONSTRAINT api_keys_hash_key UNIQUE (hash),
    CONSTRAINT api_keys_workspace_fk FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) STRICT, WITHOUT ROWID;

CREATE INDEX api_keys_by_workspace ON api_keys (workspace_id, id);

CREATE TABLE inboxes (
    workspace_id BLOB NOT NULL,
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    channel TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT inboxes_workspace_fk FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) STRICT, WITHOUT ROWID;

-- Folded columns hold text without regard to case, folded by the service: the databases' own
-- ideas of case differ.
CREATE TABLE users (
    workspace_id BLOB NOT NULL,
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL,
    role TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT users_email_key UNIQUE (workspace_id, email_folded),
    CONSTRAINT users_workspace_fk FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE customers (
    workspace_id BLOB NOT NULL,
    id BLOB NOT NULL,
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
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT customers_email_key UNIQUE (workspace_id, email_folded),
    CONSTRAINT customers_workspace_fk FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversations (
    workspace_id BLOB NOT NULL,
    id BLOB NOT NULL,
    subject TEXT NOT NULL,
    status TEXT NOT NULL,
    -- The rank, from 0 for low, so that the order is the order of urgency.
    priority INTEGER NOT NULL,
    channel TEXT NOT NULL,
    source TEXT NOT NULL,
    inbox_id BLOB NOT NULL,
    customer_id BLOB,
    assignee_id BLOB,
    message_count INTEGER NOT NULL,
    last_message_number INTEGER NOT NULL,
    last_message_at INTEGER,
    closed_at INTEGER,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT conversations_workspace_fk FOREIGN KEY (workspace_id) REFERENCES workspaces (id),
    CONSTRAINT conversations_inbox_fk
        FOREIGN KEY (workspace_id, inbox_id) REFERENCES inboxes (workspace_id, id),
    CONSTRAINT conversations_customer_fk
        FOREIGN KEY (workspace_id, customer_id) REFERENCES customers (workspace_id, id),
    CONSTRAINT conversations_assignee_fk
        FOREIGN KEY (workspace_id, assignee_id) REFERENCES users (workspace_id, id)
) STRICT, WITHOUT ROWID;

-- One index for each filter that callers have, each in the order of the list: newest first is a
-- walk backwards.
CREATE INDEX conversations_by_status ON conversations (workspace_id, status, id);
CREATE INDEX conversations_by_priority ON conversations (workspace_id, priority, status, id);
CREATE INDEX conversations_by_inbox ON conversations (workspace_id, inbox_id, status, id);
CREATE INDEX conversations_by_assignee ON conversations (workspace_id, assignee_id, status, id);
CREATE INDEX conversations_by_customer ON conversations (workspace_id, customer_id, id);

CREATE TABLE messages (
    workspace_id BLOB NOT NULL,
    id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    author_kind TEXT NOT NULL,
    -- Without a foreign key: what an agent wrote stays when the agent is deleted.
    author_id BLOB,
    internal INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT messages_number_key UNIQUE (workspace_id, conversation_id, number),
    CONSTRAINT messages_conversation_fk
        FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversations (workspace_id, id)
) STRICT;

-- Who did it is kept by id and by name: the key may have been deleted since.
CREATE TABLE conversation_history (
    workspace_id BLOB NOT NULL,
    id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    field TEXT NOT NULL,
    -- JSON values; NULL where the field was empty.
    from_value TEXT,
    to_value TEXT,
    key_id BLOB,
    actor_name TEXT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT conversation_history_conversation_fk
        FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversations (workspace_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX conversation_history_by_conversation
    ON conversation_history (workspace_id, conversation_id, id);

-- What remains of deletions and of changes to keys; nothing of the content. The target may be
-- gone, so there is no foreign key to it.
CREATE TABLE audit_entries (
    workspace_id BLOB NOT NULL,
    id BLOB NOT NULL,
    action TEXT NOT NULL,
    target_id BLOB NOT NULL,
    reason TEXT,
    message_count INTEGER,
    key_id BLOB,
    actor_name TEXT NOT NULL,
    request_id TEXT,
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT audit_entries_workspace_fk FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) STRICT, WITHOUT ROWID;
