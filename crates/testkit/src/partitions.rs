//! A PostgreSQL that stands in for a cluster: its tables are partitioned by workspace, as Citus spreads
//! them over nodes. A statement whose plan touches more than one partition would ask more than one node.

/// How many partitions each table has.
const PARTITIONS: u32 = 3;

/// What the name of a partition has before its number.
const PARTITION: &str = "_partition_";

/// Statements that may touch more than one partition, by a part of their text, and why.
const ALLOWED: &[(&str, &str)] = &[
    ("_folded\\\" IS NULL", "what a migration leaves to do, once at each start"),
    ("_to_fold", "what a migration leaves to do, once at each start"),
    ("FROM \\\"conversations_without_texts", "what a migration leaves to do, once at each start"),
    ("FROM \\\"erasures\\\" ORDER BY", "all deletions that are to go on, once at each start"),
    ("FROM \\\"workspaces\\\" WHERE", "commands of operators look for what is being deleted"),
    (
        "FROM \\\"idempotent_requests\\\" WHERE (\\\"idempotent_requests\\\".\\\"made_at",
        "seldom, in the background",
    ),
    ("FROM \\\"event_heads\\\" WHERE", "pages of the feed, see docs/scale-out.md"),
    ("FROM \\\"event_heads\\\" ORDER BY", "the command check compares the feeds of all workspaces"),
    ("INNER JOIN \\\"event_heads\\\"", "webhooks that are due, in the background"),
    ("webhook_deliveries\\\".\\\"workspace_id\\\" = \\\"webhooks\\\"", "seldom, in the background"),
];

/// Makes every table of a schema without rows one that is partitioned by workspace, if each of its unique
/// keys has the workspace. Keys and indexes come from the catalogue, so new ones follow by themselves.
pub(crate) fn partition_all() -> String {
    format!(
        "DO $partition$
         DECLARE r record; o record;
         BEGIN
           CREATE TEMP TABLE spread ON COMMIT DROP AS
             SELECT c.oid, c.relname::text AS name FROM pg_class c
             WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
               AND EXISTS (SELECT FROM pg_attribute a
                           WHERE a.attrelid = c.oid AND a.attname = 'workspace_id')
               AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique
                 AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid
                   AND a.attname = 'workspace_id' AND a.attnum = ANY (i.indkey::int2[])));
           CREATE TEMP TABLE again ON COMMIT DROP AS
             SELECT 1 AS turn, format('ALTER TABLE %I ADD CONSTRAINT %I %s', s.name, k.conname,
                    pg_get_constraintdef(k.oid)) AS statement
             FROM pg_constraint k JOIN spread s ON s.oid = k.conrelid WHERE k.contype IN ('p', 'u', 'c')
             UNION ALL
             SELECT 2, pg_get_indexdef(i.indexrelid)
             FROM pg_index i JOIN spread s ON s.oid = i.indrelid
             WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid
                               AND k.contype IN ('p', 'u'))
             UNION ALL
             SELECT 3, format('ALTER TABLE %I ADD CONSTRAINT %I %s', s.name, k.conname,
                    pg_get_constraintdef(k.oid))
             FROM pg_constraint k JOIN spread s ON s.oid = k.conrelid WHERE k.contype = 'f';
           FOR r IN SELECT * FROM spread LOOP
             EXECUTE format('CREATE TABLE spread_out (LIKE %I INCLUDING DEFAULTS INCLUDING IDENTITY
                             INCLUDING STORAGE) PARTITION BY HASH (workspace_id)', r.name);
             EXECUTE format('DROP TABLE %I CASCADE', r.name);
             EXECUTE format('ALTER TABLE spread_out RENAME TO %I', r.name);
             FOR part IN 0..{PARTITIONS} - 1 LOOP
               EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES
                               WITH (MODULUS {PARTITIONS}, REMAINDER %s)',
                              r.name || '{PARTITION}' || part, r.name, part);
             END LOOP;
           END LOOP;
           FOR o IN SELECT * FROM again ORDER BY turn LOOP
             EXECUTE o.statement;
           END LOOP;
           -- Errors name the index of a part, as those of a cluster do.
           FOR r IN SELECT i.inhrelid::regclass AS part, p.relname AS whole,
                      substring(t.relname FROM '{PARTITION}([0-9]+)$') AS number
                    FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent AND p.relkind = 'I'
                    JOIN pg_index x ON x.indexrelid = i.inhrelid JOIN pg_class t ON t.oid = x.indrelid
           LOOP
             EXECUTE format('ALTER INDEX %s RENAME TO %I', r.part, r.whole || '_' || r.number);
           END LOOP;
         END $partition$"
    )
}

/// Has a database tell every client the plan of each of its statements, with what is bound in it.
pub(crate) fn tell_plans(database: &str) -> String {
    let settings = [
        "session_preload_libraries = 'auto_explain'",
        "auto_explain.log_min_duration = 0",
        "auto_explain.log_level = 'notice'",
        "auto_explain.log_format = 'json'",
        "client_min_messages = 'notice'",
    ];
    let set = settings.map(|setting| format!("ALTER DATABASE {database} SET {setting}"));
    set.join("; ")
}

/// What is wrong with a plan, if something is.
pub(crate) fn flaw_of(plan: &str) -> Option<String> {
    let touched: std::collections::BTreeSet<_> = plan
        .match_indices(PARTITION)
        .filter_map(|(place, name)| plan[place + name.len()..].chars().next())
        .filter(char::is_ascii_digit)
        .collect();
    if touched.len() < 2 {
        return None;
    }
    let statement = plan.split("\"Query Text\": ").nth(1)?.lines().next()?.to_owned();
    // Every node has a copy of what is locked here.
    let locks = plan.contains("\"LockRows\"") && !statement.contains("FROM \\\"workspaces");
    let is_allowed = ALLOWED.iter().any(|(part, _)| statement.contains(part));
    (locks || !is_allowed).then_some(statement)
}
