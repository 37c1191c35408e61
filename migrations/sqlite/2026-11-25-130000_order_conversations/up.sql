-- Lists are walks along these indexes: with the status fixed, each is in the order of a list, and a
-- list of several statuses, or of any, merges one walk for each. So every order has an index that
-- starts with the status, and every filter one that goes on with it.
DROP INDEX conversations_by_priority;
CREATE INDEX conversations_by_urgency ON conversations (workspace_id, status, priority, id);
CREATE INDEX conversations_by_update ON conversations (workspace_id, status, updated_at, id);
CREATE INDEX conversations_by_channel ON conversations (workspace_id, channel, status, id);
CREATE INDEX conversations_by_source ON conversations (workspace_id, source, status, id);

-- What SQLite's planner is told of the sizes of things, in place of what ANALYZE would find in a
-- file that may be empty today: without it, it takes a status for as rare as a customer, and plans
-- would change with the file. Rows, then rows for each value of the first columns of the index.
ANALYZE workspaces;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('conversations', 'conversations', '10000000 1000000 1'),
    ('conversations', 'conversations_by_status', '10000000 1000000 300000 1'),
    ('conversations', 'conversations_by_urgency', '10000000 1000000 300000 80000 1'),
    ('conversations', 'conversations_by_update', '10000000 1000000 300000 1 1'),
    ('conversations', 'conversations_by_inbox', '10000000 1000000 100000 30000 1'),
    ('conversations', 'conversations_by_assignee', '10000000 1000000 50000 15000 1'),
    ('conversations', 'conversations_by_customer', '10000000 1000000 100 1'),
    ('conversations', 'conversations_by_channel', '10000000 1000000 250000 80000 1'),
    ('conversations', 'conversations_by_source', '10000000 1000000 250000 80000 1'),
    ('conversation_labels', 'conversation_labels', '10000000 1000000 2000 1'),
    ('conversation_labels', 'conversation_labels_by_conversation', '10000000 1000000 2'),
    ('messages', 'messages', '50000000 5000000 5 1'),
    ('messages', 'sqlite_autoindex_messages_2', '50000000 5000000 5 1'),
    ('conversation_history', 'conversation_history', '50000000 5000000 5 1');
