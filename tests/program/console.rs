//! `conversations serve --no-console`: a server without the page at `/console`.

use conversations_testkit::{Engine, TestDatabase};
use serde_json::Value;

use crate::process::{Program, command, line_with};

/// What a path is answered, without what is different each time.
async fn answer(server: &Program, path: &str) -> (u16, Value) {
    let reply = server.client("none").get(path).await;
    let mut body = reply.body.clone();
    if let Some(error) = body["error"].as_object_mut() {
        let _id = error.remove("requestId");
        let _time = error.remove("timestamp");
    }
    (reply.status.as_u16(), body)
}

#[tokio::test]
async fn without_the_console_its_paths_are_as_unknown_as_others() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--no-console", "--demo"];
        let server = Program::from_command(command(&database, &arguments));

        let unknown = answer(&server, "/nothing").await;
        assert_eq!(unknown.0, 404);
        for path in ["/console", "/console/", "/console/main.js"] {
            assert_eq!(answer(&server, path).await, unknown, "{path}");
        }
        let (said, _) = server.stop();
        assert!(!said.contains("/console"), "{said}");
    }
}

#[tokio::test]
async fn a_first_start_says_where_the_console_is() {
    let database = TestDatabase::sqlite();
    let server = Program::serve(&database);
    let console = format!("{}/console", server.base_url());
    let page = reqwest::get(&console).await.expect("a reply");

    let (said, _) = server.stop();

    assert_eq!(page.status(), 200);
    assert_eq!(line_with(&said, "Console").split_whitespace().last(), Some(console.as_str()));
}
