-- The id of a conversation in another system, as of customers. Conversations are listed by it like by
-- inbox: the status before the order.
ALTER TABLE conversations ADD COLUMN external_source TEXT;
ALTER TABLE conversations ADD COLUMN external_id TEXT;

CREATE UNIQUE INDEX conversations_external_id_key
    ON conversations (workspace_id, external_id, external_source)
    WHERE external_id IS NOT NULL;
CREATE INDEX conversations_by_external_id
    ON conversations (workspace_id, external_id, status, id)
    WHERE external_id IS NOT NULL;
