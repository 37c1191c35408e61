-- Lists are walks along these indexes: with the status fixed, each is in the order of a list, and a
-- list of several statuses, or of any, merges one walk for each. So every order has an index that
-- starts with the status, and every filter one that goes on with it.
DROP INDEX conversations_by_priority;
CREATE INDEX conversations_by_urgency ON conversations (workspace_id, status, priority, id);
CREATE INDEX conversations_by_update ON conversations (workspace_id, status, updated_at, id);
CREATE INDEX conversations_by_channel ON conversations (workspace_id, channel, status, id);
CREATE INDEX conversations_by_source ON conversations (workspace_id, source, status, id);
