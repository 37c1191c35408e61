//! A database for tests that look at how statements are carried out.

use diesel::sql_types::{Integer, Text};
use diesel::{QueryableByName, sql_query};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use tempfile::TempDir;

use super::{Connection, store};
use crate::{Limits, open};

/// A database with its schema and a connection to it.
pub(crate) struct PlanFixture {
    pub(crate) connection: Connection,
    _directory: TempDir,
}

#[derive(Debug, QueryableByName)]
struct Step {
    #[diesel(sql_type = Integer)]
    id: i32,
    #[diesel(sql_type = Integer)]
    parent: i32,
    #[diesel(sql_type = Text)]
    detail: String,
}

/// Some conversations: how many does not matter, because the planner goes by what the migrations
/// tell it.
const DATA: &str = "\
    INSERT INTO workspaces VALUES (zeroblob(16), 'default'); \
    INSERT INTO inboxes VALUES (zeroblob(16), zeroblob(16), 'Support', 'email', 0, 1);";

impl PlanFixture {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("lab.db");
        let url = format!("sqlite://{}", path.display()).parse().expect("a URL");
        let database = open(&url, Limits::default()).expect("opened");
        database.migrate().await.expect("migrated");
        database.close().await;
        let mut connection =
            store::writing_connection(&path, std::time::Duration::ZERO).expect("a connection");
        connection.batch_execute(DATA).await.expect("data");
        Self { connection, _directory: directory }
    }

    /// What is wrong with the way in which a statement is carried out: conversations that are
    /// looked at without a bound on how many, unless it is for everything, or sorted although
    /// they are not said to be gathered.
    pub(crate) async fn plan_violations(&mut self, sql: &str, everything: bool) -> Vec<String> {
        let steps: Vec<Step> = sql_query(format!("EXPLAIN QUERY PLAN {sql}"))
            .load(&mut self.connection)
            .await
            .expect("a plan");
        let is_on_conversations = |detail: &str| detail.contains(" conversations ");
        let mut plan_violations = Vec::new();
        for Step { id: _, parent, detail } in &steps {
            let on_conversations = is_on_conversations(&format!("{detail} "));
            if !on_conversations {
                continue;
            }
            // Along the primary key, a list of everything is in order.
            let bound =
                detail.contains(" AND ") || (everything && detail.contains("USING PRIMARY KEY"));
            let sorted = !sql.contains("MATERIALIZED")
                && steps.iter().any(|step| {
                    step.parent == *parent
                        && step.detail.starts_with("USE TEMP B-TREE FOR ORDER BY")
                });
            if detail.starts_with("SCAN") || !bound || sorted {
                plan_violations.push(format!("{detail}{}", if sorted { ", sorted" } else { "" }));
            }
        }
        if !plan_violations.is_empty() {
            plan_violations.extend(
                steps
                    .iter()
                    .map(|Step { id, parent, detail }| format!("  {id} in {parent}: {detail}")),
            );
        }
        plan_violations
    }
}
