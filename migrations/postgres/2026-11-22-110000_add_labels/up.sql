-- A JSON array of strings, read and written whole.
ALTER TABLE conversations ADD COLUMN labels TEXT NOT NULL DEFAULT '[]';

-- The same labels one by one, by which conversations are found.
CREATE TABLE conversation_labels (
    workspace_id UUID NOT NULL,
    label TEXT NOT NULL,
    conversation_id UUID NOT NULL,
    PRIMARY KEY (workspace_id, label, conversation_id),
    CONSTRAINT conversation_labels_conversation_fk
        FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversations (workspace_id, id)
);

CREATE INDEX conversation_labels_by_conversation
    ON conversation_labels (workspace_id, conversation_id);
