ALTER TABLE conversation_history DROP COLUMN revision;
CREATE INDEX conversation_history_by_conversation
    ON conversation_history (workspace_id, conversation_id, id);
ALTER TABLE conversation_history DROP CONSTRAINT conversation_history_pkey;
ALTER TABLE conversation_history ADD PRIMARY KEY (workspace_id, id);

ALTER TABLE messages DROP CONSTRAINT messages_pkey;
ALTER TABLE messages ADD PRIMARY KEY (workspace_id, id);
