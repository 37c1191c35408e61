//! `conversations keys rotate`, beside a running server.

use std::time::Duration;

use conversations_testkit::{Engine, TestDatabase};
use serde_json::Value;

use crate::process::{Program, command, printed, run, secret_in};

/// Makes a key that may read keys and the audit; answers its secret and its id.
fn a_key(database: &TestDatabase) -> (String, String) {
    let create = ["keys", "create", "--workspace", "acme", "--name", "robot", "--json"];
    let may = ["--permission", "read:keys", "--permission", "read:audit"];
    let made = printed(&run(database, &[&create[..], &may].concat()));
    let made: Value = serde_json::from_str(&made).expect("one JSON object");
    let text = |field: &str| made[field].as_str().expect("text").to_owned();
    (text("key"), text("_id"))
}

#[tokio::test]
async fn a_new_secret_takes_the_place_of_the_old_one_and_all_else_stays() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let server = Program::serve(&database);
        let (old, id) = a_key(&database);
        let path = format!("/api/v1/keys/{id}");
        let before = server.client(&old).get(&path).await.ok();

        let rotated = printed(&run(&database, &["keys", "rotate", &id]));

        let new = secret_in(&rotated).expect("a secret");
        assert!(rotated.contains(&id) && rotated.contains("\"robot\""), "{rotated}");
        assert!(rotated.ends_with("The old secret has stopped working.\n"), "{rotated}");
        let _error = server.client(&old).get(&path).await.refused(401, "API_KEY_INVALID");
        let client = server.client(&new);
        let after = client.get(&path).await.ok();
        for field in ["_id", "name", "permissions", "source", "expiresAt", "rateLimit"] {
            assert_eq!(after[field], before[field], "{field}");
        }
        assert!(new.ends_with(after["hint"].as_str().expect("a hint")), "{after}");
        let (entries, _) = client.get("/api/v1/audit").await.listed();
        assert_eq!(entries[0]["action"], "key.rotated");
        assert_eq!(entries[0]["targetId"], id.as_str());
        assert_eq!(entries[0]["by"]["name"], "cli");
    }
}

#[tokio::test]
async fn with_a_grace_both_secrets_work_until_it_is_over() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let server = Program::serve(&database);
        let (old, id) = a_key(&database);
        let path = format!("/api/v1/keys/{id}");

        let rotate = ["keys", "rotate", &id, "--grace", "3s", "--json"];
        let rotated = printed(&run(&database, &rotate));

        let rotated: Value = serde_json::from_str(&rotated).expect("one JSON object");
        assert_eq!(rotated["_id"], id.as_str());
        let new = rotated["key"].as_str().expect("a secret");
        for secret in [&old, new] {
            let key = server.client(secret).get(&path).await.ok();
            assert_eq!(key["expiresAt"], Value::Null);
        }
        // A caller that still sends the old one is told until when it works.
        let end = server.client(&old).me().await.ok()["expiresAt"].clone();
        assert!(end.as_str().is_some_and(|end| end.starts_with("20")), "{end}");
        assert_eq!(server.client(new).me().await.ok()["expiresAt"], Value::Null);
        tokio::time::sleep(Duration::from_secs(3)).await;
        let _error = server.client(&old).get(&path).await.refused(401, "API_KEY_EXPIRED");
        let _key = server.client(new).get(&path).await.ok();

        // What leaked is to end now, also where it has time left.
        let (old, id) = a_key(&database);
        let path = format!("/api/v1/keys/{id}");
        let rotated = printed(&run(&database, &["keys", "rotate", &id, "--grace", "1d"]));
        assert!(rotated.contains("The old secret works until "), "{rotated}");
        let _rotated = printed(&run(&database, &["keys", "rotate", &id]));
        for secret in [old, secret_in(&rotated).expect("a secret")] {
            let client = server.client(&secret);
            let _error = client.get(&path).await.refused(401, "API_KEY_INVALID");
        }
    }
}

#[tokio::test]
async fn a_secret_that_could_not_be_shown_replaces_none() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let (old, id) = a_key(&database);

        let full = std::fs::File::options().write(true).open("/dev/full").expect("Linux");
        let output = command(&database, &["keys", "rotate", &id]).stdout(full).output();
        let output = output.expect("the binary runs");

        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("the old secret still works"), "{said}");
        let server = Program::serve(&database);
        let _key = server.client(&old).get(&format!("/api/v1/keys/{id}")).await.ok();
    }
}

#[test]
fn what_cannot_be_rotated_is_said_to_be_so() {
    let database = TestDatabase::sqlite();
    let (secret, id) = a_key(&database);
    let unknown = "0193a5c2-1111-7abc-8def-000000000001";

    for (arguments, code, part) in [
        (vec!["keys", "rotate", unknown], 1, "no key"),
        (vec!["keys", "rotate", secret.as_str()], 2, "not a key id"),
        (vec!["keys", "rotate", &id, "--grace", "soon"], 2, "such as 24h"),
        (vec!["keys", "rotate", &id, "--grace", "0s"], 2, "from 1s to 90d"),
    ] {
        let output = run(&database, &arguments);
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(part) && !said.contains(&secret), "{said}");
        assert!(output.stdout.is_empty());
    }
}
