//! Rate limits, as the command line sets them.

use conversations_testkit::{Reply, TestDatabase};

use crate::process::{Program, command, printed, run, secret_in};

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

/// A key with a limit of its own, or none.
fn key(database: &TestDatabase, more: &[&str]) -> String {
    let create = ["keys", "create", "--workspace", "acme", "--name", "robot"];
    let arguments = [&create[..], &["--permission", "read:users"], more].concat();
    secret_in(&printed(&run(database, &arguments))).expect("a key")
}

#[track_caller]
fn limit(reply: &Reply) -> &str {
    reply.headers["x-ratelimit-limit"].to_str().expect("ASCII")
}

#[tokio::test]
async fn limits_come_from_flags_variables_and_keys() {
    let database = TestDatabase::sqlite();
    let (plain, limited) = (key(&database, &[]), key(&database, &["--rate-limit", "7/h"]));
    let flags = ["--rate-limit", "5/h", "--auth-failure-limit", "1/h"];
    let flags = [&SERVE[..], &flags, &["--trusted-proxy", "10.0.0.1,127.0.0.0/8"]].concat();
    let mut variables = command(&database, &SERVE);
    variables
        .env("CONVERSATIONS_RATE_LIMIT", "5/h")
        .env("CONVERSATIONS_AUTH_FAILURE_LIMIT", "1/h")
        .env("CONVERSATIONS_TRUSTED_PROXIES", "10.0.0.1,127.0.0.0/8");

    for serve in [command(&database, &flags), variables] {
        let program = Program::from_command(serve);

        assert_eq!(limit(&program.client(&plain).list_users("").await), "5");
        assert_eq!(limit(&program.client(&limited).list_users("").await), "7");
        let stranger = program.client("sk_live_nonsense");
        for (status, client) in [(401, "203.0.113.1"), (401, "203.0.113.2"), (429, "203.0.113.1")] {
            let request = stranger.request(reqwest::Method::GET, "/api/v1/users");
            let reply = stranger.send(request.header("X-Forwarded-For", client)).await;
            assert_eq!((reply.status.as_u16(), limit(&reply)), (status, "1"), "{client}");
        }
    }
}

#[test]
fn what_is_no_limit_and_no_proxy_is_refused_by_name() {
    let database = TestDatabase::sqlite();

    for (flag, value, allowed) in [
        ("--rate-limit", "600", "600/min"),
        ("--rate-limit", "0/s", "1 to 1000000 requests per s, min or h"),
        ("--auth-failure-limit", "1000001/h", "1 to 1000000 requests per s, min or h"),
        ("--trusted-proxy", "10.0.0.0/8,proxy", "10.0.0.0/8 or fd00::/8"),
    ] {
        let output = run(&database, &[&SERVE[..], &[flag, value]].concat());

        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(flag) && said.contains(allowed), "{flag} {value}: {said}");
    }
}
