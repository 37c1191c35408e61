-- A search names the workspace, so that a cluster asks one node. An index that began with the workspace
-- would tempt the planner to walk through all texts of it.
ALTER TABLE conversation_texts DROP CONSTRAINT conversation_texts_pkey;
ALTER TABLE conversation_texts ADD PRIMARY KEY (conversation_id, workspace_id, text_id, part);
