//! Looking at the whole database: whether what is referred to is there, whether indexes and constraints
//! hold, and whether the migrations are applied.

use diesel::sql_types::{BigInt, Text};
use diesel::{QueryResult, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{sharding, target::Target};
use crate::integrity_report::IntegrityReport;
use crate::migrations::{self, names};

/// Indexes that were not finished, constraints that were not checked or are not kept.
const IDLE: &str = "\
    SELECT 'the index ' || relname || ' is not valid: REINDEX INDEX ' || relname AS line \
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid \
    WHERE NOT (indisvalid AND indisready) AND relnamespace = current_schema()::regnamespace \
    UNION ALL \
    SELECT 'the constraint ' || conname || ' of ' || conrelid::regclass || ' has not been validated' \
    FROM pg_constraint \
    WHERE NOT convalidated AND connamespace = current_schema()::regnamespace{whole} \
    UNION ALL \
    SELECT 'a trigger that keeps ' || conname || ' of ' || tgrelid::regclass || ' is off' \
    FROM pg_trigger JOIN pg_constraint ON pg_constraint.oid = tgconstraint \
    WHERE tgenabled IN ('D', 'R') AND connamespace = current_schema()::regnamespace{whole} \
    ORDER BY 1";

/// For each foreign key the query that counts the rows which refer to none.
const REFERENCES: &str = "\
    SELECT conrelid::regclass::text AS child, confrelid::regclass::text AS parent, \
    format('SELECT count(*) AS count FROM %s c WHERE %s AND NOT EXISTS (SELECT FROM %s p WHERE %s)', \
        conrelid::regclass, \
        (SELECT string_agg(format('c.%I IS NOT NULL', attname), ' AND ') \
         FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey)), \
        confrelid::regclass, \
        (SELECT string_agg(format('p.%I = c.%I', theirs.attname, ours.attname), ' AND ') \
         FROM unnest(conkey, confkey) AS pairs (our, their) \
         JOIN pg_attribute ours ON ours.attrelid = conrelid AND ours.attnum = pairs.our \
         JOIN pg_attribute theirs ON theirs.attrelid = confrelid AND theirs.attnum = pairs.their) \
    ) AS query \
    FROM pg_constraint \
    WHERE contype = 'f' AND connamespace = current_schema()::regnamespace{whole} ORDER BY 1, 2";

/// Where a query above leaves out the parts of tables of a cluster, and how.
const OF_WHOLE_HERE: &str = "{whole}";
const OF_WHOLE: &str = " AND relation_is_a_known_shard(conrelid) IS NOT TRUE";

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct Reference {
    #[diesel(sql_type = Text)]
    child: String,
    #[diesel(sql_type = Text)]
    parent: String,
    #[diesel(sql_type = Text)]
    query: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Examines a database while others read and write it, for as long as there is data.
///
/// # Errors
/// What PostgreSQL says when it cannot look.
pub(super) async fn check_integrity(target: &Target) -> Result<IntegrityReport, String> {
    let mut connection = target.connect().await.map_err(|error| error.to_string())?;
    look(&mut connection).await.map_err(|error| error.to_string())
}

async fn look(connection: &mut AsyncPgConnection) -> QueryResult<IntegrityReport> {
    let applied: Vec<Line> =
        diesel::sql_query("SELECT version AS line FROM __diesel_schema_migrations")
            .load(connection)
            .await?;
    let known = names::<diesel::pg::Pg>(&migrations::POSTGRES);
    let missing =
        known.iter().filter(|(version, _)| applied.iter().all(|row| row.line != *version));
    let mut findings: Vec<_> =
        missing.map(|(_, name)| format!("the migration {name} has not been applied")).collect();

    // Parts of tables of a cluster are looked at with the tables.
    let condition = if sharding::has_engine(connection).await? { OF_WHOLE } else { "" };
    let here = |query: &str| query.replace(OF_WHOLE_HERE, condition);
    let idle: Vec<Line> = diesel::sql_query(here(IDLE)).load(connection).await?;
    findings.extend(idle.into_iter().map(|Line { line }| line));
    let references: Vec<Reference> = diesel::sql_query(here(REFERENCES)).load(connection).await?;
    for Reference { child, parent, query } in references {
        let Count { count } = diesel::sql_query(query).get_result(connection).await?;
        if count > 0 {
            findings
                .push(format!("rows of {child} that refer to missing rows of {parent}: {count}"));
        }
    }
    Ok(IntegrityReport { migrations: applied.len(), findings })
}
