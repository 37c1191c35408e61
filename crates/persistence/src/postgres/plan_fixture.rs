//! A database for tests that look at how statements are carried out.

use std::sync::atomic::{AtomicU32, Ordering};

use diesel::sql_types::Text;
use diesel::{QueryableByName, sql_query};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use serde_json::Value;

use super::settings::{SettingsScope, settings};
use super::target::Target;
use super::{Connection, store};
use crate::timeout_budget::TimeoutBudget;
use crate::{Limits, open};

/// A database with its schema and a connection to it.
pub(crate) struct PlanFixture {
    pub(crate) connection: Connection,
}

#[derive(Debug, QueryableByName)]
struct PlanLine {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    plan: String,
}

/// Conversations as there are: nearly all are closed, most are of a few inboxes, users and
/// customers, and came by e-mail. They are in two workspaces, so that one is not the whole table.
const DATA: &str = "
    INSERT INTO workspaces SELECT lpad(w::text, 32, '0')::uuid, 'workspace ' || w
      FROM generate_series(0, 1) w;
    INSERT INTO inboxes SELECT w.id, lpad(i::text, 32, '0')::uuid, 'Inbox', 'email', now(), 1
      FROM workspaces w, generate_series(0, 9) i;
    INSERT INTO users SELECT w.id, lpad(i::text, 32, '0')::uuid, 'Ada', i || '@example.org',
        i || '@example.org', 'agent', now(), 1
      FROM workspaces w, generate_series(0, 19) i;
    INSERT INTO customers (workspace_id, id, first_name, tier, status, tags, custom_fields, updated_at, version)
      SELECT w.id, lpad(i::text, 32, '0')::uuid, 'Ada', 'bronze', 'active', '[]', '{}', now(), 1
      FROM workspaces w, generate_series(0, 499) i;
    INSERT INTO conversations
      SELECT w.id,
        (lpad(to_hex(1700000000000 + i::bigint * 600000), 12, '0')
          || '7' || substr(md5(i::text), 1, 3) || '8' || substr(md5(i::text), 4, 15))::uuid,
        'Refund for order ' || i,
        CASE WHEN i % 20 = 0 THEN 'open' WHEN i % 33 = 0 THEN 'pending' ELSE 'closed' END,
        CASE WHEN i % 100 < 3 THEN 3 WHEN i % 100 < 20 THEN 2 WHEN i % 100 < 85 THEN 1 ELSE 0 END,
        CASE WHEN i % 100 < 85 THEN 'email' WHEN i % 100 < 99 THEN 'chat' ELSE 'whatsapp' END,
        CASE WHEN i % 100 < 80 THEN 'api' ELSE 'widget' END,
        lpad((i * i % 100 / 20)::text, 32, '0')::uuid,
        CASE WHEN i % 10 > 0 THEN lpad((i % 499)::text, 32, '0')::uuid END,
        CASE WHEN i % 7 > 0 THEN lpad((i * i % 361 / 19)::text, 32, '0')::uuid END,
        0, 0, NULL, NULL, now() - i * interval '7 minutes', 1, 1, '[]'
      FROM workspaces w, generate_series(1, 20000) i;
    INSERT INTO conversation_labels
      SELECT workspace_id, 'refund', id FROM conversations WHERE customer_id IS NULL;";

impl PlanFixture {
    #[expect(clippy::disallowed_methods, reason = "tests are told of their server by it")]
    pub(crate) async fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var("TEST_POSTGRES_URL").expect("TEST_POSTGRES_URL is set");
        let (server, _) = server.rsplit_once('/').expect("a URL with a database");
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("lab_{}_{number}", std::process::id());
        let mut administrator =
            AsyncPgConnection::establish(&format!("{server}/postgres")).await.expect("a server");
        administrator.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a database");

        let url = format!("{server}/{name}");
        let database = open(&url.parse().expect("a URL"), Limits::default()).expect("opened");
        database.migrate().await.expect("migrated");
        database.close().await;
        let patience = TimeoutBudget::of(Limits::default().request);
        let settings = settings(patience, SettingsScope::Session);
        let mut connection = store::connect(&Target::of(&url).expect("an address"), Some(settings))
            .await
            .expect("a connection");
        connection.batch_execute("SET statement_timeout = 0").await.expect("no hurry");
        connection.batch_execute(DATA).await.expect("data");
        connection.batch_execute("VACUUM ANALYZE").await.expect("statistics");
        Self { connection }
    }

    /// What is wrong with the way in which a statement is carried out, whatever is bound in it:
    /// conversations that are looked at without a bound on how many, or sorted although they are
    /// not said to be gathered.
    pub(crate) async fn plan_violations(&mut self, sql: &str, everything: bool) -> Vec<String> {
        let bound = (1..100).take_while(|number| sql.contains(&format!("${number}"))).count();
        let nulls = if bound == 0 {
            String::new()
        } else {
            format!("({})", vec!["NULL"; bound].join(", "))
        };
        let prepare = format!("PREPARE asked AS {sql}");
        self.connection.batch_execute(&prepare).await.expect("prepared");
        let explain = format!("EXPLAIN (FORMAT JSON) EXECUTE asked{nulls}");
        let lines: Vec<PlanLine> =
            sql_query(explain).load(&mut self.connection).await.expect("a plan");
        self.connection.batch_execute("DEALLOCATE asked").await.expect("forgotten");
        let plan: Value = serde_json::from_str(&lines[0].plan).expect("JSON");
        let mut plan_violations = Vec::new();
        let walks = !sql.contains("MATERIALIZED");
        look(&plan[0]["Plan"], (walks, everything), false, &mut plan_violations);
        if !plan_violations.is_empty() {
            plan_violations.push(serde_json::to_string_pretty(&plan).expect("text"));
        }
        plan_violations
    }
}

/// Looks for flaws from a node on. `sorted` tells that whatever it yields is sorted before anything
/// bounds it.
fn look(
    node: &Value,
    (walks, everything): (bool, bool),
    sorted: bool,
    plan_violations: &mut Vec<String>,
) {
    let kind = node["Node Type"].as_str().unwrap_or_default();
    let sorted = match kind {
        "Limit" => false,
        "Sort" | "Incremental Sort" => true,
        _ => sorted,
    };
    if node["Relation Name"] == "conversations" {
        let condition = node["Index Cond"].as_str().or(node["Recheck Cond"].as_str());
        let condition = condition.unwrap_or_default();
        // Along the primary key and nothing else, a list of everything is in order.
        let bound = condition.contains(" AND ") || everything || node["Filter"].is_null();
        if kind == "Seq Scan" || !bound {
            plan_violations
                .push(format!("{kind} where {condition}, filtered by {}", node["Filter"]));
        }
        // One row at a time, by its id, is not a walk.
        if sorted && walks && !condition.contains("(id = ") {
            plan_violations.push(format!("{kind} where {condition}, sorted"));
        }
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        look(child, (walks, everything), sorted, plan_violations);
    }
}
