-- Messages and history are always looked for in their conversation, and the newest of a conversation
-- is the one with the largest id: their keys say both.
--
-- SQLite cannot change a key. Nothing refers to these tables, so they can be made anew.
ALTER TABLE messages RENAME TO messages_before;

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
    PRIMARY KEY (workspace_id, conversation_id, id),
    CONSTRAINT messages_number_key UNIQUE (workspace_id, conversation_id, number),
    CONSTRAINT messages_conversation_fk
        FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversations (workspace_id, id)
) STRICT;

INSERT INTO messages (
    workspace_id, id, conversation_id, number, author_kind, author_id, internal, body
)
SELECT workspace_id, id, conversation_id, number, author_kind, author_id, internal, body
FROM messages_before;

DROP TABLE messages_before;

ALTER TABLE conversation_history RENAME TO conversation_history_before;

CREATE TABLE conversation_history (
    workspace_id BLOB NOT NULL,
    id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    -- The revision of the conversation that the change made: changes are in this order, whatever
    -- the clocks of those who made them said. 0 for what was there before it was kept.
    revision INTEGER NOT NULL,
    field TEXT NOT NULL,
    -- JSON values; NULL where the field was empty.
    from_value TEXT,
    to_value TEXT,
    key_id BLOB,
    actor_name TEXT NOT NULL,
    PRIMARY KEY (workspace_id, conversation_id, id),
    CONSTRAINT conversation_history_conversation_fk
        FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversations (workspace_id, id)
) STRICT, WITHOUT ROWID;

INSERT INTO conversation_history (
    workspace_id, id, conversation_id, revision, field, from_value, to_value, key_id, actor_name
)
SELECT workspace_id, id, conversation_id, 0, field, from_value, to_value, key_id, actor_name
FROM conversation_history_before;

DROP TABLE conversation_history_before;
