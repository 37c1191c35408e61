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
        assert_eq!(revoked, format!("Revoked the key {id}.\n"));
        let _error = client.get("/api/v1/conversations").await.refused(401, "API_KEY_INVALID");
        let again = run(&database, &["keys", "revoke", id]);
        assert_eq!(again.status.code(), Some(1), "{again:?}");
        let left = printed(&run(&database, &["keys", "list", "--workspace", "acme"]));
        assert_eq!(left, "There are no keys in the workspace \"acme\".\n");
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
    let file = database.url().strip_prefix("sqlite://").expect("a file");
    assert!(!std::path::Path::new(file).exists(), "nothing was made");
}

/// The id in a line such as `… as inboxId: ID`.
fn inbox_in(said: &str) -> Option<&str> {
    let (_, rest) = said.split_once("as inboxId: ")?;
    rest.lines().next()
}

#[tokio::test]
async fn a_new_workspace_has_an_inbox_in_which_its_key_opens_a_conversation() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let server = Program::serve(&database);
        let key = ["keys", "create", "--name", "form", "--role", "integration", "--workspace"];
        let open = async |secret: &str, inbox: &str| {
            let new = serde_json::json!({ "subject": "Refund", "inboxId": inbox });
            server.client(secret).create_conversation(&new).await.created()
        };

        let said = printed(&run(&database, &["workspaces", "create", "acme"]));
        let inbox = inbox_in(&said).expect("the id of an inbox").to_owned();
        let made = printed(&run(&database, &[&key[..], &["acme"]].concat()));
        assert_eq!(inbox_in(&made), None, "the workspace was there: {made}");
        let _opened = open(&secret_in(&made).expect("a key"), &inbox).await;

        let made = printed(&run(&database, &[&key[..], &["beta"]].concat()));
        let inbox = inbox_in(&made).expect("the id of an inbox").to_owned();
        let _opened = open(&secret_in(&made).expect("a key"), &inbox).await;

        let made = printed(&run(&database, &[&key[..], &["gamma", "--json"]].concat()));
        let made: Value = serde_json::from_str(&made).expect("one JSON object");
        let (secret, inbox) = (made["key"].as_str(), made["inboxId"].as_str());
        let _opened = open(secret.expect("a key"), inbox.expect("an inbox")).await;

        let again = run(&database, &["workspaces", "create", "acme"]);
        let said = String::from_utf8_lossy(&again.stderr);
        assert!(again.status.code() == Some(1) && said.contains("already"), "{said}");
    }
}

/// The words of a line that is in columns.
fn columns(line: &str) -> Vec<&str> {
    line.split("  ").map(str::trim).filter(|entry| !entry.is_empty()).collect()
}

#[tokio::test]
async fn lists_have_a_header_say_when_they_are_empty_and_can_be_read_by_programs() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let _made = run(&database, &["migrate"]);
        let list = |what: &str, more: &[&str]| {
            printed(&run(&database, &[&[what, "list"][..], more].concat()))
        };
        assert_eq!(list("keys", &[]), "There are no keys.\n");
        assert_eq!(list("workspaces", &[]), "There are no workspaces.\n");
        for what in ["keys", "workspaces"] {
            assert_eq!(list(what, &["--json"]), "[]\n");
        }

        let mut keys = Vec::new();
        for (workspace, more) in [
            ("acme", &["--rate-limit", "600/min", "--expires-at", "2999-01-01T00:00:00Z"][..]),
            ("Ŋ our desk", &[]),
        ] {
            let key = ["keys", "create", "--json", "--name", "form", "--workspace", workspace];
            let role = ["--permission", "read:users", "--permission", "write:audit"];
            let made = printed(&run(&database, &[&key[..], &role, more].concat()));
            keys.push(serde_json::from_str::<Value>(&made).expect("one JSON object"));
        }
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let hint = |key: &Value| text(&key["key"]).chars().rev().take(4).collect::<Vec<_>>();

        let listed = list("keys", &[]);
        let lines: Vec<_> = listed.lines().collect();
        assert_eq!(lines.len(), 3, "{listed}");
        let header = [
            "ID",
            "WORKSPACE",
            "NAME",
            "SECRET",
            "SOURCE",
            "EXPIRES",
            "LAST USED",
            "RATE LIMIT",
            "USER",
            "PERMISSIONS",
        ];
        assert_eq!(columns(lines[0]), header);
        let row = columns(lines[2]);
        assert_eq!((row[0], row[1]), (text(&keys[1]["_id"]).as_str(), "Ŋ our desk"), "{listed}");
        assert_eq!(row[2], "form");
        assert_eq!(
            row[4..],
            ["api", "never", "never", "default", "none", "read:users,write:audit"]
        );
        let starts = |line: &str, word: &str| line.split(word).next().map(|it| it.chars().count());
        assert_eq!(starts(lines[0], "NAME"), starts(lines[1], "form"), "{listed}");
        assert_eq!(starts(lines[0], "NAME"), starts(lines[2], "form"), "{listed}");

        let listed: Value = serde_json::from_str(&list("keys", &["--json"])).expect("JSON");
        let hint: String = hint(&keys[0]).into_iter().rev().collect();
        let expected = serde_json::json!({
            "_id": keys[0]["_id"],
            "workspace": "acme",
            "name": "form",
            "permissions": ["read:users", "write:audit"],
            "source": "api",
            "expiresAt": "2999-01-01T00:00:00.000Z",
            "rateLimit": "600/min",
            "userId": null,
            "lastUsedAt": null,
            "hint": hint,
            "createdAt": listed[0]["createdAt"],
        });
        assert_eq!(listed[0], expected);
        assert_eq!(listed.as_array().map(Vec::len), Some(2));
        let own = list("keys", &["--json", "--workspace", "Ŋ our desk"]);
        let own: Value = serde_json::from_str(&own).expect("JSON");
        assert_eq!(own, serde_json::json!([listed[1]]));

        let listed = list("workspaces", &[]);
        assert!(listed.starts_with("ID  ") && listed.lines().count() == 3, "{listed}");
        let names: Value = serde_json::from_str(&list("workspaces", &["--json"])).expect("JSON");
        assert_eq!((&names[0]["name"], &names[1]["name"]), (&"acme".into(), &"Ŋ our desk".into()));
        assert!(listed.contains(names[1]["_id"].as_str().expect("an id")), "{listed}");
    }
}

