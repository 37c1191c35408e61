-- Messages and history are always looked for in their conversation, and the newest of a conversation
-- is the one with the largest id: their keys say both.
ALTER TABLE messages DROP CONSTRAINT messages_pkey;
ALTER TABLE messages ADD PRIMARY KEY (workspace_id, conversation_id, id);

ALTER TABLE conversation_history DROP CONSTRAINT conversation_history_pkey;
ALTER TABLE conversation_history ADD PRIMARY KEY (workspace_id, conversation_id, id);
DROP INDEX conversation_history_by_conversation;

-- The revision of the conversation that the change made: changes are in this order, whatever the
-- clocks of those who made them said. 0 for what was there before it was kept.
ALTER TABLE conversation_history ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
