-- The words of what was said, by which conversations are found: a row for the subject of a
-- conversation and one for each message, more of them where a text is long (see parts in the
-- service). The service splits and folds text, so that both databases find the same.
--
-- Each word begins with a few letters that stand for its workspace, so that a search walks only what
-- is its workspace's.
CREATE TABLE conversation_texts (
    -- By which the index below knows the row. It has to be said: SQLite may number rows anew that
    -- have no number of their own.
    row_number INTEGER PRIMARY KEY,
    workspace_id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    -- The message; the nil UUID for the subject.
    text_id BLOB NOT NULL,
    part INTEGER NOT NULL,
    -- With single blanks between.
    words TEXT NOT NULL,
    CONSTRAINT conversation_texts_key UNIQUE (workspace_id, conversation_id, text_id, part),
    CONSTRAINT conversation_texts_conversation_fk
        FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversations (workspace_id, id)
) STRICT;

-- Indexes that table, and keeps no copy of the words. Whatever is no blank belongs to a word,
-- whether or not this SQLite knows the character: where words end was decided before.
CREATE VIRTUAL TABLE conversation_words USING fts5 (
    words,
    content = 'conversation_texts',
    content_rowid = 'row_number',
    tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'"
);

-- What is deleted is taken out of the index at once, where FTS5 else only notes that it is gone.
INSERT INTO conversation_words (conversation_words, rank) VALUES ('secure-delete', 1);

-- Conversations that were there before, whose words the service has still to find.
CREATE TABLE conversations_without_texts (
    workspace_id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    PRIMARY KEY (workspace_id, conversation_id)
) STRICT, WITHOUT ROWID;

INSERT INTO conversations_without_texts (workspace_id, conversation_id)
SELECT workspace_id, id FROM conversations;
