ALTER TABLE conversation_texts DROP CONSTRAINT conversation_texts_pkey;
ALTER TABLE conversation_texts ADD PRIMARY KEY (workspace_id, conversation_id, text_id, part);
