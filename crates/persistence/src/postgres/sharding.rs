//! PostgreSQL on several machines: the extension Citus keeps the rows of a workspace together on one
//! node.
//!
//! The catalogue tells what becomes of a table. Its rows lie on the node of their workspace if each of
//! its unique keys has the workspace. Every node has a copy of the others: of what is looked for before
//! it is known whose it is.

use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel::{QueryResult, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use crate::sharding::{Distribution, DistributionError};

/// Whether the extension is there, in a statement or a block. It costs a look into the catalogue's cache.
macro_rules! has_engine {
    () => {
        "to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL"
    };
}

/// Whether tables are partitioned by workspace on one machine: in tests that stands in for a cluster.
macro_rules! is_partitioned {
    () => {
        "EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('conversations') AND relkind = 'p')"
    };
}

/// Has a transaction use one connection for each node, one after the other.
pub(super) const ONE_BY_ONE: &str = "citus.multi_shard_modify_mode = 'sequential'";

/// What a connection to a sharded database is told besides, within a block. Whole plans for all
/// workspaces cannot be made there, because the node depends on the workspace; and what a transaction
/// sets for itself has to hold on the node that does the work.
pub(super) const SETTINGS: &str = concat!(
    "IF ",
    has_engine!(),
    " THEN PERFORM set_config('plan_cache_mode', 'auto', is_local), \
     set_config('citus.propagate_set_commands', 'local', is_local); ELSIF ",
    is_partitioned!(),
    " THEN PERFORM set_config('plan_cache_mode', 'force_custom_plan', is_local); END IF;"
);

/// The limit that `events_waiting` is read from, once all before it have a number. Nodes count
/// transactions by themselves, and commit one that is on two nodes one after the other: there it is
/// always the beginning.
pub(super) const SETTLED: &str = concat!(
    "CASE WHEN ",
    has_engine!(),
    " THEN '0'::xid8 ELSE pg_snapshot_xmin(pg_current_snapshot()) END"
);

/// The tables, and how each is to be kept: by workspace, or as a copy on every node.
const TABLES: &str = "\
    SELECT c.oid, c.relname::text AS name, \
        EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id' \
                AND NOT a.attisdropped) \
        AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique \
            AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid \
                AND a.attname = 'workspace_id' AND a.attnum = ANY (i.indkey::int2[]))) AS by_workspace \
    FROM pg_class c \
    WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace \
        AND c.relpersistence = 'p' AND NOT relation_is_a_known_shard(c.oid)";

/// Distributes the tables that are not distributed yet. Neither end of a foreign key between two tables
/// can be distributed first, so these keys go for a moment, and come back.
const DISTRIBUTE: &str = "\
    DECLARE r record; first text; \
    BEGIN \
        CREATE TEMP TABLE placed ON COMMIT DROP AS \
            SELECT tables.*, p.logicalrelid IS NOT NULL AS is_done \
            FROM ({tables}) AS tables LEFT JOIN pg_dist_partition p ON p.logicalrelid = tables.oid \
                AND (p.partmethod = 'h' OR p.repmodel = 't'); \
        CREATE TEMP TABLE put_back ON COMMIT DROP AS \
            SELECT k.conrelid::regclass::text AS child, k.conname, \
                pg_get_constraintdef(k.oid) AS definition \
            FROM pg_constraint k JOIN placed c ON c.oid = k.conrelid JOIN placed p ON p.oid = k.confrelid \
            WHERE k.contype = 'f' AND NOT c.is_done AND p.by_workspace; \
        FOR r IN SELECT * FROM put_back LOOP \
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', r.child, r.conname); \
        END LOOP; \
        FOR r IN SELECT name FROM placed WHERE NOT by_workspace AND NOT is_done \
                 ORDER BY EXISTS (SELECT FROM pg_constraint k \
                                  WHERE k.contype = 'f' AND k.conrelid = placed.oid), name LOOP \
            PERFORM create_reference_table(r.name::regclass); \
        END LOOP; \
        SELECT min(name) INTO first FROM placed WHERE by_workspace AND is_done; \
        FOR r IN SELECT name FROM placed WHERE by_workspace AND NOT is_done ORDER BY name LOOP \
            IF first IS NULL THEN \
                PERFORM create_distributed_table(r.name::regclass, 'workspace_id', \
                    colocate_with => 'none'); \
                first := r.name; \
            ELSE \
                PERFORM create_distributed_table(r.name::regclass, 'workspace_id', \
                    colocate_with => first); \
            END IF; \
        END LOOP; \
        FOR r IN SELECT * FROM put_back LOOP \
            EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s', r.child, r.conname, r.definition); \
        END LOOP; \
    END";

/// A table that is distributed otherwise than it would be here.
const OTHERWISE: &str = "\
    SELECT name AS line FROM tables JOIN pg_dist_partition p ON p.logicalrelid = tables.oid \
    WHERE CASE WHEN by_workspace \
        THEN p.partmethod = 'h' AND column_to_column_name(p.logicalrelid, p.partkey) <> 'workspace_id' \
            OR p.repmodel = 't' \
            OR p.partmethod = 'h' AND p.colocationid <> (SELECT min(o.colocationid) \
                FROM pg_dist_partition o JOIN tables t ON t.oid = o.logicalrelid \
                WHERE o.partmethod = 'h') \
        ELSE p.partmethod <> 'n' END \
    ORDER BY name LIMIT 1";

const COUNTS: &str = "\
    SELECT count(*) FILTER (WHERE by_workspace AND p.partmethod = 'h') AS distributed, \
        count(*) FILTER (WHERE NOT by_workspace AND p.repmodel = 't') AS copied, \
        count(*) AS tables, \
        (SELECT count(DISTINCT groupid) FROM pg_dist_node WHERE shouldhaveshards AND noderole = 'primary') \
            AS nodes \
    FROM tables LEFT JOIN pg_dist_partition p ON p.logicalrelid = tables.oid";

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    answer: bool,
}

