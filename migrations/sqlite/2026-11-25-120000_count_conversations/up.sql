-- How many conversations there are, kept by every write in its own transaction, so that a total
-- needs no count. A conversation is in four cells: of its inbox or of all, and of its assignee or of
-- all. All is 16 bytes of ff, and unassigned is 16 bytes of zeros; neither is ever made as an id, and so there
-- are no foreign keys to inboxes and users.
--
-- The slot is always 0 here, where one writes at a time. On PostgreSQL a cell has several.
CREATE TABLE conversation_counts (
    workspace_id BLOB NOT NULL,
    inbox_id BLOB NOT NULL,
    assignee_id BLOB NOT NULL,
    status TEXT NOT NULL,
    priority INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, inbox_id, assignee_id, status, priority, slot),
    CONSTRAINT conversation_counts_workspace_fk
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) STRICT, WITHOUT ROWID;

-- The same for the days on which conversations were made, in UTC, from 0 for 1970-01-01: ids are in
-- the order of making, so a day is a range of ids, and these tell which day a page is in.
CREATE TABLE conversation_days (
    workspace_id BLOB NOT NULL,
    day INTEGER NOT NULL,
    status TEXT NOT NULL,
    slot INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, day, status, slot),
    CONSTRAINT conversation_days_workspace_fk
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id)
) STRICT, WITHOUT ROWID;

-- The existing conversations.
WITH alone AS (
    SELECT
        workspace_id,
        inbox_id,
        COALESCE(assignee_id, x'00000000000000000000000000000000') AS assignee_id,
        status,
        priority,
        count(*) AS n
    FROM conversations
    GROUP BY 1, 2, 3, 4, 5
),
of_all_inboxes AS (
    SELECT
        workspace_id,
        x'ffffffffffffffffffffffffffffffff' AS inbox_id,
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
    x'ffffffffffffffffffffffffffffffff',
    status,
    priority,
    0,
    sum(n)
FROM with_all_inboxes
GROUP BY 1, 2, 3, 4, 5;

-- The first 48 bits of an id are milliseconds. SQLite makes no number of a blob, but it shows the
-- digits, and the place of a digit among all is its worth.
INSERT INTO conversation_days (workspace_id, day, status, slot, n)
SELECT
    workspace_id,
    (
        instr('123456789ABCDEF', substr(digits, 1, 1)) * 17592186044416
        + instr('123456789ABCDEF', substr(digits, 2, 1)) * 1099511627776
        + instr('123456789ABCDEF', substr(digits, 3, 1)) * 68719476736
        + instr('123456789ABCDEF', substr(digits, 4, 1)) * 4294967296
        + instr('123456789ABCDEF', substr(digits, 5, 1)) * 268435456
        + instr('123456789ABCDEF', substr(digits, 6, 1)) * 16777216
        + instr('123456789ABCDEF', substr(digits, 7, 1)) * 1048576
        + instr('123456789ABCDEF', substr(digits, 8, 1)) * 65536
        + instr('123456789ABCDEF', substr(digits, 9, 1)) * 4096
        + instr('123456789ABCDEF', substr(digits, 10, 1)) * 256
        + instr('123456789ABCDEF', substr(digits, 11, 1)) * 16
        + instr('123456789ABCDEF', substr(digits, 12, 1))
    ) / 86400000,
    status,
    0,
    count(*)
FROM (SELECT workspace_id, hex(substr(id, 1, 6)) AS digits, status FROM conversations)
GROUP BY 1, 2, 3;
