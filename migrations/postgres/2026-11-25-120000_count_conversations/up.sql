-- How many conversations there are, kept by every write in its own transaction, so that a total
-- needs no count. A conversation is in four cells: of its inbox or of all, and of its assignee or of
-- all. All is ffffffff-ffff-ffff-ffff-ffffffffffff, and unassigned is the UUID of zeros; neither is ever made
-- as an id, and so there are no foreign keys to inboxes and users.
--
-- A cell is the sum of its slots: concurrent writes use different slots, and do not wait for each other's
-- commit. The number in a single slot may be below zero.
--
-- Half of each page stays free, so that a new version of a row lies beside the old one and no index
-- changes; what is dead is cleared away long before it is a fifth of the table.
CREATE TABLE conversation_counts (
    workspace_id UUID NOT NULL,
    inbox_id UUID NOT NULL,
    assignee_id UUID NOT NULL,
    status TEXT NOT NULL,
    priority SMALLINT NOT NULL,
    slot SMALLINT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, inbox_id, assignee_id, status, priority, slot),
    CONSTRAINT conversation_counts_workspace_fk
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) WITH (
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0
);

-- The same for the days on which conversations were made, in UTC, from 0 for 1970-01-01: ids are in
-- the order of making, so a day is a range of ids, and these tell which day a page is in.
CREATE TABLE conversation_days (
    workspace_id UUID NOT NULL,
    day INTEGER NOT NULL,
    status TEXT NOT NULL,
    slot SMALLINT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, day, status, slot),
    CONSTRAINT conversation_days_workspace_fk
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) WITH (
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0
);

-- The existing conversations. None is created or changed while they are counted.
LOCK TABLE conversations IN SHARE MODE;

WITH alone AS (
    SELECT
        workspace_id,
        inbox_id,
        COALESCE(assignee_id, '00000000-0000-0000-0000-000000000000') AS assignee_id,
        status,
        priority,
        count(*) AS n
    FROM conversations
    GROUP BY 1, 2, 3, 4, 5
),
of_all_inboxes AS (
    SELECT
        workspace_id,
        'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid AS inbox_id,
        assignee_id,
        status,
        priority,
        sum(n) AS n
    FROM alone
    GROUP BY 1, 2, 3, 4, 5
),
with_all_inboxes AS (
    SELECT * FROM alone
    UNION ALL
    SELECT * FROM of_all_inboxes
)
INSERT INTO conversation_counts
    (workspace_id, inbox_id, assignee_id, status, priority, slot, n)
SELECT workspace_id, inbox_id, assignee_id, status, priority, 0, n
FROM with_all_inboxes
UNION ALL
SELECT
    workspace_id,
    inbox_id,
    'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid,
    status,
    priority,
    0,
    sum(n)
FROM with_all_inboxes
GROUP BY 1, 2, 3, 4, 5;

-- The first 48 bits of an id are milliseconds.
INSERT INTO conversation_days (workspace_id, day, status, slot, n)
SELECT
    workspace_id,
    (('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint / 86400000)::integer,
    status,
    0,
    count(*)
FROM conversations
GROUP BY 1, 2, 3;
