//! `conversations keys create --user`, and what `keys list` shows of it.

use conversations_testkit::{Engine, TestDatabase};
use serde_json::{Value, json};

use crate::process::{Program, printed, run, secret_in};

#[tokio::test]
async fn a_key_is_made_for_a_user_by_address_or_id() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let create = |user: &str| {
            let create =
                ["keys", "create", "--workspace", "acme", "--name", "a", "--role", "admin"];
            run(&database, &[&create[..], &["--json", "--user", user]].concat())
        };
        let refused = |user: &str| {
            let output = create(user);
            assert_eq!(output.status.code(), Some(1), "{output:?}");
            String::from_utf8(output.stderr).expect("UTF-8")
        };
        let said = refused("ada@example.org");
        assert!(said.contains("there is no workspace \"acme\""), "{said}");
        let _acme = printed(&run(&database, &["workspaces", "create", "acme"]));
        let said = refused("ada@example.org");
        assert!(said.ends_with("has no such user; it has none\n"), "{said}");

        let made = run(
            &database,
            &["keys", "create", "--workspace", "acme", "--name", "b", "--role", "admin"],
        );
        let admin = secret_in(&printed(&made)).expect("a secret");
        let server = Program::serve(&database);
        let client = server.client(&admin);
        let ada = json!({ "name": "Ada", "email": "ada@example.org" });
        let ada = client.post("/api/v1/users", &ada).await.created();
        let id = ada["_id"].as_str().expect("an id");
        for user in ["ADA@example.org", id] {
            let made: Value = serde_json::from_str(&printed(&create(user))).expect("one object");
            let me = server.client(made["key"].as_str().expect("a secret")).me().await.ok();
            assert_eq!(me["user"], ada, "{user}");
        }

        for user in ["eve@example.org", "0193a5c2-1111-7abc-8def-000000000001"] {
            let said = refused(user);
            assert!(said.ends_with("has no such user; it has ada@example.org\n"), "{said}");
        }
        let output = create("ada");
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("--user") && said.contains("e-mail address of a user"), "{said}");
        let listed = printed(&run(&database, &["keys", "list", "--workspace", "acme"]));
        let users: Vec<_> =
            listed.lines().filter(|line| line.contains("ada@example.org")).collect();
        assert_eq!(users.len(), 2, "{listed}");
        let listed = printed(&run(&database, &["keys", "list", "--workspace", "acme", "--json"]));
        let listed: Vec<Value> = serde_json::from_str(&listed).expect("a list");
        let ids: Vec<_> = listed.iter().map(|key| key["userId"].as_str()).collect();
        assert_eq!(ids, [Some(id), Some(id), None]);
    }
}
