-- The feed of changes of a workspace. An event has ids, a version and the names of fields, and nothing
-- that anybody wrote: that is looked up when the event is read. One writes at a time, and so a write
-- numbers its events itself.
--
-- seq is the last number that was given. floor is the last one whose event is not kept any more, and
-- floor_id was the id of that event; where none has gone yet, it is the workspace's.
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

-- kind is a number for the type. Of a message, subject_id is the conversation, part_id the message
-- and part_number its number; of a change of a conversation, part_number is the revision in which its
-- history tells of it. fields are names with commas between.
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
