//! That every table can be spread over machines, as the catalogue tells after all migrations.

use diesel::sql_types::Text;
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;

use super::super::plan_fixture::PlanFixture;
use super::TABLES;

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// What may not be in a schema that is spread, each with a line that says what it is.
const OBSTACLES: &str = "\
    SELECT 'a foreign key without the workspace: ' || k.conname AS name \
    FROM pg_constraint k JOIN tables c ON c.oid = k.conrelid JOIN tables p ON p.oid = k.confrelid \
    WHERE k.contype = 'f' AND p.by_workspace AND NOT EXISTS ( \
        SELECT FROM unnest(k.conkey, k.confkey) AS pairs (ours, theirs) \
        JOIN pg_attribute o ON o.attrelid = k.conrelid AND o.attnum = ours \
        JOIN pg_attribute t ON t.attrelid = k.confrelid AND t.attnum = theirs \
        WHERE o.attname = 'workspace_id' AND t.attname = 'workspace_id') \
    UNION ALL \
    SELECT 'a foreign key from a copied table: ' || k.conname \
    FROM pg_constraint k JOIN tables c ON c.oid = k.conrelid JOIN tables p ON p.oid = k.confrelid \
    WHERE k.contype = 'f' AND NOT c.by_workspace AND p.by_workspace \
    UNION ALL \
    SELECT 'a foreign key that sets NULL: ' || k.conname \
    FROM pg_constraint k JOIN tables c ON c.oid = k.conrelid \
    WHERE k.contype = 'f' AND (k.confdeltype IN ('n', 'd') OR k.confupdtype IN ('n', 'd')) \
    UNION ALL \
    SELECT 'a trigger: ' || g.tgname FROM pg_trigger g JOIN tables ON tables.oid = g.tgrelid \
    WHERE NOT g.tgisinternal \
    UNION ALL \
    SELECT 'a function: ' || p.proname FROM pg_proc p \
    WHERE p.pronamespace = current_schema()::regnamespace";

async fn names(fixture: &mut PlanFixture, query: &str) -> Vec<String> {
    // Without the extension there are no parts of tables to leave out.
    let tables = TABLES.replace(" AND NOT relation_is_a_known_shard(c.oid)", "");
    let rows: Vec<Name> = sql_query(format!("WITH tables AS ({tables}) {query}"))
        .load(&mut fixture.connection)
        .await
        .expect("the catalogue");
    rows.into_iter().map(|row| row.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_can_be_spread_by_workspace() {
    let mut fixture = PlanFixture::new().await;

    let copied = "SELECT name FROM tables WHERE NOT by_workspace ORDER BY name";
    let copied = names(&mut fixture, copied).await;
    let obstacles = names(&mut fixture, OBSTACLES).await;

    let expected = ["__diesel_schema_migrations", "api_keys", "retired_secrets", "workspaces"];
    assert_eq!(copied, expected, "each other unique key contains workspace_id");
    assert_eq!(obstacles, [""; 0]);
}
