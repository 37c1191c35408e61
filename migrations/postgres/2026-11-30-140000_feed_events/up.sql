-- The feed of changes of a workspace. An event has ids, a version and the names of fields, and nothing
-- that anybody wrote: that is looked up when the event is read.
--
-- A write puts its events into events_waiting, as the last thing that it does, without a number and
-- without waiting for anybody. Who reads gives numbers: it holds the row of the workspace in
-- event_heads and moves what is committed into events. So numbers have no gap, nothing becomes visible
-- below a number that anybody has seen, and no writer waits for the commit of another one.
--
-- seq is the last number that was given. floor is the last one whose event is not kept any more, and
-- floor_id was the id of that event; where none has gone yet, it is the workspace's. settled is a
-- short cut: no event of an older transaction waits.
--
-- Half of each page stays free, so that a new version of a row lies beside the old one.
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

-- Tickets say in which order events were written that belong to the same thing: who changes it took
-- its row first, and the ticket after that.
CREATE SEQUENCE event_tickets AS BIGINT;

-- There are no foreign keys to workspaces here: each would cost a look per event. Whatever leaves an
-- event holds a row that has one.
CREATE TABLE events_waiting (
    workspace_id UUID NOT NULL,
    xid XID8 NOT NULL DEFAULT pg_current_xact_id(),
    ticket BIGINT NOT NULL DEFAULT nextval('event_tickets'),
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

-- kind is a number for the type. Of a message, subject_id is the conversation, part_id the message
-- and part_number its number; of a change of a conversation, part_number is the revision in which its
-- history tells of it. fields are names with commas between.
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
