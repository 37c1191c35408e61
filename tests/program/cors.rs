//! What browsers and operators are told of where the server is reached from.

use std::io::{BufRead, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use conversations_testkit::{Engine, TestDatabase};

use crate::process::{Program, bare, command, secret_in};

/// The head of what a server answers.
fn answer(program: &Program, request: &str) -> String {
    let mut stream = TcpStream::connect(program.address()).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time-out");
    let request = format!("{request}Host: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer.split("\r\n\r\n").next().unwrap_or_default().to_lowercase()
}

#[tokio::test]
async fn pages_of_the_origins_that_are_named_may_use_the_api_and_no_others() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let mut serve = command(&database, &["serve", "--listen", "127.0.0.1:0"]);
        serve.env("CONVERSATIONS_CORS_ORIGINS", "https://desk.example.com,http://localhost:5173");
        let program = Program::from_command(serve);
        let ask = |origin: &str| {
            let method = "Access-Control-Request-Method: PATCH\r\n";
            let line = "OPTIONS /api/v1/conversations HTTP/1.1\r\n";
            answer(&program, &format!("{line}Origin: {origin}\r\n{method}"))
        };

        for origin in ["https://desk.example.com", "http://localhost:5173"] {
            let asked = ask(origin);
            assert!(asked.starts_with("http/1.1 204"), "{asked}");
            assert!(asked.contains(&format!("access-control-allow-origin: {origin}")), "{asked}");

            let request = format!("GET /api/v1/conversations HTTP/1.1\r\nOrigin: {origin}\r\n");
            let refused = answer(&program, &request);
            assert!(refused.starts_with("http/1.1 401"), "{refused}");
            assert!(refused.contains(&format!("access-control-allow-origin: {origin}")));
            assert!(refused.contains("access-control-expose-headers: "), "{refused}");
        }
        let other = ask("https://desk.example.org");
        assert!(!other.contains("access-control-allow-"), "{other}");
    }
}

#[test]
fn what_is_no_origin_is_refused_by_its_name() {
    for (origin, part) in [
        ("*", "name each origin"),
        ("https://desk.example.com/", "without a path"),
        ("https://desk.example.com:443", "the default port"),
        ("https://desk.example.com,", "such as https://desk.example.com"),
    ] {
        let output = bare(&["serve", "--cors-origin", origin]).output().expect("the binary runs");
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{said}");
        let named = "--cors-origin <ORIGIN> (CONVERSATIONS_CORS_ORIGINS): ";
        assert!(said.contains(named) && said.contains(part), "{said}");
    }
}

/// What is logged from when it listens on.
fn lines_of(address: &str) -> Vec<String> {
    let database = TestDatabase::sqlite();
    let (program, log) = Program::with_log(command(&database, &["serve", "--listen", address]));
    program.terminate();
    let lines = log.lines().map_while(Result::ok).collect();
    let (printed, _) = program.end();
    assert!(secret_in(&printed).is_some());
    lines
}

#[test]
fn warns_when_plain_http_is_served_to_others() {
    let warned = |address| {
        lines_of(address).iter().any(|line| line.contains("WARN") && line.contains("plain HTTP"))
    };

    assert!(warned("0.0.0.0:0"));
    assert!(!warned("127.0.0.1:0"));
}
