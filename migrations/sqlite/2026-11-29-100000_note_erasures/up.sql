-- Deletions that are larger than one short transaction are noted here, made invisible in that
-- transaction, and carried out in steps. The process that finds a row continues it: the one that noted it,
-- another one, or the next one after a crash. The row goes with the last step.
--
-- The target is what goes: a customer with all their conversations, a user, who is unassigned from
-- theirs, a workspace with all it has, or a conversation. A conversation that goes belongs to a
-- customer of the same id, who is made for it and is erased from the beginning. So all that is
-- invisible for a while are customers and users that are erased, and the conversations of the
-- former, and every foreign key holds at any time.
--
-- The rest is what the steps need for the audit of conversations and for their histories.
CREATE TABLE erasures (
    workspace_id BLOB NOT NULL,
    target_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    reason TEXT,
    key_id BLOB,
    actor_name TEXT NOT NULL,
    request_id TEXT,
    PRIMARY KEY (workspace_id, target_id),
    CONSTRAINT erasures_workspace_fk FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) STRICT, WITHOUT ROWID;

-- Whether they are gone for every caller. Their content is gone already: what is left is the row to
-- which conversations still refer.
ALTER TABLE customers ADD COLUMN erasing INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN erasing INTEGER NOT NULL DEFAULT 0;
