DROP INDEX conversations_by_source;
DROP INDEX conversations_by_channel;
DROP INDEX conversations_by_update;
DROP INDEX conversations_by_urgency;
CREATE INDEX conversations_by_priority ON conversations (workspace_id, priority, status, id);
DELETE FROM sqlite_stat1;