#[derive(QueryableByName)]
struct Coordinator {
    #[diesel(sql_type = Nullable<Text>)]
    address: Option<String>,
}

#[derive(QueryableByName)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    distributed: i64,
    #[diesel(sql_type = BigInt)]
    copied: i64,
    #[diesel(sql_type = BigInt)]
    tables: i64,
    #[diesel(sql_type = BigInt)]
    nodes: i64,
}

impl Counts {
    fn placed(&self) -> i64 {
        self.distributed + self.copied
    }
}

/// Whether the database has the extension.
pub(super) async fn has_engine(connection: &mut AsyncPgConnection) -> QueryResult<bool> {
    let question = concat!("SELECT ", has_engine!(), " AS answer");
    let Answer { answer } = diesel::sql_query(question).get_result(connection).await?;
    Ok(answer)
}

/// Whether tables are partitioned by workspace.
pub(super) async fn is_partitioned(connection: &mut AsyncPgConnection) -> QueryResult<bool> {
    let question = concat!("SELECT ", is_partitioned!(), " AS answer");
    let Answer { answer } = diesel::sql_query(question).get_result(connection).await?;
    Ok(answer)
}

/// The address of the coordinator, where this node is a worker.
pub(super) async fn coordinator(connection: &mut AsyncPgConnection) -> QueryResult<Option<String>> {
    let Coordinator { address } = diesel::sql_query(
        "SELECT (SELECT nodename || ':' || nodeport FROM pg_dist_node \
         WHERE groupid = 0 AND noderole = 'primary' LIMIT 1) AS address \
         FROM pg_dist_local_group WHERE groupid <> 0 \
         UNION ALL SELECT NULL LIMIT 1",
    )
    .get_result(connection)
    .await?;
    Ok(address)
}

/// Whether tables are distributed, and some are not yet.
pub(super) async fn has_new_tables(connection: &mut AsyncPgConnection) -> QueryResult<bool> {
    let counts = counts(connection).await?;
    Ok(counts.distributed > 0 && counts.placed() < counts.tables)
}

/// Distributes all tables, once or again, if the schema is current.
pub(super) async fn distribute(
    connection: &mut AsyncPgConnection,
    is_current: bool,
) -> Result<Distribution, DistributionError> {
    let failed = |error: diesel::result::Error| DistributionError::Failed(error.to_string());
    if !has_engine(connection).await.map_err(failed)? {
        return Err(DistributionError::NoExtension);
    }
    if let Some(address) = coordinator(connection).await.map_err(failed)? {
        return Err(DistributionError::Worker(address));
    }
    if !is_current {
        return Err(DistributionError::NotCurrent);
    }
    let otherwise: Vec<Line> =
        diesel::sql_query(with_tables(OTHERWISE)).load(connection).await.map_err(failed)?;
    if let Some(Line { line }) = otherwise.into_iter().next() {
        return Err(DistributionError::Otherwise(line));
    }
    let before = counts(connection).await.map_err(failed)?;
    if before.placed() < before.tables {
        distribute_new_tables(connection).await.map_err(failed)?;
    }
    let after = counts(connection).await.map_err(failed)?;
    let number = |count: i64| usize::try_from(count).unwrap_or_default();
    Ok(Distribution {
        distributed: number(after.distributed),
        copied: number(after.copied),
        new: number(after.placed() - before.placed()),
        nodes: number(after.nodes),
    })
}

/// Distributes the tables that are not distributed yet: all of them, or none.
pub(super) async fn distribute_new_tables(connection: &mut AsyncPgConnection) -> QueryResult<()> {
    // The engine refuses to change tables in parallel after it changed one that every node has.
    let statements = format!(
        "BEGIN; SET LOCAL statement_timeout = 0; \
         SET LOCAL {ONE_BY_ONE}; \
         DO $$ {} $$; COMMIT",
        DISTRIBUTE.replace("{tables}", TABLES)
    );
    let done = connection.batch_execute(&statements).await;
    if done.is_err() {
        connection.batch_execute("ROLLBACK").await?;
    }
    done
}

async fn counts(connection: &mut AsyncPgConnection) -> QueryResult<Counts> {
    diesel::sql_query(with_tables(COUNTS)).get_result(connection).await
}

fn with_tables(query: &str) -> String {
    format!("WITH tables AS ({TABLES}) {query}")
}

#[cfg(test)]
mod tests;
