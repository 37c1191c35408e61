-- The feed of changes of a workspace. An event has ids, a version and the names of fields, but no
-- content: that is read together with the event. Only one process writes at a time, so a write numbers
-- its events itself.
--
-- seq is the last number. floor is the last number whose event is no longer stored, and floor_id the
-- id of that event, or of the workspace if no event was deleted yet.
CREATE TABLE event_heads (
    workspace_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    floor INTEGER NOT NULL,
    floor_id BLOB NOT NULL,
    PRIMARY KEY (workspace_id),
    CONSTRAINT event_heads_workspace_fk FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) STRICT, WITHOUT ROWID;

INSERT INTO event_heads (workspace_id, seq, floor, floor_id)
SELECT id, 0, 0, id FROM workspaces;

-- kind is a number for the type. For a message, subject_id is the conversation, part_id the message
-- and part_number its number; for a change of a conversation, part_number is the revision of its
-- history entries. fields are names separated by commas.
CREATE TABLE events (
    workspace_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    id BLOB NOT NULL,
    kind INTEGER NOT NULL,
    subject_id BLOB NOT NULL,
    part_id BLOB,
    part_number INTEGER,
    version INTEGER NOT NULL,
    fields TEXT NOT NULL,
    key_id BLOB,
    actor_name TEXT NOT NULL,
    PRIMARY KEY (workspace_id, seq)
) STRICT, WITHOUT ROWID;