#[tokio::test]
async fn a_role_stands_for_its_permissions() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        assert_roles(&database);
    }
}

fn assert_roles(database: &TestDatabase) {
    for (role, has, lacks) in [
        ("admin", "write:keys", "nothing"),
        ("agent", "read:users", "write:users"),
        ("integration", "write:customers", "read:users"),
        ("read-only", "read:customers", "write:"),
    ] {
        let create = ["keys", "create", "--workspace", role, "--name", "a", "--role", role];
        let _made = printed(&run(database, &create));
        let listed = printed(&run(database, &["keys", "list", "--workspace", role]));
        assert!(listed.contains(has) && !listed.contains(lacks), "{listed}");
    }
    let both = ["keys", "create", "--workspace", "both", "--name", "a", "--role", "read-only"];
    let _made = printed(&run(database, &[&both[..], &["--permission", "read:audit"]].concat()));
    let listed = printed(&run(database, &["keys", "list", "--workspace", "both"]));
    assert!(listed.contains("read:audit") && listed.contains("read:users"), "{listed}");
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

        assert_eq!(
            deleted,
            "The workspace \"doomed\" is no longer accessible. Removing its data …\n\
             Deleted the workspace \"doomed\" and all its data.\n"
        );
        let _error =
            server.client(&doomed).get("/api/v1/inboxes").await.refused(401, "API_KEY_INVALID");
        let (inboxes, _) = server.client(&spared).get("/api/v1/inboxes").await.listed();
        assert_eq!(inboxes.len(), 2, "the one that it was made with, and another");
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
    assert_eq!(printed(&run(&database, &["keys", "list"])), "There are no keys.\n");
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
        assert!(said.ends_with(right) && said.contains(" in 1 feed: no gaps.\n"), "{said}");

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
        let inbox = inbox["_id"].as_str().expect("an id");
        let differences = said.lines().filter(|line| line.starts_with("acme: ")).count();
        let line = format!(
            "acme: inbox {inbox}, unassigned, open, medium: the stored total is 5, the \
                recount is 1"
        );
        assert!(differences == 3 && said.contains(&line), "{said}");
        assert!(said.contains(", open: the stored total is 0, the recount is 1\n"), "{said}");
        assert!(said.ends_with(": 3 differ; --repair repairs them.\n"), "{said}");

        let repaired = printed(&run(&database, &["check", "--repair"]));
        assert!(repaired.ends_with(": 3 differed and were repaired.\n"), "{repaired}");
        assert!(printed(&run(&database, &["check", "--repair"])).ends_with(right), "{engine:?}");
        let (_, pagination) = client.list_conversations("").await.listed();
        assert_eq!(pagination["total"], 1);
        let unknown = run(&database, &["check", "--workspace", "nobody"]);
        assert_eq!(unknown.status.code(), Some(1), "{unknown:?}");
    }
}
