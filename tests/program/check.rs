//! `conversations check`: what it finds wrong with a database.

use conversations_testkit::{Engine, TestDatabase};

use crate::process::{Program, printed, run};

/// A database with every table, and what is found of it when these statements have been at it.
async fn found(engine: Engine, statements: &str) -> (Option<i32>, String) {
    let database = TestDatabase::new(engine).await;
    let _migrated = printed(&run(&database, &["migrate"]));
    if !statements.is_empty() {
        database.execute(statements).await;
    }
    let output = run(&database, &["check"]);
    (output.status.code(), String::from_utf8(output.stdout).expect("UTF-8"))
}

#[tokio::test]
async fn a_database_in_order_is_said_to_be() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/sqlite");
    let migrations = std::fs::read_dir(folder).expect("the folder of migrations").count();
    for engine in Engine::ALL {
        let (code, said) = found(engine, "").await;

        assert_eq!(
            said,
            format!(
                "Checked the schema ({migrations} migrations), references and integrity: no \
                 problems found.\nCounted 0 events in 0 feeds: no gaps.\nCompared 0 numbers with 0 conversations in 0 workspaces: all \
                 agree.\n"
            )
        );
        assert_eq!(code, Some(0), "{engine:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    const STRAY: &str = "rows of inboxes that refer to missing rows of workspaces: 1\n";
    let (sqlite, postgres) = (Engine::Sqlite, Engine::Postgres);
    for (engine, statements, line) in [
        (
            sqlite,
            "PRAGMA foreign_keys = OFF; \
             INSERT INTO inboxes (workspace_id, id, name, channel, updated_at, version) \
             VALUES (x'01', x'02', 'Lost', 'email', 0, 1)",
            STRAY,
        ),
        (
            sqlite,
            "DROP INDEX api_keys_by_workspace",
            "the schema has no index api_keys_by_workspace\n",
        ),
        (
            sqlite,
            "ALTER TABLE seedings ADD COLUMN more TEXT",
            "the table seedings differs from what the migrations create\n",
        ),
        (
            sqlite,
            "PRAGMA writable_schema = ON; \
             UPDATE sqlite_schema SET sql = 'CREATE UNIQUE INDEX api_keys_by_workspace \
             ON api_keys (workspace_id, name)' WHERE name = 'api_keys_by_workspace'; \
             PRAGMA writable_schema = RESET; \
             INSERT INTO workspaces VALUES (x'01', 'one'); \
             INSERT INTO api_keys VALUES \
             (x'01', x'01', 'a', x'01', 'a', '', 'api', NULL, 1, NULL, NULL)",
            "the index api_keys_by_workspace differs from what the migrations create\n",
        ),
        (
            postgres,
            "SET session_replication_role = replica; \
             INSERT INTO inboxes (workspace_id, id, name, channel, updated_at, version) VALUES \
             ('0193a5c2-1111-7abc-8def-000000000001', '0193a5c2-1111-7abc-8def-000000000002', \
             'Lost', 'email', now(), 1)",
            STRAY,
        ),
        (
            postgres,
            "ALTER TABLE inboxes DROP CONSTRAINT inboxes_workspace_fk; \
             ALTER TABLE inboxes ADD CONSTRAINT inboxes_workspace_fk \
             FOREIGN KEY (workspace_id) REFERENCES workspaces (id) NOT VALID",
            "the constraint inboxes_workspace_fk of inboxes has not been validated\n",
        ),
        (
            postgres,
            "ALTER TABLE inboxes DISABLE TRIGGER ALL",
            "a trigger that keeps inboxes_workspace_fk of inboxes is off\n",
        ),
        (
            postgres,
            "UPDATE pg_index SET indisvalid = false \
             WHERE indexrelid = 'api_keys_by_workspace'::regclass",
            "the index api_keys_by_workspace is not valid: REINDEX INDEX api_keys_by_workspace\n",
        ),
    ] {
        let (code, said) = found(engine, statements).await;

        assert_eq!(code, Some(1), "{statements}: {said}");
        assert!(said.contains(line), "{statements}: {said}");
        assert!(said.contains(" found.\n"), "{statements}: {said}");
    }
}

#[tokio::test]
async fn a_missing_event_is_named() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let create = ["keys", "create", "--workspace", "acme", "--name", "a", "--role", "admin"];
        let _created = printed(&run(&database, &create));
        let server = Program::serve(&database);
        let _stopped = server.stop();
        database.execute("UPDATE event_heads SET seq = seq + 2").await;

        let output = run(&database, &["check"]);

        let said = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(output.status.code(), Some(1), "{engine:?}: {said}");
        assert!(said.contains("; its numbers promise "), "{engine:?}: {said}");
        assert!(said.contains(" with gaps.\n"), "{engine:?}: {said}");
    }
}
