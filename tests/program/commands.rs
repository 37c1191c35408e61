//! The commands of operators, beside a running server.

use conversations_testkit::{Engine, TestDatabase};
use serde_json::Value;

use crate::process::{Program, command, printed, run, secret_in};

#[tokio::test]
async fn keys_are_made_listed_and_revoked_beside_a_running_server() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let server = Program::serve(&database);

        let made = printed(&run(
            &database,
            &[
                "keys",
                "create",
                "--workspace",
                "acme",
                "--name",
                "robot",
                "--permission",
                "read:conversations",
                "--permission",
                "write:inboxes",
                "--source",
                "widget",
                "--rate-limit",
                "600/min",
                "--json",
            ],
        ));
        let made: Value = serde_json::from_str(&made).expect("one JSON object");
        let (key, id) =
            (made["key"].as_str().expect("a key"), made["_id"].as_str().expect("an id"));
        let client = server.client(key);
        let (_, pagination) = client.list_conversations("").await.listed();
        assert_eq!(pagination["total"], 0);
        let error = client.get("/api/v1/users").await.refused(403, "INSUFFICIENT_PERMISSIONS");
        assert_eq!(error["details"]["required"], "read:users");

        let listed = printed(&run(&database, &["keys", "list", "--workspace", "acme"]));
        assert!(listed.contains(id) && listed.contains("robot") && listed.contains("widget"));
        assert!(listed.contains("  600/min  "), "{listed}");
        assert!(listed.contains(&key[key.len() - 4..]) && !listed.contains(key), "{listed}");

        let revoked = printed(&run(&database, &["keys", "revoke", id]));
        assert_eq!(revoked, format!("The key {id} is revoked.\n"));
        let _error = client.get("/api/v1/conversations").await.refused(401, "API_KEY_INVALID");
        let again = run(&database, &["keys", "revoke", id]);
        assert_eq!(again.status.code(), Some(1), "{again:?}");
        assert_eq!(printed(&run(&database, &["keys", "list", "--workspace", "acme"])), "");
    }
}

#[tokio::test]
async fn what_is_no_key_is_not_made() {
    let database = TestDatabase::sqlite();
    let create = ["keys", "create", "--workspace", "acme", "--name", "robot"];

    for (more, part) in [
        (&["--permission", "read:everything"][..], "read:conversations"),
        (&[], "--permission"),
        (&["--permission", "read:audit", "--source", "fax"], "widget"),
        (&["--permission", "read:audit", "--rate-limit", "600"], "per s, min or h"),
        (&["--permission", "read:audit", "--expires-at", "tomorrow"], "RFC 3339"),
        (&["--permission", "read:audit", "--expires-at", "2020-01-01T00:00:00Z"], "future"),
    ] {
        let output = run(&database, &[&create[..], more].concat());
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(part), "{more:?}: {said}");
    }
    assert_eq!(printed(&run(&database, &["workspaces", "list"])), "");
}

#[tokio::test]
async fn deleting_a_workspace_takes_it_all_and_asks_first() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let key = |workspace: &str| {
            let made = run(
                &database,
                &[
                    "keys",
                    "create",
                    "--workspace",
                    workspace,
                    "--name",
                    "robot",
                    "--permission",
                    "read:inboxes",
                    "--permission",
                    "write:inboxes",
                ],
            );
            secret_in(&printed(&made)).expect("a key")
        };
        let (doomed, spared) = (key("doomed"), key("spared"));
        let server = Program::serve(&database);
        for key in [&doomed, &spared] {
            let inbox = serde_json::json!({ "name": "Sales" });
            let _made = server.client(key).post("/api/v1/inboxes", &inbox).await.created();
        }

        let unsure = run(&database, &["workspaces", "delete", "doomed"]);
        assert!(
            !unsure.status.success() && String::from_utf8_lossy(&unsure.stderr).contains("--yes")
        );
        let deleted = printed(&run(&database, &["workspaces", "delete", "doomed", "--yes"]));

        assert_eq!(deleted, "The workspace \"doomed\" is deleted with all it had.\n");
        let _error =
            server.client(&doomed).get("/api/v1/inboxes").await.refused(401, "API_KEY_INVALID");
        let (inboxes, _) = server.client(&spared).get("/api/v1/inboxes").await.listed();
        assert_eq!(inboxes.len(), 1);
        let workspaces = printed(&run(&database, &["workspaces", "list"]));
        assert!(workspaces.contains("spared") && !workspaces.contains("doomed"), "{workspaces}");
        let again = run(&database, &["workspaces", "delete", "doomed", "--yes"]);
        assert_eq!(again.status.code(), Some(1), "{again:?}");
    }
}

#[test]
fn a_key_that_could_not_be_shown_is_not_left_behind() {
    let database = TestDatabase::sqlite();
    let mut create = command(
        &database,
        &["keys", "create", "--workspace", "acme", "--name", "robot", "--permission", "read:keys"],
    );

    let full = std::fs::File::options().write(true).open("/dev/full").expect("Linux");
    let output = create.stdout(full).output().expect("the binary runs");

    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("cannot write to standard output"), "{said}");
    assert_eq!(printed(&run(&database, &["keys", "list"])), "");
}

#[tokio::test]
async fn wrong_totals_are_told_of_and_mended_beside_a_running_server() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let made = run(
            &database,
            &[
                "keys",
                "create",
                "--workspace",
                "acme",
                "--name",
                "robot",
                "--permission",
                "read:conversations",
                "--permission",
                "write:conversations",
                "--permission",
                "write:inboxes",
            ],
        );
        let key = secret_in(&printed(&made)).expect("a key");
        let server = Program::serve(&database);
        let client = server.client(&key);
        let new = serde_json::json!({ "name": "Sales" });
        let inbox = client.post("/api/v1/inboxes", &new).await.created();
        let new = serde_json::json!({ "subject": "Refund", "inboxId": inbox["_id"] });
        let _made = client.create_conversation(&new).await.created();
        let right = "Compared 5 numbers with 1 conversation in 1 workspace: all agree.\n";
        let said = printed(&run(&database, &["check"]));
        assert!(said.ends_with(right) && said.lines().count() == 2, "{engine:?}: {said}");

        database
            .execute(
                "UPDATE conversation_counts SET n = n + 4 \
                 WHERE inbox_id IN (SELECT id FROM inboxes); \
                 UPDATE conversation_days SET n = 0",
            )
            .await;
        let wrong = run(&database, &["check", "--workspace", "acme"]);
        assert_eq!(wrong.status.code(), Some(1), "{wrong:?}");
        let said = String::from_utf8(wrong.stdout).expect("UTF-8");
        let (inbox, lines) = (inbox["_id"].as_str().expect("an id"), said.lines().count());
        let line =
            format!("acme: inbox {inbox}, nobody, open, medium: 5 are kept, and there are 1");
        assert!(lines == 5 && said.contains(&line), "{said}");
        assert!(said.contains(", open: 0 are kept, and there are 1\n"), "{said}");
        assert!(said.ends_with(": 3 differ; --repair mends them.\n"), "{said}");

        let mended = printed(&run(&database, &["check", "--repair"]));
        assert!(mended.ends_with(": 3 differed and are mended.\n"), "{mended}");
        assert!(printed(&run(&database, &["check", "--repair"])).ends_with(right), "{engine:?}");
        let (_, pagination) = client.list_conversations("").await.listed();
        assert_eq!(pagination["total"], 1);
        let unknown = run(&database, &["check", "--workspace", "nobody"]);
        assert_eq!(unknown.status.code(), Some(1), "{unknown:?}");
    }
}
