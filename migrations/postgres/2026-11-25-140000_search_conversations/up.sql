-- The words of what was said, by which conversations are found: a row for the subject of a
-- conversation and one for each message, more of them where a text is long (see parts in the
-- service). The service splits and folds text, so that both databases find the same: no
-- configuration of text search is used, and none has to be installed.
--
-- Each word begins with a few letters that stand for its workspace. So the index needs no second
-- column, which would take the extension btree_gin, and a search walks only what is its workspace's.
CREATE TABLE conversation_texts (
    workspace_id UUID NOT NULL,
    conversation_id UUID NOT NULL,
    -- The message; the nil UUID for the subject.
    text_id UUID NOT NULL,
    part SMALLINT NOT NULL,
    words TSVECTOR NOT NULL,
    PRIMARY KEY (workspace_id, conversation_id, text_id, part),
    CONSTRAINT conversation_texts_conversation_fk
        FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversations (workspace_id, id)
);

-- Names and other words are content: the statistics of the planner shall not keep samples of them,
-- and they would be of no use to it, because what is looked for is a parameter.
ALTER TABLE conversation_texts ALTER COLUMN words SET STATISTICS 0;

-- New words wait in a list before they are sorted in, which costs a writer less; but each search walks
-- through that list, so it is short (in kB).
CREATE INDEX conversation_texts_by_word
    ON conversation_texts USING gin (words) WITH (gin_pending_list_limit = 256);

-- Conversations that were there before, whose words the service has still to find.
CREATE TABLE conversations_without_texts (
    workspace_id UUID NOT NULL,
    conversation_id UUID NOT NULL,
    PRIMARY KEY (workspace_id, conversation_id)
);

INSERT INTO conversations_without_texts (workspace_id, conversation_id)
SELECT workspace_id, id FROM conversations;
