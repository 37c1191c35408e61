-- The feed of changes of a workspace. An event has ids, a version and the names of fields, but no
-- content: that is read together with the event.
--
-- A write inserts its events into events_waiting, as its last step, without numbers and without waiting
-- for other writes. The next reader numbers them: it locks the row of the workspace in event_heads, and
-- moves all committed events into events. So numbers have no gaps, no event becomes visible below a
-- number that was already returned, and no write waits for the commit of another one.
--
-- seq is the last number. floor is the last number whose event is no longer stored, and floor_id the
-- id of that event, or of the workspace if no event was deleted yet. settled is an
-- optimisation: no event of an older transaction waits.
--
-- Half of each page stays free, so that a new version of a row fits beside the old one.
CREATE TABLE event_heads (
    workspace_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    floor BIGINT NOT NULL,
    floor_id UUID NOT NULL,
    settled XID8 NOT NULL DEFAULT '0',
    PRIMARY KEY (workspace_id),
    CONSTRAINT event_heads_workspace_fk FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) WITH (
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0
);

INSERT INTO event_heads (workspace_id, seq, floor, floor_id)
SELECT id, 0, 0, id FROM workspaces;

-- Tickets have the order of the changes of each row: a write locks the row first, and takes its ticket
-- after that. An identity column, unlike a sequence, needs no right of its own.
--
-- There are no foreign keys to workspaces here: each would cost a lookup per event. Every write locks a
-- row that has one.
CREATE TABLE events_waiting (
    workspace_id UUID NOT NULL,
    xid XID8 NOT NULL DEFAULT pg_current_xact_id(),
    ticket BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY,
    id UUID NOT NULL,
    kind SMALLINT NOT NULL,
    subject_id UUID NOT NULL,
    part_id UUID,
    part_number BIGINT,
    version BIGINT NOT NULL,
    fields TEXT NOT NULL,
    key_id UUID,
    actor_name TEXT NOT NULL,
    PRIMARY KEY (workspace_id, xid, ticket)
) WITH (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0
);

-- kind is a number for the type. For a message, subject_id is the conversation, part_id the message
-- and part_number its number; for a change of a conversation, part_number is the revision of its
-- history entries. fields are names separated by commas.
CREATE TABLE events (
    workspace_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    id UUID NOT NULL,
    kind SMALLINT NOT NULL,
    subject_id UUID NOT NULL,
    part_id UUID,
    part_number BIGINT,
    version BIGINT NOT NULL,
    fields TEXT NOT NULL,
    key_id UUID,
    actor_name TEXT NOT NULL,
    PRIMARY KEY (workspace_id, seq)
);
